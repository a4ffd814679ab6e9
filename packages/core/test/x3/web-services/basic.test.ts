import { Redacted } from "effect"
import { assert, describe, it } from "vitest"
import { x3 } from "../../../src/index.ts"
import { json, minute, openErp, rejectionOf, text } from "./openErp.ts"

const refused = () => text("Authentication failed...", 401)
const ok = () => json({ $resources: [] })
const login = { user: "INTÉGRATION", password: "p:ä€" }

describe("a user and password", () => {
  it("go with each request in UTF-8, and are not looked for twice", async () => {
    const { arrived, erp } = openErp(x3.basic(login), ok)
    for (const path of ["api1/x3/erp/SEED/BPCUSTOMER?representation=BPCUSTOMER.$query", "/api1/x"]) {
      assert.strictEqual((await erp.fetch(path)).status, 200)
    }
    const expected = `Basic ${Buffer.from("INTÉGRATION:p:ä€", "utf8").toString("base64")}`
    assert.deepStrictEqual(
      arrived.map(({ headers }) => headers.get("authorization")),
      [expected, expected]
    )
    assert.strictEqual(
      arrived[0]?.url.href,
      "https://x3.acme.example:8124/api1/x3/erp/SEED/BPCUSTOMER?representation=BPCUSTOMER.$query"
    )
    assert.deepStrictEqual(await erp.headers(), { authorization: expected })
    assert.strictEqual(await erp.headers(), await erp.headers())
  })

  it("that were refused are handed to nobody again, until they change, 15 minutes pass or somebody asks", async () => {
    let password = "wrong"
    const { announced, arrived, erp, pass } = openErp(
      x3.basic(() => ({ user: "u", password: Redacted.make(password) })),
      ({ headers }) =>
        headers.get("authorization") === `Basic ${Buffer.from("u:right").toString("base64")}` ? ok() : refused()
    )
    // the answer is handed over, and nothing was tried again
    assert.strictEqual((await erp.fetch("api1/x")).status, 401)
    assert.lengthOf(arrived, 1)
    assert.propertyVal(await rejectionOf(erp.fetch("api1/x")), "id", "client.credential-blocked")
    assert.propertyVal(await rejectionOf(erp.headers()), "id", "client.credential-blocked")
    assert.include(await erp.status(), { state: "reauthorization-required", refreshable: false })
    assert.lengthOf(arrived, 1)
    pass(15 * minute)
    assert.strictEqual((await erp.fetch("api1/x")).status, 401)
    assert.lengthOf(arrived, 2)
    await erp.refresh()
    assert.strictEqual((await erp.fetch("api1/x")).status, 401)
    assert.lengthOf(arrived, 3)
    password = "right"
    assert.strictEqual((await erp.fetch("api1/x")).status, 200)
    assert.include(await erp.status(), { state: "connected", refreshable: true })
    const events = await announced()
    assert.deepStrictEqual(
      events.filter(({ type }) => type === "credential-rejected" || type === "recovered").map(({ type }) => type),
      ["credential-rejected", "recovered"]
    )
    assert.notInclude(JSON.stringify(events), "wrong")
  })

  it("of a function are asked for again after five minutes", async () => {
    let asked = 0
    const { erp, pass } = openErp(
      x3.basic((tenant) => ({ user: `${tenant}${++asked}`, password: "p" })),
      ok
    )
    await erp.fetch("api1/x")
    pass(5 * minute - 1)
    await erp.fetch("api1/x")
    assert.strictEqual(asked, 1)
    pass(1)
    await erp.fetch("api1/x")
    assert.strictEqual(asked, 2)
  })

  it("of a function are checked when they were asked for, and never shown", async () => {
    const { arrived, erp } = openErp(
      x3.basic(() => ({ user: "s3cret:x", password: "s3cret" })),
      ok
    )
    const error = await rejectionOf(erp.fetch("api1/x"))
    assert.propertyVal(error, "id", "client.misconfigured")
    assert.include(String(error), "connections.erp.auth.user")
    assert.notInclude(String(error), "s3cret")
    assert.lengthOf(arrived, 0)
  })

  it("are told apart from a page that a browser would be sent to", async () => {
    const { arrived, erp } = openErp(
      x3.basic(login),
      () => new Response(null, { status: 302, headers: { location: "/auth/login/page?to=x" } })
    )
    assert.strictEqual((await erp.fetch("api1/x", { headers: { accept: "text/html" } })).status, 302)
    assert.lengthOf(arrived, 1)
    assert.propertyVal(await rejectionOf(erp.fetch("api1/x")), "id", "client.credential-blocked")
  })

  it("are forgotten by disconnect(), which says so and asks nobody", async () => {
    const { announced, erp } = openErp(x3.basic(login), ok)
    await erp.fetch("api1/x")
    assert.deepStrictEqual(await erp.disconnect(), { revoked: false })
    assert.include(await erp.status(), { state: "disconnected" })
    await erp.disconnect()
    await erp.fetch("api1/x")
    assert.include(await erp.status(), { state: "connected" })
    assert.lengthOf(
      (await announced()).filter(({ type }) => type === "disconnected"),
      1
    )
  })

  it("over plain http raise an advice, once", async () => {
    const { announced, arrived, sage } = openErp(x3.basic(login), ok, {
      baseUrl: "http://x3:8124",
      allowPlainHttp: "trusted-network"
    })
    for (const tenant of ["a", "b"]) await sage.client("erp", { tenant }).fetch("api1/x")
    assert.lengthOf(arrived, 2)
    const advice = (await announced()).filter((event) => event.type === "advice")
    assert.deepStrictEqual(
      advice.map(({ subject }) => subject),
      ["plain-http"]
    )
  })

  it("go to the tenant's own server and to no other", async () => {
    const { arrived, sage } = openErp(x3.basic(login), ok, { baseUrl: (tenant) => `https://${tenant}.example` })
    for (const tenant of ["a", "b"]) await sage.client("erp", { tenant }).fetch("api1/x")
    assert.deepStrictEqual(
      arrived.map(({ url }) => url.host),
      ["a.example", "b.example"]
    )
    const foreign = sage.client("erp", { tenant: "a" }).fetch("https://b.example/api1/x")
    assert.propertyVal(await rejectionOf(foreign), "id", "client.host-refused")
    assert.lengthOf(arrived, 2)
  })

  it("of a function that gives no https server go nowhere", async () => {
    const { arrived, erp } = openErp(x3.basic(login), ok, { baseUrl: () => "http://x3.example" })
    const error = await rejectionOf(erp.fetch("api1/x"))
    assert.propertyVal(error, "id", "client.misconfigured")
    assert.include(String(error), "connections.erp.baseUrl")
    assert.lengthOf(arrived, 0)
  })
})
