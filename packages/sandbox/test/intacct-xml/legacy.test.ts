import { assert, describe, it } from "vitest"
import { legacyFunctions } from "../../src/intacct-xml/legacy.ts"
import type { LegacyFields } from "../../src/intacct-xml/legacyFields.ts"
import { fieldNamed, ObjectTypes } from "../../src/intacct-xml/objectTypes.ts"
import { type Answer, errorOf, open, readByQuery, start, use } from "../support.ts"

const result = "response.operation.result"

const session = async (options?: Parameters<typeof start>[0]) => {
  const sandbox = await start(options)
  const opened = await open(sandbox)
  return { sandbox, run: (...functions: ReadonlyArray<string>): Promise<Answer> => use(sandbox, opened, ...functions) }
}

const date = (name: string, year: number, month: number, day: number) =>
  `<${name}><year>${year}</year><month>${month}</month><day>${day}</day></${name}>`

const invoice = (items: string, more = "") =>
  `<create_invoice><customerid>C-00001</customerid>${date("datecreated", 2026, 11, 30)}<invoiceno>OLD-1</invoiceno>${more}<invoiceitems>${items}</invoiceitems></create_invoice>`

const item = (amount: string, more = "") =>
  `<lineitem><glaccountno>4000</glaccountno><amount>${amount}</amount>${more}</lineitem>`

const bill = (action: string) =>
  `<create_bill><vendorid>V-00001</vendorid>${date("datecreated", 2026, 1, 2)}${date("datedue", 2026, 2, 1)}<action>${action}</action><billitems><lineitem><accountlabel>Office</accountlabel><amount>5</amount></lineitem></billitems></create_bill>`

const file = (name: string) =>
  `<attachments><attachment><attachmentname>${name}</attachmentname><attachmenttype>txt</attachmenttype><attachmentdata>aGVsbG8=</attachmentdata></attachment></attachments>`

describe("the older functions", () => {
  it("write into fields that records have", () => {
    const types = new ObjectTypes()
    const targets = (fields: LegacyFields): ReadonlyArray<string> =>
      Object.values(fields).flatMap((field) =>
        field.kind === "field" || field.kind === "date"
          ? [field.to]
          : field.kind === "inside"
            ? targets(field.fields)
            : []
      )
    const lost = legacyFunctions.flatMap(({ name, object, fields, lines }) => {
      const type = types.any(object)
      const lineType = types.get(type?.lines?.object ?? "")
      return [
        ...targets(fields).filter((field) => type === undefined || fieldNamed(type, field) === undefined),
        ...targets(lines?.fields ?? {}).filter(
          (field) => lineType === undefined || fieldNamed(lineType, field) === undefined
        )
      ].map((field) => `${name}: ${field}`)
    })
    assert.deepStrictEqual(lost, [])
  })

  it("make, change and remove a customer by its id", async () => {
    const { run } = await session()
    const made = await run(
      "<create_customer><customerid>C-OLD</customerid><name>Old School &amp; Co.</name><termname>N30</termname><contactinfo><contact><contactname>Ann</contactname><printas>Ann</printas><mailaddress><city>Wien</city></mailaddress></contact></contactinfo></create_customer>"
    )
    assert.strictEqual(made.at(`${result}.status`), "success")
    assert.strictEqual(made.at(`${result}.key`), "C-OLD")
    assert.isUndefined(made.at(`${result}.data`))
    const changed = await run('<update_customer customerid="C-OLD"><termname>N15</termname></update_customer>')
    assert.strictEqual(changed.at(`${result}.key`), "C-OLD")
    const read = await run(
      "<readByName><object>CUSTOMER</object><keys>C-OLD</keys><fields>NAME,TERMNAME,STATUS,DISPLAYCONTACT.MAILADDRESS.CITY</fields></readByName>"
    )
    assert.deepStrictEqual(read.at(`${result}.data.customer`), {
      NAME: "Old School & Co.",
      TERMNAME: "N15",
      STATUS: "active",
      "DISPLAYCONTACT.MAILADDRESS.CITY": "Wien"
    })
    const again = await run("<create_customer><customerid>C-OLD</customerid><name>x</name></create_customer>")
    assert.strictEqual(errorOf(again, "function")["errorno"], "BL34000061")
    const removed = await run('<delete_customer customerid="C-OLD"/>')
    assert.strictEqual(removed.at(`${result}.status`), "success")
    assert.isUndefined(removed.at(`${result}.key`))
    const gone = await run('<delete_customer customerid="C-OLD"/>')
    assert.include(String(errorOf(gone, "function")["description2"]), "it does not exist")
  })

  it("do the same for a vendor", async () => {
    const { run } = await session()
    assert.strictEqual(
      (await run("<create_vendor><vendorid>V-OLD</vendorid><name>Old</name></create_vendor>")).at(`${result}.key`),
      "V-OLD"
    )
    await run('<update_vendor vendorid="V-OLD"><name>Older</name><onhold>true</onhold></update_vendor>')
    const read = await run(readByQuery("VENDOR", "VENDORID = 'V-OLD' and ONHOLD = 'true'"))
    assert.strictEqual(read.at(`${result}.data.vendor.NAME`), "Older")
    assert.strictEqual((await run('<delete_vendor vendorid="V-OLD"/>')).at(`${result}.status`), "success")
  })

  it("make an invoice with lines that add up, change its lines and remove it", async () => {
    const { run } = await session()
    const made = await run(
      invoice(
        item("100.10") + item("0.20", "<memo>Postage</memo>"),
        "<externalid>mine</externalid><currency>EUR</currency>"
      )
    )
    const key = String(made.at(`${result}.key`))
    assert.match(key, /^\d+$/)
    const read = async () =>
      (await run(`<read><object>ARINVOICE</object><keys>${key}</keys><fields>*</fields></read>`)).at(
        `${result}.data.arinvoice`
      ) as Record<string, string>
    const before = await read()
    assert.strictEqual(before["TOTALENTERED"], "100.30")
    assert.strictEqual(before["TOTALDUE"], "100.30")
    assert.strictEqual(before["WHENCREATED"], "11/30/2026")
    assert.strictEqual(before["STATE"], "Posted")
    assert.isNotEmpty(before["CUSTOMERNAME"])
    await run(
      `<update_invoice key="mine" externalkey="true"><description>late</description><updateinvoiceitems><updatelineitem line_num="1"><amount>50</amount></updatelineitem>${item("7")}</updateinvoiceitems></update_invoice>`
    )
    const after = await read()
    assert.strictEqual(after["TOTALENTERED"], "57.20")
    assert.strictEqual(after["DESCRIPTION"], "late")
    const lines = await run(readByQuery("ARINVOICEITEM", `RECORDKEY = '${key}'`))
    assert.strictEqual(lines.at(`${result}.data.@count`), "3")
    assert.strictEqual(lines.at(`${result}.data.arinvoiceitem.1.ENTRYDESCRIPTION`), "Postage")
    assert.strictEqual((await run(`<delete_invoice key="${key}"/>`)).at(`${result}.status`), "success")
    const left = await run(readByQuery("ARINVOICEITEM", `RECORDKEY = '${key}'`))
    assert.strictEqual(left.at(`${result}.data.@count`), "0")
  })

  it("make a bill, and a draft of one", async () => {
    const { run } = await session()
    const keys = [await run(bill("Submit")), await run(bill("Draft"))].map((each) => String(each.at(`${result}.key`)))
    const read = await run(
      `<read><object>APBILL</object><keys>${keys.join(",")}</keys><fields>STATE,WHENDUE</fields></read>`
    )
    assert.deepStrictEqual(read.at(`${result}.data.apbill`), [
      { STATE: "Posted", WHENDUE: "02/01/2026" },
      { STATE: "Draft", WHENDUE: "02/01/2026" }
    ])
    assert.include(
      String(errorOf(await run(bill("Shred")), "function")["description2"]),
      "must be one of Draft, Submit"
    )
  })

  it("make a sales transaction, whose key is its document's id", async () => {
    const { run } = await session()
    const made = await run(
      `<create_sotransaction><transactiontype>Sales Invoice</transactiontype>${date("datecreated", 2026, 11, 30)}<customerid>C-00001</customerid><documentno>77</documentno><sotransitems><sotransitem><itemid>PEN</itemid><quantity>3</quantity><unit>Each</unit><price>0.10</price></sotransitem></sotransitems></create_sotransaction>`
    )
    assert.strictEqual(made.at(`${result}.key`), "Sales Invoice-77")
    const read = await run(readByQuery("SODOCUMENT", "DOCID = 'Sales Invoice-77'"))
    assert.strictEqual(read.at(`${result}.data.sodocument.TOTAL`), "0.30")
    const changed = await run(
      '<update_sotransaction key="Sales Invoice-77"><state>Closed</state><updatesotransitems><updatesotransitem line_num="1"><quantity>5</quantity></updatesotransitem></updatesotransitems></update_sotransaction>'
    )
    assert.strictEqual(changed.at(`${result}.key`), "Sales Invoice-77")
    const after = await run(readByQuery("SODOCUMENT", "DOCID = 'Sales Invoice-77'"))
    assert.strictEqual(after.at(`${result}.data.sodocument.TOTAL`), "0.50")
    assert.strictEqual((await run('<delete_sotransaction key="Sales Invoice-77"/>')).at(`${result}.status`), "success")
  })

  it("keep attachments with their files, which get_list gives back", async () => {
    const { run } = await session()
    const made = await run(
      `<create_supdoc><supdocid>S-1</supdocid><supdocname>Contract</supdocname><supdocfoldername>Contracts</supdocfoldername>${file("one")}</create_supdoc>`
    )
    assert.strictEqual(made.at(`${result}.key`), "S-1")
    await run(
      `<update_supdoc><supdocid>S-1</supdocid><supdocdescription>signed</supdocdescription>${file("two")}</update_supdoc>`
    )
    const listed = await run(
      '<get_list object="supdoc"><filter><expression><field>supdocid</field><operator>=</operator><value>S-1</value></expression></filter></get_list>'
    )
    const supdoc = listed.at(`${result}.data.supdoc`) as {
      readonly description: string
      readonly attachments: { readonly attachment: ReadonlyArray<{ readonly attachmentname: string }> }
    }
    assert.strictEqual(supdoc.description, "signed")
    assert.deepStrictEqual(
      supdoc.attachments.attachment.map((each) => each.attachmentname),
      ["one", "two"]
    )
    const nowhere = await run(
      "<create_supdoc><supdocid>S-2</supdocid><supdocfoldername>None</supdocfoldername></create_supdoc>"
    )
    assert.include(String(errorOf(nowhere, "function")["description2"]), "Attachment folder None does not exist")
    await run("<create_supdocfolder><supdocfoldername>None</supdocfoldername></create_supdocfolder>")
    const now = await run(
      "<create_supdoc><supdocid>S-2</supdocid><supdocfoldername>None</supdocfoldername></create_supdoc>"
    )
    assert.strictEqual(now.at(`${result}.status`), "success")
    assert.strictEqual((await run('<delete_supdoc key="S-2"/>')).at(`${result}.status`), "success")
    assert.strictEqual((await run('<delete_supdocfolder key="None"/>')).at(`${result}.status`), "success")
  })

  it("have an empty data beside the key when they are told to", async () => {
    const { run } = await session({ intacct: { legacyData: "empty" } })
    const made = await run("<create_vendor><vendorid>V-OLD</vendorid><name>Old</name></create_vendor>")
    assert.strictEqual(made.at(`${result}.key`), "V-OLD")
    assert.strictEqual(made.at(`${result}.data`), "")
  })

  it.each([
    ["an element that they do not have", "<create_customer><name>x</name><nickname>y</nickname></create_customer>"],
    ["something that is missing", "<create_customer><customerid>x</customerid></create_customer>"],
    ["an attribute that is missing", "<delete_customer/>"],
    ["an attribute that they do not have", '<delete_customer customerid="C-00001" force="true"/>'],
    ["no lines", `<create_invoice><customerid>C-00001</customerid>${date("datecreated", 2026, 1, 1)}</create_invoice>`],
    ["empty lines", invoice("")],
    ["a line of another kind", invoice("<sotransitem><quantity>1</quantity></sotransitem>")],
    ["a month that is none", invoice(item("1")).replace("<month>11</month>", "<month>13</month>")],
    [
      "a date in one",
      invoice(item("1")).replace(/<datecreated>.*<\/datecreated>/, "<datecreated>11/30/2026</datecreated>")
    ],
    [
      "a line without number",
      '<update_invoice key="1"><updateinvoiceitems><updatelineitem><amount>1</amount></updatelineitem></updateinvoiceitems></update_invoice>'
    ]
  ])("are refused by the schema with %s", async (_, fn) => {
    const { run } = await session()
    assert.strictEqual(errorOf(await run(fn), "control")["errorno"], "XL03000003")
  })

  it.each([
    ["an amount in words", invoice(item("much")), "AMOUNT is no CURRENCY"],
    ["no amount", invoice("<lineitem><glaccountno>1</glaccountno></lineitem>"), "AMOUNT is missing"],
    ["a customer that is none", invoice(item("1")).replace("C-00001", "C-NONE"), "Customer C-NONE does not exist"],
    [
      "a day that is none",
      invoice(item("1")).replace("<month>11</month><day>30</day>", "<month>2</month><day>30</day>"),
      "datecreated is no date"
    ],
    [
      "a custom field that nobody defined",
      invoice(
        item("1"),
        "<customfields><customfield><customfieldname>MOOD</customfieldname><customfieldvalue>good</customfieldvalue></customfield></customfields>"
      ),
      "the custom field MOOD"
    ],
    [
      "a part that is not played",
      "<create_customer><name>x</name><visibility><visibility_type>RootOnly</visibility_type></visibility></create_customer>",
      "visibility of create_customer"
    ],
    [
      "a line that is not there",
      '<update_invoice key="644"><updateinvoiceitems><updatelineitem line_num="9"><amount>1</amount></updatelineitem></updateinvoiceitems></update_invoice>',
      "it has no line 9"
    ]
  ])("fail with %s, and leave nothing", async (_, fn, message) => {
    const { run, sandbox } = await session()
    const key = sandbox.company("AcmeHoldings").records("ARINVOICE")[0]?.["RECORDNO"] ?? ""
    const count = () =>
      ["CUSTOMER", "ARINVOICE", "ARINVOICEITEM"].map((object) => sandbox.company("AcmeHoldings").records(object).length)
    const before = count()
    const answer = await run(fn.replace('key="644"', `key="${key}"`))
    assert.include(String(errorOf(answer, "function")["description2"]), message)
    assert.deepStrictEqual(count(), before)
  })

  it("respect what a user may do", async () => {
    const sandbox = await start()
    const opened = await open(sandbox, sandbox.accounts["intacct-xml"].limited)
    for (const fn of [invoice(item("1")), '<delete_customer customerid="C-00001"/>']) {
      assert.strictEqual(errorOf(await use(sandbox, opened, fn), "function")["errorno"], "PL04000005")
    }
  })
})

describe("functions that Intacct has and the sandbox does not", () => {
  it.each(["create_gltransaction", "get", "retrievepdf", "create_timesheet", "installApp", "getDdsObjects"])(
    "are refused as not played: %s",
    async (name) => {
      const { run } = await session()
      const answer = await run(`<${name} key="1"><anything><at>all</at></anything></${name}>`)
      assert.strictEqual(answer.at("response.control.status"), "success")
      const error = errorOf(answer, "function")
      assert.strictEqual(error["errorno"], "SANDBOX-NOT-PLAYED")
      assert.include(String(error["description2"]), `The sandbox does not play the function ${name}`)
      assert.include(String(error["correction"]), `functions: { ${name}:`)
    }
  )

  it("are told from functions that nobody has", async () => {
    const { run } = await session()
    const answer = await run("<createInvoice/>")
    assert.include(
      String(errorOf(answer, "control")["description2"]),
      "Element 'createInvoice': This element is not expected."
    )
  })
})
