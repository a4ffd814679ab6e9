import { assert, describe, it } from "vitest"
import { openLedger, rejectionOf, xml } from "./fakeGateway.ts"

const write = [{ create: { VENDOR: { VENDORID: "V-1" } } }]
const page = (status: number) =>
  new Response("<html><body>Backend fetch failed</body></html>", { status, headers: { "content-type": "text/html" } })
const gateway = (code: string, status: number) =>
  xml(
    `<response><control><status>failure</status></control><errormessage><error><errorno>${code}</errorno><description>Unable to process request</description></error></errormessage></response>`,
    status
  )

describe("a write", () => {
  it.each([
    ["a web page with 503, which a proxy sends", () => page(503)],
    ["an answer of the gateway with 500, which says nothing of the functions", () => gateway("GW-0001", 500)]
  ])("is not sent again after %s", async (_, answer) => {
    const { arrived, ledger } = openLedger(({ fn }) => (fn === "create" ? answer() : undefined))
    assert.propertyVal(await rejectionOf(ledger.execute(write)), "id", "intacct.service-unavailable")
    assert.deepStrictEqual(
      arrived.map(({ fn }) => fn),
      ["getAPISession", "create"]
    )
  })

  it("is sent again after a 503 of Intacct's own, which did not run it", async () => {
    const refused = [new Response(null, { status: 503 }), gateway("GW-0001", 503)]
    const { arrived, ledger } = openLedger(({ fn }) => (fn === "create" ? refused.shift() : undefined))
    const [result] = await ledger.execute(write)
    assert.strictEqual(result?.status, "success")
    assert.lengthOf(arrived, 4)
  })
})
