// Bundled with everything it imports, and run where there are no modules to find: Intacct's XML, X3's nodelocal.js and ky.
import assert from "node:assert/strict"
import { createSageAuth, intacctRest, intacctXml, isSageAuthError, x3 } from "@sage-auth/core"
import { kyFor } from "@sage-auth/core/ky"

const main = async () => {
  const { accounts, urls } = JSON.parse(process.env.SANDBOX)
  const { login, sender } = accounts["intacct-xml"]
  const { client, user } = accounts["intacct-rest"]
  const { clientId, clientSecret } = client
  const sage = createSageAuth({
    connections: {
      ledger: intacctXml({ sender, login, environment: "sandbox", urls: urls["intacct-xml"] }),
      vendors: intacctRest.clientCredentials({
        clientId,
        clientSecret,
        username: user.username,
        environment: "sandbox",
        urls: urls["intacct-rest"]
      })
    }
  })

  const read = { readByQuery: { object: "VENDOR", fields: "VENDORID", query: "", pagesize: 10 } }
  const [vendors] = await sage.client("ledger").execute([read])
  assert.equal((await vendors.records()).length, 10)
  // fast-xml-parser, which is loaded at its first use
  assert.equal((await vendors.parse()).vendor.length, 10)
  await assert.rejects(sage.client("ledger").execute([{ readByQuery: {} }]), isSageAuthError)

  const page = await kyFor(sage.client("vendors")).get("objects/accounts-payable/vendor").json()
  assert.ok(page["ia::result"].length > 0)

  const { findings } = x3.lintNodelocal('exports.config = { session: { auth: ["basic", "oauth2"], timeout: 600 } }')
  assert.ok(findings.some(({ line }) => line === 1))

  // a reader of its own, loaded late
  const env = { INTACCT_SENDER_ID: "s", INTACCT_SENDER_PASSWORD: "p", INTACCT_COMPANY_ID: "c", INTACCT_USER_ID: "u" }
  assert.throws(
    () => createSageAuth({ connections: { ledger: intacctXml.fromEnvironment({ env }) } }),
    /INTACCT_USER_PASSWORD/
  )
  await sage.close()
  console.log("an XML call, records by fast-xml-parser, ky and the reader of nodelocal.js")
}

main().catch((error) => {
  console.error(error)
  process.exitCode = 1
})
