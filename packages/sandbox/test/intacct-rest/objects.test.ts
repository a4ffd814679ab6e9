import { assert, describe, it } from "vitest"
import { type AnySandbox, bearer, call, clientCredentials, connect, send, sendJson, start } from "../oauth/support.ts"

const name = "intacct-rest"
const vendors = "objects/accounts-payable/vendor"

const tokenOf = async (sandbox: AnySandbox, username?: string): Promise<string> =>
  String((await clientCredentials(sandbox, username === undefined ? {} : { username })).at("access_token"))

const header = (id: string) => ({ "X-IA-API-Param-Entity": id })

const json = (
  sandbox: AnySandbox,
  token: string,
  path: string,
  body: unknown,
  method = "POST",
  headers: Readonly<Record<string, string>> = {}
) => sendJson(`${sandbox.urls[name].api}/${path}`, body, { method, headers: bearer(token, headers) })

describe("REST objects of Intacct", () => {
  it.each([
    [vendors, 160],
    ["objects/accounts-receivable/customer", 160],
    ["objects/accounts-receivable/invoice", 320],
    ["objects/accounts-payable/bill", 200],
    ["objects/company-config/entity", 3]
  ])("%s: are listed in pages and read by key", async (path, total) => {
    const sandbox = await start()
    const token = await tokenOf(sandbox)
    const list = await call(sandbox, name, path, token)
    const items = list.at("ia::result") as ReadonlyArray<{ key: string; id: string; href: string }>
    assert.strictEqual(list.at("ia::meta totalCount"), total)
    assert.lengthOf(items, Math.min(total, 100))
    const [first] = items
    assert.strictEqual(first?.href, `/${path}/${first?.key ?? ""}`)
    const one = await call(sandbox, name, `${path}/${first?.key ?? ""}`, token)
    assert.strictEqual(one.at("ia::result id"), first?.id)
    assert.deepStrictEqual(one.at("ia::meta"), { totalCount: 1, totalSuccess: 1, totalError: 0 })
    const page = await call(sandbox, name, `${path}?start=3&size=2`, token)
    assert.deepStrictEqual(page.at("ia::result"), items.slice(2, 4))
    assert.strictEqual(page.at("ia::meta previous"), 1)
    assert.strictEqual(page.at("ia::meta next"), total > 4 ? 5 : null)
  })

  it("are filtered by the entity of the token, or of one request", async () => {
    const sandbox = await start()
    const { user, restricted } = sandbox.accounts[name]
    const total = async (token: string, headers = {}) => {
      const answer = await call(sandbox, name, vendors, token, { headers })
      return answer.status === 200 ? answer.at("ia::meta totalCount") : [answer.status, answer.at("ia::error code")]
    }
    const top = await tokenOf(sandbox)
    const entity = await tokenOf(sandbox, `${user.username}|E1`)
    const west = await tokenOf(sandbox, restricted.username)
    assert.strictEqual(await total(top), 160)
    assert.strictEqual(await total(entity), 80)
    assert.strictEqual(await total(top, header("E1")), 80)
    assert.strictEqual(await total(entity, header("E1")), 80)
    assert.strictEqual(await total(entity, header("")), 80)
    assert.deepStrictEqual(await total(entity, header("E2")), [403, "GW-0042"])
    assert.deepStrictEqual(await total(top, header("E9")), [403, "GW-0042"])
    assert.strictEqual(await total(west), 80)
    assert.strictEqual(await total(await tokenOf(sandbox, `${restricted.username}|E1`)), 0)
    assert.deepStrictEqual(await total(top, { "X-IA-API-ParamEntity": "E1" }), [501, undefined])
    sandbox.intacctRest.configure({ entityHeader: "joined" })
    assert.strictEqual(await total(top, { "X-IA-API-ParamEntity": "E1" }), 80)
    assert.deepStrictEqual(await total(top, header("E1")), [501, undefined])
  })

  it("are created, changed and deleted, in the entity of the request", async () => {
    const sandbox = await start()
    const token = await tokenOf(sandbox)
    const created = await json(sandbox, token, vendors, { id: "V-NEW", name: "New", term: { id: "Net 15" } }, "POST", {
      "x-ia-api-param-entity": "E3"
    })
    assert.strictEqual(created.status, 201)
    const path = String(created.at("ia::result href")).slice(1)
    const read = await call(sandbox, name, path, token)
    assert.strictEqual(read.at("ia::result term id"), "Net 15")
    assert.strictEqual(read.at("ia::result entity name"), "Central Region")
    const changed = await json(sandbox, token, path, { name: "Newer", status: "inactive" }, "PATCH")
    assert.deepStrictEqual([changed.status, changed.at("ia::result id")], [200, "V-NEW"])
    assert.strictEqual((await call(sandbox, name, path, token)).at("ia::result name"), "Newer")
    const gone = await call(sandbox, name, path, token, { method: "DELETE" })
    assert.deepStrictEqual([gone.status, gone.text], [204, ""])
    assert.strictEqual((await call(sandbox, name, path, token)).status, 404)
  })

  it("are refused in the documented envelopes", async () => {
    const sandbox = await start()
    const { limited } = sandbox.accounts[name]
    const token = await tokenOf(sandbox)
    const errorId = "ia::result ia::error errorId"
    const empty = await call(sandbox, name, vendors, token, { method: "POST" })
    assert.deepStrictEqual([empty.status, empty.at(errorId)], [400, "REST-1028"])
    assert.deepStrictEqual(empty.at("ia::result ia::error additionalInfo"), {
      messageId: "IA.REQUEST_REQUIRES_A_PAYLOAD",
      placeholders: { OPERATION: "POST" },
      propertySet: {}
    })
    assert.deepStrictEqual(empty.at("ia::meta"), { totalCount: 1, totalSuccess: 0, totalError: 1 })
    const broken = { method: "POST", headers: { "content-type": "application/json" }, body: "{" }
    assert.strictEqual((await call(sandbox, name, vendors, token, broken)).at(errorId), "REST-1043")
    assert.strictEqual((await json(sandbox, token, vendors, { colour: "red" })).at(errorId), "REST-1064")
    const nameless = await json(sandbox, token, vendors, { id: "V-X" })
    assert.deepStrictEqual([nameless.status, nameless.at(errorId)], [422, "REST-7001"])
    const twice = await json(sandbox, token, vendors, { id: "V-00001", name: "Again" })
    assert.strictEqual(twice.status, 409)
    const xml = { method: "POST", headers: { "content-type": "application/xml" }, body: "<a/>" }
    assert.strictEqual((await call(sandbox, name, vendors, token, xml)).at("ia::error code"), "GW-0014")
    assert.strictEqual((await call(sandbox, name, vendors, token, { method: "PUT", body: "x" })).status, 405)
    assert.strictEqual((await call(sandbox, name, "nothing", token)).status, 404)
    const viewer = await tokenOf(sandbox, limited.username)
    const forbidden = await call(sandbox, name, "objects/accounts-receivable/invoice", viewer)
    assert.deepStrictEqual([forbidden.status, forbidden.at("ia::error code")], [403, "GW-0042"])
    assert.strictEqual((await json(sandbox, viewer, vendors, { name: "x" })).status, 403)
    const version = await send(sandbox.urls[name].api.replace("/v1", "/v9/objects/x/y"), { headers: bearer(token) })
    assert.deepStrictEqual([version.status, version.at("ia::error message")], [400, "Version is not supported."])
  })

  it("are taken in batches, which fail in part or as a whole", async () => {
    const sandbox = await start()
    const token = await tokenOf(sandbox)
    const batch = [{ id: "V-B1", name: "One" }, { id: "V-B2" }]
    const atomic = await json(sandbox, token, vendors, batch, "POST", { "X-IA-API-Param-Transaction": "true" })
    assert.strictEqual(atomic.status, 422)
    const partly = await json(sandbox, token, vendors, batch)
    assert.strictEqual(partly.status, 207)
    assert.deepStrictEqual(partly.at("ia::meta"), { totalCount: 2, totalSuccess: 1, totalError: 1 })
    const key = String(partly.at("ia::result 0 key"))
    const both = await call(sandbox, name, `${vendors}/4,${key}`, token)
    assert.strictEqual(both.at("ia::result 1 id"), "V-B1")
    const changed = await json(sandbox, token, vendors, [{ key, name: "Uno" }], "PATCH")
    assert.deepStrictEqual([changed.status, changed.at("ia::result 0 id")], [200, "V-B1"])
    assert.strictEqual((await call(sandbox, name, `${vendors}/${key},999999`, token, { method: "DELETE" })).status, 207)
    assert.strictEqual((await call(sandbox, name, `${vendors}/${key}`, token)).status, 404)
  })

  it("are queried with filters, order and pages", async () => {
    const sandbox = await start()
    const token = await tokenOf(sandbox)
    const query = (body: object) => json(sandbox, token, "services/core/query", body)
    const object = "accounts-payable/vendor"
    const answer = await query({
      object,
      fields: ["id", "name", "totalDue"],
      filters: [{ $eq: { status: "active" } }, { $gt: { totalDue: 20_000 } }],
      orderBy: [{ totalDue: "desc" }],
      size: 3
    })
    const rows = answer.at("ia::result") as ReadonlyArray<Record<string, string>>
    assert.lengthOf(rows, 3)
    assert.deepStrictEqual(Object.keys(rows[0] ?? {}), ["id", "name", "totalDue"])
    assert.isAtLeast(Number(rows[0]?.["totalDue"]), Number(rows[2]?.["totalDue"]))
    assert.strictEqual(answer.at("ia::meta next"), 4)
    const either = await query({
      object,
      filters: [{ $in: { id: ["V-00001", "V-00002"] } }, { $startsWith: { id: "V-0000" } }],
      filterExpression: "or"
    })
    assert.strictEqual(either.at("ia::meta totalCount"), 9)
    const unknown = await query({ object, fields: ["colour"] })
    assert.deepStrictEqual([unknown.status, unknown.at("ia::result ia::error errorId")], [400, "REST-1106"])
    for (const wrong of [
      {},
      { object: 1 },
      { object, filters: 1 },
      { object, filters: [{ $no: {} }] },
      { object, start: 0 }
    ]) {
      assert.strictEqual((await query(wrong)).status, 400, JSON.stringify(wrong))
    }
  })
})

describe("an Idempotency-Key", () => {
  it("repeats the first answer for 48 hours, and is a conflict otherwise", async () => {
    const sandbox = await start({ intacctRest: { accessTokenLife: "90 days" } })
    const token = await tokenOf(sandbox)
    const create = (id: string, key = "key-1") =>
      json(sandbox, token, vendors, { id, name: "Once" }, "POST", { "Idempotency-Key": key })
    const first = await create("V-I1")
    const cached = "x-ia-idempotency-cached-date"
    assert.deepStrictEqual(
      [first.status, first.headers.get("idempotency-key"), first.headers.get(cached)],
      [201, "key-1", null]
    )
    const second = await create("V-I1")
    assert.deepStrictEqual([second.status, second.json], [201, first.json])
    assert.isNotNull(second.headers.get(cached))
    assert.strictEqual((await create("V-I2")).status, 409)
    const failed = await create("V-00001", "key-2")
    assert.strictEqual(failed.status, 409)
    assert.isNotNull((await create("V-00001", "key-2")).headers.get(cached))
    assert.strictEqual((await create("V-I3", "x".repeat(257))).status, 400)
    await sandbox.clock.advance("48 hours")
    assert.strictEqual((await create("V-I1")).status, 409)
    await sandbox.clock.advance("60 days")
    assert.isNull((await create("V-I4")).headers.get(cached))
  })

  it("saves a write whose answer was lost", async () => {
    const sandbox = await start()
    const token = await tokenOf(sandbox)
    const create = () => json(sandbox, token, vendors, { id: "V-L", name: "Lost" }, "POST", { "Idempotency-Key": "k" })
    sandbox.fault("intacct-rest", { on: "api", kind: "drop-response" })
    assert.strictEqual(await create().catch(() => "lost"), "lost")
    assert.strictEqual((await create()).status, 201)
  })
})

const submit = (sandbox: AnySandbox, token: string, asked: object, file: string) => {
  const body = new FormData()
  body.append("ia::requestBody", JSON.stringify(asked))
  body.append("file", new Blob([file], { type: "application/json" }), "job.json")
  return send(`${sandbox.urls[name].api}/services/bulk/job/create`, { method: "POST", headers: bearer(token), body })
}

describe("bulk requests of Intacct", () => {
  const asked = {
    objectName: "accounts-payable/vendor",
    operation: "create",
    jobFile: "job.json",
    fileContentType: "json"
  }

  it("do each record by itself and tell what came of it", async () => {
    const sandbox = await start()
    const token = await tokenOf(sandbox)
    const job = await submit(
      sandbox,
      token,
      asked,
      JSON.stringify([{ id: "V-Z1", name: "A" }, { id: "V-Z2" }, { id: "V-Z3", name: "C" }])
    )
    assert.strictEqual(job.status, 200)
    const status = String(job.at("ia::result statusURL")).slice(1)
    const done = await call(sandbox, name, status, token)
    assert.strictEqual(done.at("ia::result status"), "completed")
    assert.deepStrictEqual(done.at("ia::meta"), { totalCount: 3, totalSuccess: 2, totalError: 1 })
    const results = await call(sandbox, name, `${status}&download=true`, token)
    assert.strictEqual(results.at("ia::result 1 ia::error errorId"), "REST-7001")
    const key = results.at("ia::result 2 key")
    const changed = await submit(
      sandbox,
      token,
      { ...asked, operation: "update" },
      JSON.stringify([{ key, name: "D" }])
    )
    assert.strictEqual(changed.status, 200)
    assert.strictEqual((await call(sandbox, name, `${vendors}/${String(key)}`, token)).at("ia::result name"), "D")
    await submit(sandbox, token, { ...asked, operation: "delete" }, JSON.stringify([{ key }]))
    assert.strictEqual((await call(sandbox, name, `${vendors}/${String(key)}`, token)).status, 404)
    const { second } = sandbox.accounts[name]
    assert.strictEqual((await call(sandbox, name, status, await tokenOf(sandbox, second.username))).status, 404)
  })

  it("are refused when they hold nothing to do", async () => {
    const sandbox = await start()
    const token = await tokenOf(sandbox)
    assert.strictEqual((await submit(sandbox, token, asked, "{}")).status, 400)
    assert.strictEqual((await submit(sandbox, token, { ...asked, operation: "drop" }, "[]")).status, 400)
    assert.strictEqual((await json(sandbox, token, "services/bulk/job/create", asked)).status, 400)
    assert.strictEqual((await call(sandbox, name, "services/bulk/job/status?jobId=x", token)).status, 404)
  })

  it("are counted by record, or by call when the switch says so", async () => {
    const sandbox = await start()
    const token = await tokenOf(sandbox)
    const { companyId } = sandbox.accounts[name].user
    const billable = () => sandbox.intacct.transactions(companyId).billable
    const records = JSON.stringify([{ name: "A" }, { name: "B" }, { name: "C" }])
    await submit(sandbox, token, asked, records)
    assert.strictEqual(billable(), 3)
    sandbox.intacctRest.configure({ bulkCounts: "call" })
    await submit(sandbox, token, asked, records)
    assert.strictEqual(billable(), 4)
  })
})

describe("what Intacct counts and limits", () => {
  it("counts reads, queries and writes with the XML functions, and no token, session or revocation", async () => {
    const sandbox = await start()
    const token = String((await connect(sandbox, name)).at("access_token"))
    await call(sandbox, name, "services/core/session/id", token)
    const { companyId } = sandbox.accounts[name].user
    assert.strictEqual(sandbox.intacct.transactions(companyId).billable, 0)
    await call(sandbox, name, vendors, token)
    await call(sandbox, name, `${vendors}/4,5`, token)
    await json(sandbox, token, "services/core/query", { object: "accounts-payable/vendor" })
    await json(sandbox, token, vendors, { name: "A" })
    assert.deepStrictEqual(sandbox.intacct.transactions(companyId), {
      billable: 5,
      functions: { "rest-read": 3, "rest-query": 1, "rest-create": 1 }
    })
  })

  it("tells the limits in headers, and refuses beyond the hard one until the hour is over", async () => {
    const sandbox = await start({
      startAt: Date.UTC(2026, 0, 1),
      intacctRest: { requestsPerMinute: 1, requestsPerHour: 3, rateHeaderSpelling: "joined", retryAfter: "90 seconds" }
    })
    const token = await tokenOf(sandbox)
    const seen: Array<readonly [number, string | null, string | null]> = []
    for (let count = 0; count < 4; count++) {
      const { status, headers } = await call(sandbox, name, vendors, token)
      seen.push([
        status,
        headers.get("x-ia-minute-rate-limit-remaining"),
        headers.get("x-ia-hour-rate-limit-remaining")
      ])
    }
    assert.deepStrictEqual(seen, [
      [200, "0", "2"],
      [200, "-1", "1"],
      [200, "-1", "0"],
      [429, "-1", "0"]
    ])
    const refused = await call(sandbox, name, vendors, token)
    assert.strictEqual(refused.at("ia::error message"), "API rate limit exceeded")
    assert.strictEqual(refused.headers.get("x-ia-throttle-retryafter"), "90")
    assert.isNull(refused.headers.get("x-ia-throttle-retry-after"))
    sandbox.intacctRest.configure({ retryAfterForm: "date" })
    const dated = await call(sandbox, name, vendors, token)
    assert.strictEqual(dated.headers.get("retry-after"), "Thu, 01 Jan 2026 00:01:30 GMT")
    sandbox.intacctRest.configure({ retryAfter: null, rateHeaders: false })
    const bare = await call(sandbox, name, vendors, token)
    assert.isNull(bare.headers.get("retry-after"))
    assert.isNull(bare.headers.get("x-ia-throttle-limit"))
    await sandbox.clock.advance("1 hour")
    assert.strictEqual((await call(sandbox, name, vendors, token)).status, 200)
  })

  it("refuses options and names that it cannot keep", async () => {
    const sandbox = await start()
    const configure = (options: object) => () => sandbox.intacctRest.configure(options)
    assert.throws(configure({ codeLife: "soon" }), /codeLife must be/)
    assert.throws(configure({ requestsPerHour: 0 }), /requestsPerHour must be/)
    assert.throws(configure({ clockSkew: Number.NaN }), /clockSkew must be/)
    assert.throws(() => sandbox.intacctRest.authoriseClient("x", "AcmeHoldings", "u"), /clientId must name/)
    const { clientId } = sandbox.accounts[name].client
    assert.throws(() => sandbox.intacctRest.withdrawClient(clientId, "Nowhere", "u"), /companyId must name/)
  })
})
