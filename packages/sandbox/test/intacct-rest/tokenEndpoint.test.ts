import { assert, describe, it } from "vitest"
import {
  type AnySandbox,
  call,
  claimsOf,
  clientCredentials,
  connect,
  consent,
  exchange,
  type Fields,
  headerOf,
  pkce,
  post,
  refresh,
  send,
  sendJson,
  start
} from "../oauth/support.ts"

const name = "intacct-rest"

const token = (sandbox: AnySandbox, fields: Fields, headers: Readonly<Record<string, string>> = {}) =>
  post(sandbox.urls[name].token, fields, headers)

const good = (sandbox: AnySandbox): Record<string, string> => {
  const { client, user } = sandbox.accounts[name]
  return {
    grant_type: "client_credentials",
    client_id: client.clientId,
    client_secret: client.clientSecret,
    username: user.username
  }
}

describe("Intacct's token endpoint validates as the gateway does", () => {
  it.each([
    ["GW-0012", { username: "xml_gateway" }],
    ["GW-0012", { username: "xml_gateway@" }],
    ["GW-0036", { username: "" }],
    ["GW-0036", { username: "@AcmeHoldings" }],
    ["GW-0011", { username: "xml_gateway@Nowhere" }],
    ["GW-0011", { username: "xml_gateway@AcmeDemo" }],
    ["GW-0011", { client_id: "0123456789abcdef0123.sandbox_sender.app.sage.com" }],
    ["GW-0037", { client_id: "" }],
    ["GW-0032", { grant_type: "password" }],
    ["GW-0015", { grant_type: "" }]
  ] as const)("%s for %o", async (code, change) => {
    const sandbox = await start()
    for (const answer of [
      await token(sandbox, { ...good(sandbox), ...change }),
      await sendJson(sandbox.urls[name].token, { ...good(sandbox), ...change })
    ]) {
      assert.strictEqual(answer.status, 400)
      assert.strictEqual(answer.at("ia::error code"), code)
      assert.match(String(answer.at("ia::error details requestId")), /^[0-9A-F]{8}:/)
    }
  })

  it("refuses bodies that are none, doubled parameters, other places and methods", async () => {
    const sandbox = await start()
    const url = sandbox.urls[name].token
    const form = { "content-type": "application/x-www-form-urlencoded" }
    const all = new URLSearchParams(good(sandbox)).toString()
    const cases: ReadonlyArray<readonly [string, number, Promise<{ at(path: string): unknown; status: number }>]> = [
      ["GW-0014", 400, send(url, { method: "POST", headers: { "content-type": "application/xml" }, body: "<a/>" })],
      ["GW-0035", 400, send(url, { method: "POST" })],
      ["GW-0035", 400, send(url, { method: "POST", headers: form, body: " " })],
      ["GW-0032", 400, send(url, { method: "POST", headers: form, body: "nothing" })],
      ["GW-0032", 400, send(url, { method: "POST", headers: { "content-type": "application/json" }, body: "[1]" })],
      ["GW-0038", 400, send(url, { method: "POST", headers: form, body: `${all}&client_id=x` })],
      ["GW-0038", 400, sendJson(url, { ...good(sandbox), client_id: ["a", "b"] })],
      ["GW-0039", 400, send(url, { method: "POST", headers: form, body: `${all}&username=x` })],
      ["GW-0032", 400, send(url, { method: "POST", headers: form, body: `${all}&scope=a&scope=b` })],
      ["GW-0033", 405, send(url)],
      ["GW-0033", 404, send(`${url}s`, { method: "POST", headers: form, body: all })]
    ]
    for (const [code, status, answer] of cases) {
      assert.strictEqual((await answer).at("ia::error code"), code)
      assert.strictEqual((await answer).status, status)
    }
  })

  it("enforces the company's list of authorised client applications, user ids being case-sensitive", async () => {
    const sandbox = await start()
    const { client, unknownToCompanies, user, unauthorised } = sandbox.accounts[name]
    const refused = async (change: Fields) => {
      const answer = await clientCredentials(sandbox, change)
      assert.strictEqual(answer.status, 401)
      assert.strictEqual(answer.at("error errorId"), "REST-1216")
      assert.include(String(answer.at("error message")), "3rd Party Application are incorrect")
    }
    await refused({ username: `XML_gateway@${user.companyId}` })
    await refused({ username: `nobody@${user.companyId}` })
    await refused({ username: unauthorised.username })
    await refused({ client_id: unknownToCompanies.clientId, client_secret: unknownToCompanies.clientSecret })
    await refused({ client_secret: "wrong" })
    await refused({ client_secret: undefined })
    assert.strictEqual((await clientCredentials(sandbox, { username: "xml_gateway@acmeholdings" })).status, 200)

    sandbox.intacctRest.withdrawClient(client.clientId, user.companyId, user.userId)
    await refused({})
    sandbox.intacctRest.authoriseClient(client.clientId, user.companyId, user.userId)
    assert.strictEqual((await clientCredentials(sandbox)).status, 200)

    sandbox.intacctRest.configure({ wrongClient: "invalid_client", wrongClientStatus: 400, unknownClient: "REST-1216" })
    const wrong = await clientCredentials(sandbox, { client_secret: "wrong" })
    assert.deepStrictEqual([wrong.status, wrong.json], [400, { error: "invalid_client" }])
    const unknown = await clientCredentials(sandbox, { client_id: "x.y.app.sage.com" })
    assert.deepStrictEqual([unknown.status, unknown.at("error errorId")], [400, "REST-1216"])
  })

  it("knows the short form of a client id, Basic authentication, and a new secret", async () => {
    const sandbox = await start()
    const { client } = sandbox.accounts[name]
    const short = `${client.clientId.split(".")[0] ?? ""}.app.sage.com`
    const answer = await clientCredentials(sandbox, { client_id: short })
    assert.strictEqual(claimsOf(answer.at("access_token"))["clientId"], client.clientId)
    const basic = (secret: string) => ({
      authorization: `Basic ${Buffer.from(`${encodeURIComponent(client.clientId)}:${secret}`).toString("base64")}`
    })
    const { client_id: _, client_secret: __, ...rest } = good(sandbox)
    assert.strictEqual((await token(sandbox, rest, basic(client.clientSecret))).status, 200)
    assert.strictEqual((await token(sandbox, rest, basic("wrong"))).status, 401)
    const both = await token(sandbox, good(sandbox), basic(client.clientSecret))
    assert.strictEqual(both.at("ia::error code"), "GW-0038")
    sandbox.intacctRest.configure({ basicAuthentication: "nowhere" })
    assert.strictEqual((await token(sandbox, rest, basic(client.clientSecret))).at("ia::error code"), "GW-0037")
    sandbox.intacctRest.setClientSecret(client.clientId, "renewed")
    assert.strictEqual((await clientCredentials(sandbox)).status, 401)
    assert.strictEqual((await clientCredentials(sandbox, { client_secret: "renewed" })).status, 200)
  })

  it("answers at /api/v1 when the alias is on", async () => {
    const sandbox = await start()
    const alias = sandbox.urls[name].token.replace("/ia/api/", "/api/")
    assert.strictEqual((await post(alias, good(sandbox))).status, 404)
    sandbox.intacctRest.configure({ alias: true })
    assert.strictEqual((await post(alias, good(sandbox))).status, 200)
  })
})

describe("Intacct's tokens", () => {
  it("have the recorded response and claims", async () => {
    const sandbox = await start({ startAt: 1_800_000_000_000 })
    const answer = await clientCredentials(sandbox)
    assert.strictEqual(answer.status, 200)
    assert.strictEqual(answer.headers.get("content-type"), "application/json")
    assert.strictEqual(answer.headers.get("cache-control"), "no-store")
    assert.deepStrictEqual(Object.keys(answer.json as object), [
      "token_type",
      "access_token",
      "refresh_token",
      "expires_in"
    ])
    assert.strictEqual(answer.at("token_type"), "Bearer")
    assert.strictEqual(answer.at("expires_in"), 43_200)
    assert.deepStrictEqual(headerOf(answer.at("access_token")), { alg: "HS256", typ: "JWT" })
    const access = claimsOf(answer.at("access_token"))
    const { client, user } = sandbox.accounts[name]
    assert.match(String(access["sessionId"]), /^[A-Za-z0-9_-]{56}$/)
    assert.match(String(access["cnyKey"]), /^\d{8}$/)
    const { sessionId: _, cnyKey: __, userKey: ___, ...claims } = access
    assert.deepStrictEqual(claims, {
      iss: "https://api.intacct.com",
      iat: 1_800_000_000,
      exp: 1_800_003_600,
      clientId: client.clientId,
      cnyId: user.companyId,
      userId: user.userId,
      entityKey: "",
      entityId: ""
    })
    const { refreshToken, ...more } = claimsOf(answer.at("refresh_token"))
    assert.match(String(refreshToken), /^[0-9a-f]{40}$/)
    assert.deepStrictEqual(more, {
      iss: "https://api.intacct.com",
      iat: 1_800_000_000,
      exp: 1_807_776_000,
      clientId: client.clientId,
      cnyId: user.companyId
    })
  })

  it("say what the switches make them say", async () => {
    const sandbox = await start({
      startAt: 0,
      intacctRest: {
        expiresIn: "3600",
        jwtLife: "12 hours",
        refreshTokenLife: null,
        topLevelClaims: "absent",
        clockSkew: 600_000
      }
    })
    const answer = await clientCredentials(sandbox)
    const access = claimsOf(answer.at("access_token"))
    assert.strictEqual(answer.at("expires_in"), "3600")
    assert.deepStrictEqual([access["iat"], access["exp"]], [600, 43_800])
    assert.notProperty(access, "entityId")
    assert.notProperty(claimsOf(answer.at("refresh_token")), "exp")
    assert.strictEqual(answer.headers.get("date"), "Thu, 01 Jan 1970 00:10:00 GMT")
    sandbox.intacctRest.configure({ expiresIn: null, clientCredentialsRefreshToken: false })
    assert.deepStrictEqual(Object.keys((await clientCredentials(sandbox)).json as object), [
      "token_type",
      "access_token"
    ])
  })

  it("come with a refresh token only after offline_access, or when the gate is open", async () => {
    const sandbox = await start()
    assert.isUndefined((await connect(sandbox, name, { scope: undefined })).at("refresh_token"))
    assert.isString((await connect(sandbox, name)).at("refresh_token"))
    sandbox.intacctRest.configure({ offlineAccess: false })
    assert.isString((await connect(sandbox, name, { scope: undefined })).at("refresh_token"))
  })
})

describe("Intacct's authorization code", () => {
  it("is a JWT that says whose it is, and can be used once", async () => {
    const sandbox = await start()
    const code = (await consent(sandbox, name)).get("code")
    const { authzCode, ...claims } = claimsOf(code)
    assert.match(String(authzCode), /^[0-9a-f]{40}$/)
    const { client, user } = sandbox.accounts[name]
    assert.deepStrictEqual(claims, { clientId: client.clientId, cnyId: user.companyId, userId: user.userId })
    const first = await exchange(sandbox, name, code)
    const second = await exchange(sandbox, name, code)
    assert.deepStrictEqual([second.status, second.json], [400, { error: "invalid_grant" }])
    assert.strictEqual(
      (await call(sandbox, name, "objects/accounts-payable/vendor", first.at("access_token"))).status,
      200
    )
  })

  it("takes its tokens with it when it comes twice and the switch says so", async () => {
    const sandbox = await start({ intacctRest: { codeReuse: "revoke-family" } })
    const code = (await consent(sandbox, name)).get("code")
    const first = await exchange(sandbox, name, code)
    await exchange(sandbox, name, code)
    assert.strictEqual((await refresh(sandbox, name, first.at("refresh_token"))).at("error"), "invalid_grant")
  })

  it("is refused when it is late, for another client, redirect URI or verifier", async () => {
    const sandbox = await start({ intacctRest: { codeLife: "60 seconds", pkceReplacesSecret: false } })
    const { unknownToCompanies } = sandbox.accounts[name]
    const { verifier, challenge } = pkce()
    const withPkce = { code_challenge: challenge, code_challenge_method: "S256" }
    const refused = async (more: Fields, asked: Fields = {}) => {
      const code = (await consent(sandbox, name, asked)).get("code")
      if (more["late"] !== undefined) await sandbox.clock.advance("60 seconds")
      return (await exchange(sandbox, name, code, { ...more, late: undefined })).at("error")
    }
    assert.strictEqual(await refused({ late: "yes" }), "invalid_grant")
    assert.strictEqual(await refused({ redirect_uri: "https://app.example/" }), "invalid_grant")
    assert.strictEqual(
      await refused({ client_id: unknownToCompanies.clientId, client_secret: unknownToCompanies.clientSecret }),
      "invalid_grant"
    )
    assert.strictEqual(await refused({}, withPkce), "invalid_grant")
    assert.strictEqual(await refused({ code_verifier: pkce().verifier }, withPkce), "invalid_grant")
    const missing = await exchange(sandbox, name, (await consent(sandbox, name)).get("code"), {
      redirect_uri: undefined
    })
    assert.strictEqual(missing.at("ia::error message"), "Missing redirect_uri Attribute")
    const unproven = (await consent(sandbox, name, withPkce)).get("code")
    assert.strictEqual(
      (await exchange(sandbox, name, unproven, { code_verifier: verifier, client_secret: undefined })).status,
      401
    )
    // What was refused for its secret can still be exchanged with it.
    assert.strictEqual((await exchange(sandbox, name, unproven, { code_verifier: verifier })).status, 200)
  })

  it("needs no secret from a public client with PKCE, at refresh neither unless the switch says so", async () => {
    const sandbox = await start()
    const { publicClient } = sandbox.accounts[name]
    const { verifier, challenge } = pkce()
    const client = { client_id: publicClient.clientId, client_secret: undefined }
    const asked = { ...client, code_challenge: challenge, code_challenge_method: "S256" }
    const answer = await exchange(sandbox, name, (await consent(sandbox, name, asked)).get("code"), {
      ...client,
      code_verifier: verifier
    })
    assert.strictEqual(answer.status, 200)
    const next = await refresh(sandbox, name, answer.at("refresh_token"), client)
    assert.strictEqual(next.status, 200)
    sandbox.intacctRest.configure({ refreshNeedsSecret: true })
    assert.strictEqual(
      (await refresh(sandbox, name, next.at("refresh_token"), client)).at("error errorId"),
      "REST-1216"
    )
  })
})
