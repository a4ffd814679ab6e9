import { assert, describe, it } from "vitest"
import type { SageAuthError, XmlFunction, XmlResult } from "../../src/index.ts"
import { openLedger, operation, rejectionOf, xml } from "./fakeGateway.ts"

const anything: XmlFunction = { readByQuery: { object: "VENDOR", fields: "*", query: "" } }

const answered = (inner: string): string =>
  `<result><status>success</status><function>any</function><controlid>f</controlid>${inner}</result>`

/** The result of a function whose `<result>` holds this beside its status. */
const resultOf = async (inner: string, fn: XmlFunction = anything): Promise<XmlResult> => {
  const { ledger } = openLedger(({ fn: name }) => (name === "getAPISession" ? undefined : operation(answered(inner))))
  const [result] = await ledger.execute([fn])
  return result as XmlResult
}

const readOf = async (inner: string, fn?: XmlFunction) => {
  const result = await resultOf(inner, fn)
  return { data: await result.data(), records: await result.records() }
}

const members = ["key", "listtype", "start", "end", "total", "count", "totalcount", "numremaining", "resultId"] as const

/** What the result says beside its records. */
const besideOf = async (inner: string) => {
  const result = await resultOf(inner)
  return Object.fromEntries(members.flatMap((name) => (result[name] === undefined ? [] : [[name, result[name]]])))
}

const failureOf = async (inner: string): Promise<SageAuthError> => {
  const result = await resultOf(inner)
  const error = (await rejectionOf(result.data())) as SageAuthError
  assert.strictEqual(await rejectionOf(result.records()), error)
  return error
}

describe("none, one and many", () => {
  it.each([
    ["no data at all", "", {}],
    ["an empty element", "<data/>", {}],
    ["nothing inside", "<data></data>", {}],
    ["white space", "<data>\n  \t</data>", {}],
    ["a comment", "<data><!-- none --></data>", {}],
    ["a count of 0", '<data listtype="vendor" count="0"/>', { "@listtype": "vendor", "@count": "0" }],
    ["a count of 0 and white space", '<data count="0">\n</data>', { "@count": "0", "#text": "\n" }],
    ["a list of 0 beside empty data", '<listtype start="0" end="0" total="0">class</listtype><data></data>', {}]
  ])("are one type for %s", async (_, inner, data) => {
    assert.deepStrictEqual(await readOf(inner), { data, records: [] })
  })

  it("are one type for one record and for many", async () => {
    const one = "<vendor><VENDORID>1</VENDORID></vendor>"
    assert.deepStrictEqual(await readOf(`<data count="1">\n${one}\n</data>`), {
      data: { "@count": "1", vendor: [{ VENDORID: "1" }] },
      records: [{ VENDORID: "1" }]
    })
    assert.deepStrictEqual(await readOf(`<data>${one}${one}</data>`), {
      data: { vendor: [{ VENDORID: "1" }, { VENDORID: "1" }] },
      records: [{ VENDORID: "1" }, { VENDORID: "1" }]
    })
  })

  it("keep the order of records of several types, and make an object of each", async () => {
    const inner = '<data><a>1</a><b x="2"/><a/><b>\n</b><c><d>3</d></c></data>'
    assert.deepStrictEqual((await readOf(inner)).records, [{ "#text": "1" }, { "@x": "2" }, {}, {}, { d: "3" }])
  })

  it("find the rows of a report where it puts them", async () => {
    const report = { readReport: { report: "API_TB" } }
    const rows = (inner: string) => readOf(`<data><report>${inner}<STATUS>DONE</STATUS></report></data>`, report)
    assert.deepStrictEqual((await rows("")).records, [])
    assert.deepStrictEqual((await rows("<data><ACCOUNT>1</ACCOUNT></data>")).records, [{ ACCOUNT: "1" }])
    const many = "<data><ACCOUNT>1</ACCOUNT></data><data><ACCOUNT>2</ACCOUNT></data>"
    assert.deepStrictEqual((await rows(many)).records, [{ ACCOUNT: "1" }, { ACCOUNT: "2" }])
    const waiting = "<data><report_results><REPORTID>R</REPORTID><STATUS>PENDING</STATUS></report_results></data>"
    assert.deepStrictEqual((await readOf(waiting, report)).records, [{ REPORTID: "R", STATUS: "PENDING" }])
    const named = "<data><report><NAME>mine</NAME><STATUS>active</STATUS></report></data>"
    assert.deepStrictEqual((await readOf(named)).records, [{ NAME: "mine", STATUS: "active" }])
  })

  it("are the dimensions of a company: none, one and many", async () => {
    const asked = { getDimensions: {} }
    const rows = (inner: string) => readOf(`<data><dimensions>${inner}</dimensions></data>`, asked)
    const one = "<dimension><objectName>LOCATION</objectName></dimension>"
    const other = "<dimension><objectName>VENDOR</objectName></dimension>"
    const location = { objectName: "LOCATION" }
    for (const none of ["", "\n  "]) assert.deepStrictEqual((await rows(none)).records, [])
    assert.deepStrictEqual((await readOf("<data><dimensions/></data>", asked)).records, [])
    assert.deepStrictEqual((await rows(one)).records, [location])
    assert.deepStrictEqual((await rows(`\n${one}\n${other}\n`)).records, [location, { objectName: "VENDOR" }])
  })

  it("are one type for records that came as JSON", async () => {
    const json: XmlFunction = { readByQuery: { object: "VENDOR", fields: "*", query: "", returnFormat: "json" } }
    for (const records of [[], [{ VENDORID: "1" }], [{ VENDORID: "1" }, { VENDORID: "2" }]]) {
      const { ledger } = openLedger(({ fn }) =>
        fn === "getAPISession" ? undefined : xml(JSON.stringify(records), 200, { "content-type": "application/json" })
      )
      const [result] = await ledger.execute([json])
      assert.deepStrictEqual(await result?.records(), records)
      assert.deepStrictEqual(await result?.data(), records)
    }
  })

  it("are parsed once, however often they are asked for", async () => {
    const result = await resultOf("<data><vendor><VENDORID>1</VENDORID></vendor></data>")
    const data = await result.data()
    const records = await result.records()
    assert.strictEqual(await result.data(), data)
    assert.strictEqual(await result.records(), records)
    assert.strictEqual((data as { readonly vendor: ReadonlyArray<unknown> }).vendor[0], records[0])
  })
})

describe("what stands beside the records", () => {
  it("is the key of a record that a legacy function made", async () => {
    assert.deepStrictEqual(await besideOf("<key>C1234</key>"), { key: "C1234" })
    assert.deepStrictEqual(await besideOf("<key>Sales Order-SO&amp;1</key>"), { key: "Sales Order-SO&1" })
    assert.deepStrictEqual(await besideOf("<key></key>"), {})
  })

  it("is the range of get_list", async () => {
    assert.deepStrictEqual(await besideOf('<listtype start="0" end="99" total="107">class</listtype><data/>'), {
      listtype: "class",
      start: 0,
      end: 99,
      total: 107
    })
  })

  it("is the count of a query and the cursor of readMore", async () => {
    assert.deepStrictEqual(
      await besideOf(
        '<data listtype="vendor" count="100" totalcount="205" numremaining="105" resultId="7030372031c0a8f07dXbYTdrg"/>'
      ),
      { listtype: "vendor", count: 100, totalcount: 205, numremaining: 105, resultId: "7030372031c0a8f07dXbYTdrg" }
    )
    assert.deepStrictEqual(await besideOf('<data count="0" totalcount="0" numremaining="0" resultId=""/>'), {
      count: 0,
      totalcount: 0,
      numremaining: 0
    })
  })

  it("is no number where Intacct wrote none", async () => {
    assert.deepStrictEqual(await besideOf('<data count="many" totalcount="" numremaining="1e3" resultId="007"/>'), {
      resultId: "007"
    })
    assert.deepStrictEqual(await besideOf('<listtype start="0" end="-1" total="0">x</listtype><data>\n</data>'), {
      listtype: "x",
      start: 0,
      end: -1,
      total: 0
    })
  })
})

describe("data that is no XML", () => {
  it("is rejected with the place, in raw, and with what helps", async () => {
    const inner = "<data>\n<vendor>\n<NAME>Smith & Sons</NAME>\n</vendor></data>"
    const error = await failureOf(inner)
    assert.strictEqual(error.id, "intacct-xml.data-malformed")
    const at = answered(inner).indexOf("& Sons")
    assert.include(error.message, `offset ${at} of raw, line 3, in <data><vendor><NAME>`)
    assert.include(error.remedy, "Name the fields")
    assert.include(error.remedy, "`raw`")
    assert.notInclude(error.remedy + error.message, "proxies")
    assert.notInclude(error.message, "Smith")
  })

  it.each([
    ["intacct-xml.data-malformed", "<data><a></b></data>", "in <data><a>"],
    ["intacct-xml.data-malformed", "<data><a>&nbsp;</a></data>", "an entity that XML does not know"],
    ["intacct-xml.data-malformed", "<data><a>\u0001&#1;</a></data>", "in <data><a>"],
    [
      "intacct-xml.data-over-limit",
      `<data><a ${Array.from({ length: 65 }, (_, n) => `b${n}=""`).join(" ")}/></data>`,
      "larger than is read"
    ],
    ["intacct-xml.data-over-limit", `<data><${"n".repeat(300)}/></data>`, "larger than is read"]
  ])("is %s for what it is", async (id, inner, words) => {
    const error = await failureOf(inner)
    assert.strictEqual(error.id, id)
    assert.strictEqual(error.reason._tag, "ProtocolViolation")
    assert.include(error.message, words)
  })

  it("is refused where JSON nests deeper than XML may", async () => {
    const json: XmlFunction = { readByQuery: { object: "VENDOR", fields: "*", query: "", returnFormat: "json" } }
    const { ledger } = openLedger(({ fn }) =>
      fn === "getAPISession"
        ? undefined
        : xml(`[\n${"[".repeat(100)}${"]".repeat(101)}`, 200, { "content-type": "application/json" })
    )
    const [result] = await ledger.execute([json])
    const error = (await rejectionOf((result as XmlResult).data())) as SageAuthError
    assert.strictEqual(error.id, "intacct-xml.data-over-limit")
    assert.include(error.message, "deeper than 100 levels (offset 101 of raw, line 2)")
  })

  it.each([
    ["at the place that is known", '[\n{"NAME": 1 hunter2}]', /offset \d+ of raw, line 2/],
    ["where the platform knows no place", '[{"NAME": hunter2}]', /well-formed JSON/]
  ])("says that JSON is broken, %s, and quotes none of it", async (_, body, words) => {
    const json: XmlFunction = { readByQuery: { object: "VENDOR", fields: "*", query: "", returnFormat: "json" } }
    const { ledger } = openLedger(({ fn }) =>
      fn === "getAPISession" ? undefined : xml(body, 200, { "content-type": "application/json" })
    )
    const [result] = await ledger.execute([json])
    const error = (await rejectionOf((result as XmlResult).data())) as SageAuthError
    assert.strictEqual(error.id, "intacct-xml.data-malformed")
    assert.notInclude(error.message, "hunter2")
    assert.match(error.message, words)
  })
})
