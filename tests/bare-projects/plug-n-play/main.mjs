// Yarn's Plug'n'Play has no node_modules, and gives a package what its manifest names and nothing else.
import assert from "node:assert/strict"
import { once } from "node:events"
import { createRequire } from "node:module"
import process from "node:process"
import { createSageAuth, generateKey, intacctXml, x3 } from "@sage-auth/core"
import { kyFor } from "@sage-auth/core/ky"
import { sageAuth } from "@sage-auth/express"
import { startSandbox } from "@sage-auth/sandbox"
import express from "express"

assert.ok(process.versions.pnp, "there is no Plug'n'Play")
const require = createRequire(import.meta.url)
assert.equal(typeof require("@sage-auth/core").createSageAuth, "function")

const sandbox = await startSandbox()
const sage = createSageAuth({
  connections: sandbox.connections({ redirectUri: "https://app.example/sage/callback" }),
  store: "sqlite:grants.db",
  keys: [generateKey()]
})
const auth = sageAuth(sage)
const app = express()
app.use(auth)
app.get("/vendors", async (req, res) => {
  res.json(await kyFor(req.sage("vendors")).get("objects/accounts-payable/vendor").json())
})
app.get("/ledger", async (req, res) => {
  const [vendors] = await auth
    .client(req, "ledger")
    .execute([{ readByQuery: { object: "VENDOR", fields: "VENDORID", query: "", pagesize: 10 } }])
  res.json(await vendors.parse())
})
app.get("/contacts", auth.requires("books"), (_req, res) => res.end())
app.use(auth.errors)

const server = app.listen(0, "127.0.0.1")
await once(server, "listening")
const ask = async (path) => {
  const response = await fetch(`http://127.0.0.1:${server.address().port}${path}`)
  return [response.status, await response.json()]
}
const [status, page] = await ask("/vendors")
assert.deepEqual([status, page["ia::result"].length > 0], [200, true])
const [parsed, { vendor: records }] = await ask("/ledger")
assert.deepEqual([parsed, records.length], [200, 10])
const [refused, { code }] = await ask("/contacts")
assert.deepEqual([refused, code], [403, "client.never-authorized"])

// what is loaded late: undici for a client certificate, jose for a connected application, the readers of this package
const customers = "api1/x3/erp/SEED/BPCUSTOMER?representation=BPCUSTOMER.$query&count=20"
assert.equal((await sage.client("erpTls").fetch(customers)).status, 200)
assert.ok((await sage.client("graph").query("{ __typename }")).data)
assert.ok(x3.lintNodelocal("exports.config = {}").findings.length > 0)
assert.throws(
  () => createSageAuth({ connections: { ledger: intacctXml.fromEnvironment({ env: { INTACCT_SENDER_ID: "s" } }) } }),
  /INTACCT_SENDER_PASSWORD/
)
console.log("core, Express, ky and the sandbox without node_modules")
server.close()
await sage.close()
await sandbox.stop()
