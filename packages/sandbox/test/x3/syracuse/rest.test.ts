import { assert, describe, it } from "vitest"
import {
  type Answer,
  type AnySandbox,
  api,
  basic,
  customer,
  customers,
  diagnosis,
  send,
  start,
  webServices
} from "./support.ts"

const keys = (answer: Answer): ReadonlyArray<unknown> =>
  (answer.at("$resources") as ReadonlyArray<{ readonly $key: string }>).map(({ $key }) => $key)

const where = (condition: string): string => `${customers}&count=100&where=${encodeURIComponent(condition)}`

const all = Array.from({ length: 60 }, (_, index) => `C${String(index + 1).padStart(4, "0")}`)

/** Follows links of one name to the end, and gives the keys on the way. */
const follow = async (sandbox: AnySandbox, path: string, name: "$next" | "$prev") => {
  const pages: Array<ReadonlyArray<unknown>> = []
  const origin = `${webServices(sandbox).onPremise}/api1/`
  for (let next: string | undefined = path; next !== undefined && pages.length < 100; ) {
    const answer: Answer = await api(sandbox, next)
    pages.push(keys(answer))
    const url = answer.at(`$links ${name} $url`)
    next = typeof url === "string" ? url.slice(origin.length) : undefined
  }
  return pages
}

describe("a list", () => {
  it("has the records that a test adds", async () => {
    const sandbox = await start()
    sandbox.x3.addRecords("BPCUSTOMER", [{ BPCNUM: "Z0001", BPCNAM: "Zenith", OSTAUZ: 5 }])
    assert.deepStrictEqual(keys(await api(sandbox, where("BPCNAM eq 'Zenith'"))), ["Z0001"])
    assert.throws(() => sandbox.x3.addRecords("NOWHERE", []), /className/)
    assert.throws(() => sandbox.x3.addRecords("BPCUSTOMER", [{ BPCNUM: "Z0001" }]), /already exists/)
  })

  it("comes in pages of 20, with links to the others", async () => {
    const sandbox = await start()
    const first = await api(sandbox, customers)
    assert.deepStrictEqual(Object.keys(first.json as object), ["$itemsPerPage", "$resources", "$links"])
    assert.deepStrictEqual([first.status, first.at("$itemsPerPage")], [200, 20])
    assert.deepStrictEqual(Object.keys(first.at("$links") as object), ["$next", "$last"])
    assert.deepInclude(first.at("$resources 0"), { $key: "C0001", BPCNUM: "C0001", CRY: "FR", OSTAUZ: 1000 })
    const pages = await follow(sandbox, `${customers}&count=25`, "$next")
    assert.deepStrictEqual(pages, [all.slice(0, 25), all.slice(25, 50), all.slice(50)])
    const last = String(first.at("$links $last $url"))
    const back = await follow(sandbox, last.slice(last.indexOf("/api1/") + 6), "$prev")
    assert.deepStrictEqual(back, [all.slice(40), all.slice(20, 40), all.slice(0, 20)])
  })

  it("starts its next page right although records came and went", async () => {
    const sandbox = await start()
    const first = await api(sandbox, `${customers}&count=3`)
    const next = String(first.at("$links $next $url"))
    await api(sandbox, customer("C0003"), { method: "DELETE" })
    await api(sandbox, customer("C0004"), { method: "DELETE" })
    const second = await api(sandbox, next.slice(next.indexOf("/api1/") + 6))
    assert.deepStrictEqual(keys(second), ["C0005", "C0006", "C0007"])
  })

  it("is sorted by orderBy, pages and all", async () => {
    const sandbox = await start()
    const sorted = `${customers}&count=7&orderBy=${encodeURIComponent("CRY desc, OSTAUZ, BPCNAM desc")}`
    const got = (await follow(sandbox, sorted, "$next")).flat()
    assert.sameMembers(got, [...all])
    const rows = (await api(sandbox, sorted.replace("count=7", "count=100"))).at("$resources") as ReadonlyArray<{
      readonly $key: string
      readonly CRY: string
      readonly OSTAUZ: number
    }>
    assert.deepStrictEqual(
      got,
      rows.map(({ $key }) => $key)
    )
    for (const [index, row] of rows.entries()) {
      const before = rows[index - 1]
      if (before === undefined) continue
      assert.isTrue(before.CRY > row.CRY || (before.CRY === row.CRY && before.OSTAUZ <= row.OSTAUZ))
    }
  })

  it("is narrowed by where", async () => {
    const sandbox = await start()
    for (const [condition, expected] of [
      ["BPCNUM eq 'C0007'", ["C0007"]],
      ["BPCNUM le 'C0002'", ["C0001", "C0002"]],
      ["BPCNUM between 'C0003' and 'C0005' and not BPCNUM eq 'C0004'", ["C0003", "C0005"]],
      ["BPCNUM in ('C0001','C0060','nobody')", ["C0001", "C0060"]],
      ["BPCNUM like 'C001_' and CRY eq \"GB\"", ["C0012", "C0017"]],
      ["(BPCNUM lt 'C0002' or BPCNUM gt 'C0059') and OSTAUZ ge 1000", ["C0001", "C0060"]],
      ["left(BPCNUM, 4) eq 'C006'", ["C0060"]],
      ["right(BPCNUM,2) eq '42'", ["C0042"]],
      ["contains(upper(BPCNAM),'NORTHWIND SUPPLY') and length(BPCNUM) eq 5", ["C0011", "C0041"]],
      ["CREDAT eq @2026-02-02@ and BPCNUM lt 'C0010'", ["C0002"]],
      ["BPCNAM eq 'it''s nobody'", []]
    ] as const) {
      const answer = await api(sandbox, where(condition))
      assert.deepStrictEqual([condition, answer.status, keys(answer)], [condition, 200, expected])
    }
    for (const wrong of [
      "BPCNUM eq",
      "NOTHING eq 1",
      "BPCNUM eq 'C",
      "(((BPCNUM eq 'C'",
      "left(BPCNUM) eq 'C'",
      "; drop"
    ]) {
      assert.strictEqual((await api(sandbox, where(wrong))).status, 400, wrong)
    }
    assert.strictEqual((await api(sandbox, where(`${"(".repeat(5000)}BPCNUM`))).status, 400)
  })

  it("refuses a count or a page that is none", async () => {
    const sandbox = await start()
    for (const wrong of ["count=0", "count=many", "key=gt", "key=gt.A~B", "orderBy=NOTHING"]) {
      assert.strictEqual((await api(sandbox, `${customers}&${wrong}`)).status, 400, wrong)
    }
  })
})

describe("representation", () => {
  it("is mandatory, and must be one of the class", async () => {
    const sandbox = await start()
    const bare = await api(sandbox, "x3/erp/SEED/BPCUSTOMER")
    assert.deepStrictEqual([bare.status, diagnosis(bare)], [400, "Parameter representation is mandatory"])
    for (const wrong of ["BPCUSTOMER", "$query", "BPCUSTOMER.query", "SORDER.$query", "BPCUSTOMER.$details"]) {
      assert.strictEqual((await api(sandbox, `x3/erp/SEED/BPCUSTOMER?representation=${wrong}`)).status, 400, wrong)
    }
    // Not a parameter of X3's.
    assert.strictEqual((await api(sandbox, `${customers}&$top=3`)).status, 501)
  })

  it("may be left out, and $top is count, in the reading of the card", async () => {
    const sandbox = await start({ x3: { reading: "card" } })
    const list = await api(sandbox, "x3/erp/SEED/BPCUSTOMER?$top=3")
    assert.deepStrictEqual([list.status, keys(list)], [200, all.slice(0, 3)])
    assert.strictEqual((await api(sandbox, "x3/erp/SEED/BPCUSTOMER('C0003')")).at("BPCNUM"), "C0003")
    const body = JSON.stringify({ BPCNUM: "N1", BPCNAM: "New" })
    assert.strictEqual((await api(sandbox, "x3/erp/SEED/BPCUSTOMER", { method: "POST", body })).status, 201)
    const put = { method: "PUT", body: JSON.stringify({ BPCNAM: "Newer" }) }
    assert.strictEqual((await api(sandbox, "x3/erp/SEED/BPCUSTOMER('N1')", put)).at("BPCNAM"), "Newer")
  })
})

describe("a record", () => {
  it("is created with 201 and a Location, read, changed and deleted", async () => {
    const sandbox = await start()
    const create = "x3/erp/SEED/BPCUSTOMER?representation=BPCUSTOMER.$create"
    assert.deepInclude((await api(sandbox, create)).json, { BPCNUM: "", OSTAUZ: 0 })
    const body = JSON.stringify({ BPCNUM: "N'1/ü", BPCNAM: "Näme", OSTAUZ: "12.5" })
    const created = await api(sandbox, create, { method: "POST", body })
    assert.strictEqual(created.status, 201)
    const location = String(created.headers.location)
    const path = location.slice(location.indexOf("/api1/") + 6)
    const read = await api(sandbox, path)
    assert.deepInclude(read.json, { $key: "N'1/ü", BPCNAM: "Näme", OSTAUZ: 12.5, CRY: "" })
    const edit = path.replace("$details", "$edit")
    const changed = await api(sandbox, edit, {
      method: "PUT",
      body: JSON.stringify({ ...(read.json as object), CRY: "PT" })
    })
    assert.deepStrictEqual([changed.status, changed.at("CRY"), changed.at("BPCNAM")], [200, "PT", "Näme"])
    assert.strictEqual((await api(sandbox, path, { method: "DELETE" })).status, 200)
    assert.strictEqual(diagnosis(await api(sandbox, path)), "721 : Record does not exist")
  })

  it("has a key of several fields joined by ~", async () => {
    const sandbox = await start()
    const answer = await api(sandbox, "x3/erp/SEED/BPADDRESS('1~C0002~A1')?representation=BPADDRESS.$details")
    assert.deepInclude(answer.json, { $key: "1~C0002~A1", BPATYP: 1, CTY: "London" })
  })

  it("that cannot be worked on is told in a 200", async () => {
    const sandbox = await start()
    const create = "x3/erp/SEED/BPCUSTOMER?representation=BPCUSTOMER.$create"
    const post = (body: object) => api(sandbox, create, { method: "POST", body: JSON.stringify(body) })
    const put = (body: object) =>
      api(sandbox, customer("C0001", "$edit"), { method: "PUT", body: JSON.stringify(body) })
    for (const [answer, message] of [
      [await api(sandbox, customer("nobody")), "721 : Record does not exist"],
      [await api(sandbox, customer("nobody", "$edit"), { method: "PUT", body: "{}" }), "721 : Record does not exist"],
      [await api(sandbox, customer("nobody"), { method: "DELETE" }), "721 : Record does not exist"],
      [await post({ BPCNUM: "C0001" }), "C0001 : Record already exists"],
      [await post({ BPCNAM: "x" }), "BPCNUM : Mandatory field"],
      [await post({ BPCNUM: "X", NOTHING: 1 }), "NOTHING : Unknown field"],
      [await post({ BPCNUM: "X", OSTAUZ: "much" }), "OSTAUZ : Incorrect value"],
      [await post({ BPCNUM: "\ud800" }), "BPCNUM : Incorrect value"],
      [await put({ CREDAT: "tomorrow" }), "CREDAT : Incorrect date"],
      [await put({ BPCNUM: "C0002" }), "BPCNUM : The key cannot change"]
    ] as const) {
      assert.deepStrictEqual(
        [answer.status, diagnosis(answer), answer.at("$diagnoses 0 $severity")],
        [200, message, "error"]
      )
    }
  })

  it("is out of reach by a wrong method, body, endpoint, class or URL", async () => {
    const sandbox = await start()
    const status = async (path: string, method = "GET", body?: string) =>
      (await api(sandbox, path, { method, body })).status
    assert.strictEqual(await status(customers, "DELETE"), 405)
    assert.strictEqual(await status(customer("C0001"), "PUT", "{}"), 405)
    assert.strictEqual(await status(customer("C0001", "$query")), 400)
    assert.strictEqual(await status(customer("C0001", "$edit"), "PUT", "[]"), 400)
    assert.strictEqual(await status("x3/erp/NOWHERE/BPCUSTOMER?representation=BPCUSTOMER.$query"), 404)
    assert.strictEqual(await status("x3/erp/SEED/NOTHING?representation=NOTHING.$query"), 501)
    assert.strictEqual(await status("x3/erp"), 404)
    const { unmapped } = webServices(sandbox)
    const answer = await api(sandbox, customers, { headers: { authorization: basic(unmapped) } })
    assert.deepStrictEqual([answer.status, diagnosis(answer)], [403, "User visitor is not mapped for endpoint SEED"])
  })

  it("lacks what its reader may not read, where conditions cannot ask for it either", async () => {
    const sandbox = await start()
    const headers = { authorization: basic(webServices(sandbox).limited) }
    assert.notProperty((await api(sandbox, customer("C0001"), { headers })).json, "OSTAUZ")
    assert.strictEqual((await api(sandbox, where("OSTAUZ gt 1"), { headers })).status, 400)
  })
})

describe("the server's own entities", () => {
  const platform = "syracuse/collaboration/syracuse"

  it("list users and pools for administrators", async () => {
    const sandbox = await start()
    const pools = await api(sandbox, `${platform}/soapClassicPools?representation=soapClassicPool.$query`)
    assert.deepInclude(pools.at("$resources 0"), { alias: "WSSEED", status: "started" })
    const user = await api(sandbox, `${platform}/users('grace')?representation=user.$details`)
    assert.deepInclude(user.json, { login: "grace", authentication: "OAuth2" })
    assert.notInclude(user.text, webServices(sandbox).oauth2Only.password)
    const headers = { authorization: basic(webServices(sandbox).limited) }
    assert.strictEqual((await api(sandbox, `${platform}/users?representation=user.$query`, { headers })).status, 403)
    assert.strictEqual((await api(sandbox, `${platform}/nothing?representation=nothing.$query`)).status, 501)
  })

  it("start and stop pools", async () => {
    const sandbox = await start()
    const pool = `${platform}/soapClassicPools(${encodeURIComponent("alias eq 'WSSEED'")})`
    const state = async () => (await api(sandbox, `${pool}?representation=soapClassicPool.$details`)).at("status")
    const serve = (name: string, path = pool) => api(sandbox, `${path}/$service/${name}`, { method: "POST" })
    assert.deepStrictEqual([(await serve("stop")).status, await state()], [200, "stopped"])
    assert.deepStrictEqual(
      [(await serve("start")).at("$diagnoses 0 $severity"), await state()],
      ["information", "started"]
    )
    assert.strictEqual((await serve("explode")).status, 501)
    assert.strictEqual((await api(sandbox, `${pool}/$service/stop`)).status, 405)
    const missing = await serve("start", `${platform}/soapClassicPools(alias eq 'NOPOOL')`.replaceAll(" ", "%20"))
    assert.strictEqual(diagnosis(missing), "Record does not exist")
  })
})

describe("X3 on every port", () => {
  it("writes links that lead back to the port", async () => {
    const sandbox = await start({ x3: { session: { auth: "certificate" } } })
    const { tls, certificate } = webServices(sandbox)
    const answer = await send(sandbox, `${tls}/api1/${customers}`, { tls: certificate })
    assert.isTrue(String(answer.at("$links $next $url")).startsWith(`${tls}/api1/`))
  })
})
