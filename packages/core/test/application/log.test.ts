import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { assert, describe, it, onTestFinished } from "vitest"
import { businessCloud } from "../../src/business-cloud/businessCloud.ts"
import { isUnderTest, processLog, type Settings } from "../../src/Settings.ts"
import { createSageAuth } from "../../src/createSageAuth.ts"
import { generateKey } from "../../src/grant/keys.ts"
import { intacctXml } from "../../src/intacct-xml/intacctXml.ts"

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
    assert.match(told[0] ?? "", /grants of books in memory.*`store` and `keys`.*`log: false`/)
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

describe("the log", () => {
  it("is the process's warnings by default, but for tests", async () => {
    const warned = once(process, "warning")
    processLog.warn("read this")
    const [{ message, name }] = (await warned) as [Error]
    assert.deepStrictEqual([name, message], ["SageAuthWarning", "read this"])
    assert.isFalse(isUnderTest({}))
    assert.isFalse(isUnderTest({ NODE_ENV: "production", VITEST: "" }))
    for (const env of [{ NODE_ENV: "test" }, { VITEST: "true" }, { JEST_WORKER_ID: "1" }, { NODE_TEST_CONTEXT: "c" }]) {
      assert.isTrue(isUnderTest(env))
    }
    assert.isTrue(isUnderTest())
  })

  it("is a logger or false, and nothing else", () => {
    for (const log of ["console", {}, true, null]) {
      assert.throws(() => createSageAuth({ connections: { books }, log: log as never }), /log: expected a logger/)
    }
  })
})
