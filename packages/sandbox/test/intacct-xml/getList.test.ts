import { assert, describe, it } from "vitest"
import { type Answer, errorOf, open, start, use } from "../support.ts"

const result = "response.operation.result"

const list = async (fn: string): Promise<Answer> => {
  const sandbox = await start()
  return use(sandbox, await open(sandbox), fn)
}

const values = (answer: Answer, object: string, field: string): ReadonlyArray<string> => {
  const found = answer.at(`${result}.data.${object}`) ?? []
  return (Array.isArray(found) ? found : [found]).map((each: Record<string, string>) => String(each[field]))
}

const expression = (field: string, operator: string, value?: string) =>
  `<expression><field>${field}</field><operator>${operator}</operator>${value === undefined ? "" : `<value>${value}</value>`}</expression>`

describe("get_list", () => {
  it("filters, sorts, chooses fields and pages", async () => {
    const answer = await list(
      `<get_list object="vendor" start="1" maxitems="3" showprivate="false"><filter><logical logical_operator="and">${expression("vendorid", "like", "V-0000%")}<logical logical_operator="or">${expression("vendorid", "&lt;=", "V-00003")}${expression("vendorid", "=", "V-00007")}${expression("vendorid", "&gt;", "V-00008")}</logical></logical></filter><sorts><sortfield order="desc">vendorid</sortfield></sorts><fields><field>vendorid</field><field>name</field></fields></get_list>`
    )
    assert.deepStrictEqual(answer.at(`${result}.listtype`), {
      "#text": "vendor",
      "@start": "1",
      "@end": "3",
      "@total": "5"
    })
    assert.deepStrictEqual(values(answer, "vendor", "vendorid"), ["V-00007", "V-00003", "V-00002"])
    assert.deepStrictEqual(Object.keys(answer.at(`${result}.data.vendor.0`) ?? {}), ["vendorid", "name"])
  })

  it.each([
    [expression("totaldue", ">=", "0"), 160],
    [expression("totaldue", "&lt;", "0"), 0],
    [expression("vendorid", "!=", "V-00001"), 159],
    [expression("megaentityid", "is null"), 40],
    [expression("whencreated", ">=", "1/1/2026"), 160],
    [expression("VENDORID", "like", "v-%"), 0]
  ])("knows the operator of %s", async (filter, total) => {
    const answer = await list(`<get_list object="vendor" maxitems="1"><filter>${filter}</filter></get_list>`)
    assert.strictEqual(answer.at(`${result}.listtype.@total`), String(total))
  })

  it("shows documents as the older functions do, with dates in three", async () => {
    const answer = await list(
      '<get_list object="invoice" maxitems="2"><filter><expression><field>invoiceno</field><operator>=</operator><value>INV-00002</value></expression></filter></get_list>'
    )
    const invoice = answer.at(`${result}.data.invoice`) as Record<string, unknown>
    assert.match(String(invoice["key"]), /^\d+$/)
    assert.strictEqual(invoice["invoiceno"], "INV-00002")
    assert.deepStrictEqual(Object.keys(invoice["datecreated"] as object), ["year", "month", "day"])
    assert.match(String(invoice["totalamount"]), /^\d+\.\d\d$/)
  })

  it.each([
    ["an attribute that it does not have", '<get_list object="vendor" limit="3"/>'],
    ["a maximum in words", '<get_list object="vendor" maxitems="many"/>'],
    ["a maximum of none", '<get_list object="vendor" maxitems="0"/>'],
    ["a negative start", '<get_list object="vendor" start="-1"/>'],
    ["no object", "<get_list/>"],
    ["an empty filter", '<get_list object="vendor"><filter/></get_list>'],
    [
      "two expressions without logic",
      `<get_list object="vendor"><filter>${expression("name", "=", "x")}${expression("name", "=", "y")}</filter></get_list>`
    ],
    [
      "another logic",
      `<get_list object="vendor"><filter><logical logical_operator="xor">${expression("name", "=", "x")}</logical></filter></get_list>`
    ],
    [
      "logic without operator",
      `<get_list object="vendor"><filter><logical>${expression("name", "=", "x")}</logical></filter></get_list>`
    ],
    ["a sort without order", '<get_list object="vendor"><sorts><sortfield>name</sortfield></sorts></get_list>'],
    [
      "a sort in another order",
      '<get_list object="vendor"><sorts><sortfield order="up">name</sortfield></sorts></get_list>'
    ],
    [
      "a sort with spaces around its order",
      '<get_list object="vendor"><sorts><sortfield order=" desc ">name</sortfield></sorts></get_list>'
    ],
    [
      "logic with spaces around it",
      `<get_list object="vendor"><filter><logical logical_operator=" or ">${expression("name", "=", "x")}</logical></filter></get_list>`
    ],
    ["an element of query", '<get_list object="vendor"><select><field>name</field></select></get_list>']
  ])("is refused by the schema with %s", async (_, fn) => {
    assert.strictEqual(errorOf(await list(fn), "control")["errorno"], "XL03000003")
  })

  it("is refused for a list of nobody, and told apart from one that is not played", async () => {
    const nobody = await list('<get_list object="whatever"/>')
    assert.include(String(errorOf(nobody, "control")["description2"]), 'Error 502: Value "whatever"')
    const unplayed = errorOf(await list('<get_list object="glaccount"/>'), "function")
    assert.strictEqual(unplayed["errorno"], "SANDBOX-NOT-PLAYED")
    assert.include(String(unplayed["description2"]), "get_list of glaccount")
  })

  it.each([
    [
      "a field that it does not have",
      '<get_list object="vendor"><fields><field>nope</field></fields></get_list>',
      "XL03000006"
    ],
    [
      "a sort by nothing",
      '<get_list object="vendor"><sorts><sortfield order="asc">nope</sortfield></sorts></get_list>',
      "XL03000006"
    ],
    [
      "a filter by nothing",
      `<get_list object="vendor"><filter>${expression("nope", "=", "x")}</filter></get_list>`,
      "XL03000010"
    ],
    [
      "another operator",
      `<get_list object="vendor"><filter>${expression("name", "contains", "x")}</filter></get_list>`,
      "Query Failed"
    ],
    [
      "a comparison with nothing",
      `<get_list object="vendor"><filter>${expression("name", "=")}</filter></get_list>`,
      "Query Failed"
    ]
  ])("fails for %s", async (_, fn, errorno) => {
    assert.strictEqual(errorOf(await list(fn), "function")["errorno"], errorno)
  })
})
