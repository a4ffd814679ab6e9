import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { Effect, Logger } from "effect"
import { assert, describe, it, onTestFinished, vi } from "vitest"
import { businessCloud } from "../../src/business-cloud/businessCloud.ts"
import * as Result from "../../src/config/Result.ts"
import { createSageAuth } from "../../src/createSageAuth.ts"
import { generateKey } from "../../src/grant/keys.ts"
import { intacctXml } from "../../src/intacct-xml/intacctXml.ts"
import { intacctRest } from "../../src/intacct-rest/intacctRest.ts"
import * as SageAuth from "../../src/SageAuth.ts"
import { checkSettings, isUnderTest, type Settings } from "../../src/Config.ts"

const books = businessCloud({
  clientId: "id",
  clientSecret: "s3cret",
  redirectUri: "https://app.example/sage/callback/books"
})
const ledger = intacctXml({
  sender: { id: "sender", password: "s3cret" },
  login: { companyId: "acme", userId: "user", password: "s3cret" }
})
const standIn = businessCloud({
  clientId: "id",
  clientSecret: "s3cret",
  redirectUri: "https://app.example/sage/callback/books",
  environment: "sandbox",
  urls: Object.fromEntries(
    ["authorize", "token", "revoke", "api"].map((name) => [name, `http://127.0.0.1:1/${name}`])
  ) as never
})

/** What an application tells its log when it starts and is used. */
const toldBy = async (
  settings: Settings,
  connections: Parameters<typeof createSageAuth>[0]["connections"] = { books }
): Promise<ReadonlyArray<string>> => {
  const told: Array<string> = []
  const log = { warn: (text: string) => told.push(text) }
  const sage = createSageAuth({ log, ...settings, connections })
  await sage.ready()
  await sage.keepAlive()
  await sage.close()
  return told
}

describe("an application that keeps grants in memory", () => {
  it("hears of it once, in its log, with what to do", async () => {
    const told = await toldBy({}, { books, ledger })
    assert.strictEqual(told.length, 1)
    assert.match(told[0] ?? "", /^sage-auth: books: grants are kept in memory: .*`store` and `keys`/)
    assert.notInclude(told[0], "s3cret")
  })

  it("is not told where nobody consents, in tests of its own, or where it does not want to be", async () => {
    assert.deepStrictEqual(await toldBy({}, { ledger }), [])
    assert.deepStrictEqual(await toldBy({}, { books: standIn }), [])
    assert.deepStrictEqual(await toldBy({ clock: { now: () => 1_000 } }), [])
    assert.deepStrictEqual(await toldBy({ log: false }), [])
  })

  it("starts all the same where its log fails", async () => {
    const log = { warn: () => assert.fail("the log is full") }
    assert.deepStrictEqual(await toldBy({ log }), [])
  })

  it("is another one than one with a store", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "sage-auth-log-"))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    assert.deepStrictEqual(await toldBy({ store: `sqlite:${folder}/grants.db`, keys: [generateKey()] }), [])
  })
})

/** Where the log of such an application goes. */
const logOf = (settings: Settings) => {
  const read = checkSettings({ connections: {}, ...settings }, "promise")
  return Result.isSuccess(read) ? read.success.log : assert.fail("settings that are right")
}

/** As if no test ran. */
const inProduction = () => {
  for (const name of ["NODE_ENV", "VITEST", "JEST_WORKER_ID", "NODE_TEST_CONTEXT"]) vi.stubEnv(name, "")
  onTestFinished(() => void vi.unstubAllEnvs())
}

const refusing = () => Promise.resolve(Response.json({ error: "invalid_client" }, { status: 401 }))

describe("the log", () => {
  it("is standard error by default, but for tests and for connections to a stand-in", async () => {
    assert.isFalse(isUnderTest({}))
    assert.isFalse(isUnderTest({ NODE_ENV: "production", VITEST: "" }))
    for (const env of [{ NODE_ENV: "test" }, { VITEST: "true" }, { JEST_WORKER_ID: "1" }, { NODE_TEST_CONTEXT: "c" }]) {
      assert.isTrue(isUnderTest(env))
    }
    assert.isTrue(isUnderTest())
    assert.isUndefined(logOf({}))
    inProduction()
    assert.deepStrictEqual(logOf({}), { to: "console", standIns: false })
    assert.deepStrictEqual(logOf({ log: "console" }), { to: "console", standIns: true })
    assert.isUndefined(logOf({ log: false }))
  })

  it("leaves out what is said of a connection to a stand-in, unless it was asked for", async () => {
    inProduction()
    const written = vi.spyOn(console, "error").mockImplementation(() => {})
    onTestFinished(() => written.mockRestore())
    const rejected = async (settings: Settings) => {
      written.mockClear()
      const target = { environment: "sandbox", urls: { token: "http://127.0.0.1:1/token" } } as const
      const real = intacctRest.clientCredentials({ clientId: "id", clientSecret: "s3cret", username: "user@acme" })
      const standIn = intacctRest.clientCredentials({
        clientId: "id",
        clientSecret: "s3cret",
        username: "user@acme",
        environment: "sandbox",
        urls: {
          ...target.urls,
          authorize: "http://127.0.0.1:1/a",
          revoke: "http://127.0.0.1:1/r",
          api: "http://127.0.0.1:1/"
        }
      })
      const sage = createSageAuth({ connections: { real, standIn }, fetch: refusing, ...settings })
      for (const name of ["real", "standIn"] as const)
        await sage
          .client(name)
          .headers()
          .catch(() => {})
      await sage.close()
      return written.mock.calls.map(([text]) => String(text).split(":")[1]?.trim())
    }
    assert.deepStrictEqual(await rejected({}), ["real"])
    assert.deepStrictEqual(await rejected({ log: "console" }), ["real", "standIn"])
    assert.deepStrictEqual(await rejected({ log: false }), [])
  })

  it("is that of Effect in an Effect program", async () => {
    inProduction()
    const logged: Array<unknown> = []
    const logger = Logger.make(({ logLevel, message }) => void logged.push([logLevel, message]))
    const program = Effect.gen(function* () {
      const sage = yield* SageAuth.make({ connections: { books } })
      yield* sage.ready
    })
    await Effect.runPromise(Effect.scoped(program).pipe(Effect.provide(Logger.layer([logger]))))
    assert.strictEqual(logged.length, 1)
    assert.match(JSON.stringify(logged[0]), /^\["Warn",\["?sage-auth: books: grants are kept in memory/)
  })

  it('is "console", a logger or false, and nothing else', () => {
    for (const log of ["stdout", {}, true, null]) {
      assert.throws(() => createSageAuth({ connections: { books }, log: log as never }), /log: expected "console"/)
    }
  })
})
