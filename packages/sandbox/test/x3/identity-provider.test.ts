import { createPublicKey, type JsonWebKey, verify } from "node:crypto"
import { assert, describe, it } from "vitest"
import {
  type Answer,
  authorizeUrl,
  claimsOf,
  consent,
  exchange,
  headerOf,
  identityProvider,
  pkce,
  post,
  refresh,
  send,
  sendJson,
  signIn,
  start,
  tokenRequest,
  userinfo
} from "./support.ts"

const expected = (answer: Answer, status: number, error: string) =>
  assert.deepStrictEqual([answer.status, answer.at("error")], [status, error], answer.text)

const basic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString("base64")}`
})

describe("a consent at the identity provider", () => {
  it("comes back with a code and the state, and gives tokens for the person", async () => {
    const sandbox = await start()
    const callback = await sandbox.approve(authorizeUrl(sandbox))
    const { client, user } = identityProvider(sandbox)
    assert.isTrue(callback.startsWith(`${client.redirectUri}?`))
    const params = new URL(callback).searchParams
    assert.deepStrictEqual([...params.keys()], ["code", "state"])
    assert.strictEqual(params.get("state"), "st&te/1")
    const answer = await exchange(sandbox, params.get("code"))
    assert.deepStrictEqual(Object.keys(answer.json as object), [
      "access_token",
      "token_type",
      "expires_in",
      "refresh_token",
      "scope"
    ])
    assert.strictEqual(answer.headers.get("cache-control"), "no-store")
    assert.deepStrictEqual(
      [answer.at("token_type"), answer.at("expires_in"), answer.at("scope")],
      ["Bearer", 3600, "email offline_access"]
    )
    const info = await userinfo(sandbox, answer.at("access_token"))
    assert.strictEqual(info.status, 200)
    assert.strictEqual(info.at("email"), user.email)
    assert.notProperty(info.json, "name")
  })

  it("can be given by somebody else, and denied", async () => {
    const sandbox = await start()
    const { second } = identityProvider(sandbox)
    const answer = await signIn(sandbox, { scope: "email profile" }, { login: second })
    const info = await userinfo(sandbox, answer.at("access_token"))
    assert.deepStrictEqual([info.at("email"), info.at("name")], [second.email, second.name])
    const denied = await consent(sandbox, {}, { deny: true })
    assert.deepStrictEqual(Object.fromEntries(denied), { error: "access_denied", state: "st&te/1" })
    const login = { email: second.email, password: "mistyped" }
    const wrong = await sandbox.approve(authorizeUrl(sandbox), { login }).catch((error: unknown) => String(error))
    assert.include(wrong, "Sign-in information is incorrect")
  })

  it("ends on a page for a wrong client or redirect_uri, and goes back for everything else", async () => {
    const sandbox = await start()
    for (const wrong of [
      { client_id: "nobody" },
      { client_id: undefined },
      { redirect_uri: "https://app.example/sage/callback/erpSso/" },
      { redirect_uri: undefined }
    ]) {
      const page = await send(authorizeUrl(sandbox, wrong))
      assert.deepStrictEqual([page.status, page.headers.get("location")], [400, null])
    }
    for (const [wrong, error] of [
      [{ response_type: undefined }, "invalid_request"],
      [{ response_type: "token" }, "unsupported_response_type"],
      [{ scope: "email everything" }, "invalid_scope"],
      [{ code_challenge: pkce().challenge, code_challenge_method: "plain" }, "invalid_request"],
      [{ code_challenge: pkce().challenge }, "invalid_request"],
      [{ code_challenge: "short", code_challenge_method: "S256" }, "invalid_request"]
    ] as const) {
      const answer = await send(authorizeUrl(sandbox, wrong))
      const back = new URL(answer.headers.get("location") ?? "").searchParams
      assert.deepStrictEqual([back.get("error"), back.get("state")], [error, "st&te/1"])
    }
    sandbox.x3.identityProvider.refuseNextAuthorization({ error: "server_error" })
    assert.strictEqual((await consent(sandbox)).get("error"), "server_error")
    assert.isTrue((await consent(sandbox)).has("code"))
  })

  it("names its issuer when it is told to", async () => {
    const sandbox = await start({ x3: { identityProvider: { callbackIssuer: true } } })
    const discovery = await send(identityProvider(sandbox).token.replace("/token", "/.well-known/openid-configuration"))
    assert.strictEqual((await consent(sandbox)).get("iss"), discovery.at("issuer"))
  })

  it("shows a page that lives for half an hour and works once", async () => {
    const sandbox = await start()
    const page = await send(authorizeUrl(sandbox))
    assert.include(page.headers.get("content-security-policy") ?? "", "default-src 'none'")
    const transaction = /name="transaction" value="([^"]*)"/.exec(page.text)?.[1]
    const { authorize, user } = identityProvider(sandbox)
    const fields = { transaction, email: user.email, password: user.password, decision: "allow" }
    await sandbox.clock.advance("31 minutes")
    assert.strictEqual((await post(authorize, fields)).status, 400)
    const other = /name="transaction" value="([^"]*)"/.exec((await send(authorizeUrl(sandbox))).text)?.[1]
    assert.strictEqual((await post(authorize, { ...fields, transaction: other })).status, 303)
    assert.strictEqual((await post(authorize, { ...fields, transaction: other })).status, 400)
  })
})

describe("a code of the identity provider", () => {
  it("works once, for its application and redirect_uri, for 60 seconds", async () => {
    const sandbox = await start()
    const { otherClient } = identityProvider(sandbox)
    const code = (await consent(sandbox)).get("code")
    const other = { client_id: otherClient.clientId, client_secret: otherClient.clientSecret }
    expected(await exchange(sandbox, code, other), 400, "invalid_grant")
    expected(await exchange(sandbox, code, { redirect_uri: "https://app.example/" }), 400, "invalid_grant")
    expected(await exchange(sandbox, "made-up"), 400, "invalid_grant")
    expected(await exchange(sandbox, null), 400, "invalid_request")
    const first = await exchange(sandbox, code)
    assert.strictEqual(first.status, 200)
    expected(await exchange(sandbox, code), 400, "invalid_grant")
    assert.strictEqual((await userinfo(sandbox, first.at("access_token"))).status, 200)
    const late = (await consent(sandbox)).get("code")
    await sandbox.clock.advance("60 seconds")
    expected(await exchange(sandbox, late), 400, "invalid_grant")
  })

  it("ends its tokens when it comes a second time and the switch says so", async () => {
    const sandbox = await start({ x3: { identityProvider: { codeReuse: "revoke-family" } } })
    const code = (await consent(sandbox)).get("code")
    const answer = await exchange(sandbox, code)
    expected(await exchange(sandbox, code), 400, "invalid_grant")
    assert.strictEqual((await userinfo(sandbox, answer.at("access_token"))).status, 401)
    expected(await refresh(sandbox, answer.at("refresh_token")), 400, "invalid_grant")
  })

  it("is bound to its verifier", async () => {
    const sandbox = await start()
    const { verifier, challenge } = pkce()
    const asked = { code_challenge: challenge, code_challenge_method: "S256" }
    const code = (await consent(sandbox, asked)).get("code")
    expected(await exchange(sandbox, code), 400, "invalid_request")
    expected(await exchange(sandbox, code, { code_verifier: pkce().verifier }), 400, "invalid_grant")
    assert.strictEqual((await exchange(sandbox, code, { code_verifier: verifier })).status, 200)
    const bare = (await consent(sandbox)).get("code")
    expected(await exchange(sandbox, bare, { code_verifier: verifier }), 400, "invalid_grant")
  })

  it("needs one for a public client, and for everybody when the switch says so", async () => {
    const sandbox = await start()
    const { publicClient } = identityProvider(sandbox)
    const { verifier, challenge } = pkce()
    const asked = { client_id: publicClient.clientId, code_challenge: challenge, code_challenge_method: "S256" }
    assert.strictEqual((await consent(sandbox, { client_id: publicClient.clientId })).get("error"), "invalid_request")
    const own = { client_id: publicClient.clientId, client_secret: undefined, code_verifier: verifier }
    assert.strictEqual((await exchange(sandbox, (await consent(sandbox, asked)).get("code"), own)).status, 200)
    sandbox.x3.identityProvider.configure({ pkceRequired: true })
    assert.strictEqual((await consent(sandbox)).get("error"), "invalid_request")
  })
})

describe("a client of the identity provider", () => {
  it("proves itself in the body or by a Basic header, as the switch says", async () => {
    const sandbox = await start()
    const { token, client } = identityProvider(sandbox)
    const grant = { grant_type: "client_credentials" }
    const inBody = { ...grant, client_id: client.clientId, client_secret: client.clientSecret }
    const header = basic(client.clientId, client.clientSecret)
    assert.strictEqual((await post(token, inBody)).status, 200)
    assert.strictEqual((await post(token, grant, header)).status, 200)
    expected(await post(token, inBody, header), 400, "invalid_request")
    sandbox.x3.identityProvider.configure({ clientAuthentication: "basic" })
    expected(await post(token, inBody), 401, "invalid_client")
    assert.strictEqual((await post(token, grant, header)).status, 200)
    sandbox.x3.identityProvider.configure({ clientAuthentication: "body" })
    expected(await post(token, grant, header), 401, "invalid_client")
    assert.strictEqual((await post(token, inBody)).status, 200)
  })

  it("is refused with 401, and with the scheme that it tried", async () => {
    const sandbox = await start()
    const { token, client } = identityProvider(sandbox)
    const grant = { grant_type: "client_credentials" }
    const wrong = await post(token, { ...grant, client_id: client.clientId, client_secret: "wrong" })
    expected(wrong, 401, "invalid_client")
    assert.isNull(wrong.headers.get("www-authenticate"))
    const header = await post(token, grant, basic(client.clientId, "wrong"))
    expected(header, 401, "invalid_client")
    assert.match(header.headers.get("www-authenticate") ?? "", /^Basic /)
    expected(await post(token, { ...grant, client_id: client.clientId }), 401, "invalid_client")
    expected(await post(token, grant), 401, "invalid_client")
    sandbox.x3.identityProvider.setClientSecret(client.clientId, "a-new-secret-9Jd")
    expected(await tokenRequest(sandbox, grant), 401, "invalid_client")
    assert.strictEqual((await tokenRequest(sandbox, { ...grant, client_secret: "a-new-secret-9Jd" })).status, 200)
  })

  it("gets a token for no user by client credentials, unless the switch forbids it", async () => {
    const sandbox = await start()
    const answer = await tokenRequest(sandbox, { grant_type: "client_credentials", scope: "email" })
    assert.deepStrictEqual(Object.keys(answer.json as object), ["access_token", "token_type", "expires_in", "scope"])
    expected(await userinfo(sandbox, answer.at("access_token")), 403, "insufficient_scope")
    expected(
      await tokenRequest(sandbox, { grant_type: "client_credentials", scope: "everything" }),
      400,
      "invalid_scope"
    )
    sandbox.x3.identityProvider.configure({ clientCredentials: false })
    expected(await tokenRequest(sandbox, { grant_type: "client_credentials" }), 400, "unauthorized_client")
  })

  it("is told what is wrong with its request", async () => {
    const sandbox = await start()
    const { token, client } = identityProvider(sandbox)
    expected(await tokenRequest(sandbox, { grant_type: "password" }), 400, "unsupported_grant_type")
    expected(await tokenRequest(sandbox, {}), 400, "invalid_request")
    expected(await sendJson(token, { grant_type: "client_credentials" }), 400, "invalid_request")
    const twice = `grant_type=client_credentials&grant_type=password&client_id=${client.clientId}`
    const form = { "content-type": "application/x-www-form-urlencoded" }
    expected(await send(token, { method: "POST", headers: form, body: twice }), 400, "invalid_request")
    assert.strictEqual((await send(token)).status, 405)
    sandbox.x3.identityProvider.configure({ errorDescription: false })
    assert.deepStrictEqual((await tokenRequest(sandbox, {})).json, { error: "invalid_request" })
  })

  it("is limited by the minute when the switch says so", async () => {
    const sandbox = await start({ x3: { identityProvider: { tokenRequestsPerMinute: 2 } }, startAt: 1_800_000_000_000 })
    const ask = () => tokenRequest(sandbox, { grant_type: "client_credentials" })
    assert.deepStrictEqual([(await ask()).status, (await ask()).status], [200, 200])
    const third = await ask()
    expected(third, 429, "too_many_requests")
    assert.strictEqual(third.headers.get("retry-after"), "30")
    await sandbox.clock.advance("1 minute")
    assert.strictEqual((await ask()).status, 200)
  })
})

describe("a refresh at the identity provider", () => {
  it("gives a new pair and detects a second use", async () => {
    const sandbox = await start()
    const first = await signIn(sandbox)
    const second = await refresh(sandbox, first.at("refresh_token"))
    assert.strictEqual(second.status, 200)
    assert.notStrictEqual(second.at("refresh_token"), first.at("refresh_token"))
    assert.strictEqual((await userinfo(sandbox, first.at("access_token"))).status, 200)
    expected(await refresh(sandbox, first.at("refresh_token")), 400, "invalid_grant")
    expected(await refresh(sandbox, second.at("refresh_token")), 400, "invalid_grant")
    assert.strictEqual((await userinfo(sandbox, second.at("access_token"))).status, 401)
  })

  it("detects nothing, or minds nothing, when the switch says so", async () => {
    const sandbox = await start({ x3: { identityProvider: { refreshReuse: "refused" } } })
    const first = await signIn(sandbox)
    const second = await refresh(sandbox, first.at("refresh_token"))
    expected(await refresh(sandbox, first.at("refresh_token")), 400, "invalid_grant")
    assert.strictEqual((await refresh(sandbox, second.at("refresh_token"))).status, 200)
    sandbox.x3.identityProvider.configure({ refreshReuse: "accepted" })
    assert.strictEqual((await refresh(sandbox, first.at("refresh_token"))).status, 200)
  })

  it("keeps or leaves out the refresh token when the switch says so", async () => {
    const sandbox = await start({ x3: { identityProvider: { refreshToken: "same" } } })
    const first = await signIn(sandbox)
    const again = await refresh(sandbox, first.at("refresh_token"))
    assert.strictEqual(again.at("refresh_token"), first.at("refresh_token"))
    sandbox.x3.identityProvider.configure({ refreshToken: "omitted" })
    assert.notProperty((await refresh(sandbox, first.at("refresh_token"))).json, "refresh_token")
    sandbox.x3.identityProvider.configure({ offlineAccess: "scope" })
    assert.notProperty((await signIn(sandbox, { scope: "email" })).json, "refresh_token")
    assert.property((await signIn(sandbox)).json, "refresh_token")
  })

  it("may narrow the scope, and not widen it", async () => {
    const sandbox = await start()
    const first = await signIn(sandbox)
    const narrow = await refresh(sandbox, first.at("refresh_token"), { scope: "offline_access" })
    assert.strictEqual(narrow.at("scope"), "offline_access")
    assert.notProperty((await userinfo(sandbox, narrow.at("access_token"))).json, "email")
    expected(await refresh(sandbox, narrow.at("refresh_token"), { scope: "email profile" }), 400, "invalid_scope")
    const whole = await refresh(sandbox, narrow.at("refresh_token"))
    assert.strictEqual(whole.at("scope"), "email offline_access")
  })

  it("is of the application that it was given to, for 30 days", async () => {
    const sandbox = await start()
    const { otherClient } = identityProvider(sandbox)
    const answer = await signIn(sandbox)
    const other = { client_id: otherClient.clientId, client_secret: otherClient.clientSecret }
    expected(await refresh(sandbox, answer.at("refresh_token"), other), 400, "invalid_grant")
    await sandbox.clock.advance("29 days")
    const next = await refresh(sandbox, answer.at("refresh_token"))
    assert.strictEqual(next.status, 200)
    await sandbox.clock.advance("30 days")
    expected(await refresh(sandbox, next.at("refresh_token")), 400, "invalid_grant")
  })
})

describe("an access token of the identity provider", () => {
  it("is good for an hour by the clock", async () => {
    const sandbox = await start()
    const answer = await signIn(sandbox)
    await sandbox.clock.advance("59 minutes")
    assert.strictEqual((await userinfo(sandbox, answer.at("access_token"))).status, 200)
    await sandbox.clock.advance("1 minute")
    const late = await userinfo(sandbox, answer.at("access_token"))
    expected(late, 401, "invalid_token")
    assert.strictEqual(late.headers.get("www-authenticate"), 'Bearer error="invalid_token"')
    const bare = await send(identityProvider(sandbox).userinfo)
    assert.deepStrictEqual([bare.status, bare.headers.get("www-authenticate")], [401, "Bearer"])
  })

  it("can be a JWT, which its published keys verify", async () => {
    const sandbox = await start({ startAt: 1_800_000_000_000, x3: { identityProvider: { accessToken: "jwt" } } })
    const answer = await signIn(sandbox, { scope: "openid email", nonce: "n-0S6" })
    const { token: tokenUrl, client, user } = identityProvider(sandbox)
    const discovery = await send(tokenUrl.replace("/token", "/.well-known/openid-configuration"))
    assert.strictEqual(discovery.at("token_endpoint"), tokenUrl)
    const keys = (await send(String(discovery.at("jwks_uri")))).at("keys") as ReadonlyArray<
      JsonWebKey & { readonly kid: string }
    >
    for (const member of ["access_token", "id_token"]) {
      const jwt = String(answer.at(member))
      const [head = "", payload = "", signature = ""] = jwt.split(".")
      const jwk = keys.find((each) => each.kid === headerOf(jwt)["kid"])
      assert.isDefined(jwk)
      const key = createPublicKey({ key: jwk ?? {}, format: "jwk" })
      const signed = Buffer.from(`${head}.${payload}`)
      assert.isTrue(verify("sha256", signed, key, Buffer.from(signature, "base64url")))
    }
    const { jti, sub, ...access } = claimsOf(answer.at("access_token"))
    assert.isString(jti)
    assert.deepStrictEqual(access, {
      iss: discovery.at("issuer"),
      aud: "x3",
      client_id: client.clientId,
      scope: "openid email",
      iat: 1_800_000_000,
      exp: 1_800_003_600
    })
    const id = claimsOf(answer.at("id_token"))
    assert.deepStrictEqual(
      [id["aud"], id["sub"], id["nonce"], id["email"]],
      [client.clientId, sub, "n-0S6", user.email]
    )
    assert.strictEqual((await userinfo(sandbox, answer.at("access_token"))).at("sub"), sub)
  })

  it("shows an e-mail address with its scope, always or never", async () => {
    const sandbox = await start()
    const { user } = identityProvider(sandbox)
    const bare = await signIn(sandbox, { scope: undefined })
    const full = await signIn(sandbox)
    const email = async (answer: Answer) => (await userinfo(sandbox, answer.at("access_token"))).at("email")
    assert.deepStrictEqual([await email(bare), await email(full)], [undefined, user.email])
    sandbox.x3.identityProvider.configure({ email: "always" })
    assert.deepStrictEqual([await email(bare), await email(full)], [user.email, user.email])
    sandbox.x3.identityProvider.configure({ email: "never" })
    assert.deepStrictEqual([await email(bare), await email(full)], [undefined, undefined])
  })
})

describe("the end of a grant of the identity provider", () => {
  it("is a revocation by its own application", async () => {
    const sandbox = await start()
    const { revoke, client, otherClient } = identityProvider(sandbox)
    const own = { client_id: client.clientId, client_secret: client.clientSecret }
    const other = { client_id: otherClient.clientId, client_secret: otherClient.clientSecret }
    const answer = await signIn(sandbox)
    const token = String(answer.at("refresh_token"))
    assert.strictEqual((await post(revoke, { ...other, token })).status, 200)
    assert.strictEqual((await userinfo(sandbox, answer.at("access_token"))).status, 200)
    assert.strictEqual((await post(revoke, { ...own, token })).status, 200)
    assert.strictEqual((await userinfo(sandbox, answer.at("access_token"))).status, 401)
    expected(await refresh(sandbox, token), 400, "invalid_grant")
    assert.strictEqual((await post(revoke, { ...own, token: "unknown" })).status, 200)
    expected(await post(revoke, own), 400, "invalid_request")
    expected(await post(revoke, { ...own, client_secret: "wrong", token }), 401, "invalid_client")
  })

  it("spares access tokens when the switch says so, and is one access token when that is revoked", async () => {
    const sandbox = await start({ x3: { identityProvider: { revocationEndsAccessTokens: false } } })
    const { revoke, client } = identityProvider(sandbox)
    const own = { client_id: client.clientId, client_secret: client.clientSecret }
    const answer = await signIn(sandbox)
    await post(revoke, { ...own, token: String(answer.at("refresh_token")) })
    assert.strictEqual((await userinfo(sandbox, answer.at("access_token"))).status, 200)
    await post(revoke, { ...own, token: String(answer.at("access_token")) })
    assert.strictEqual((await userinfo(sandbox, answer.at("access_token"))).status, 401)
    const other = await signIn(sandbox)
    await post(revoke, { ...own, token: String(other.at("access_token")) })
    assert.strictEqual((await refresh(sandbox, other.at("refresh_token"))).status, 200)
  })

  it("is what only its administrator can do", async () => {
    const sandbox = await start()
    const { control, second } = { control: sandbox.x3.identityProvider, ...identityProvider(sandbox) }
    const first = await signIn(sandbox)
    const other = await signIn(sandbox, {}, { login: second })
    assert.strictEqual(control.expireAccessTokens({ email: second.email.toUpperCase() }), 1)
    assert.strictEqual((await userinfo(sandbox, other.at("access_token"))).status, 401)
    assert.strictEqual((await userinfo(sandbox, first.at("access_token"))).status, 200)
    assert.strictEqual(control.endRefreshTokens(), 2)
    expected(await refresh(sandbox, first.at("refresh_token")), 400, "invalid_grant")
    assert.strictEqual(control.endGrants({ clientId: "x3-web-services" }), 2)
    assert.strictEqual((await userinfo(sandbox, first.at("access_token"))).status, 401)
    control.addUser({ email: "new@acme.example", password: "new-Vb5n", name: "New" })
    const added = await signIn(sandbox, {}, { login: { email: "New@acme.example", password: "new-Vb5n" } })
    assert.strictEqual((await userinfo(sandbox, added.at("access_token"))).at("email"), "new@acme.example")
    assert.throws(() => control.addUser({ email: "NEW@acme.example", password: "x", name: "x" }), TypeError)
    assert.throws(() => control.configure({ codeLife: "soon" }), RangeError)
  })
})

describe("the identity provider", () => {
  it("is logged with X3's web services, plays their faults and keeps every secret out of the log", async () => {
    const sandbox = await start()
    const { token, client, user } = identityProvider(sandbox)
    const { verifier, challenge } = pkce()
    const asked = { code_challenge: challenge, code_challenge_method: "S256" }
    const code = String((await consent(sandbox, asked)).get("code"))
    const answer = await exchange(sandbox, code, { code_verifier: verifier })
    await refresh(sandbox, answer.at("refresh_token"))
    await userinfo(sandbox, answer.at("access_token"))
    await post(token, { grant_type: "client_credentials" }, basic(client.clientId, client.clientSecret))
    const entries = sandbox.requests({ surface: "x3-web-services" })
    assert.deepStrictEqual(
      entries.map(({ step, grantType, authentication, status }) => [step, grantType, authentication, status]),
      [
        ["authorize", undefined, undefined, 200],
        ["authorize", undefined, undefined, 303],
        ["token", "authorization_code", "client", 200],
        ["token", "refresh_token", "client", 200],
        ["userinfo", undefined, "bearer", 200],
        ["token", "client_credentials", "client", 200]
      ]
    )
    for (const url of [token, identityProvider(sandbox).userinfo, identityProvider(sandbox).revoke]) {
      for (const secret of [code, verifier, String(answer.at("access_token")), user.password]) {
        await post(url, { code: secret, code_verifier: secret, password: secret, token: secret })
        await sendJson(url, { code: secret, code_verifier: secret, password: secret, token: secret })
        await send(url, { method: "POST", body: `note: ${secret.length > 39 ? secret : ""}` })
      }
    }
    const log = JSON.stringify(sandbox.requests())
    for (const secret of [
      code,
      verifier,
      client.clientSecret,
      user.password,
      String(answer.at("access_token")),
      String(answer.at("refresh_token"))
    ]) {
      assert.notInclude(log, secret)
      assert.notInclude(log, encodeURIComponent(secret))
    }
    sandbox.fault("x3-web-services", { on: "refresh_token", kind: "unavailable" })
    expected(await refresh(sandbox, answer.at("refresh_token")), 503, "temporarily_unavailable")
    sandbox.fault("x3-web-services", { on: "token", kind: "rate-limited" })
    expected(await refresh(sandbox, answer.at("refresh_token")), 429, "too_many_requests")
    sandbox.fault("x3-web-services", { on: "userinfo", kind: "status-503" })
    assert.strictEqual((await userinfo(sandbox, answer.at("access_token"))).status, 503)
  })
})
