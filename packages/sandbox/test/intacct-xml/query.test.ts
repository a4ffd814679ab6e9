import { assert, describe, it } from "vitest"
import { type Answer, errorOf, open, readByQuery, start, use } from "../support.ts"

const data = "response.operation.result.data"

const ask = async (query: string, options?: Parameters<typeof start>[0]): Promise<Answer> => {
  const sandbox = await start(options)
  return use(sandbox, await open(sandbox), `<query>${query}</query>`)
}

const rows = (answer: Answer, object: string): ReadonlyArray<Readonly<Record<string, string>>> => {
  const found = answer.at(`${data}.${object}`)
  if (found === undefined) throw new Error(`no ${object} in ${answer.text}`)
  return (Array.isArray(found) ? found : [found]) as ReadonlyArray<Readonly<Record<string, string>>>
}

const all = "<pagesize>2000</pagesize>"

const as = (format: string) =>
  `<query><object>VENDOR</object><select><field>VENDORID</field><field>NAME</field></select><filter><in><field>VENDORID</field><value>V-QUOTED</value><value>V-00001</value></in></filter><orderby><order><field>VENDORID</field></order></orderby><options><returnformat>${format}</returnformat></options></query>`

describe("query", () => {
  it("counts, adds, averages and finds the ends of groups, without the errors of binary fractions", async () => {
    const sandbox = await start()
    const session = await open(sandbox)
    const invoices = rows(
      await use(
        sandbox,
        session,
        `<query><object>ARINVOICE</object><select><field>CUSTOMERID</field><field>TOTALDUE</field></select>${all}</query>`
      ),
      "ARINVOICE"
    )
    const answer = await use(
      sandbox,
      session,
      `<query><object>ARINVOICE</object><select><field>CUSTOMERID</field><count>RECORDNO</count><sum>TOTALDUE</sum><avg>TOTALDUE</avg><min>TOTALDUE</min><max>TOTALDUE</max></select>${all}</query>`
    )
    const groups = rows(answer, "ARINVOICE")
    assert.strictEqual(
      answer.at(`${data}.@totalcount`),
      String(new Set(invoices.map((each) => each["CUSTOMERID"])).size)
    )
    for (const group of groups) {
      const cents = invoices
        .filter((each) => each["CUSTOMERID"] === group["CUSTOMERID"])
        .map((each) => Math.round(Number(each["TOTALDUE"]) * 100))
      const sum = cents.reduce((total, each) => total + each, 0)
      assert.deepStrictEqual(
        [
          group["COUNT.RECORDNO"],
          Number(group["SUM.TOTALDUE"]),
          Number(group["MIN.TOTALDUE"]) * 100,
          Number(group["MAX.TOTALDUE"]) * 100
        ],
        [String(cents.length), sum / 100, (Math.min(...cents) / 100) * 100, (Math.max(...cents) / 100) * 100]
      )
      assert.approximately(Number(group["AVG.TOTALDUE"]), sum / 100 / cents.length, 1e-6)
    }
    assert.isTrue(groups.some((group) => Number(group["COUNT.RECORDNO"]) > 1))
  })

  it("answers one row for the whole when nothing is grouped by, even of nothing", async () => {
    const answer = await ask(
      "<object>VENDOR</object><select><count>RECORDNO</count><sum>TOTALDUE</sum><max>NAME</max></select>"
    )
    assert.deepStrictEqual(
      [answer.at(`${data}.VENDOR`)].map((row) => (row as Record<string, string>)["COUNT.RECORDNO"]),
      ["160"]
    )
    const none = await ask(
      "<object>VENDOR</object><select><count>RECORDNO</count><sum>TOTALDUE</sum></select><filter><equalto><field>NAME</field><value>nobody</value></equalto></filter>"
    )
    assert.deepStrictEqual(none.at(`${data}.VENDOR`), { "COUNT.RECORDNO": "0", "SUM.TOTALDUE": "" })
  })

  it("groups by every selected field, the record number included, and sorts groups by these", async () => {
    const answer = await ask(
      "<object>VENDOR</object><select><field>RECORDNO</field><field>STATUS</field><count>RECORDNO</count></select><orderby><order><field>STATUS</field><descending/></order><order><field>RECORDNO</field></order></orderby><pagesize>3</pagesize>"
    )
    assert.strictEqual(answer.at(`${data}.@totalcount`), "160")
    assert.deepStrictEqual(
      rows(answer, "VENDOR").map((each) => [each["STATUS"], each["COUNT.RECORDNO"]]),
      [
        ["inactive", "1"],
        ["inactive", "1"],
        ["inactive", "1"]
      ]
    )
    const stray = await ask(
      "<object>VENDOR</object><select><field>STATUS</field><count>RECORDNO</count></select><orderby><order><field>NAME</field></order></orderby>"
    )
    assert.include(String(errorOf(stray, "function")["description2"]), "NAME sorts groups")
  })

  it("names sums as the field alone when it is told to", async () => {
    const answer = await ask("<object>VENDOR</object><select><sum>TOTALDUE</sum></select>", {
      intacct: { aggregateNames: "bare" }
    })
    assert.match(String(answer.at(`${data}.VENDOR.TOTALDUE`)), /^\d+(\.\d+)?$/)
  })

  it("tells small from capital letters unless it is asked not to", async () => {
    const ids = "<object>VENDOR</object><select><field>VENDORID</field></select>"
    const filters = [
      "<equalto><field>VENDORID</field><value>v-00001</value></equalto>",
      "<like><field>VENDORID</field><value>v-0000_</value></like>",
      "<in><field>VENDORID</field><value>v-00001</value><value>V-00002</value></in>",
      "<notlike><field>VENDORID</field><value>v-%</value></notlike>"
    ]
    const counts = await Promise.all(
      filters.map(async (filter) => {
        const sensitive = await ask(`${ids}<filter>${filter}</filter>`)
        const insensitive = await ask(
          `${ids}<filter>${filter}</filter><options><caseinsensitive>true</caseinsensitive></options>`
        )
        return [sensitive.at(`${data}.@totalcount`), insensitive.at(`${data}.@totalcount`)]
      })
    )
    assert.deepStrictEqual(counts, [
      ["0", "1"],
      ["0", "9"],
      ["1", "2"],
      ["160", "0"]
    ])
  })

  it("reads, filters and sorts by what a record points to, over several steps", async () => {
    const answer = await ask(
      "<object>APBILLITEM</object><select><field>RECORDNO</field><field>apbill.recordid</field><field>APBILL.VENDOR.NAME</field></select><filter><equalto><field>APBILL.VENDOR.VENDORID</field><value>V-00005</value></equalto></filter><orderby><order><field>APBILL.RECORDID</field><descending/></order></orderby>"
    )
    const found = rows(answer, "APBILLITEM")
    assert.isAbove(found.length, 1)
    assert.deepStrictEqual(Object.keys(found[0] ?? {}), ["RECORDNO", "APBILL.RECORDID", "APBILL.VENDOR.NAME"])
    assert.strictEqual(new Set(found.map((each) => each["APBILL.VENDOR.NAME"])).size, 1)
    const numbers = found.map((each) => Number(each["APBILL.RECORDID"]?.slice(5)))
    assert.deepStrictEqual(
      numbers,
      numbers.toSorted((a, b) => b - a)
    )
  })

  it("follows a hierarchy once", async () => {
    const sandbox = await start()
    const session = await open(sandbox)
    await use(
      sandbox,
      session,
      "<create><CUSTOMER><CUSTOMERID>C-CHILD</CUSTOMERID><NAME>Child</NAME><PARENTID>C-00001</PARENTID></CUSTOMER></create>"
    )
    const select = (field: string) =>
      use(
        sandbox,
        session,
        `<query><object>CUSTOMER</object><select><field>${field}</field></select><filter><equalto><field>CUSTOMERID</field><value>C-CHILD</value></equalto></filter></query>`
      )
    assert.strictEqual((await select("PARENT.CUSTOMERID")).at(`${data}.CUSTOMER`) !== undefined, true)
    assert.deepStrictEqual((await select("PARENT.CUSTOMERID")).at(`${data}.CUSTOMER`), {
      "PARENT.CUSTOMERID": "C-00001"
    })
    assert.include(String(errorOf(await select("PARENT.PARENT.NAME"), "function")["description2"]), "hierarchical")
  })

  it("does not show what an object has that the user may not see", async () => {
    const sandbox = await start()
    const session = await open(sandbox, sandbox.accounts["intacct-xml"].limited)
    sandbox.company("AcmeHoldings").define({
      objects: { NOTE: { fields: ["INVOICE"], relations: { ARINVOICE: { object: "ARINVOICE", by: "INVOICE" } } } },
      records: { NOTE: [{ INVOICE: "INV-00001" }] }
    })
    const answer = await use(
      sandbox,
      session,
      "<query><object>NOTE</object><select><field>ARINVOICE.TOTALDUE</field></select></query>"
    )
    assert.strictEqual(errorOf(answer, "function")["errorno"], "PL04000005")
  })

  it("answers as JSON and CSV when it stands alone, and refuses to beside others", async () => {
    const sandbox = await start()
    const session = await open(sandbox)
    await use(
      sandbox,
      session,
      '<create><VENDOR><VENDORID>V-QUOTED</VENDORID><NAME>Ackman, "Alice"</NAME></VENDOR></create>'
    )
    const json = await use(sandbox, session, as("json"))
    assert.strictEqual(json.headers.get("content-type"), "application/json")
    assert.deepStrictEqual((JSON.parse(json.text) as ReadonlyArray<object>)[1], {
      VENDORID: "V-QUOTED",
      NAME: 'Ackman, "Alice"'
    })
    const csv = await use(sandbox, session, as("csv"))
    assert.strictEqual(csv.headers.get("content-type"), "text/csv")
    const lines = csv.text.split("\n")
    assert.strictEqual(lines[0], "VENDORID,NAME")
    assert.strictEqual(lines[2], 'V-QUOTED,"Ackman, ""Alice"""')
    const both = await use(sandbox, session, as("json"), as("xml"))
    assert.deepStrictEqual(
      [0, 1].map((index) => both.at(`response.operation.result.${index}.status`)),
      ["failure", "success"]
    )
    assert.include(both.text, "SANDBOX-NOT-PLAYED")
  })

  it("pages by offset and page size up to two thousand", async () => {
    const answer = await ask(
      "<object>ARINVOICE</object><select><field>RECORDNO</field></select><orderby><order><field>RECORDNO</field><ascending/></order></orderby><pagesize>2000</pagesize><offset>310</offset>"
    )
    assert.strictEqual(answer.at(`${data}.@count`), "10")
    assert.strictEqual(answer.at(`${data}.@numremaining`), "0")
    const numbers = rows(answer, "ARINVOICE").map((each) => Number(each["RECORDNO"]))
    assert.deepStrictEqual(
      numbers,
      numbers.toSorted((a, b) => a - b)
    )
  })

  const select = "<select><field>NAME</field></select>"
  it.each([
    ["an element that it does not have", `<object>VENDOR</object>${select}<limit>5</limit>`, "Element 'limit'"],
    ["no select", "<object>VENDOR</object>", "Expected is ( select )"],
    ["an empty select", "<object>VENDOR</object><select/>", "Missing child element(s)"],
    ["another aggregate", "<object>VENDOR</object><select><median>TOTALDUE</median></select>", "Element 'median'"],
    ["two objects", `<object>VENDOR</object><object>CUSTOMER</object>${select}`, "Element 'object'"],
    ["another option", `<object>VENDOR</object>${select}<options><distinct>true</distinct></options>`, "'distinct'"],
    [
      "an option that is none",
      `<object>VENDOR</object>${select}<options><caseinsensitive>yes</caseinsensitive></options>`,
      "xs:boolean"
    ],
    [
      "a format that it does not have",
      `<object>VENDOR</object>${select}<options><returnformat>yaml</returnformat></options>`,
      "the set"
    ],
    ["a page of none", `<object>VENDOR</object>${select}<pagesize>0</pagesize>`, "xs:integer"],
    ["a page of too many", `<object>VENDOR</object>${select}<pagesize>2001</pagesize>`, "xs:integer"],
    ["a negative offset", `<object>VENDOR</object>${select}<offset>-1</offset>`, "xs:integer"],
    ["an offset in words", `<object>VENDOR</object>${select}<offset>ten</offset>`, "xs:integer"],
    [
      "two conditions in the filter",
      `<object>VENDOR</object>${select}<filter><isnull><field>NAME</field></isnull><isnull><field>NAME</field></isnull></filter>`,
      "This element is not expected"
    ],
    [
      "an and of one",
      `<object>VENDOR</object>${select}<filter><and><isnull><field>NAME</field></isnull></and></filter>`,
      "Missing child element(s)"
    ],
    [
      "an operator that it does not have",
      `<object>VENDOR</object>${select}<filter><contains><field>NAME</field><value>x</value></contains></filter>`,
      "Element 'contains'"
    ],
    [
      "between without an end",
      `<object>VENDOR</object>${select}<filter><between><field>NAME</field><value>x</value></between></filter>`,
      "Expected is ( value )"
    ],
    [
      "isnull with a value",
      `<object>VENDOR</object>${select}<filter><isnull><field>NAME</field><value>x</value></isnull></filter>`,
      "Element 'value'"
    ],
    ["an attribute", `<object type="x">VENDOR</object>${select}`, "The attribute 'type' is not allowed"],
    ["an order without field", `<object>VENDOR</object>${select}<orderby><order/></orderby>`, "Expected is ( field )"],
    [
      "an order up and down",
      `<object>VENDOR</object>${select}<orderby><order><field>NAME</field><ascending/><descending/></order></orderby>`,
      "Element 'descending'"
    ],
    ["an element in text", `<object><b>VENDOR</b></object>${select}`, "Element content is not allowed"],
    ["text between elements", `<object>VENDOR</object>and${select}`, "Character content"]
  ])("refuses %s as the published schema does", async (_, query, message) => {
    const answer = await ask(query)
    const error = errorOf(answer, "control")
    assert.strictEqual(error["errorno"], "XL03000003")
    assert.match(String(error["description2"]), /^XML Parse schema error: Error \d+: .* Line: 1, column: \d+\./)
    assert.include(String(error["description2"]), message)
  })

  it.each([
    ["a field that it does not have", `<object>VENDOR</object><select><field>NOPE</field></select>`, "XL03000006"],
    ["all fields", `<object>VENDOR</object><select><field>*</field></select>`, "XL03000006"],
    ["a sum of text", `<object>VENDOR</object><select><sum>NAME</sum></select>`, "XL03000006"],
    [
      "an order by nothing",
      `<object>VENDOR</object>${select}<orderby><order><field>NOPE</field></order></orderby>`,
      "XL03000006"
    ],
    [
      "a filter by nothing",
      `<object>VENDOR</object>${select}<filter><isnull><field>VENDOR.NOPE</field></isnull></filter>`,
      "XL03000010"
    ],
    [
      "a number in words",
      `<object>VENDOR</object>${select}<filter><greaterthan><field>TOTALDUE</field><value>much</value></greaterthan></filter>`,
      "Query Failed"
    ],
    [
      "a day that is none",
      `<object>VENDOR</object>${select}<filter><equalto><field>WHENCREATED</field><value>02/30/2026</value></equalto></filter>`,
      "Query Failed"
    ],
    ["a document type of what has none", `<object>VENDOR</object>${select}<docparid>Order</docparid>`, "Query Failed"],
    ["an object of nobody", `<object>BADOBJECT</object>${select}`, "Query Failed"],
    ["an object that is not played", `<object>GLACCOUNT</object>${select}`, "SANDBOX-NOT-PLAYED"]
  ])("fails for %s", async (_, query, errorno) => {
    assert.strictEqual(errorOf(await ask(query), "function")["errorno"], errorno)
  })
})

describe("readByQuery and its relatives", () => {
  it("tell text from numbers: an id with zeros is another one", async () => {
    const sandbox = await start()
    const session = await open(sandbox)
    await use(sandbox, session, "<create><VENDOR><VENDORID>007</VENDORID><NAME>Bond</NAME></VENDOR></create>")
    const count = async (query: string) =>
      (await use(sandbox, session, readByQuery("VENDOR", query))).at(`${data}.@totalcount`)
    assert.deepStrictEqual([await count("VENDORID = '7'"), await count("VENDORID = '007'")], ["0", "1"])
    assert.strictEqual(await count("TOTALDUE >= '0' and VENDORID like 'v-%'"), "0")
  })

  it.each([
    ["a page size that is none", readByQuery("VENDOR", "", "<pagesize>many</pagesize>")],
    ["a page of too many", readByQuery("VENDOR", "", "<pagesize>1001</pagesize>")],
    ["an element that they do not have", readByQuery("VENDOR", "", "<orderby>NAME</orderby>")],
    ["a format that they do not have", readByQuery("VENDOR", "", "<returnFormat>yaml</returnFormat>")],
    ["no query", "<readByQuery><object>VENDOR</object></readByQuery>"],
    ["read without object", "<read><keys>1</keys></read>"],
    ["readMore of two things", "<readMore><object>VENDOR</object><resultId>x</resultId></readMore>"],
    ["an attribute", '<inspect depth="3"><object>VENDOR</object></inspect>'],
    ["an empty create", "<create/>"],
    ["a session of something else", "<getAPISession><entityid>E1</entityid></getAPISession>"]
  ])("are refused by the schema with %s", async (_, fn) => {
    const sandbox = await start()
    assert.strictEqual(errorOf(await use(sandbox, await open(sandbox), fn), "control")["errorno"], "XL03000003")
  })

  it.each([
    ["a comparison with null", readByQuery("VENDOR", "MEGAENTITYID = NULL"), "is null"],
    ["a comparison with no null", readByQuery("VENDOR", "MEGAENTITYID <> null"), "is null"],
    ["a list with null", readByQuery("VENDOR", "MEGAENTITYID not in ('E1', null)"), "is null"]
  ])("fail for %s, which matches nothing in SQL", async (_, fn, message) => {
    const sandbox = await start()
    const error = errorOf(await use(sandbox, await open(sandbox), fn), "function")
    assert.strictEqual(error["errorno"], "Query Failed")
    assert.include(String(error["description2"]), message)
  })

  it.each([
    [
      "an attribute of a record",
      '<create><VENDOR key="1"><NAME>x</NAME></VENDOR></create>',
      "the attribute key of VENDOR"
    ],
    ["one of a field", '<create><VENDOR><NAME lang="de">x</NAME></VENDOR></create>', "the attribute lang of NAME"],
    ["a field twice", "<create><VENDOR><NAME>x</NAME><name>y</name></VENDOR></create>", "NAME is given twice"],
    ["text between fields", "<create><VENDOR>x<NAME>y</NAME></VENDOR></create>", "text between the fields of VENDOR"],
    [
      "fields of a line's field",
      "<create><APBILL><VENDORID>V-00001</VENDORID><APBILLITEMS><APBILLITEM><ACCOUNTNO>1</ACCOUNTNO><AMOUNT>1</AMOUNT><MEMO><A>1</A></MEMO></APBILLITEM></APBILLITEMS></APBILL></create>",
      "the field MEMO.A of APBILLITEM"
    ],
    [
      "a line's field twice",
      "<create><APBILL><VENDORID>V-00001</VENDORID><APBILLITEMS><APBILLITEM><ACCOUNTNO>1</ACCOUNTNO><AMOUNT>1</AMOUNT><TRX_AMOUNT>2</TRX_AMOUNT></APBILLITEM></APBILLITEMS></APBILL></create>",
      "AMOUNT is given twice"
    ],
    [
      "an update of an attribute",
      '<update><VENDOR key="4"><NAME>x</NAME></VENDOR></update>',
      "the attribute key of VENDOR"
    ]
  ])("write nothing with %s", async (_, fn, message) => {
    const sandbox = await start()
    const session = await open(sandbox)
    const before = sandbox.company("AcmeHoldings").records("VENDOR")
    assert.include(String(errorOf(await use(sandbox, session, fn), "function")["description2"]), message)
    assert.deepStrictEqual(sandbox.company("AcmeHoldings").records("VENDOR"), before)
  })

  it("go on with the last result of an object", async () => {
    const sandbox = await start()
    const session = await open(sandbox)
    await use(sandbox, session, readByQuery("VENDOR", "", "<pagesize>150</pagesize>"))
    const more = await use(sandbox, session, "<readMore><object>vendor</object></readMore>")
    assert.strictEqual(more.at(`${data}.@count`), "10")
    const none = await use(sandbox, session, "<readMore><object>VENDOR</object></readMore>")
    assert.strictEqual(errorOf(none, "function")["errorno"], "Query Failed")
  })

  it("read keys as JSON and CSV, a hundred at most, and none without being asked", async () => {
    const sandbox = await start()
    const session = await open(sandbox)
    const read = (keys: string, format = "") =>
      use(
        sandbox,
        session,
        `<readByName><object>VENDOR</object><keys>${keys}</keys><fields>NAME,VENDORID</fields>${format}</readByName>`
      )
    const json = await read("V-00002", "<returnFormat>json</returnFormat>")
    assert.strictEqual((JSON.parse(json.text) as ReadonlyArray<{ VENDORID: string }>)[0]?.VENDORID, "V-00002")
    const csv = await read("V-00002", "<returnFormat>csv</returnFormat>")
    assert.match(csv.text, /^NAME,VENDORID\n.*,V-00002\n$/)
    const many = Array.from({ length: 101 }, (_, index) => String(index)).join(",")
    assert.include(String(errorOf(await read(many), "function")["description2"]), "at most 100")
    assert.strictEqual(errorOf(await read(""), "function")["errorno"], "SANDBOX-NOT-PLAYED")
  })

  it("read the documents of a type", async () => {
    const sandbox = await start()
    const session = await open(sandbox)
    const count = async (type: string) =>
      (await use(sandbox, session, readByQuery("SODOCUMENT", "", `<docparid>${type}</docparid>`))).at(
        `${data}.@totalcount`
      )
    assert.deepStrictEqual([await count("Sales Order"), await count("Sales Quote")], ["20", "0"])
  })

  it("refuse fields that a record cannot have, and those that are not its writer's", async () => {
    const sandbox = await start()
    const session = await open(sandbox)
    const create = async (fields: string) =>
      errorOf(await use(sandbox, session, `<create><VENDOR><NAME>x</NAME>${fields}</VENDOR></create>`), "function")
    assert.include(String((await create("<NOPE>1</NOPE>"))["description2"]), "the field NOPE of VENDOR")
    assert.include(String((await create("<A><B><C/></B></A>"))["description2"]), "the field A.B.C of VENDOR")
    assert.include(String((await create("<WHENMODIFIED>x</WHENMODIFIED>"))["description2"]), "is set by Sage Intacct")
    assert.include(
      String((await create("<CREDITLIMIT>much</CREDITLIMIT>"))["description2"]),
      "CREDITLIMIT is no CURRENCY"
    )
    assert.include(String((await create("<STATUS>dormant</STATUS>"))["description2"]), "STATUS must be one of")
    const good = await use(
      sandbox,
      session,
      "<create><VENDOR><VENDORID>V-FULL</VENDORID><NAME>x</NAME><DISPLAYCONTACT><PRINTAS>X</PRINTAS><MAILADDRESS><CITY>Berlin</CITY></MAILADDRESS></DISPLAYCONTACT></VENDOR></create>"
    )
    assert.strictEqual(good.at("response.operation.result.status"), "success")
    const read = await use(
      sandbox,
      session,
      "<readByName><object>VENDOR</object><keys>V-FULL</keys><fields>DISPLAYCONTACT.MAILADDRESS.CITY</fields></readByName>"
    )
    assert.deepStrictEqual(read.at(`${data}.vendor`), { "DISPLAYCONTACT.MAILADDRESS.CITY": "Berlin" })
    const whole = await use(sandbox, session, "<readByName><object>VENDOR</object><keys>V-FULL</keys></readByName>")
    assert.include(whole.text, "<DISPLAYCONTACT.PRINTAS>X<")
  })

  it("write a document with its lines, and what they add up to", async () => {
    const sandbox = await start()
    const session = await open(sandbox)
    const created = await use(
      sandbox,
      session,
      "<create><APBILL><VENDORID>V-00001</VENDORID><RECORDID>B-1</RECORDID><WHENCREATED>11/30/2026</WHENCREATED><APBILLITEMS><APBILLITEM><ACCOUNTNO>6100</ACCOUNTNO><TRX_AMOUNT>0.1</TRX_AMOUNT></APBILLITEM><APBILLITEM><ACCOUNTNO>6100</ACCOUNTNO><TRX_AMOUNT>0.2</TRX_AMOUNT></APBILLITEM></APBILLITEMS></APBILL></create>"
    )
    assert.strictEqual(created.at("response.operation.result.status"), "success")
    const bill = await use(sandbox, session, readByQuery("APBILL", "RECORDID = 'B-1'"))
    assert.strictEqual(bill.at(`${data}.apbill.TOTALENTERED`), "0.30")
    assert.strictEqual(bill.at(`${data}.apbill.STATE`), "Posted")
    const lines = await use(
      sandbox,
      session,
      readByQuery("APBILLITEM", `RECORDKEY = '${String(bill.at(`${data}.apbill.RECORDNO`))}'`)
    )
    assert.strictEqual(lines.at(`${data}.@count`), "2")
    const stranger = await use(sandbox, session, "<create><APBILL><VENDORID>nobody</VENDORID></APBILL></create>")
    assert.include(String(errorOf(stranger, "function")["description2"]), "Vendor nobody does not exist")
  })
})
