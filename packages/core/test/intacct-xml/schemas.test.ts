import * as v from "valibot"
import { assert, describe, it } from "vitest"
import type { SageAuthError, XmlResult } from "../../src/index.ts"
import { openLedger, operation, rejectionOf, xml } from "./fakeGateway.ts"

const vendor = v.object({ VENDORID: v.string(), TOTALDUE: v.pipe(v.string(), v.decimal(), v.transform(Number)) })

const vendors =
  "<vendor><VENDORID>V1</VENDORID><TOTALDUE>12.50</TOTALDUE></vendor><vendor><VENDORID>V2</VENDORID><TOTALDUE>s3cret sum</TOTALDUE></vendor>"

const resultOf = async (data: string): Promise<XmlResult> => {
  const { ledger } = openLedger(({ fn }) =>
    fn === "getAPISession"
      ? undefined
      : operation(
          `<result><status>success</status><function>any</function><controlid>f</controlid><data>${data}</data></result>`
        )
  )
  const [result] = await ledger.execute([{ readByQuery: { object: "VENDOR", fields: "*", query: "" } }])
  return result as XmlResult
}

describe("a schema given to data() or records()", () => {
  it("makes of them what its library does", async () => {
    const result = await resultOf(vendors)
    const [first] = await result.records(v.object({ VENDORID: v.string() }))
    assert.deepStrictEqual(first, { VENDORID: "V1" })
    const data = await result.data(v.object({ vendor: v.array(v.object({ VENDORID: v.string() })) }))
    assert.deepStrictEqual(data, { vendor: [{ VENDORID: "V1" }, { VENDORID: "V2" }] })
  })

  it("fails with the place that does not fit, and without the value that stands there", async () => {
    const result = await resultOf(vendors)
    const ofRecord = (await rejectionOf(result.records(vendor))) as SageAuthError
    assert.deepInclude(ofRecord, { id: "client.schema-mismatch", surface: "intacct-xml", connection: "ledger" })
    assert.include(ofRecord.message, "record 2 of a result does not fit the schema at TOTALDUE")
    const ofData = (await rejectionOf(result.data(v.object({ vendor: v.array(vendor) })))) as SageAuthError
    assert.include(ofData.message, "the data of a result does not fit the schema at vendor.1.TOTALDUE")
    for (const error of [ofRecord, ofData]) assert.notInclude(JSON.stringify(error) + String(error.stack), "s3cret")
  })

  it("may ask elsewhere before it answers", async () => {
    const result = await resultOf(vendors)
    const known = v.objectAsync({
      VENDORID: v.pipeAsync(
        v.string(),
        v.checkAsync(async (id) => id === "V1")
      )
    })
    assert.include(String(await rejectionOf(result.records(known))), "record 2 of a result")
  })

  it.each([
    [
      "throws",
      {
        "~standard": {
          version: 1,
          vendor: "x",
          validate: () => BigInt("s3cret")
        }
      },
      "client.schema-mismatch"
    ],
    ["is none", { parse: () => 1 }, "client.misconfigured"],
    ["is a function without what Standard Schema asks for", () => true, "client.misconfigured"]
  ])("is refused where it %s", async (_, schema, id) => {
    const result = await resultOf(vendors)
    for (const read of [result.data(schema as never), result.records(schema as never)]) {
      assert.propertyVal(await rejectionOf(read), "id", id)
    }
  })

  it("is not asked where the function failed: its error comes", async () => {
    const failed = `<result><status>failure</status><function>any</function><controlid>f</controlid><errormessage><error><errorno>BL01001973</errorno><description2>no</description2></error></errormessage></result>`
    const { ledger } = openLedger(({ fn }) =>
      fn === "getAPISession" ? undefined : operation(failed + failed.replace("<controlid>f", "<controlid>g"))
    )
    const read = { readByQuery: { object: "VENDOR", fields: "*", query: "" } }
    const results = await ledger.execute([
      { ...read, "@controlid": "f" },
      { ...read, "@controlid": "g" }
    ])
    for (const result of results) assert.strictEqual(await rejectionOf(result.records(vendor)), result.error)
  })

  it("also reads the JSON of a readByQuery that asked for it", async () => {
    const { ledger } = openLedger(({ fn }) =>
      fn === "getAPISession"
        ? undefined
        : xml(JSON.stringify([{ VENDORID: "V1", TOTALDUE: "1.5" }]), 200, { "content-type": "application/json" })
    )
    const [result] = await ledger.execute([
      { readByQuery: { object: "VENDOR", fields: "*", query: "", returnFormat: "json" } }
    ])
    assert.deepStrictEqual(await (result as XmlResult).records(vendor), [{ VENDORID: "V1", TOTALDUE: 1.5 }])
  })
})
