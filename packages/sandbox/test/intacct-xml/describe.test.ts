import { assert, describe, it } from "vitest"
import { type Answer, errorOf, open, start, use } from "../support.ts"

const data = "response.operation.result.data"

const session = async (options?: Parameters<typeof start>[0]) => {
  const sandbox = await start(options)
  const opened = await open(sandbox)
  return { sandbox, run: (...functions: ReadonlyArray<string>): Promise<Answer> => use(sandbox, opened, ...functions) }
}

const list = (found: unknown): ReadonlyArray<Readonly<Record<string, unknown>>> =>
  (Array.isArray(found) ? found : [found]) as ReadonlyArray<Readonly<Record<string, unknown>>>

describe("what a company can be asked about itself", () => {
  it("looks up fields with their kinds and values, and what an object points to", async () => {
    const { run } = await session()
    const answer = await run("<lookup><object>apbill</object></lookup>")
    assert.strictEqual(answer.at(`${data}.Type.@Name`), "APBILL")
    const fields = new Map(list(answer.at(`${data}.Type.Fields.Field`)).map((each) => [each["ID"], each]))
    assert.strictEqual(fields.get("RECORDNO")?.["DATATYPE"], "INTEGER")
    assert.strictEqual(fields.get("WHENDUE")?.["DATATYPE"], "DATE")
    assert.strictEqual(fields.get("VENDORID")?.["REQUIRED"], "true")
    assert.include(JSON.stringify(fields.get("STATE")?.["VALIDVALUES"]), "Partially Paid")
    assert.deepStrictEqual(answer.at(`${data}.Type.Relationships.Relationship`), {
      OBJECTPATH: "VENDOR",
      OBJECTNAME: "VENDOR",
      LABEL: "",
      RELATIONSHIPTYPE: "MANY2ONE",
      RELATEDBY: "VENDORID"
    })
    // Every field that it names can be queried.
    const named = [...fields.keys()].map((field) => `<field>${String(field)}</field>`).join("")
    const query = await run(`<query><object>APBILL</object><select>${named}</select><pagesize>1</pagesize></query>`)
    assert.strictEqual(query.at("response.operation.result.status"), "success")
  })

  it("reads what a custom object points to, and nothing of a standard one", async () => {
    const { run } = await session()
    const assets = await run(
      "<query><object>asset</object><select><field>id</field><field>Rasset_class.name</field></select><orderby><order><field>id</field></order></orderby></query>"
    )
    const [first, second] = list(assets.at(`${data}.asset`))
    const related = await run(
      `<readRelated><object>ASSET</object><keys>${String(first?.["id"])},${String(second?.["id"])}</keys><relation>Rasset_class</relation><fields>name</fields></readRelated>`
    )
    assert.deepStrictEqual(
      list(related.at(`${data}.asset_class`)).map((each) => each["name"]),
      [first?.["Rasset_class.name"], second?.["Rasset_class.name"]]
    )
    const standard = await run(
      "<readRelated><object>APBILL</object><keys>1</keys><relation>VENDOR</relation></readRelated>"
    )
    assert.include(String(errorOf(standard, "function")["description2"]), "custom objects only")
    const none = await run("<readRelated><object>asset</object><keys>1</keys><relation>Rnone</relation></readRelated>")
    assert.include(String(errorOf(none, "function")["description2"]), "Relationship Rnone of asset not found")
  })

  it("reads a view with filters, page by page", async () => {
    const { run } = await session()
    const first = await run(
      "<readView><view>vendor#100102@10001</view><pagesize>10</pagesize><filters><filterCondition>AND</filterCondition><filterExpression><field>totaldue</field><operator>greater than</operator><value>1000</value></filterExpression></filters></readView>"
    )
    assert.strictEqual(first.at(`${data}.@count`), "10")
    assert.isTrue(
      list(first.at(`${data}.vendor`)).every((each) => each["STATUS"] === "active" && Number(each["TOTALDUE"]) > 1000)
    )
    const more = await run("<readMore><view>VENDOR#100102@10001</view></readMore>")
    assert.strictEqual(more.at(`${data}.@count`), "10")
    assert.include(
      String(errorOf(await run("<readView><view>VENDOR#1@1</view></readView>"), "function")["description2"]),
      "View VENDOR#1@1 not found"
    )
    const unknown = await run(
      "<readView><view>VENDOR#100101@10001</view><filters><filterExpression><field>NAME</field><operator>sounds like</operator><value>x</value></filterExpression></filters></readView>"
    )
    assert.strictEqual(errorOf(unknown, "function")["errorno"], "Query Failed")
  })

  it("runs a report that is pending for a while, and gives its rows page by page", async () => {
    const { run, sandbox } = await session()
    const started = await run(
      '<readReport type="interactive"><report>OpenBills</report><pagesize>50</pagesize></readReport>'
    )
    const id = String(started.at(`${data}.report_results.REPORTID`))
    assert.strictEqual(started.at(`${data}.report_results.STATUS`), "PENDING")
    const more = () => run(`<readMore><reportId>${id}</reportId></readMore>`)
    assert.strictEqual((await more()).at(`${data}.report.data.STATUS`), "PENDING")
    await sandbox.clock.advance("3 seconds")
    let remaining = Number.NaN
    let rows = 0
    while (remaining !== 0) {
      const page = await more()
      assert.strictEqual(page.at(`${data}.report.STATUS`), "DONE")
      rows += list(page.at(`${data}.report.data`)).length
      remaining = Number(page.at(`${data}.@numremaining`))
    }
    const open = sandbox
      .company("acmeholdings")
      .records("APBILL")
      .filter((each) => each["STATE"] !== "Paid")
    assert.strictEqual(rows, open.length)
    assert.include(String(errorOf(await more(), "function")["description2"]), "not found")
  })

  it("tells what a report is, and refuses what reports of the sandbox do not have", async () => {
    const { run } = await session()
    const crw = await run('<readReport type="interactive" returnDef="true"><report>OpenBills</report></readReport>')
    assert.strictEqual(crw.at(`${data}.report_definition.REPORTTYPE`), "CRW")
    const original = await run('<readReport returnDef="true"><report>OpenInvoices</report></readReport>')
    assert.strictEqual(original.at(`${data}.report_definition.ROOT`), "ARINVOICE")
    const wrongKind = await run("<readReport><report>OpenBills</report></readReport>")
    assert.include(String(errorOf(wrongKind, "function")["description2"]), "Custom report OpenBills not found")
    const prompted = await run(
      "<readReport><report>OpenInvoices</report><arguments><PERIOD>May</PERIOD></arguments></readReport>"
    )
    assert.strictEqual(errorOf(prompted, "function")["errorno"], "SANDBOX-NOT-PLAYED")
  })

  it.each([
    [
      "a wait for a report",
      '<readReport type="interactive"><report>OpenBills</report><waitTime>5</waitTime></readReport>'
    ],
    ["the name of an inspected object", '<inspect name="x"><object>VENDOR</object></inspect>']
  ])("refuses %s as not played", async (_, fn) => {
    const { run } = await session()
    assert.strictEqual(errorOf(await run(fn), "function")["errorno"], "SANDBOX-NOT-PLAYED")
    const without = fn.replace(">5<", ">0<").replace(' name="x"', "")
    assert.strictEqual((await run(without)).at("response.operation.result.status"), "success")
  })

  it("has dimensions, applications and preferences", async () => {
    const { run } = await session()
    const dimensions = await run("<getDimensions/>")
    assert.deepStrictEqual(list(dimensions.at(`${data}.dimensions.dimension`))[1], {
      objectName: "LOCATION",
      objectLabel: "Location",
      termLabel: "Location",
      userDefinedDimension: "false",
      enabledInGL: "true"
    })
    assert.include((await run("<get_applications/>")).at(`${data}.application`) as ReadonlyArray<string>, "GL")
    const general = await run('<get_companyprefs application="GEN"/>')
    assert.deepStrictEqual(list(general.at(`${data}.companypref`))[0], {
      application: "GEN",
      preference: "PRIMARY_ACCTNO_LENGTH",
      prefvalue: "4"
    })
    assert.strictEqual(
      errorOf(await run('<get_companyprefs application="PA"/>'), "function")["errorno"],
      "SANDBOX-NOT-PLAYED"
    )
    assert.strictEqual(errorOf(await run('<get_companyprefs application="XX"/>'), "function")["errorno"], "BL01001973")
    assert.strictEqual(errorOf(await run("<get_companyprefs/>"), "control")["errorno"], "XL03000003")
    assert.strictEqual(
      errorOf(await run('<inspect detail="1"><object>VENDOR</object></inspect>'), "function")["errorno"],
      "SANDBOX-NOT-PLAYED"
    )
  })
})
