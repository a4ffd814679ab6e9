import { assert, describe, it } from "vitest"
import { type AnySandbox, bearer, call, connect, send, sendJson, start, until } from "../oauth/support.ts"

const name = "business-cloud"

const tokenOf = async (sandbox: AnySandbox, who?: "second" | "reader" | "outsider" | "lapsed", more = {}) => {
  const login = sandbox.accounts[name][who ?? "user"]
  return (await connect(sandbox, name, { country: login.country.toLowerCase(), ...more }, { login })).at("access_token")
}

const write = (
  sandbox: AnySandbox,
  token: unknown,
  path: string,
  body: unknown,
  method = "POST",
  headers: Readonly<Record<string, string>> = {}
) => sendJson(`${sandbox.urls[name].api}/${path}`, body, { method, headers: bearer(token, headers) })

describe("businesses of Business Cloud", () => {
  it("are listed for the user, with the lead business", async () => {
    const sandbox = await start()
    const { user } = sandbox.accounts[name]
    const token = await tokenOf(sandbox)
    const list = await call(sandbox, name, "businesses", token)
    assert.deepStrictEqual(list.json, {
      $total: 3,
      $page: 1,
      $next: null,
      $back: null,
      $items_per_page: 2_147_483_647,
      $items: user.businesses.map(({ id, name: displayed_as }) => ({ displayed_as, id, $path: `/businesses/${id}` }))
    })
    assert.match(list.headers.get("x_request_id") ?? "", /^[0-9a-f-]{36}$/)
    assert.strictEqual((await call(sandbox, name, "businesses/lead", token)).at("id"), user.businesses[0].id)
    const third = user.businesses[2]?.id ?? assert.fail("no third business")
    assert.strictEqual((await call(sandbox, name, `businesses/${third}`, token)).at("country id"), "GB")
    assert.strictEqual((await call(sandbox, name, "businesses/unknown", token)).status, 404)
    sandbox.businessCloud.setLeadBusiness(user.email, third)
    assert.strictEqual((await call(sandbox, name, "businesses/lead", token)).at("id"), third)
    assert.strictEqual((await call(sandbox, name, "contacts", token)).headers.get("x-business"), third)
    sandbox.businessCloud.setSubscription(third, false)
    assert.strictEqual((await call(sandbox, name, "businesses?active_only=true", token)).at("$total"), 2)
    assert.strictEqual((await call(sandbox, name, "user", token)).at("email"), user.email)
  })

  it("are chosen by X-Business and echoed; without one it is the lead business", async () => {
    const sandbox = await start()
    const { user } = sandbox.accounts[name]
    const [lead, other] = user.businesses
    const token = await tokenOf(sandbox)
    const first = await call(sandbox, name, "contacts", token)
    const second = await call(sandbox, name, "contacts", token, { headers: { "X-Business": other?.id ?? "" } })
    assert.strictEqual(first.headers.get("x-business"), lead.id)
    assert.strictEqual(second.headers.get("x-business"), other?.id)
    assert.notStrictEqual(first.at("$items 0 id"), second.at("$items 0 id"))
    for (const status of [403, 401, 404] as const) {
      sandbox.businessCloud.configure({ foreignBusiness: status })
      const foreign = sandbox.accounts[name].second.businesses[0].id
      assert.strictEqual(
        (await call(sandbox, name, "contacts", token, { headers: { "X-Business": foreign } })).status,
        status
      )
    }
    sandbox.businessCloud.configure({ businessRequired: true, echoBusiness: false })
    assert.strictEqual((await call(sandbox, name, "contacts", token)).status, 401)
    const named = await call(sandbox, name, "contacts", token, { headers: { "X-Business": lead.id } })
    assert.deepStrictEqual([named.status, named.headers.get("x-business")], [200, null])
  })
})

describe("contacts of Business Cloud", () => {
  it("come in pages that point to each other", async () => {
    const sandbox = await start()
    const token = await tokenOf(sandbox)
    const first = await call(sandbox, name, "contacts", token)
    assert.deepStrictEqual(
      [first.at("$total"), first.at("$page"), first.at("$items_per_page"), first.at("$back"), first.at("$next")],
      [45, 1, 20, null, "/contacts?page=2&items_per_page=20"]
    )
    assert.lengthOf(first.at("$items") as Array<unknown>, 20)
    const seen = new Set<unknown>()
    for (let next: unknown = "/contacts?items_per_page=20"; typeof next === "string"; ) {
      const page = await call(sandbox, name, next.slice(1), token)
      for (const item of page.at("$items") as ReadonlyArray<{ id: string }>) seen.add(item.id)
      next = page.at("$next")
    }
    assert.strictEqual(seen.size, 45)
    const other = await call(sandbox, name, "contacts?$page=3&$items_per_page=10", token)
    assert.strictEqual(other.at("$back"), "/contacts?page=2&items_per_page=10")
    assert.strictEqual((await call(sandbox, name, "contacts?items_per_page=9999", token)).at("$items_per_page"), 200)
  })

  it("are created, read, changed and deleted", async () => {
    const sandbox = await start()
    const token = await tokenOf(sandbox)
    const created = await write(sandbox, token, "contacts", {
      contact: { name: "New", reference: "N1", email: "n@x.example", contact_type_ids: ["VENDOR"] }
    })
    assert.strictEqual(created.status, 201)
    const path = String(created.at("$path")).slice(1)
    assert.strictEqual((await call(sandbox, name, path, token)).at("contact_types 0 id"), "VENDOR")
    const changed = await write(sandbox, token, path, { contact: { name: "Newer" } }, "PUT")
    assert.deepStrictEqual([changed.status, changed.at("name"), changed.at("reference")], [200, "Newer", "N1"])
    const gone = await call(sandbox, name, path, token, { method: "DELETE" })
    assert.deepStrictEqual([gone.status, gone.text], [204, ""])
    assert.strictEqual((await call(sandbox, name, path, token)).status, 404)
  })

  it("are refused with a list of diagnoses", async () => {
    const sandbox = await start()
    const token = await tokenOf(sandbox)
    const nameless = await write(sandbox, token, "contacts", { contact: {} })
    assert.deepStrictEqual([nameless.status, nameless.at("0 $source")], [422, "name"])
    assert.strictEqual((await write(sandbox, token, "contacts", [])).at("0 $source"), "contact")
    assert.strictEqual((await call(sandbox, name, "contacts", token, { method: "POST", body: "x" })).status, 415)
    assert.strictEqual((await call(sandbox, name, "contacts", token, { method: "PATCH", body: "x" })).status, 405)
    assert.strictEqual((await call(sandbox, name, "", token)).status, 404)
    assert.strictEqual((await send(sandbox.urls[name].api.replace("v3.1", "nowhere"))).status, 404)
  })
})

describe("access to Business Cloud", () => {
  const subscription = [
    { $severity: "error", $dataCode: "AuthorizationFailure", $message: "No active subscription. (MSE)", $source: "" }
  ]

  it("ends with the access token's 300 seconds, or on demand", async () => {
    const sandbox = await start()
    const token = await tokenOf(sandbox)
    await sandbox.clock.advance("299 seconds")
    assert.strictEqual((await call(sandbox, name, "contacts", token)).status, 200)
    await sandbox.clock.advance("1 second")
    const late = await call(sandbox, name, "contacts", token)
    assert.strictEqual(late.status, 401)
    assert.strictEqual(late.at("0 $dataCode"), "AuthorizationFailure")
    assert.isNull(late.headers.get("www-authenticate"))
    const next = await tokenOf(sandbox)
    assert.strictEqual(sandbox.businessCloud.expireAccessTokens({ email: "x@y.example" }), 0)
    assert.strictEqual(sandbox.businessCloud.expireAccessTokens(), 1)
    sandbox.businessCloud.configure({ wwwAuthenticate: true })
    const dead = await call(sandbox, name, "contacts", next)
    assert.strictEqual(dead.headers.get("www-authenticate"), 'Bearer error="invalid_token"')
    assert.strictEqual((await send(`${sandbox.urls[name].api}/contacts`)).status, 401)
  })

  it("is a 401 without an active subscription", async () => {
    const sandbox = await start()
    const lapsed = await call(sandbox, name, "contacts", await tokenOf(sandbox, "lapsed"))
    assert.deepStrictEqual([lapsed.status, lapsed.json], [401, subscription])
    const token = await tokenOf(sandbox)
    const { id } = sandbox.accounts[name].user.businesses[0]
    sandbox.businessCloud.setSubscription(id, false)
    assert.deepStrictEqual((await call(sandbox, name, "contacts", token)).json, subscription)
    sandbox.businessCloud.setSubscription(id, true)
    assert.strictEqual((await call(sandbox, name, "contacts", token)).status, 200)
  })

  it("is a 403 for who may not, and for writing with a token that reads", async () => {
    const sandbox = await start()
    const forbidden = await call(sandbox, name, "contacts", await tokenOf(sandbox, "outsider"))
    assert.deepStrictEqual([forbidden.status, forbidden.at("0 $dataCode")], [403, "MultiUserAccessDenied"])
    const contact = { contact: { name: "X" } }
    for (const token of [await tokenOf(sandbox, "reader"), await tokenOf(sandbox, undefined, { scope: "readonly" })]) {
      assert.strictEqual((await call(sandbox, name, "contacts", token)).status, 200)
      assert.strictEqual((await write(sandbox, token, "contacts", contact)).status, 403)
    }
  })

  it("is a 429 beyond the day's number, with and without Retry-After", async () => {
    const sandbox = await start({ startAt: Date.UTC(2026, 0, 1), businessCloud: { requestsPerDay: 1 } })
    const { otherClient } = sandbox.accounts[name]
    const token = await tokenOf(sandbox)
    assert.strictEqual((await call(sandbox, name, "contacts", token)).status, 200)
    const refused = await call(sandbox, name, "contacts", token)
    assert.deepStrictEqual([refused.status, refused.headers.get("retry-after")], [429, null])
    sandbox.businessCloud.configure({ retryAfter: "7 seconds" })
    assert.strictEqual((await call(sandbox, name, "contacts", token)).headers.get("retry-after"), "7")
    sandbox.businessCloud.configure({ retryAfterForm: "date" })
    const dated = await call(sandbox, name, "contacts", token)
    assert.strictEqual(dated.headers.get("retry-after"), "Thu, 01 Jan 2026 00:00:07 GMT")
    const client = { client_id: otherClient.clientId, client_secret: otherClient.clientSecret }
    const callback = await sandbox.approve(
      `${sandbox.urls[name].authorize}?response_type=code&country=gb&client_id=${encodeURIComponent(client.client_id)}&redirect_uri=${encodeURIComponent(otherClient.redirectUri)}`
    )
    const other = await send(sandbox.urls[name].token, {
      method: "POST",
      body: new URLSearchParams({
        ...client,
        grant_type: "authorization_code",
        code: new URL(callback).searchParams.get("code") ?? "",
        redirect_uri: otherClient.redirectUri
      })
    })
    assert.strictEqual((await call(sandbox, name, "contacts", other.at("access_token"))).status, 200)
  })

  it("is a 429 beyond so many requests at a time", async () => {
    const sandbox = await start({ businessCloud: { concurrentRequests: 2 } })
    const token = await tokenOf(sandbox)
    sandbox.businessCloud.configure({ latency: "1 minute" })
    const before = sandbox.requests().length
    const calls = [1, 2, 3].map(() => call(sandbox, name, "contacts", token))
    await until(() => sandbox.requests().length === before + 3)
    await sandbox.clock.advance("1 minute")
    const statuses = (await Promise.all(calls)).map((each) => each.status)
    assert.sameMembers(statuses, [200, 200, 429])
    assert.strictEqual(Math.max(...sandbox.requests({ step: "api" }).map((each) => each.concurrent)), 3)
  })
})
