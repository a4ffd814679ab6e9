import { once } from "node:events"
import { createServer, type IncomingMessage, request as plainRequest } from "node:http"
import { request as tlsRequest } from "node:https"
import { connect, type AddressInfo } from "node:net"
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "@effect/vitest"
import { type Sandbox, startSandbox } from "@sage-auth/sandbox"
import { Deferred, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { type Browser, chromium } from "playwright-core"
import { launching, skipped as withoutBrowser } from "../../../tests/src/chromium.ts"
import { environmentOf as environmentIn, freePort, type Surface } from "./loginWorld.ts"
import { loopbackAddresses } from "../src/login/listen.ts"
import { type Ran, runCommand, startCommand } from "./runCommand.ts"

const folder = mkdtempSync(join(tmpdir(), "sage-auth-cli-"))
let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await startSandbox({ businessCloud: { signInButtons: true } })
})

afterAll(async () => {
  await sandbox.stop()
  rmSync(folder, { recursive: true, force: true })
})

const environmentOf = (surface: Surface, redirectUri: string): NodeJS.ProcessEnv =>
  environmentIn({ folder, sandbox }, surface, redirectUri)

interface Shown {
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

/** What a browser does with an address of this machine, whose certificate it was told to take. */
const visit = (url: string, post?: { readonly body: string; readonly type: string }): Effect.Effect<Shown> =>
  Effect.promise(async () => {
    const send = url.startsWith("https:") ? tlsRequest : plainRequest
    const sent = send(url, {
      method: post === undefined ? "GET" : "POST",
      headers: post === undefined ? {} : { "content-type": post.type },
      ...(url.startsWith("https:") ? { rejectUnauthorized: false } : {}),
      agent: false
    }).end(post?.body)
    const [response] = (await once(sent, "response")) as [IncomingMessage]
    let body = ""
    for await (const chunk of response) body += String(chunk)
    return { status: response.statusCode, headers: response.headers, body }
  })

/** Whether anything listens at a port of 127.0.0.1. */
const isOpen = (port: number): Effect.Effect<boolean> =>
  Effect.callback((resume) => {
    const socket = connect(port, "127.0.0.1")
    socket.once("connect", () => {
      socket.destroy()
      resume(Effect.succeed(true))
    })
    socket.once("error", () => resume(Effect.succeed(false)))
  })

/** A login that waits: its address, and how it ends. */
const waiting = (surface: Surface, redirectUri: string, ...more: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const environment = environmentOf(surface, redirectUri)
    const started = yield* startCommand(["login", surface, "--no-browser", "--json", ...more], { folder, environment })
    const first = JSON.parse(yield* started.line("out")) as { readonly url: string }
    return { ...started, environment, url: first.url }
  })

const approve = (url: string): Effect.Effect<string> => Effect.promise(() => sandbox.approve(url))

const answerOf = (ran: Ran): unknown => JSON.parse(ran.out.split("\n").at(-1) ?? "")

/** A machine that knows a name by these addresses. */
const resolving =
  (...addresses: ReadonlyArray<string>) =>
  (): Promise<ReadonlyArray<{ readonly address: string }>> =>
    Promise.resolve(addresses.map((address) => ({ address })))

describe("a redirect address", () => {
  it.effect.each([
    ["http://127.0.0.1:8080/cb", [], ["127.0.0.1"]],
    ["http://127.9.9.9:8080/cb", [], ["127.9.9.9"]],
    ["http://[::1]:8080/cb", [], ["::1"]],
    ["http://localhost:8080/cb", [], ["127.0.0.1", "::1"]],
    ["http://app.localhost:8080/cb", [], ["127.0.0.1", "::1"]],
    // the guide's way: a name in the hosts file
    ["https://mycustomdomain.com/cb", ["127.0.0.1"], ["127.0.0.1", "::1"]],
    ["https://mycustomdomain.com/cb", ["127.0.0.1", "192.0.2.7"], []],
    ["https://mycustomdomain.com/cb", [], []],
    ["https://localhost.example/cb", ["192.0.2.7"], []],
    ["https://192.0.2.7/cb", [], []],
    ["https://0.0.0.0/cb", [], []],
    ["https://[2001:db8::1]/cb", [], []]
  ] as const)("%s, whose name is %j, is listened at on %j", ([address, names, expected]) =>
    Effect.promise(async () => {
      expect(await loopbackAddresses(new URL(address), resolving(...names))).toEqual(expected)
    })
  )
})

describe("login", () => {
  it.effect.each([
    ["business-cloud", "http://127.0.0.1"],
    ["business-cloud", "http://localhost"],
    ["intacct-rest", "https://127.0.0.1"],
    ["intacct-rest", "https://localhost"]
  ] as const)("catches the answer of %s at %s, and keeps the grant", ([surface, origin]) =>
    Effect.gen(function* () {
      const port = yield* Effect.promise(freePort)
      const { environment, fiber, url } = yield* waiting(surface, `${origin}:${port}/sage/callback`)
      const callback = yield* approve(url)
      const page = yield* visit(callback)
      const ran = yield* Fiber.join(fiber)
      expect(ran).toMatchObject({ status: 0, err: "" })
      expect(answerOf(ran)).toMatchObject({
        connection: surface,
        tenant: "default",
        state: "connected",
        durable: true
      })
      expect(page).toMatchObject({
        status: 200,
        body: expect.stringContaining("You may close this window"),
        headers: { "referrer-policy": "no-referrer", "cache-control": "no-store" }
      })
      // nothing that the browser shows, or that it would load, comes from the answer or from elsewhere
      const { searchParams } = new URL(callback)
      for (const secret of searchParams.values()) if (secret.length > 3) expect(page.body).not.toContain(secret)
      expect(page.body).not.toMatch(/https?:|src=|href=/)
      expect(page.headers["content-security-policy"]).toMatch(/^default-src 'none'/)
      expect(yield* isOpen(port)).toBe(false)
      const again = yield* runCommand(["headers", surface], { folder, environment })
      expect(again).toMatchObject({ status: 0, out: expect.stringContaining("Bearer …") })
    })
  )

  it.effect("listens at 127.0.0.1 and at ::1 where the redirect address has a name", () =>
    Effect.gen(function* () {
      const port = yield* Effect.promise(freePort)
      const { fiber } = yield* waiting("business-cloud", `http://localhost:${port}/cb`)
      for (const host of ["127.0.0.1", "[::1]"]) {
        const page = yield* Effect.exit(visit(`http://${host}:${port}/elsewhere`))
        // a machine without IPv6 has the first alone
        if (host === "127.0.0.1" || page._tag === "Success") expect(page).toMatchObject({ value: { status: 404 } })
      }
      yield* Fiber.interrupt(fiber)
    })
  )

  it.effect("takes the pairing callback that X3's gateway posts", () =>
    Effect.gen(function* () {
      const port = yield* Effect.promise(freePort)
      const { fiber, url } = yield* waiting("x3-gateway", `http://127.0.0.1:${port}/sage/callback`)
      const callback = yield* Effect.promise(() => sandbox.x3.pairingCallback(url))
      const page = yield* visit(callback.url, { body: callback.body ?? "", type: callback.contentType ?? "" })
      expect(page.status).toBe(200)
      expect(answerOf(yield* Fiber.join(fiber))).toMatchObject({ connection: "x3-gateway", state: "connected" })
    })
  )

  it.effect("says who has to act where a user of X3 has not accepted the pairing yet", () =>
    Effect.gen(function* () {
      const later = yield* Effect.acquireRelease(
        Effect.promise(() => startSandbox({ x3: { gateway: { callbackOrder: "before-acceptance" } } })),
        (each) => Effect.promise(() => each.stop())
      )
      const redirectUri = `http://127.0.0.1:${yield* Effect.promise(freePort)}/sage/callback`
      const environment = environmentIn({ folder, sandbox: later }, "x3-gateway", redirectUri)
      const args = ["login", "x3-gateway", "--no-browser", "--json"]
      const { fiber, line } = yield* startCommand(args, { folder, environment })
      const { url } = JSON.parse(yield* line("out")) as { readonly url: string }
      const callback = yield* Effect.promise(() => later.x3.pairingCallback(url, { decide: false }))
      const page = yield* visit(callback.url, { body: callback.body ?? "", type: callback.contentType ?? "" })
      const ran = yield* Fiber.join(fiber)
      expect({ page: page.status, ...ran }).toMatchObject({ page: 200, status: 0 })
      expect(answerOf(ran)).toMatchObject({ state: "pairing" })
    })
  )

  it.effect("goes on waiting after a callback that names no transaction, and after one of another", () =>
    Effect.gen(function* () {
      const port = yield* Effect.promise(freePort)
      const redirectUri = `http://127.0.0.1:${port}/cb`
      const { fiber, url } = yield* waiting("business-cloud", redirectUri)
      for (const query of ["", "?error=access_denied", "?code=stolen&state=another"]) {
        const page = yield* visit(redirectUri + query)
        expect(page).toMatchObject({ status: 400, body: expect.stringContaining("still waits") })
        expect(page.body).not.toContain("stolen")
      }
      const large = { body: "x".repeat(70_000), type: "application/x-www-form-urlencoded" }
      expect(yield* visit(redirectUri, large)).toMatchObject({ status: 413 })
      yield* visit(yield* approve(url))
      expect(yield* Fiber.join(fiber)).toMatchObject({ status: 0 })
    })
  )

  it.effect("ends when the person declines, with what helps", () =>
    Effect.gen(function* () {
      const port = yield* Effect.promise(freePort)
      const { fiber, url } = yield* waiting("business-cloud", `http://127.0.0.1:${port}/cb`)
      const callback = yield* Effect.promise(() => sandbox.approve(url, { deny: true }))
      const page = yield* visit(callback)
      expect(page).toMatchObject({ status: 400, body: expect.stringContaining("You are not signed in") })
      const ran = yield* Fiber.join(fiber)
      expect(ran.status).not.toBe(0)
      expect(JSON.parse(ran.err)).toMatchObject({ error: { remedy: expect.any(String) } })
    })
  )

  it.effect("gives up after the time limit, and leaves the port", () =>
    Effect.gen(function* () {
      const port = yield* Effect.promise(freePort)
      const { fiber } = yield* waiting("business-cloud", `http://127.0.0.1:${port}/cb`, "--timeout", "90 seconds")
      yield* TestClock.adjust("89 seconds")
      expect(yield* isOpen(port)).toBe(true)
      yield* TestClock.adjust("1 second")
      const ran = yield* Fiber.join(fiber)
      expect(ran).toMatchObject({ status: 4, err: expect.stringContaining("No answer came within") })
      expect(yield* isOpen(port)).toBe(false)
    })
  )

  it.effect("leaves the port when it is interrupted", () =>
    Effect.gen(function* () {
      const port = yield* Effect.promise(freePort)
      const { fiber } = yield* waiting("business-cloud", `http://127.0.0.1:${port}/cb`)
      expect(yield* isOpen(port)).toBe(true)
      yield* Fiber.interrupt(fiber)
      expect(yield* isOpen(port)).toBe(false)
    })
  )

  it.effect("says what to do where another program has the port", () =>
    Effect.gen(function* () {
      const taken = createServer().listen(0, "127.0.0.1")
      yield* Effect.promise(() => once(taken, "listening"))
      const { port } = taken.address() as AddressInfo
      const environment = environmentOf("business-cloud", `http://127.0.0.1:${port}/cb`)
      const ran = yield* runCommand(["login", "business-cloud", "--no-browser"], { folder, environment })
      expect(ran).toMatchObject({ status: 1, err: expect.stringContaining("--manual") })
      expect(ran.err).toContain(String(port))
      taken.close()
    })
  )

  it.effect("warns where the store is memory", () =>
    Effect.gen(function* () {
      const environment = { ...environmentOf("business-cloud", "https://192.0.2.7/cb"), SAGE_AUTH_STORE: "memory:" }
      const started = yield* startCommand(["login", "business-cloud"], { folder, environment })
      expect(yield* started.line("err")).toContain("The store is memory")
      // another machine's address cannot be listened at: the address is asked for
      expect(yield* started.line("err")).toContain("not an address of this machine")
      yield* Fiber.interrupt(started.fiber)
    })
  )

  it.effect("says of a connection without consent that it needs none", () =>
    Effect.gen(function* () {
      const environment = {
        SAGE_X3_WEB_SERVICES_BASE_URL: "https://x3.acme.example:8124",
        SAGE_X3_WEB_SERVICES_USER: "INT",
        SAGE_X3_WEB_SERVICES_PASSWORD: "s3cr3t-canary"
      }
      const ran = yield* runCommand(["login", "x3-web-services"], { folder, environment })
      expect(ran).toMatchObject({ status: 2, err: expect.stringContaining("needs no consent") })
      expect(ran.err).toContain("sage-auth refresh x3-web-services")
    })
  )

  it.effect("refuses a time limit that is none", () =>
    Effect.gen(function* () {
      const environment = environmentOf("business-cloud", "http://127.0.0.1:1/cb")
      for (const timeout of ["soon", "0 seconds", "Infinity"]) {
        const ran = yield* runCommand(["login", "business-cloud", "--timeout", timeout], { folder, environment })
        expect(ran).toMatchObject({ status: 2, err: expect.stringContaining("--timeout") })
      }
    })
  )
})

/** A program for BROWSER that hands on the address it was started with. */
const browserThatTells = Effect.acquireRelease(
  Effect.promise(async () => {
    const told = Deferred.makeUnsafe<string>()
    const server = createServer((request, response) => {
      let body = ""
      request.on("data", (chunk: Buffer) => (body += chunk.toString()))
      request.on("end", () => {
        response.end()
        Deferred.doneUnsafe(told, Effect.succeed(body))
      })
    }).listen(0, "127.0.0.1")
    await once(server, "listening")
    const program = join(folder, "browser.mjs")
    const { port } = server.address() as AddressInfo
    writeFileSync(
      program,
      `#!${process.execPath}\nawait fetch("http://127.0.0.1:${port}", { method: "POST", body: process.argv[2] })\n`
    )
    chmodSync(program, 0o700)
    return { program, told: Deferred.await(told), server }
  }),
  ({ server }) =>
    Effect.sync(() => {
      server.closeAllConnections()
      server.close()
    })
)

describe.skipIf(process.platform === "win32")("login opens", () => {
  it.effect("the program of BROWSER, with an address that no shell has read", () =>
    Effect.gen(function* () {
      const { program, told } = yield* browserThatTells
      const redirectUri = `http://127.0.0.1:${yield* Effect.promise(freePort)}/cb`
      const environment = { ...environmentOf("business-cloud", redirectUri), BROWSER: program }
      const { fiber } = yield* startCommand(["login", "business-cloud"], { folder, environment })
      const url = yield* told
      expect(new URL(url).searchParams.get("redirect_uri")).toBe(redirectUri)
      yield* visit(yield* approve(url))
      const ran = yield* Fiber.join(fiber)
      expect(ran).toMatchObject({ status: 0, out: expect.stringContaining("is signed in") })
      expect(ran.err).not.toContain(url)
    })
  )

  it.effect("nothing where that cannot be started, and shows the address", () =>
    Effect.gen(function* () {
      const port = yield* Effect.promise(freePort)
      const environment = {
        ...environmentOf("business-cloud", `http://127.0.0.1:${port}/cb`),
        BROWSER: join(folder, "nothing")
      }
      const { fiber, line } = yield* startCommand(["login", "business-cloud", "--json"], { folder, environment })
      const { url } = JSON.parse(yield* line("out")) as { readonly url: string }
      yield* visit(yield* approve(url))
      expect(yield* Fiber.join(fiber)).toMatchObject({ status: 0 })
    })
  )
})

describe.skipIf(withoutBrowser !== undefined)(`login in Chromium${withoutBrowser ?? ""}`, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await chromium.launch(launching())
  })
  afterAll(() => browser.close())

  it.effect.each([
    ["http", "http://127.0.0.1"],
    ["https, with the certificate that was made", "https://127.0.0.1"]
  ] as const)("ends at a page without code or token by %s", ([, origin]) =>
    Effect.gen(function* () {
      const port = yield* Effect.promise(freePort)
      const { fiber, url } = yield* waiting("business-cloud", `${origin}:${port}/sage/callback`)
      const shown = yield* Effect.promise(async () => {
        const context = await browser.newContext({ ignoreHTTPSErrors: true })
        context.setDefaultTimeout(100_000)
        const page = await context.newPage()
        const complaints: Array<string> = []
        page.on("console", (message) => {
          if (/content security policy/i.test(message.text())) complaints.push(message.text())
        })
        await page.goto(url)
        await page.getByRole("button", { name: "Sign in as ada@harbour.example" }).click()
        await page.getByRole("button", { name: "Allow" }).click()
        await page.getByRole("heading", { name: "You are signed in" }).waitFor()
        return { url: page.url(), html: await page.content(), complaints }
      })
      expect(yield* Fiber.join(fiber)).toMatchObject({ status: 0 })
      // the code is gone from the address, and so from the history
      expect(shown.url).toBe(`${origin}:${port}/sage/callback`)
      expect(shown.html).toContain("You may close this window")
      expect(shown.complaints).toEqual([])
    })
  )
})
