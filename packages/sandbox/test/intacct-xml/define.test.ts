import type { IntacctFunction } from "@sage-auth/sandbox"
import { assert, describe, it } from "vitest"
import { type Answer, errorOf, loginXml, open, readByQuery, send, sessionXml, start, use } from "../support.ts"

const result = "response.operation.result"

describe("company(id).define", () => {
  it("adds an object with records that every function knows", async () => {
    const sandbox = await start()
    const company = sandbox.company("acmeholdings")
    assert.strictEqual(company.companyId, "AcmeHoldings")
    company.define({
      objects: {
        PROJECT: {
          fields: {
            PROJECTID: {},
            NAME: {},
            BUDGET: { kind: "CURRENCY" },
            STATUS: { values: ["active", "inactive"] },
            CUSTOMERID: {}
          },
          required: ["NAME"],
          relations: { CUSTOMER: { object: "CUSTOMER", by: "CUSTOMERID" } },
          listed: "project"
        }
      },
      records: {
        PROJECT: [
          { PROJECTID: "P-1", NAME: "Bridge", BUDGET: 9.5, CUSTOMERID: "C-00001" },
          { PROJECTID: "P-2", NAME: "Tunnel", BUDGET: 10, MEGAENTITYID: "E2" }
        ]
      }
    })
    const session = await open(sandbox)
    const run = (fn: string): Promise<Answer> => use(sandbox, session, fn)
    const query = await run(
      "<query><object>PROJECT</object><select><field>PROJECTID</field><field>CUSTOMER.CUSTOMERID</field></select><filter><lessthan><field>BUDGET</field><value>10</value></lessthan></filter></query>"
    )
    assert.deepStrictEqual(query.at(`${result}.data.PROJECT`), { PROJECTID: "P-1", "CUSTOMER.CUSTOMERID": "C-00001" })
    const made = await run("<create><PROJECT><PROJECTID>P-3</PROJECTID><NAME>Road</NAME></PROJECT></create>")
    assert.strictEqual(made.at(`${result}.data.project.PROJECTID`), "P-3")
    assert.strictEqual((await run('<get_list object="project"/>')).at(`${result}.listtype.@total`), "3")
    assert.include((await run("<inspect><object>*</object></inspect>")).text, 'typename="PROJECT"')
    const inEntity = await open(sandbox, { ...sandbox.accounts["intacct-xml"].login, entityId: "E1" })
    const seen = await use(sandbox, inEntity, readByQuery("PROJECT"))
    assert.strictEqual(seen.at(`${result}.data.@count`), "2")
    assert.deepStrictEqual(
      company.records("project").map((each) => each["PROJECTID"]),
      ["P-1", "P-2", "P-3"]
    )
    const other = await open(sandbox, sandbox.accounts["intacct-xml"].second)
    const stranger = await use(sandbox, other, readByQuery("PROJECT"))
    assert.strictEqual(errorOf(stranger, "function")["errorno"], "SANDBOX-NOT-PLAYED")
  })

  it("adds fields and records to an object that is there", async () => {
    const sandbox = await start()
    sandbox.company("AcmeHoldings").define({
      objects: { VENDOR: { fields: ["MOOD"] } },
      records: { VENDOR: [{ VENDORID: "V-MOOD", NAME: "Sunny", MOOD: "good" }] }
    })
    const session = await open(sandbox)
    await use(
      sandbox,
      session,
      "<update><VENDOR><VENDORID>V-00001</VENDORID><MOOD>bad</MOOD></VENDOR></update>",
      "<create_vendor><vendorid>V-OLD</vendorid><name>x</name><customfields><customfield><customfieldname>mood</customfieldname><customfieldvalue>bad</customfieldvalue></customfield></customfields></create_vendor>"
    )
    const moods = await use(
      sandbox,
      session,
      "<query><object>VENDOR</object><select><field>MOOD</field><count>RECORDNO</count></select><filter><isnotnull><field>MOOD</field></isnotnull></filter><orderby><order><field>MOOD</field></order></orderby></query>"
    )
    assert.deepStrictEqual(moods.at(`${result}.data.VENDOR`), [
      { MOOD: "bad", "COUNT.RECORDNO": "2" },
      { MOOD: "good", "COUNT.RECORDNO": "1" }
    ])
  })

  it("adds functions: Intacct's own that are not played, new ones, and others in place of those that are", async () => {
    const sandbox = await start()
    const calls: Array<Parameters<IntacctFunction>[0]> = []
    sandbox.company("AcmeHoldings").define({
      functions: {
        create_gltransaction: (call) => {
          calls.push(call)
          return { key: "42" }
        },
        listMoods: ({ records }) => ({
          listtype: { "@total": "1", "#text": "mood" },
          data: {
            "@count": 2,
            mood: [{ name: "good & <bad>" }, { name: String(records("VENDOR").length) }],
            none: null
          }
        }),
        read: () => ({ errors: [{ errorno: "TEST-1", description2: "not today" }] })
      }
    })
    const { login } = sandbox.accounts["intacct-xml"]
    const session = await open(sandbox, { ...login, entityId: "E1" })
    const journal = await use(
      sandbox,
      session,
      '<create_gltransaction kind="x"><journalid>GJ</journalid><gltransactionentries><glentry><amount>1</amount></glentry><glentry><amount>2</amount></glentry></gltransactionentries></create_gltransaction>'
    )
    assert.strictEqual(journal.at(`${result}.key`), "42")
    const call = calls[0] ?? assert.fail("it was not called")
    assert.deepStrictEqual(call.content, {
      "@kind": "x",
      journalid: "GJ",
      gltransactionentries: { glentry: [{ amount: "1" }, { amount: "2" }] }
    })
    assert.deepStrictEqual(
      [call.companyId, call.userId, call.entityId, call.name, call.controlId],
      [login.companyId, login.userId, "E1", "create_gltransaction", "f0"]
    )
    const moods = await use(sandbox, session, "<listMoods/>")
    assert.strictEqual(moods.at(`${result}.listtype.@total`), "1")
    assert.strictEqual(moods.at(`${result}.data.mood.0.name`), "good & <bad>")
    assert.strictEqual(moods.at(`${result}.data.mood.1.name`), "80")
    assert.strictEqual(errorOf(await use(sandbox, session, "<read/>"), "function")["errorno"], "TEST-1")
    const elsewhere = await open(sandbox, sandbox.accounts["intacct-xml"].second)
    assert.include(
      String(errorOf(await use(sandbox, elsewhere, "<listMoods/>"), "control")["description2"]),
      "This element is not expected"
    )
    assert.strictEqual(sandbox.intacct.transactions(login.companyId).functions["listMoods"], 1)
  })

  it("undoes what a function wrote when it fails, or its transaction does", async () => {
    const sandbox = await start()
    const company = sandbox.company("AcmeHoldings")
    company.define({
      functions: {
        half: ({ create, remove, update }) => {
          const vendor = create("VENDOR", { VENDORID: "V-HALF", NAME: "Half" })
          update("VENDOR", vendor, { NAME: "More" })
          remove("VENDOR", company.records("VENDOR")[0] ?? vendor)
          throw new Error("out of ideas")
        },
        whole: ({ create }) => {
          create("VENDOR", { VENDORID: "V-WHOLE", NAME: "Whole" })
          return {}
        },
        later: (() => Promise.resolve({})) as unknown as IntacctFunction
      }
    })
    const before = company.records("VENDOR").length
    const session = await open(sandbox)
    const half = await use(sandbox, session, "<half/>")
    assert.strictEqual(errorOf(half, "function")["errorno"], "SANDBOX-FUNCTION")
    assert.include(String(errorOf(half, "function")["description2"]), "out of ideas")
    assert.include(String(errorOf(await use(sandbox, session, "<later/>"), "function")["description2"]), "at once")
    await send(
      sandbox,
      { authentication: sessionXml(session.sessionId), functions: ["<whole/>", "<half/>"], transaction: true },
      session.endpoint
    )
    assert.strictEqual(company.records("VENDOR").length, before)
    await use(sandbox, session, "<whole/>")
    assert.strictEqual(company.records("VENDOR").length, before + 1)
  })

  it("adds entities and users, whose passwords are masked", async () => {
    const sandbox = await start()
    sandbox.company("AcmeHoldings").define({
      entities: ["Ober Österreich"],
      users: [
        { userId: "Jürgen Groß", password: "defined-Q8nv2cXz", entities: ["Ober Österreich"], forbidden: ["VENDOR"] }
      ],
      records: { CUSTOMER: [{ CUSTOMERID: "C-LINZ", NAME: "Linz", MEGAENTITYID: "Ober Österreich" }] }
    })
    const login = { companyId: "AcmeHoldings", userId: "Jürgen Groß", password: "defined-Q8nv2cXz" }
    const opened = await open(sandbox, login)
    assert.strictEqual(opened.locationId, "Ober Österreich")
    const customers = await use(sandbox, opened, readByQuery("CUSTOMER", "CUSTOMERID = 'C-LINZ'"))
    assert.strictEqual(customers.at(`${result}.data.customer.MEGAENTITYNAME`), "Ober Österreich")
    assert.strictEqual(errorOf(await use(sandbox, opened, readByQuery("VENDOR")), "function")["errorno"], "PL04000005")
    await send(sandbox, { authentication: loginXml(login), functions: [readByQuery("CUSTOMER")] })
    assert.notInclude(JSON.stringify(sandbox.requests()), "defined-Q8nv2cXz")
  })

  it.each<readonly [string, Parameters<ReturnType<Awaited<ReturnType<typeof start>>["company"]>["define"]>[0], RegExp]>(
    [
      ["an object that is no name", { objects: { "A B": { fields: [] } } }, /A B/],
      ["a field that is no name", { objects: { A: { fields: ["<"] } } }, /objects.A.fields/],
      ["a key that is none of its fields", { objects: { A: { fields: ["X"], key: "Y" } } }, /objects.A.key/],
      [
        "a need that is none of its fields",
        { objects: { A: { fields: ["X"], required: ["Y"] } } },
        /objects.A.required/
      ],
      [
        "a relation to nothing",
        { objects: { A: { fields: ["X"], relations: { B: { object: "B", by: "X" } } } } },
        /objects.A.relations/
      ],
      ["records of nothing", { records: { A: [{}] } }, /records: A/],
      ["records with other fields", { records: { VENDOR: [{ NOPE: 1 }] } }, /no field NOPE/],
      ["records of no entity", { records: { VENDOR: [{ MEGAENTITYID: "E9" }] } }, /MEGAENTITYID/],
      ["a function that is none", { functions: { x: {} as unknown as IntacctFunction } }, /functions.x/],
      ["another way to open sessions", { functions: { getAPISession: () => ({}) } }, /getAPISession/],
      ["an entity with a bar", { entities: ["a|b"] }, /entities/],
      ["a user without name", { users: [{ userId: "", password: "x" }] }, /userId/]
    ]
  )("refuses %s", async (_, definition, message) => {
    const sandbox = await start()
    assert.throws(() => sandbox.company("AcmeHoldings").define(definition), TypeError, message)
  })

  it("knows the companies of the sandbox alone", async () => {
    const sandbox = await start()
    assert.throws(() => sandbox.company("acme"), TypeError, /AcmeHoldings, .*BirchPartners/)
    assert.throws(() => sandbox.company("AcmeHoldings").records("NOPE"), TypeError)
  })
})

describe("ids with everything that ids may hold", () => {
  it("open sessions, in every entity, and show their records", async () => {
    const sandbox = await start()
    const { unusual } = sandbox.accounts["intacct-xml"]
    const { companyId, password, userId } = unusual
    for (const entityId of unusual.entities) {
      const session = await open(sandbox, { companyId, userId, password, entityId })
      assert.strictEqual(session.locationId.replaceAll("&amp;", "&"), entityId)
      assert.strictEqual(session.answer.at("response.operation.authentication.companyid"), companyId)
      const packed = await open(sandbox, { companyId: `${companyId}|${entityId}`, userId, password })
      assert.strictEqual(packed.locationId, session.locationId)
    }
    const session = await open(sandbox, { companyId, userId, password })
    const seen = await use(sandbox, session, readByQuery("LOCATIONENTITY"))
    assert.strictEqual(seen.at(`${result}.data.@count`), "4")
    const records = await use(sandbox, session, readByQuery("VENDOR", "MEGAENTITYID = '東京'"))
    assert.strictEqual(records.at(`${result}.data.@count`), "40")
  })
})
