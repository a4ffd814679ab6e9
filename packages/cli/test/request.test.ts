import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "@effect/vitest"
import { type Sandbox, startSandbox } from "@sage-auth/sandbox"
import { Effect } from "effect"
import { printable } from "../src/printable.ts"
import { intacctEnvironment } from "./intacctEnvironment.ts"
import { runCommand } from "./runCommand.ts"

const folder = mkdtempSync(join(tmpdir(), "sage-auth-cli-"))
let sandbox: Sandbox
let environment: NodeJS.ProcessEnv = {}

beforeAll(async () => {
  sandbox = await startSandbox()
  environment = intacctEnvironment(sandbox)
})

afterAll(async () => {
  await sandbox.stop()
  rmSync(folder, { recursive: true, force: true })
})

const run = (...args: ReadonlyArray<string>) => runCommand(args, { folder, environment })

describe("request", () => {
  it.effect("gets a path, with the answer on standard output alone", () =>
    Effect.gen(function* () {
      const ran = yield* run("request", "intacct-rest", "objects/accounts-payable/vendor")
      expect(ran).toMatchObject({ status: 0, err: "" })
      expect(JSON.parse(ran.out)["ia::result"]).toBeInstanceOf(Array)
    })
  )

  it.effect("prints the body of a refusal, and fails", () =>
    Effect.gen(function* () {
      const ran = yield* run("request", "intacct-rest", "objects/nowhere/nothing", "--json", "-i")
      expect(ran.status).toBe(1)
      const { body, status } = JSON.parse(ran.out)
      expect(status).toBeGreaterThanOrEqual(400)
      expect(body["ia::result"]["ia::error"]).toBeDefined()
    })
  )

  it.effect("sends functions to the XML API, from an argument and from a file", () =>
    Effect.gen(function* () {
      const call = { readByQuery: { object: "VENDOR", fields: "VENDORID", query: "", pagesize: 2 } }
      writeFileSync(join(folder, "functions.json"), JSON.stringify([call, { inspect: { object: "VENDOR" } }]))
      const one = yield* run("request", "intacct-xml", "--data", JSON.stringify(call), "--json")
      expect(one.err).toBe("")
      expect(JSON.parse(one.out)).toHaveLength(1)
      const two = yield* run("request", "intacct-xml", "--data", `@${join(folder, "functions.json")}`, "--json")
      expect(JSON.parse(two.out)).toHaveLength(2)
    })
  )

  it.effect.each([
    ["no path", ["intacct-rest"], "path"],
    ["a header without a name", ["intacct-rest", "objects", "-H", "nothing"], "header"],
    ["a header that cannot be sent", ["intacct-rest", "objects", "-H", "x: a\u0000b"], "control characters"],
    ["a path for the XML API", ["intacct-xml", "objects"], "functions"],
    ["functions that are no JSON", ["intacct-xml", "-d", "<inspect/>"], "JSON"],
    ["a header for the XML API", ["intacct-xml", "-d", '{"inspect":{"object":"VENDOR"}}', "-H", "a: b"], "--header"],
    ["status and headers of the XML API", ["intacct-xml", "-d", '{"inspect":{"object":"VENDOR"}}', "-i"], "--include"],
    ["a business of Intacct's", ["intacct-rest", "objects", "--business", "b"], "business()"]
  ] as const)("refuses %s", ([, args, named]) =>
    Effect.gen(function* () {
      const ran = yield* run("request", ...args)
      expect(ran).toMatchObject({ out: "", status: 2, err: expect.stringContaining(named) })
    })
  )
})

it("what a server says cannot move the cursor of who reads it", () => {
  expect(printable("a\u001b[2Jb\u001b]0;title\u0007c\r\nd\te\u0000\u009b31mf\u202eg")).toBe("abc\r\nd\tefg")
  expect(printable("\u001b".repeat(100_000) + "\u001b]".repeat(100_000))).toBe("")
})
