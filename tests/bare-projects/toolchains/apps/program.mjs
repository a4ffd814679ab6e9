// Bundled with everything it imports, and run where there are no modules to find: Intacct's XML, X3 with a client
// certificate and with a connected application's tokens, X3's nodelocal.js and ky.
import assert from "node:assert/strict"
import { createSageAuth, intacctRest, intacctXml, isSageAuthError, x3 } from "@sage-auth/core"
import { advise, findTable, render } from "@sage-auth/core/advice"
import { kyFor } from "@sage-auth/core/ky"

const main = async () => {
  const { accounts, ca, urls } = JSON.parse(process.env.SANDBOX)
  const { login, sender } = accounts["intacct-xml"]
  const { client, user } = accounts["intacct-rest"]
  const { clientId, clientSecret } = client
  const { certificate } = accounts["x3-web-services"]
  const sage = createSageAuth({
    connections: {
      ledger: intacctXml({ sender, login, environment: "sandbox", urls: urls["intacct-xml"] }),
      vendors: intacctRest.clientCredentials({
        clientId,
        clientSecret,
        username: user.username,
        environment: "sandbox",
        urls: urls["intacct-rest"]
      }),
      erp: x3.onPremise({
        baseUrl: urls["x3-web-services"].tls,
        auth: x3.certificate({ cert: certificate.cert, key: certificate.key, ca }),
        environment: "sandbox"
      }),
      graph: x3.graphql({
        url: urls["x3-graphql"].api,
        endpoint: accounts["x3-graphql"].endpoint,
        app: accounts["x3-graphql"].app,
        environment: "sandbox"
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

  // undici and jose, which are loaded at their first use
  const customers = "api1/x3/erp/SEED/BPCUSTOMER?representation=BPCUSTOMER.$query&count=20"
  assert.equal((await sage.client("erp").fetch(customers)).status, 200)
  assert.ok((await sage.client("graph").query("{ __typename }")).data)

  const { findings } = x3.lintNodelocal('exports.config = { session: { auth: ["basic", "oauth2"], timeout: 600 } }')
  assert.ok(findings.some(({ line }) => line === 1))

  const advised = advise({ product: "x3", deployment: "multi-tenant" })
  assert.equal(advised.recommendation.id, "x3-gateway")
  assert.ok(render(findTable("quick-reference"), "csv").startsWith("Capability,"))

  // a reader of its own, loaded late
  const env = { INTACCT_SENDER_ID: "s", INTACCT_SENDER_PASSWORD: "p", INTACCT_COMPANY_ID: "c", INTACCT_USER_ID: "u" }
  assert.throws(
    () => createSageAuth({ connections: { ledger: intacctXml.fromEnvironment({ env }) } }),
    /INTACCT_USER_PASSWORD/
  )
  await sage.close()
  console.log(
    "an XML call, records by fast-xml-parser, a certificate, a token of an app, ky and the reader of nodelocal.js"
  )
}

main().catch((error) => {
  console.error(error)
  process.exitCode = 1
})
