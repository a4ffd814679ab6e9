import { assert, describe, it } from "vitest"
import { type AnySandbox, bearer, call, clientCredentials, connect, send, sendJson, start } from "./oauth/support.ts"
import { api, diagnosis, graphql, soap, type SoapParts } from "./x3/syracuse/support.ts"

// What a request asks for is done or refused: a part that nobody looked at would make the rest of the answer a lie.

const restToken = async (sandbox: AnySandbox) => String((await clientCredentials(sandbox)).at("access_token"))

describe("Intacct REST does or refuses", () => {
  const name = "intacct-rest"
  const vendor = "accounts-payable/vendor"
  const vendors = `objects/${vendor}`
  const errorId = "ia::result ia::error errorId"
  const message = "ia::result ia::error message"

  const query = async (body: unknown) => {
    const sandbox = await start()
    const url = `${sandbox.urls[name].api}/services/core/query`
    return sendJson(url, body, { headers: bearer(await restToken(sandbox)) })
  }

  it.each<readonly [string, object]>([
    ["an aggregate", { fields: ["sum:totalDue"] }],
    ["asOfDate", { filterParameters: { asOfDate: "2026-01-01" } }],
    ["includeHierarchyFields", { filterParameters: { includeHierarchyFields: true } }],
    ["a relative date", { filters: [{ $gte: { "audit.modifiedDateTime": "currentMonth" } }] }],
    ["a relative date of two", { filters: [{ $between: { "audit.modifiedDateTime": ["yesterday", "today"] } }] }],
    ["another object", { object: "general-ledger/account" }]
  ])("a query with %s, as not played", async (_, more) => {
    const answer = await query({ object: vendor, ...more })
    assert.deepStrictEqual([answer.status, answer.at(errorId)], [501, "SANDBOX-NOT-PLAYED"])
    assert.match(String(answer.at(message)), /^The sandbox does not play /)
  })

  it("several queries in one request, as not played", async () => {
    assert.strictEqual((await query([{ object: vendor }])).at(errorId), "SANDBOX-NOT-PLAYED")
  })

  it.each<readonly [string, object]>([
    ["limit", { limit: 3 }],
    ["filter", { filter: [{ $eq: { id: "V-00001" } }] }],
    ["filterExpresion", { filterExpresion: "or" }],
    ["fields", { fields: "id" }],
    ["fields", { fields: [] }],
    ["filterParameters", { filterParameters: true }],
    ["caseSensitiveComparison", { filterParameters: { caseSensitiveComparison: "no" } }],
    ["filterExpression", { filterExpression: 1 }],
    ["filterExpression", { filterExpression: "1 and" }],
    ["filterExpression", { filters: [{ $eq: { id: "x" } }], filterExpression: "1 and 2" }],
    ["filterExpression", { filters: [{ $eq: { id: "x" } }], filterExpression: "1 1" }],
    ["filterExpression", { filters: [{ $eq: { id: "x" } }], filterExpression: "(1" }],
    ["filterExpression", { filterExpression: "(".repeat(50_000) }],
    ["$eq", { filters: [{ $eq: {} }] }],
    ["$eq", { filters: [{ $eq: { id: ["V-00001", "V-00002"] } }] }],
    ["$eq", { filters: [{ $eq: { id: { of: "x" } } }] }],
    ["$gt", { filters: [{ $gt: { totalDue: null } }] }],
    ["$in", { filters: [{ $in: { id: "V-00001" } }] }],
    ["$between", { filters: [{ $between: { id: ["V-00001"] } }] }],
    ["$gt of totalDue", { filters: [{ $gt: { totalDue: "much" } }] }],
    ["$in of totalDue", { filters: [{ $in: { totalDue: [1, true] } }] }],
    ["audit.modifiedDateTime", { filters: [{ $gte: { "audit.modifiedDateTime": "2026-02-30" } }] }],
    ["audit.modifiedDateTime", { filters: [{ $gte: { "audit.modifiedDateTime": "01/31/2026" } }] }],
    ["id", { orderBy: [{ id: "descending" }] }],
    ["orderBy", { orderBy: [{}] }],
    ["orderBy", { orderBy: [{ id: "asc", name: "asc" }] }],
    ["orderBy", { orderBy: { id: "asc" } }],
    ["size", { size: "10" }]
  ])("%s of a query that is wrong, by its name", async (member, more) => {
    const answer = await query({ object: vendor, ...more })
    assert.deepStrictEqual([answer.status, answer.at(errorId)], [400, "REST-1064"])
    assert.include(String(answer.at(message)), member)
  })

  it("a field that it does not have, and says which it has", async () => {
    const answer = await query({ object: "accounts-payable/bill", fields: ["vendor.email"] })
    assert.deepStrictEqual([answer.status, answer.at(errorId)], [400, "REST-1106"])
    assert.include(String(answer.at(message)), "vendor.name")
  })

  it.each<readonly [string | undefined, number]>([
    ["and", 0],
    ["or", 3],
    [undefined, 0],
    ["1", 1],
    ["(1 or 2) and 3", 0],
    ["1 or 2 and 3", 1],
    ["1 OR (2 or (3))", 3]
  ])("filterExpression %s", async (filterExpression, total) => {
    const filters = ["V-00001", "V-00002", "V-00003"].map((id) => ({ $eq: { id } }))
    const answer = await query({ object: vendor, filters, filterExpression })
    assert.deepStrictEqual([answer.status, answer.at("ia::meta totalCount")], [200, total])
  })

  const found = async (filter: object, filterParameters?: object) =>
    (await query({ object: vendor, filters: [filter], filterParameters })).at("ia::meta totalCount")

  it.each<readonly [object, number, number]>([
    [{ $startsWith: { id: "v-0000" } }, 0, 9],
    [{ $contains: { id: "v-0000" } }, 0, 9],
    [{ $eq: { id: "v-00001" } }, 0, 1],
    [{ $in: { id: ["v-00001", "V-00002"] } }, 1, 2]
  ])("%j with regard to case unless it is told otherwise", async (filter, sensitive, insensitive) => {
    assert.strictEqual(await found(filter), sensitive)
    assert.strictEqual(await found(filter, { caseSensitiveComparison: false, includePrivate: true }), insensitive)
  })

  it.each<readonly [object, number]>([
    [{ $between: { "audit.modifiedDateTime": ["2026-01-01", "2026-12-31"] } }, 160],
    [{ $lt: { "audit.createdDateTime": "2026-01-01" } }, 0],
    [{ $startsWith: { "audit.createdDateTime": "2026-" } }, 160],
    [{ $eq: { id: "V-1" } }, 0],
    [{ $lt: { "entity.id": "E" } }, 0]
  ])("%j by the kind of the field", async (filter, total) => {
    assert.strictEqual(await found(filter), total)
  })

  it("ids that are numbers with zeros as other ids, and dates in ISO 8601", async () => {
    const sandbox = await start()
    const headers = bearer(await restToken(sandbox))
    const url = sandbox.urls[name].api
    await sendJson(`${url}/${vendors}`, { id: "007", name: "Bond" }, { headers })
    const filters = [{ $eq: { id: "7" } }]
    const none = await sendJson(`${url}/services/core/query`, { object: vendor, filters }, { headers })
    assert.strictEqual(none.at("ia::meta totalCount"), 0)
    const bills = await sendJson(
      `${url}/services/core/query`,
      {
        object: "accounts-payable/bill",
        fields: ["dueDate", "audit.modifiedDateTime"],
        orderBy: [{ dueDate: "asc" }],
        filters: [{ $gte: { dueDate: "2026-06-01" } }],
        size: 1
      },
      { headers }
    )
    assert.strictEqual(bills.at("ia::result 0 dueDate"), "2026-06-01")
    assert.match(String(bills.at("ia::result 0 audit.modifiedDateTime")), /^2026-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  })

  it("what is empty, asked for by null", async () => {
    assert.strictEqual(await found({ $eq: { "entity.id": null } }), 40)
    assert.strictEqual(await found({ $ne: { "entity.id": null } }), 120)
  })

  it.each([
    ["GET", `${vendors}?fields=id`, "fields"],
    ["GET", `${vendors}?filter=x`, "filter"],
    ["GET", `${vendors}/4?start=1`, "start"],
    ["DELETE", `${vendors}/4?force=true`, "force"],
    ["POST", `${vendors}?dryRun=true`, "dryRun"],
    ["GET", "services/core/session/id?entity=E1", "entity"],
    ["GET", "objects/general-ledger/account", "general-ledger"],
    ["GET", "objects/general-ledger/account/12", "general-ledger"],
    ["POST", "services/reports/run", "reports"],
    ["POST", "workflows/accounts-payable/bill/submit", "workflows"]
  ])("%s %s, as not played", async (method, path, what) => {
    const sandbox = await start()
    const answer = await call(sandbox, name, path, await restToken(sandbox), { method })
    assert.deepStrictEqual([answer.status, answer.at(errorId)], [501, "SANDBOX-NOT-PLAYED"])
    assert.include(String(answer.at(message)), what)
  })

  it.each(["start=0", "start=x", "size=-1", "size=1.5", "start=1&start=2"])(
    "a list with %s, by its name",
    async (text) => {
      const sandbox = await start()
      const answer = await call(sandbox, name, `${vendors}?${text}`, await restToken(sandbox))
      assert.deepStrictEqual([answer.status, answer.at(errorId)], [400, "REST-1064"])
      assert.include(String(answer.at(message)), text.split("=")[0] ?? "")
    }
  )

  it.each([
    ["X-IA-API-Param-Locale", "fr", 501],
    ["X-IA-API-ParamEntity", "E1", 501],
    ["X-IA-API-Param-Transaction", "yes", 400]
  ])("the header %s: %s", async (header, value, status) => {
    const sandbox = await start()
    const answer = await call(sandbox, name, vendors, await restToken(sandbox), { headers: { [header]: value } })
    assert.strictEqual(answer.status, status)
    assert.match(String(answer.at(message)), new RegExp(header, "i"))
  })

  it.each<readonly [string, string, object]>([
    ["POST", "key", { key: "12", name: "New" }],
    ["POST", "entity.id", { name: "New", entity: { id: "E1" } }],
    ["PATCH", "key", { key: "5", name: "New" }],
    ["PATCH", "audit.modifiedDateTime", { audit: { modifiedDateTime: "2020-01-01" } }],
    ["POST", "status", { name: "New", status: "dormant" }],
    ["PATCH", "status", { status: null }],
    ["PATCH", "name", { name: null }],
    ["PATCH", "totalDue", { totalDue: "much" }]
  ])("%s with %s, which it does not write", async (method, field, body) => {
    const sandbox = await start()
    const path = method === "POST" ? vendors : `${vendors}/4`
    const url = `${sandbox.urls[name].api}/${path}`
    const answer = await sendJson(url, body, { method, headers: bearer(await restToken(sandbox)) })
    assert.deepStrictEqual([answer.status, answer.at(errorId)], [400, "REST-1064"])
    assert.include(String(answer.at(message)), field)
  })

  it.each<readonly [string, object, string | undefined, number]>([
    ["callbackURL", { callbackURL: "https://app.example" }, undefined, 501],
    ["fileContentType", { fileContentType: "csv" }, undefined, 501],
    ["general-ledger", { objectName: "general-ledger/account" }, undefined, 501],
    ["objectName", { objectName: 7 }, undefined, 400],
    ["attachment", {}, "attachment", 400],
    ["jobFile", { jobFile: "other.json" }, undefined, 400],
    ["ia::requestBody", {}, "file", 400]
  ])("a bulk request with %s", async (what, more, part, status) => {
    const sandbox = await start()
    const body = new FormData()
    body.append("ia::requestBody", JSON.stringify({ objectName: vendor, operation: "create", ...more }))
    body.append("file", new Blob(["[]"], { type: "application/json" }), "job.json")
    if (part !== undefined) body.append(part, "x")
    const url = `${sandbox.urls[name].api}/services/bulk/job/create`
    const answer = await send(url, { method: "POST", headers: bearer(await restToken(sandbox)), body })
    assert.strictEqual(answer.status, status)
    assert.include(String(answer.at(message)), what)
  })
})

describe("Business Cloud does or refuses", () => {
  const name = "business-cloud"
  const tokenOf = async (sandbox: AnySandbox) => (await connect(sandbox, name)).at("access_token")

  it.each([
    ["contacts?search=acme", "search"],
    ["contacts?updated_or_created_since=2026-01-01", "updated_or_created_since"],
    ["contacts?attributes=name,tax_number", "tax_number"],
    ["contacts?nested_attributes=all", "nested_attributes"],
    ["contacts?sort=name:desc", "sort"],
    ["businesses?name=x", "name"],
    ["businesses?attributes=tax_number", "tax_number"],
    ["businesses/lead?nested_attributes=x", "nested_attributes"],
    ["businesses/lead?attributes=tax_number", "tax_number"],
    ["contacts/0d40342d0287cd6b13555c5400000000?attributes=name,tax_number", "tax_number"],
    ["user?attributes=all", "attributes"],
    ["sales_invoices", "sales_invoices"],
    ["contacts/a/addresses", "addresses"]
  ])("%s, as not played", async (path, what) => {
    const sandbox = await start()
    const answer = await call(sandbox, name, path, await tokenOf(sandbox))
    assert.deepStrictEqual([answer.status, answer.at("0 $dataCode")], [501, "SANDBOX-NOT-PLAYED"])
    assert.include(String(answer.at("0 $message")), what)
  })

  it.each([
    ["contacts?items_per_page=1", ["$path", "displayed_as", "id"]],
    ["contacts?items_per_page=1&attributes=email,reference", ["$path", "displayed_as", "email", "id", "reference"]],
    [
      "contacts?items_per_page=1&attributes=all",
      ["$path", "contact_types", "created_at", "displayed_as", "email", "id", "name", "reference", "updated_at"]
    ],
    ["businesses?items_per_page=1&attributes=country", ["$path", "country", "displayed_as", "id"]]
  ] as const)("%s, with what was asked for", async (path, members) => {
    const sandbox = await start()
    const answer = await call(sandbox, name, path, await tokenOf(sandbox))
    assert.deepStrictEqual(Object.keys(answer.at("$items 0") as object).toSorted(), [...members])
  })

  it.each([
    "contacts?page=0",
    "contacts?items_per_page=x",
    "contacts?page=1&page=2",
    "contacts?page=1&$page=2",
    "businesses?active_only=yes"
  ])("%s, by its name", async (path) => {
    const sandbox = await start()
    const answer = await call(sandbox, name, path, await tokenOf(sandbox))
    assert.strictEqual(answer.status, 422)
    assert.strictEqual(answer.at("0 $source"), /\?(\w+)=/.exec(path)?.[1])
  })

  it.each<readonly [string, object, number]>([
    ["idempotency_id", { contact: { name: "A", idempotency_id: "0".repeat(32) } }, 501],
    ["tax_number", { contact: { name: "A", tax_number: "GB1" } }, 501],
    ["business_id", { contact: { name: "A" }, business_id: "x" }, 501],
    ["reference", { contact: { name: "A", reference: 7 } }, 422],
    ["contact_type_ids", { contact: { name: "A", contact_type_ids: "CUSTOMER" } }, 422],
    ["contact_type_ids", { contact: { name: "A", contact_type_ids: ["PARTNER"] } }, 501],
    ["name", { contact: { name: " " } }, 422],
    ["name", { contact: { name: "" } }, 422]
  ])("%s of a contact", async (field, body, status) => {
    const sandbox = await start()
    const headers = bearer(String(await tokenOf(sandbox)))
    for (const method of ["POST", "PUT"]) {
      const list = await send(`${sandbox.urls[name].api}/contacts`, { headers })
      const path = method === "POST" ? "contacts" : `contacts/${String(list.at("$items 0 id"))}`
      const answer = await sendJson(`${sandbox.urls[name].api}/${path}`, body, { method, headers })
      assert.deepStrictEqual([answer.status, answer.at("0 $source")], [status, field])
    }
  })
})

const customers = (given: string, inside = "totalCount") =>
  `{ x3MasterData { customer { query${given} { ${inside} } } } }`

describe("X3 does or refuses", () => {
  it.each([
    ["x3/erp/SEED/BPCUSTOMER?representation=BPCUSTOMER.$query&$top=3", "$top"],
    ["x3/erp/SEED/BPCUSTOMER?representation=BPCUSTOMER.$query&search=x", "search"],
    ["x3/erp/SEED/BPCUSTOMER('C0001')?representation=BPCUSTOMER.$details&count=3", "count"],
    ["x3/erp/SEED/SINVOICE?representation=SINVOICE.$query", "SINVOICE"],
    ["syracuse/collaboration/syracuse/users?representation=user.$query&select=login", "select"],
    ["syracuse/collaboration/syracuse/roles?representation=role.$query", "roles"]
  ])("%s, as not played", async (path, what) => {
    const sandbox = await start()
    const answer = await api(sandbox, path)
    assert.strictEqual(answer.status, 501)
    const text = String(diagnosis(answer))
    assert.include(text, "The sandbox does not play")
    assert.include(text, what)
  })

  it.each([
    "BPCNUM eq 1",
    "OSTAUZ gt '1000'",
    "OSTAUZ between 1 and 'x'",
    "CRY in ('FR', 1)",
    "OSTAUZ like '1%'",
    "left(BPCNUM, 'x') eq 'C'",
    "BPCNUM",
    "not BPCNUM",
    "BPCNUM and CRY eq 'FR'",
    "CRY eq 'FR' or 1",
    "CREDAT ge @2026-02-30@"
  ])("a where of other types than its fields have: %s", async (condition) => {
    const sandbox = await start()
    const path = "x3/erp/SEED/BPCUSTOMER?representation=BPCUSTOMER.$query&where="
    const answer = await api(sandbox, `${path}${encodeURIComponent(condition)}`)
    assert.strictEqual(answer.status, 400)
    assert.match(String(diagnosis(answer)), /^Condition : /)
  })

  it.each([
    ["an operator", customers(`(filter: "{ code: { _regex: 'C.*' } }")`), "_regex"],
    ["a logical operator", customers(`(filter: "{ _or: [{ code: 'C0001' }] }")`), "_or"],
    ["a quantifier", customers(`(filter: "{ _atLeast: 2 }")`), "_atLeast"],
    ["two ends", customers("(first: 2, last: 2)"), "first and last"],
    ["an aggregate", "{ x3MasterData { customer { readAggregate { count } } } }", "readAggregate"],
    ["a field", customers("", "edges { node { vatNumber } }"), "vatNumber"],
    ["an argument", customers("(skip: 2)"), "skip"],
    ["a mutation", `mutation { x3MasterData { customer { create(data: {}) { code } } } }`, "mutation"]
  ])("GraphQL with %s, as not played", async (_, query, what) => {
    const answer = await graphql(await start(), { query })
    const { extensions, message } = (answer.at("errors 0") ?? {}) as {
      readonly extensions?: { readonly code?: string }
      readonly message?: string
    }
    assert.include(message, "The sandbox does not play")
    assert.include(message, what)
    assert.strictEqual(extensions?.code, "SANDBOX-NOT-PLAYED")
  })

  it.each([
    ["after", customers(`(after: "nowhere")`)],
    ["before", customers(`(before: "nowhere")`)],
    ["_eq", customers(`(filter: "{ code: 7 }")`)],
    ["_gt", customers(`(filter: "{ code: { _gt: 7 } }")`)],
    ["_in", customers(`(filter: "{ code: { _in: 'C0001' } }")`)],
    ["_in", customers(`(filter: "{ code: { _in: ['C0001', 7] } }")`)],
    ["code", customers(`(filter: "{ code: {} }")`)],
    ["code twice", customers(`(filter: "{ code: 'C0001', code: 'C0002' }")`)],
    ["_gt twice", customers(`(filter: "{ code: { _gt: 'C0001', _gt: 'C0002' } }")`)],
    ["code twice", customers(`(orderBy: "{ code: 1, code: -1 }")`)]
  ])("GraphQL with %s that nothing has", async (what, query) => {
    const answer = await graphql(await start(), { query })
    assert.include(String(answer.at("errors 0 message")), what)
  })

  it.each<readonly [string, object]>([
    ["extensions", { query: customers(""), extensions: { persistedQuery: {} } }],
    ["several operations", [{ query: customers("") }]]
  ])("a body of GraphQL with %s", async (what, body) => {
    const answer = await graphql(await start(), body)
    assert.strictEqual(answer.status, 400)
    assert.include(String(answer.at("errors 0 message")), what)
  })

  it.each<readonly [string, SoapParts, string]>([
    ["operation", { operation: "actionObject" }, "actionObject"],
    ["setting", { operation: "query", config: "adxwss.optreturn=YAML" }, "adxwss.optreturn=YAML"],
    ["setting", { operation: "query", config: "adxwss.optreturn=JSON&adxwss.other=1" }, "adxwss.other=1"],
    ["table", { operation: "save", payload: `<PARAM><TAB ID="X"><LIN NUM="1"/></TAB></PARAM>` }, "TAB"],
    ["list", { operation: "save", payload: '{"BPC0_1":{"BPCNUM":"C9","LINES":[1]}}' }, "LINES"],
    ["key", { operation: "read", keys: { BPCNUM: "C0001", COLOUR: "red" } }, "COLOUR"],
    ["size", { operation: "query", listSize: Number.NaN }, "listSize"],
    ["size", { operation: "query", listSize: -1 }, "listSize"],
    ["size", { operation: "query", listSize: 1.5 }, "listSize"],
    ["size of something else", { operation: "read", keys: { BPCNUM: "C0001" }, listSize: 3 }, "listSize of read"],
    ["key that is none", { operation: "read", keys: { BPCNUM: "C0001", CRY: "XX" } }, "CRY : Not part of the key"],
    ["key that is none", { operation: "delete", keys: { BPCNUM: "C0001", CRY: "XX" } }, "CRY : Not part of the key"],
    ["payload", { operation: "read", keys: { BPCNUM: "C0001" }, fields: { CRY: "FR" } }, "objectXml of read"],
    [
      "key of a new record",
      { operation: "save", keys: { BPCNUM: "C9" }, fields: { BPCNUM: "C9" } },
      "objectKeys of save"
    ],
    [
      "field twice",
      { operation: "save", payload: '<PARAM><FLD NAME="BPCNUM">C9</FLD><FLD NAME="BPCNUM">C8</FLD></PARAM>' },
      "BPCNUM that comes twice"
    ],
    ["element of the context", { operation: "query", context: "<poolSize>3</poolSize>" }, "poolSize of callContext"],
    ["date", { operation: "save", fields: { BPCNUM: "C9", CREDAT: "2026-02-30" } }, "CREDAT : Incorrect date"],
    ["field", { operation: "run", publicName: "WSORDERS", fields: { BPCNUM: "C0001", SITE: "X" } }, "SITE"]
  ])("SOAP with a %s that it does not know", async (_, given, what) => {
    const answer = await soap(await start(), given)
    assert.strictEqual(answer.soapStatus, "0")
    assert.include(answer.messages[0]?.[1], what)
  })
})
