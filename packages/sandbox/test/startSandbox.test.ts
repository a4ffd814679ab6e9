import { startSandbox } from "@sage-auth/sandbox"
import { assert, describe, it, onTestFinished } from "vitest"
import { start } from "./support.ts"

/** What the sandbox says of options that it does not start with. */
const failure = async (options: object): Promise<string> => {
  const error: unknown = await startSandbox(options).then(
    (sandbox) => sandbox.stop(),
    (reason: unknown) => reason
  )
  return error instanceof Error ? error.message : ""
}

describe("startSandbox", () => {
  it("gives connections for its own URL and accounts", async () => {
    const sandbox = await start()
    const { ledger } = sandbox.connections({ redirectUri: "http://127.0.0.1:3000/callback" })
    assert.strictEqual(ledger.surface, "intacct-xml")
    assert.notInclude(JSON.stringify(ledger), sandbox.accounts["intacct-xml"].login.password)
  })

  it("refuses options that it cannot keep", async () => {
    assert.include(await failure({ intacct: { sessionTimeout: "soon" } }), "sessionTimeout must be")
    assert.include(await failure({ intacct: { connectionsPerCompany: 0 } }), "connectionsPerCompany must be")
    assert.include(await failure({ intacct: { utcOffset: "PST" } }), "utcOffset must look like")
  })

  it("rejects an option that it does not have, wherever it stands", async () => {
    assert.include(await failure({ intact: {} }), "startSandbox has no intact")
    assert.include(await failure({ clock: "fast" }), "clock must be one of")
    assert.include(await failure({ intacct: { sessionTimout: "1 hour" } }), "sessionTimout")
    assert.include(await failure({ businessCloud: { refreshToken: "rotate" } }), "refreshToken must be one of")
    assert.include(await failure({ x3: { pools: { A: { sizes: 3 } } } }), "sizes")
    assert.include(await failure({ x3: { identityProvider: { pkce: true } } }), "pkce")
  })

  it("rejects when its port is taken", async () => {
    const sandbox = await start()
    const port = Number(new URL(sandbox.urls["intacct-xml"].xml).port)
    const error: unknown = await startSandbox({ port }).then(
      (second) => second.stop(),
      (reason: unknown) => reason
    )
    assert.propertyVal(error, "code", "EADDRINUSE")
  })

  it("answers 404 outside its surfaces and 413 to what nobody sends", async () => {
    const sandbox = await start()
    const origin = new URL(sandbox.urls["intacct-xml"].xml).origin
    assert.strictEqual((await fetch(`${origin}/elsewhere`)).status, 404)
    const response = await fetch(sandbox.urls["intacct-xml"].xml, {
      method: "POST",
      body: new Uint8Array(16 * 1024 * 1024 + 1)
    })
    assert.strictEqual(response.status, 413)
    assert.deepStrictEqual(sandbox.requests(), [])
  })

  it("can be stopped twice, and frees its port", async () => {
    const sandbox = await startSandbox()
    const port = Number(new URL(sandbox.urls["intacct-xml"].xml).port)
    await sandbox.stop()
    await sandbox.stop()
    const again = await startSandbox({ port })
    onTestFinished(() => again.stop())
    assert.include(again.urls["intacct-xml"].xml, String(port))
  })
})
