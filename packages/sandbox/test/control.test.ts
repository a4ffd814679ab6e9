import { request } from "node:http"
import { assert, describe, it } from "vitest"
import { start } from "./support.ts"

const controlled = async () => {
  const sandbox = await start({ control: true })
  const { origin } = new URL(sandbox.urls["intacct-xml"].xml)
  const ask = async (method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) => {
    const response = await fetch(`${origin}/sandbox/control${path}`, {
      method,
      headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
    return { status: response.status, json: (await response.json()) as Readonly<Record<string, unknown>> }
  }
  return { sandbox, origin, ask }
}

/** A request with any headers at all, which fetch does not send. */
const raw = (origin: string, headers: Readonly<Record<string, string>>, method = "POST"): Promise<number> =>
  new Promise((resolve, reject) => {
    const sent = request(`${origin}/sandbox/control/faults`, { method, headers }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    sent.once("error", reject)
    sent.end(JSON.stringify({ surface: "intacct-xml", on: "*", kind: "hang" }))
  })

describe("the control API", () => {
  it("tells addresses, accounts and requests, plays faults and moves the clock", async () => {
    const { ask, sandbox } = await controlled()
    const { json } = await ask("GET", "")
    assert.deepStrictEqual(json["urls"], JSON.parse(JSON.stringify(sandbox.urls)))
    assert.strictEqual(
      (json["accounts"] as typeof sandbox.accounts)["intacct-xml"].login.password,
      sandbox.accounts["intacct-xml"].login.password
    )
    await ask("POST", "/faults", { surface: "intacct-xml", on: "*", kind: "status-503", times: 2 })
    const { xml } = sandbox.urls["intacct-xml"]
    assert.strictEqual((await fetch(xml)).status, 503)
    assert.deepStrictEqual(await ask("DELETE", "/faults"), { status: 200, json: {} })
    assert.strictEqual((await fetch(xml)).status, 405)
    const logged = await ask("GET", "/requests?surface=intacct-xml")
    assert.strictEqual((logged.json as unknown as ReadonlyArray<object>).length, 2)
    const before = sandbox.clock.now()
    assert.deepStrictEqual((await ask("POST", "/clock", { advance: "6 minutes" })).json, { now: before + 360_000 })
    assert.deepStrictEqual((await ask("GET", "/clock")).json, { now: before + 360_000 })
  })

  it("plays the human, registers callbacks, defines records and calls what only servers can do", async () => {
    const { ask, sandbox } = await controlled()
    const redirectUri = "https://other.example/back"
    await ask("POST", "/redirect-uris", { redirectUri })
    const query = new URLSearchParams({
      response_type: "code",
      client_id: sandbox.accounts["intacct-rest"].client.clientId,
      redirect_uri: redirectUri,
      state: "s"
    })
    const url = `${sandbox.urls["intacct-rest"].authorize}?${query.toString()}`
    const { json } = await ask("POST", "/approve", { url, deny: true })
    assert.match(String(json["callback"]), /^https:\/\/other\.example\/back\?.*error=access_denied/)
    await ask("POST", "/companies/AcmeHoldings", {
      objects: { PROJECT: { fields: ["PROJECTID"] } },
      records: { PROJECT: [{ PROJECTID: "P-1" }] }
    })
    const records = await ask("GET", "/companies/acmeholdings/PROJECT")
    assert.strictEqual((records.json as unknown as ReadonlyArray<{ PROJECTID: string }>)[0]?.PROJECTID, "P-1")
    assert.deepStrictEqual((await ask("POST", "/intacct/endSessions", [])).json, { result: 0 })
    await ask("POST", "/intacctRest/configure", [{ expiresIn: 60 }])
    await ask("POST", "/intacct/setSenderPassword", [
      { id: sandbox.accounts["intacct-xml"].sender.id, password: "changed-by-hand" }
    ])
    assert.deepStrictEqual((await ask("POST", "/intacct/transactions", ["AcmeHoldings"])).json, {
      result: { billable: 0, functions: {} }
    })
  })

  it.each<readonly [string, string, unknown, number]>([
    ["POST", "/faults", { on: "*", kind: "hang" }, 400],
    ["POST", "/faults", { surface: "intacct-xml", on: "*", kind: "explode" }, 400],
    ["POST", "/faults", { surface: "sage", on: "*", kind: "hang" }, 400],
    ["POST", "/faults", { surface: "intacct-xml", on: "raedByQuery", kind: "hang" }, 400],
    ["POST", "/faults", { surface: "intacct-xml", on: "*", kind: "hang", time: 2 }, 400],
    ["POST", "/faults", { surface: "intacct-xml", on: "*", kind: "hang", times: 1.5 }, 400],
    ["POST", "/faults", { surface: "intacct-xml", on: "*", kind: "slow-bytes", every: "often" }, 400],
    ["DELETE", "/faults?surface=intacct-xml", undefined, 400],
    ["GET", "/requests?surface=sage", undefined, 400],
    ["GET", "/requests?surfce=intacct-xml", undefined, 400],
    ["GET", "/companies/AcmeHoldings/VENDOR?fields=NAME", undefined, 400],
    ["POST", "/clock", { advance: "1 day", to: "2027-01-01" }, 400],
    ["POST", "/redirect-uris", { redirectUri: "https://a.example/cb", surface: "x3-gateway" }, 400],
    ["POST", "/redirect-uris", { redirectUri: "https://a.example/cb#part" }, 400],
    ["POST", "/companies/AcmeHoldings", { object: {} }, 400],
    ["POST", "/companies/AcmeHoldings", { objects: { WIDGET: { fields: ["A"], recrods: [] } } }, 400],
    ["POST", "/companies/AcmeHoldings", { users: [{ userId: "u", password: "p", readonly: true }] }, 400],
    ["POST", "/intacctRest/configure", [{ refreshTokn: "same" }], 400],
    ["POST", "/intacctRest/configure", [{ refreshToken: "rotate" }], 400],
    ["POST", "/businessCloud/configure", [{ mostRecentOnly: "no" }], 400],
    ["POST", "/intacct/configure", [{ undocumented: { isolatoin: {} } }], 400],
    ["POST", "/x3/configure", [{ session: { realms: "x" } }], 400],
    ["POST", "/x3/configure", [{ gateway: { codeReuse: "yes" } }], 400],
    ["POST", "/x3/setPool", ["WSSEED", { state: "broken" }], 400],
    ["POST", "/clock", { advance: "soon" }, 400],
    ["POST", "/clock", {}, 400],
    ["POST", "/approve", { url: "https://example.com/" }, 400],
    ["POST", "/companies/Nobody", {}, 400],
    ["POST", "/companies/AcmeHoldings", { functions: { x: "y" } }, 400],
    ["POST", "/intacct/endSessions", {}, 400],
    ["POST", "/intacct/toString", [], 404],
    ["POST", "/constructor/constructor", ["return 1"], 404],
    ["POST", "/intacct/constructor", [], 404],
    ["GET", "/nothing", undefined, 404],
    ["GET", "/%", undefined, 400]
  ])("refuses %s %s %j", async (method, path, body, status) => {
    const { ask } = await controlled()
    const answer = await ask(method, path, body)
    assert.strictEqual(answer.status, status)
    assert.isString(answer.json["error"])
  })

  it("is none of a browser's: no page of another site can use it", async () => {
    const { origin, sandbox } = await controlled()
    const { host } = new URL(origin)
    const json = { "content-type": "application/json", host }
    assert.strictEqual(await raw(origin, json), 200)
    for (const headers of [
      { ...json, origin: "https://evil.example" },
      { ...json, origin: "null" },
      { ...json, origin },
      { ...json, "sec-fetch-site": "cross-site" },
      { ...json, "sec-fetch-site": "same-site" },
      { ...json, host: "evil.example" },
      { ...json, host: "127.0.0.1.evil.example" },
      { ...json, host: "evil.example:80" }
    ]) {
      assert.strictEqual(await raw(origin, headers), 403, JSON.stringify(headers))
    }
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]) {
      assert.strictEqual(await raw(origin, { "content-type": type, host }), 415)
    }
    assert.strictEqual(
      await raw(origin, { host: "localhost:1", "content-type": "application/json; charset=utf-8" }),
      200
    )
    const preflight = await fetch(`${origin}/sandbox/control/faults`, {
      method: "OPTIONS",
      headers: { "access-control-request-method": "POST" }
    })
    assert.isNull(preflight.headers.get("access-control-allow-origin"))
    sandbox.clearFaults()
  })

  it("is not there unless it is asked for", async () => {
    const sandbox = await start()
    const { origin } = new URL(sandbox.urls["intacct-xml"].xml)
    assert.strictEqual((await fetch(`${origin}/sandbox/control`)).status, 404)
  })
})

describe("the start page", () => {
  it("lists addresses, accounts and samples that work, without script", async () => {
    const sandbox = await start({ control: true })
    const { origin } = new URL(sandbox.urls["intacct-xml"].xml)
    const response = await fetch(`${origin}/`)
    assert.strictEqual(response.status, 200)
    assert.include(response.headers.get("content-security-policy") ?? "", "default-src 'none'")
    const page = await response.text()
    for (const urls of Object.values(sandbox.urls)) {
      for (const url of Object.values(urls)) assert.include(page, String(url))
    }
    assert.include(page, sandbox.accounts["intacct-xml"].login.password)
    assert.include(page, sandbox.accounts["business-cloud"].user.email)
    assert.include(page, "R&amp;D &lt;Süd&gt;")
    assert.include(page, `${origin}/sandbox/control`)
    assert.notInclude(page, "<script")
    assert.notInclude(page, "BEGIN CERTIFICATE")
    const body = /-d &#39;(&lt;request&gt;.*?)&#39;<\/code>/.exec(page)?.[1] ?? assert.fail(page)
    const sample = body
      .replaceAll("&lt;", "<")
      .replaceAll("&gt;", ">")
      .replaceAll("&quot;", '"')
      .replaceAll("&amp;", "&")
    const answer = await fetch(sandbox.urls["intacct-xml"].xml, {
      method: "POST",
      headers: { "content-type": "application/xml" },
      body: sample
    })
    assert.include(await answer.text(), "<VENDORID>V-00001</VENDORID>")
  })
})
