import { createSageAuth, intacctXml, isSageAuthError } from "@sage-auth/core"
import { startSandbox } from "@sage-auth/sandbox"
import { assert, it } from "vitest"

const read = [{ readByQuery: { object: "VENDOR", fields: "VENDORID", query: "", pagesize: 1 } }]

it("a wrong entity beside a login that works is refused alone; a second refusal in a row holds the login back", async () => {
  await using sandbox = await open()
  const { ledger } = sandbox
  await ledger.execute(read)
  const refused = await ledger
    .entity("NOPE")
    .execute(read)
    .catch((thrown: unknown) => thrown)
  assert.isTrue(isSageAuthError(refused) && refused.id === "intacct-xml.login-rejected")
  await ledger.execute(read)
  assert.strictEqual((await ledger.status()).state, "connected")

  await ledger
    .entity("NOPE")
    .execute(read)
    .catch(() => {})
  await ledger
    .entity("NOPE")
    .execute(read)
    .catch(() => {})
  const held = await ledger.execute(read).catch((thrown: unknown) => thrown)
  assert.isTrue(isSageAuthError(held) && held.id === "client.credential-blocked")
  await ledger.refresh()
  await ledger.execute(read)
})

const open = async () => {
  const sandbox = await startSandbox({ clock: "manual", intacct: { latency: 0 } })
  const { login, sender } = sandbox.accounts["intacct-xml"]
  const sage = createSageAuth({
    connections: {
      ledger: intacctXml({
        sender,
        login,
        authentication: "login",
        environment: "sandbox",
        urls: sandbox.urls["intacct-xml"]
      })
    },
    clock: sandbox.clock
  })
  return {
    ledger: sage.client("ledger"),
    [Symbol.asyncDispose]: async () => {
      await sage.close()
      await sandbox.stop()
    }
  }
}
