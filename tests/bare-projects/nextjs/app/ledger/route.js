// A route handler in the server's bundle: a login, a call and a record by fast-xml-parser, which is loaded late.
import { createSageAuth, intacctXml } from "@sage-auth/core"

export const dynamic = "force-dynamic"

let sage

export async function GET() {
  const { accounts, urls } = JSON.parse(process.env.SANDBOX)
  const { login, sender } = accounts["intacct-xml"]
  sage ??= createSageAuth({
    connections: { ledger: intacctXml({ sender, login, environment: "sandbox", urls: urls["intacct-xml"] }) }
  })
  const [vendors] = await sage
    .client("ledger")
    .execute([{ readByQuery: { object: "VENDOR", fields: "VENDORID", query: "", pagesize: 10 } }])
  return Response.json({ records: (await vendors.records()).length, parsed: (await vendors.parse()).vendor.length })
}
