import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "@effect/vitest"
import { type CoordinationPort, createSageAuth, generateKey } from "@sage-auth/core"
import { type Sandbox, startSandbox } from "@sage-auth/sandbox"
import { Deferred, Effect, Fiber } from "effect"
import { runCommand, startCommand } from "./runCommand.ts"

const folder = mkdtempSync(join(tmpdir(), "sage-auth-cli-"))
const shared = Symbol.for("@sage-auth/cli/test/feed")
const configuration = "sage-auth.config.mjs"
let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await startSandbox()
  writeFileSync(join(folder, configuration), `export default () => globalThis[Symbol.for("${shared.description}")]()\n`)
})

afterAll(async () => {
  await sandbox.stop()
  rmSync(folder, { recursive: true, force: true })
})

let stores = 0

/** An application of this process whose file the command reads; it says when somebody listens to its events. */
const openApplication = (store = `sqlite:${join(folder, `${++stores}.db`)}` as "memory:" | `sqlite:${string}`) => {
  const open = () =>
    createSageAuth({ connections: sandbox.connections(), store, log: false, ...(store === "memory:" ? {} : { keys }) })
  const keys = [generateKey()]
  const sage = open()
  const listening = Deferred.makeUnsafe<void>()
  // the command closes what it opened
  Object.assign(globalThis, {
    [shared]: () => ({
      ...sage,
      events: () => {
        const feed = sage.events()
        Deferred.doneUnsafe(listening, Effect.void)
        return feed
      }
    })
  })
  const consent = (tenant: string): Promise<unknown> =>
    sage
      .client("books", { tenant })
      .authorize({ returnTo: "/" })
      .then(async ({ cookie, url }) => sage.completeAuthorization({ cookie, url: await sandbox.approve(url) }))
  /** for a second command: the store is opened anew */
  const reopen = () => Object.assign(globalThis, { [shared]: open })
  return { consent, listening: Deferred.await(listening), reopen, sage }
}

const cells = (text: string) => text.split("\n").map((line) => line.split(/ {2,}/))

describe("tenants", () => {
  it.effect("lists what the store has, and by page where there is more", () =>
    Effect.gen(function* () {
      const { consent, reopen, sage } = openApplication()
      yield* Effect.promise(async () => {
        for (const tenant of ["acme", "birch", "dunes", "ced\u001b[2Jar\nx"]) await consent(tenant)
        await sage.client("books", { tenant: "birch" }).disconnect()
        await sage.close()
      })
      reopen()
      const all = yield* runCommand(["tenants"], { folder })
      expect(all).toMatchObject({ status: 0, err: "" })
      expect(cells(all.out).map((line) => [line[0], line[1], line.at(-1)])).toEqual([
        ["connection", "tenant", "state"],
        ["books", "acme", "connected"],
        ["books", "cedar x", "connected"],
        ["books", "dunes", "connected"]
      ])
      const first = yield* runCommand(["tenants", "books", "--limit", "2"], { folder })
      const cursor = /--after (\S+)/.exec(first.err)?.[1] ?? ""
      expect(cells(first.out)).toHaveLength(3)
      const second = yield* runCommand(["tenants", "books", "--limit", "2", "--after", cursor, "--json"], { folder })
      expect(JSON.parse(second.out)).toMatchObject({ durable: true, grants: [{ state: "connected" }] })
      expect(JSON.parse(second.out).next).toBeUndefined()
      const ended = yield* runCommand(["tenants", "--state", "in-doubt", "--json"], { folder })
      expect(JSON.parse(ended.out).grants).toEqual([])
      const one = yield* runCommand(["tenants", "--tenant", "acme", "--json"], { folder })
      expect(JSON.parse(one.out).grants).toHaveLength(1)
    })
  )

  it.effect("says of a store in memory that it is empty here", () =>
    Effect.gen(function* () {
      openApplication("memory:")
      const ran = yield* runCommand(["tenants"], { folder })
      expect(ran).toMatchObject({ status: 0, err: expect.stringContaining("memory") })
    })
  )

  it.effect.each([["0"], ["1001"], ["many"]] as const)("refuses a page of %s", ([limit]) =>
    Effect.gen(function* () {
      openApplication()
      expect(yield* runCommand(["tenants", "--limit", limit], { folder })).toMatchObject({ status: 2 })
    })
  )

  it.effect("refuses a cursor that is none", () =>
    Effect.gen(function* () {
      openApplication()
      const ran = yield* runCommand(["tenants", "--after", "nowhere"], { folder })
      expect(ran.status).not.toBe(0)
      expect(ran.err).toContain("remedy")
    })
  )
})

describe("events", () => {
  it.effect("are a line each, from the moment on that the command runs", () =>
    Effect.gen(function* () {
      const { consent, sage } = openApplication()
      const { fiber, line } = yield* startCommand(["events"], { folder })
      expect(yield* line("err")).toContain("Waiting for events")
      yield* Effect.promise(() => consent("acme"))
      expect(yield* line("out")).toMatch(/^\d{4}-\S+Z {2}connected {2}books {2}acme$/)
      yield* Effect.promise(() => sage.client("books", { tenant: "acme" }).disconnect())
      expect(yield* line("out")).toMatch(/ {2}disconnected {2}books {2}acme {2}revoked=/)
      yield* Fiber.interrupt(fiber)
      // the application ends with its command
      expect(yield* Effect.promise(() => consent("acme").catch((error: unknown) => String(error)))).toMatch(/closed/i)
    })
  )

  it.effect("are JSON lines with --json, of one connection or tenant where it is named", () =>
    Effect.gen(function* () {
      const { consent, listening } = openApplication()
      const { fiber, line } = yield* startCommand(["events", "books", "--tenant", "birch", "--json"], { folder })
      yield* listening
      yield* Effect.promise(() => consent("acme"))
      yield* Effect.promise(() => consent("birch"))
      expect(JSON.parse(yield* line("out"))).toMatchObject({
        type: "connected",
        surface: "business-cloud",
        connection: "books",
        tenant: "birch",
        at: expect.any(Number)
      })
      yield* Fiber.interrupt(fiber)
    })
  )

  it.effect("are also those of other processes where the coordination tells them", () =>
    Effect.gen(function* () {
      const listening = Deferred.makeUnsafe<(text: string) => void>()
      const coordination: CoordinationPort = {
        acquire: async () => ({ release: () => {} }),
        state: async () => ({ limit: 0, inUse: 0, waiting: 0 }),
        broadcast: {
          send: async () => {},
          listen: async (heard) => {
            Deferred.doneUnsafe(listening, Effect.succeed(heard))
            return () => {}
          }
        }
      }
      Object.assign(globalThis, {
        [shared]: () => createSageAuth({ connections: sandbox.connections(), coordination, log: false })
      })
      const { fiber, line } = yield* startCommand(["events"], { folder })
      expect(yield* line("err")).toContain("all that share its coordination")
      const tell = yield* Deferred.await(listening)
      const told = { type: "recovered", surface: "business-cloud", connection: "books", tenant: "acme\u001b[2J", at: 0 }
      tell(JSON.stringify({ from: "another", events: [told] }))
      expect(yield* line("out")).toBe("1970-01-01T00:00:00.000Z  recovered  books  acme")
      yield* Fiber.interrupt(fiber)
    })
  )

  it.effect("end with the application", () =>
    Effect.gen(function* () {
      const { sage } = openApplication()
      const { fiber, line } = yield* startCommand(["events"], { folder })
      yield* line("err")
      yield* Effect.promise(() => sage.close())
      expect(yield* Fiber.join(fiber)).toMatchObject({ status: 0 })
    })
  )
})
