import { assert, describe, it } from "vitest"
import { errorOf, loginXml, open, readByQuery, send, sessionXml, start, use } from "./support.ts"

const data = "response.operation.result.data"

describe("functions of the XML gateway", () => {
  it("page a result with readByQuery and readMore until nothing remains", async () => {
    const sandbox = await start()
    const session = await open(sandbox)
    const first = await use(sandbox, session, readByQuery("VENDOR", "", "<pagesize>100</pagesize>"))
    assert.strictEqual(first.at(`${data}.@listtype`), "vendor")
    assert.strictEqual(first.at(`${data}.@count`), "100")
    assert.strictEqual(first.at(`${data}.@totalcount`), "160")
    assert.strictEqual(first.at(`${data}.@numremaining`), "60")
    const resultId = String(first.at(`${data}.@resultId`))
    const second = await use(sandbox, session, `<readMore><resultId>${resultId}</resultId></readMore>`)
    assert.strictEqual(second.at(`${data}.@count`), "60")
    assert.strictEqual(second.at(`${data}.@numremaining`), "0")
    assert.strictEqual(second.at(`${data}.@resultId`), "")
    const ids = [first, second].flatMap((answer) =>
      (answer.at(`${data}.vendor`) as ReadonlyArray<{ readonly VENDORID: string }>).map((each) => each.VENDORID)
    )
    assert.strictEqual(new Set(ids).size, 160)
    const third = await use(sandbox, session, `<readMore><resultId>${resultId}</resultId></readMore>`)
    assert.strictEqual(errorOf(third, "function")["errorno"], "Query Failed")
  })

  it("keep a result for the session that asked for it alone", async () => {
    const sandbox = await start()
    const session = await open(sandbox)
    const first = await use(sandbox, session, readByQuery("VENDOR", "", "<pagesize>100</pagesize>"))
    const more = `<readMore><resultId>${String(first.at(`${data}.@resultId`))}</resultId></readMore>`
    const other = await open(sandbox)
    assert.strictEqual(errorOf(await use(sandbox, other, more), "function")["errorno"], "Query Failed")
    assert.strictEqual((await use(sandbox, session, more)).at(`${data}.@count`), "60")
  })

  it.each([
    ["", 160],
    ["VENDORID = 'V-00001'", 1],
    ["vendorid='V-00001'", 1],
    ["VENDORID like 'V-0000%'", 9],
    ["VENDORID like 'V-0001_'", 10],
    ["VENDORID like 'V-0000%' and not VENDORID = 'V-00001'", 8],
    ["VENDORID = 'V-00001' or VENDORID = 'V-00002'", 2],
    ["(VENDORID = 'V-00001' or VENDORID = 'V-00002') and VENDORID <> 'V-00001'", 1],
    ["VENDORID in ('V-00001', 'V-00003', 'none')", 2],
    ["VENDORID not in ('V-00001') and VENDORID like 'V-0000%'", 8],
    ["MEGAENTITYID is null", 40],
    ["MEGAENTITYID is not null", 120],
    ["MEGAENTITYID = 'E2'", 40],
    ["RECORDNO <= 13", 10],
    ["RECORDNO > 3 and RECORDNO < 9", 5],
    ["NAME = 'it''s nobody\\'s'", 0],
    ["WHENCREATED >= '01/01/2026'", 160]
  ])("read %s", async (query, count) => {
    const sandbox = await start()
    const answer = await use(sandbox, await open(sandbox), readByQuery("VENDOR", query))
    assert.strictEqual(answer.at(`${data}.@totalcount`), String(count))
  })

  it.each([
    ["VENDORID =", "Query Failed"],
    ["VENDORID ~ 'x'", "Query Failed"],
    ["= 'x'", "Query Failed"],
    ["VENDORID = 'x' VENDORID = 'y'", "Query Failed"],
    ["VENDORID = 'unclosed", "Query Failed"],
    [`${"(".repeat(10_000)}VENDORID = 'x'${")".repeat(10_000)}`, "Query Failed"],
    ["NOFIELD = 'x'", "XL03000010"]
  ])("refuse the query %s", async (query, errorno) => {
    const sandbox = await start()
    const answer = await use(sandbox, await open(sandbox), readByQuery("VENDOR", query))
    assert.strictEqual(errorOf(answer, "function")["errorno"], errorno)
  })

  it("name the fields that cannot be queried", async () => {
    const sandbox = await start()
    const answer = await use(
      sandbox,
      await open(sandbox),
      "<readByQuery><object>VENDOR</object><fields>NAME,FOO,BAR</fields><query/></readByQuery>"
    )
    assert.strictEqual(errorOf(answer, "function")["errorno"], "XL03000006")
    assert.strictEqual(errorOf(answer, "function")["description2"], "The following fields cannot be queried: FOO, BAR")
  })

  it("show an entity's session its own records and those of the top level", async () => {
    const sandbox = await start()
    const { login } = sandbox.accounts["intacct-xml"]
    const answer = await use(
      sandbox,
      await open(sandbox, { ...login, entityId: "E1" }),
      readByQuery("ARINVOICE", "", "<pagesize>1000</pagesize>")
    )
    const records = answer.at(`${data}.arinvoice`) as ReadonlyArray<{ readonly MEGAENTITYID: string }>
    assert.deepStrictEqual([...new Set(records.map((each) => each.MEGAENTITYID))].toSorted(), ["", "E1"])
    assert.strictEqual(records.length, 160)
  })

  it("answer readByQuery as a bare JSON array, and its errors as XML", async () => {
    const sandbox = await start()
    const session = await open(sandbox)
    const format = "<pagesize>2</pagesize><returnFormat>json</returnFormat>"
    const answer = await use(sandbox, session, readByQuery("VENDOR", "", format))
    assert.strictEqual(answer.headers.get("content-type"), "application/json")
    const records = JSON.parse(answer.text) as ReadonlyArray<Readonly<Record<string, string>>>
    assert.deepStrictEqual(
      records.map((each) => each["VENDORID"]),
      ["V-00001", "V-00002"]
    )
    const failed = await use(sandbox, session, readByQuery("BAD", "", format))
    assert.include(failed.headers.get("content-type") ?? "", "/xml")
    assert.strictEqual(errorOf(failed, "function")["errorno"], "Query Failed")
  })

  it("create, read, update and delete a record", async () => {
    const sandbox = await start({ startAt: Date.UTC(2026, 10, 21, 12, 0, 0) })
    const session = await open(sandbox, { ...sandbox.accounts["intacct-xml"].login, entityId: "E1" })
    const created = await use(
      sandbox,
      session,
      "<create><VENDOR><VENDORID>V-NEW</VENDORID><NAME>Tom &amp; Söhne</NAME></VENDOR></create>"
    )
    assert.strictEqual(created.at(`${data}.@listtype`), "objects")
    const recordNo = String(created.at(`${data}.vendor.RECORDNO`))
    const again = await use(
      sandbox,
      session,
      "<create><VENDOR><VENDORID>V-NEW</VENDORID><NAME>x</NAME></VENDOR></create>"
    )
    assert.strictEqual(errorOf(again, "function")["errorno"], "BL34000061")
    const nameless = await use(sandbox, session, "<create><VENDOR><VENDORID>V-X</VENDORID></VENDOR></create>")
    assert.strictEqual(errorOf(nameless, "function")["errorno"], "BL01001973")

    const read = await use(
      sandbox,
      session,
      `<read><object>VENDOR</object><keys>${recordNo}</keys><fields>*</fields></read>`
    )
    assert.strictEqual(read.at(`${data}.vendor.NAME`), "Tom & Söhne")
    assert.strictEqual(read.at(`${data}.vendor.MEGAENTITYID`), "E1")
    assert.strictEqual(read.at(`${data}.vendor.WHENMODIFIED`), "11/21/2026 12:00:00")

    const updated = await use(
      sandbox,
      session,
      "<update><VENDOR><VENDORID>V-NEW</VENDORID><NAME>Other</NAME></VENDOR></update>"
    )
    assert.strictEqual(updated.at(`${data}.vendor.RECORDNO`), recordNo)
    const byName = await use(
      sandbox,
      session,
      "<readByName><object>VENDOR</object><keys>V-NEW,none</keys><fields>NAME</fields></readByName>"
    )
    assert.strictEqual(byName.at(`${data}.@count`), "1")
    assert.deepStrictEqual(byName.at(`${data}.vendor`), { NAME: "Other" })

    const deleted = await use(sandbox, session, `<delete><object>VENDOR</object><keys>${recordNo}</keys></delete>`)
    assert.strictEqual(deleted.at("response.operation.result.status"), "success")
    const gone = await use(sandbox, session, readByQuery("VENDOR", "VENDORID = 'V-NEW'"))
    assert.strictEqual(gone.at(`${data}.@count`), "0")
  })

  it("keep nothing of a create that fails half-way", async () => {
    const sandbox = await start()
    const session = await open(sandbox)
    const answer = await use(
      sandbox,
      session,
      "<create><VENDOR><VENDORID>V-HALF</VENDORID><NAME>x</NAME></VENDOR><VENDOR/></create>"
    )
    assert.strictEqual(errorOf(answer, "function")["errorno"], "BL01001973")
    const read = await use(sandbox, session, readByQuery("VENDOR", "VENDORID = 'V-HALF'"))
    assert.strictEqual(read.at(`${data}.@count`), "0")
  })

  it("query with select, filter, order, offset and page size", async () => {
    const sandbox = await start()
    const answer = await use(
      sandbox,
      await open(sandbox),
      "<query><object>VENDOR</object><select><field>VENDORID</field></select><filter><and><like><field>VENDORID</field><value>V-0000%</value></like><notequalto><field>VENDORID</field><value>V-00009</value></notequalto></and></filter><orderby><order><field>VENDORID</field><descending/></order></orderby><pagesize>2</pagesize><offset>1</offset></query>"
    )
    assert.deepStrictEqual(answer.at(data), {
      "@listtype": "VENDOR",
      "@totalcount": "8",
      "@offset": "1",
      "@count": "2",
      "@numremaining": "5",
      VENDOR: [{ VENDORID: "V-00007" }, { VENDORID: "V-00006" }]
    })
  })

  it("describe objects, permissions and lists", async () => {
    const sandbox = await start()
    const session = await open(sandbox, sandbox.accounts["intacct-xml"].limited)
    const one = await use(sandbox, session, "<inspect><object>VENDOR</object></inspect>")
    assert.include(one.at(`${data}.Type.Fields.Field`), "VENDORID")
    const all = await use(sandbox, session, "<inspect><object>*</object></inspect>")
    assert.strictEqual(all.at(`${data}.@count`), "11")
    const permissions = await use(sandbox, session, "<getUserPermissions/>")
    assert.deepStrictEqual(permissions.at(`${data}.permissions.appSubscription.policies.policy`), [
      { policyName: "Vendor", rights: "List|View" },
      { policyName: "Customer", rights: "List|View" },
      { policyName: "Entity", rights: "List|View" },
      { policyName: "Order Entry Transaction", rights: "List|View" }
    ])
    const list = await use(sandbox, session, '<get_list object="vendor" maxitems="3" start="2"/>')
    assert.deepStrictEqual(list.at("response.operation.result.listtype"), {
      "#text": "vendor",
      "@start": "2",
      "@end": "4",
      "@total": "160"
    })
    assert.strictEqual(list.at(`${data}.vendor.0.vendorid`), "V-00003")
  })

  it("list the entities that a user may see", async () => {
    const sandbox = await start()
    const { login, restricted } = sandbox.accounts["intacct-xml"]
    const seen = async (session: Awaited<ReturnType<typeof open>>) =>
      (await use(sandbox, session, readByQuery("LOCATIONENTITY"))).at(`${data}.@totalcount`)
    assert.strictEqual(await seen(await open(sandbox, login)), "3")
    assert.strictEqual(await seen(await open(sandbox, restricted)), "1")
  })

  it("generate the same records in every sandbox", async () => {
    const texts = await Promise.all(
      [1, 2].map(async () => {
        const sandbox = await start({ startAt: 0, intacct: { endpoint: "same" } })
        const answer = await use(sandbox, await open(sandbox), readByQuery("APBILL", "", "<pagesize>1000</pagesize>"))
        return answer.text.replace(/resultId="[^"]*"/, "")
      })
    )
    assert.strictEqual(texts[0], texts[1])
  })

  it("refuse a control id that was used before, unless uniqueid is false", async () => {
    const sandbox = await start()
    const { login } = sandbox.accounts["intacct-xml"]
    const session = await open(sandbox)
    const create = (uniqueId: boolean | "absent", id: string, controlId: string) =>
      send(
        sandbox,
        {
          authentication: sessionXml(session.sessionId),
          functions: [`<create><VENDOR><VENDORID>${id}</VENDORID><NAME>x</NAME></VENDOR></create>`],
          controlIds: [controlId],
          uniqueId
        },
        session.endpoint
      )
    const status = "response.operation.result.status"
    assert.strictEqual((await create("absent", "V-1", "once")).at(status), "success")
    const replay = await create(true, "V-2", "once")
    assert.isUndefined(replay.at(status))
    assert.include(String(errorOf(replay, "function")["description2"]), "control ID once was already used")
    assert.strictEqual((await create(false, "V-3", "once")).at(status), "success")
    assert.strictEqual((await create(true, "V-1", "failed")).at(status), "failure")
    assert.strictEqual((await create(true, "V-4", "failed")).at(status), "success")

    sandbox.intacct.configure({ undocumented: { replayedControlId: { level: "control", errorno: "XL-TEST" } } })
    assert.strictEqual(errorOf(await create(true, "V-5", "once"), "control")["errorno"], "XL-TEST")
    assert.strictEqual(sandbox.intacct.transactions(login.companyId).functions["create"], 4)
  })

  it("take a control id again that a rolled-back transaction had used", async () => {
    const sandbox = await start()
    const session = await open(sandbox)
    const run = (keys: string) =>
      send(
        sandbox,
        {
          authentication: sessionXml(session.sessionId),
          functions: [
            "<create><VENDOR><VENDORID>V-R</VENDORID><NAME>x</NAME></VENDOR></create>",
            `<delete><object>VENDOR</object><keys>${keys}</keys></delete>`
          ],
          controlIds: ["a", "b"],
          uniqueId: true,
          transaction: true
        },
        session.endpoint
      )
    assert.strictEqual((await run("999999")).at("response.operation.result.0.status"), "aborted")
    assert.strictEqual((await run("4")).at("response.operation.result.0.status"), "success")
  })

  it("are counted by company and calendar month", async () => {
    const sandbox = await start({ startAt: Date.UTC(2026, 10, 30, 23, 50, 0) })
    const { login } = sandbox.accounts["intacct-xml"]
    const session = await open(sandbox)
    await use(sandbox, session, readByQuery("VENDOR"), readByQuery("BAD"), "<inspect><object>VENDOR</object></inspect>")
    await sandbox.clock.advance("15 minutes")
    await send(sandbox, { authentication: loginXml(login), functions: [readByQuery("VENDOR")] })
    assert.deepStrictEqual(sandbox.intacct.transactions("acmeholdings", "2026-11"), {
      billable: 2,
      functions: { getAPISession: 1, readByQuery: 2, inspect: 1 }
    })
    assert.deepStrictEqual(sandbox.intacct.transactions(login.companyId), {
      billable: 1,
      functions: { readByQuery: 1 }
    })
  })
})
