import { assert, describe, it } from "vitest"
import {
  type AnySandbox,
  authorizeUrl,
  call,
  claimsOf,
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

const name = "business-cloud"

const expected = (answer: { readonly status: number; readonly json: unknown }, error: string, status = 400) =>
  assert.deepStrictEqual([answer.status, answer.json], [status, { error }])

describe("a token response of Business Cloud", () => {
  it("has the published members in their order, and RS512 tokens of their real size", async () => {
    const sandbox = await start({ startAt: 1_800_000_000_000 })
    const answer = await connect(sandbox, name)
    assert.strictEqual(answer.headers.get("cache-control"), "no-store")
    assert.deepStrictEqual(Object.keys(answer.json as object), [
      "access_token",
      "scope",
      "token_type",
      "expires_in",
      "refresh_token",
      "refresh_token_expires_in",
      "requested_by_id"
    ])
    assert.strictEqual(answer.at("scope"), "full_access")
    assert.strictEqual(answer.at("token_type"), "bearer")
    assert.strictEqual(answer.at("expires_in"), 300)
    assert.strictEqual(answer.at("refresh_token_expires_in"), 2_678_400)
    const { client } = sandbox.accounts[name]
    for (const [member, life] of [
      ["access_token", 300],
      ["refresh_token", 2_678_400]
    ] as const) {
      const token = String(answer.at(member))
      assert.approximately(token.length, 1300, 20)
      const header = headerOf(token)
      assert.strictEqual(header["alg"], "RS512")
      assert.isString(header["kid"])
      const claims = claimsOf(token)
      assert.isString(claims["jti"])
      const { jti: _, sandbox: __, ...rest } = claims
      assert.deepStrictEqual(rest, {
        iat: 1_800_000_000,
        exp: 1_800_000_000 + life,
        iss: "oauth.aws.sbc-accounting.sage.com",
        sub: answer.at("requested_by_id"),
        aud: "api.sbc-accounting.sage.com",
        azp: client.clientId,
        country: "gb",
        scopes: "accounts:rw accounting:rw core:rw"
      })
    }
    const next = await refresh(sandbox, name, answer.at("refresh_token"))
    assert.deepStrictEqual(Object.keys(next.json as object), Object.keys(answer.json as object))
    assert.strictEqual(next.at("requested_by_id"), answer.at("requested_by_id"))
  })

  it("says what the switches make it say", async () => {
    const sandbox = await start({
      startAt: 0,
      businessCloud: {
        expiresIn: -1,
        refreshTokenExpiresIn: null,
        resourceOwnerId: true,
        tokenLength: 2000,
        clockSkew: -60_000,
        defaultScope: "readonly"
      }
    })
    const answer = await connect(sandbox, name, {})
    assert.strictEqual(answer.at("expires_in"), -1)
    assert.isUndefined(answer.at("refresh_token_expires_in"))
    assert.strictEqual(answer.at("resource_owner_id"), sandbox.accounts[name].v3.resourceOwnerId)
    assert.strictEqual(answer.at("scope"), "readonly")
    assert.approximately(String(answer.at("access_token")).length, 2000, 20)
    assert.strictEqual(claimsOf(answer.at("access_token"))["iat"], -60)
    assert.strictEqual(answer.headers.get("date"), "Wed, 31 Dec 1969 23:59:00 GMT")
    sandbox.businessCloud.configure({ expiresIn: null, refreshToken: "omitted" })
    const silent = await refresh(sandbox, name, answer.at("refresh_token"))
    assert.notProperty(silent.json, "expires_in")
    assert.notProperty(silent.json, "refresh_token")
  })
})

describe("a code of Business Cloud", () => {
  it("lives for 60 seconds and is used once, with the same redirect URI and client", async () => {
    const sandbox = await start()
    const { otherClient } = sandbox.accounts[name]
    const code = async () => (await consent(sandbox, name)).get("code")
    const first = await code()
    await sandbox.clock.advance("59 seconds")
    assert.strictEqual((await exchange(sandbox, name, first)).status, 200)
    expected(await exchange(sandbox, name, first), "invalid_grant")
    const late = await code()
    await sandbox.clock.advance("60 seconds")
    expected(await exchange(sandbox, name, late), "invalid_grant")
    expected(await exchange(sandbox, name, await code(), { redirect_uri: "https://app.example/" }), "invalid_grant")
    const other = { client_id: otherClient.clientId, client_secret: otherClient.clientSecret }
    expected(await exchange(sandbox, name, await code(), other), "invalid_grant")
    const bare = (await code())?.replace("GB/", "") ?? null
    expected(await exchange(sandbox, name, bare), "invalid_grant")
    sandbox.businessCloud.configure({ bareCode: true })
    assert.strictEqual((await exchange(sandbox, name, bare)).status, 200)
    sandbox.businessCloud.configure({ codeCountry: false })
    assert.match((await code()) ?? "", /^[0-9a-f]{40}$/)
  })

  it("takes its tokens with it when it comes twice and the switch says so", async () => {
    const sandbox = await start({ businessCloud: { codeReuse: "revoke-family" } })
    const code = (await consent(sandbox, name)).get("code")
    const first = await exchange(sandbox, name, code)
    assert.strictEqual((await exchange(sandbox, name, code)).status, 400)
    expected(await refresh(sandbox, name, first.at("refresh_token")), "invalid_grant")
  })

  it.each(["S256", "plain"] as const)("is bound to a verifier by %s", async (method) => {
    const sandbox = await start()
    const { verifier, challenge } = pkce()
    const asked = { code_challenge: method === "plain" ? verifier : challenge, code_challenge_method: method }
    const code = async () => (await consent(sandbox, name, asked)).get("code")
    expected(await exchange(sandbox, name, await code()), "invalid_request")
    expected(await exchange(sandbox, name, await code(), { code_verifier: pkce().verifier }), "invalid_grant")
    assert.strictEqual((await exchange(sandbox, name, await code(), { code_verifier: verifier })).status, 200)
  })
})

describe("Business Cloud's token endpoint", () => {
  it("refuses with an error code and nothing else", async () => {
    const sandbox = await start()
    const { client } = sandbox.accounts[name]
    const url = sandbox.urls[name].token
    const known: Fields = { client_id: client.clientId, client_secret: client.clientSecret }
    expected(await post(url, known), "invalid_request")
    expected(await post(url, { ...known, grant_type: "client_credentials" }), "unsupported_grant_type")
    expected(await post(url, { ...known, grant_type: "refresh_token" }), "invalid_request")
    expected(await post(url, { ...known, grant_type: "authorization_code", code: "x" }), "invalid_request")
    expected(await post(url, { ...known, grant_type: "refresh_token", refresh_token: "x" }), "invalid_grant")
    expected(await post(url, { grant_type: "refresh_token", client_id: "x", client_secret: "y" }), "invalid_client")
    expected(await post(url, { ...known, client_secret: "y", grant_type: "refresh_token" }), "invalid_client")
    expected(await post(url, { grant_type: "refresh_token", client_id: client.clientId }), "invalid_client")
    expected(
      await send(url, { method: "POST", body: new URLSearchParams("grant_type=a&grant_type=b") }),
      "invalid_request"
    )
    expected(await sendJson(url, known), "invalid_request")
    expected(await send(url, { method: "POST" }), "invalid_request")
    assert.strictEqual((await send(url)).status, 405)
  })

  it("answers as the switches say", async () => {
    const sandbox = await start({
      businessCloud: {
        unknownGrantType: "invalid_grant",
        invalidClientStatus: 401,
        errorDescription: true,
        jsonBody: true,
        basicAuthentication: true
      }
    })
    const { client } = sandbox.accounts[name]
    const url = sandbox.urls[name].token
    const known: Fields = { client_id: client.clientId, client_secret: client.clientSecret }
    const grant = await post(url, { ...known, grant_type: "client_credentials" })
    assert.strictEqual(grant.at("error"), "invalid_grant")
    assert.isString(grant.at("error_description"))
    assert.strictEqual((await post(url, { ...known, client_secret: "x", grant_type: "x" })).status, 401)
    assert.strictEqual((await sendJson(url, { ...known, grant_type: "refresh_token" })).at("error"), "invalid_request")
    const pair = Buffer.from(`${encodeURIComponent(client.clientId)}:${client.clientSecret}`).toString("base64")
    const basic = { authorization: `Basic ${pair}` }
    assert.strictEqual(
      (await post(url, { grant_type: "refresh_token", refresh_token: "x" }, basic)).at("error"),
      "invalid_grant"
    )
    assert.strictEqual(
      (await post(url, { ...known, grant_type: "refresh_token" }, basic)).at("error"),
      "invalid_request"
    )
  })
})

describe("a refresh at Business Cloud", () => {
  it("rotates; the used refresh token is refused, and ends its family when the switch says so", async () => {
    const sandbox = await start()
    const first = await connect(sandbox, name)
    const second = await refresh(sandbox, name, first.at("refresh_token"))
    expected(await refresh(sandbox, name, first.at("refresh_token")), "invalid_grant")
    const third = await refresh(sandbox, name, second.at("refresh_token"))
    assert.strictEqual(third.status, 200)
    sandbox.businessCloud.configure({ refreshReuse: "revoke-family" })
    expected(await refresh(sandbox, name, second.at("refresh_token")), "invalid_grant")
    expected(await refresh(sandbox, name, third.at("refresh_token")), "invalid_grant")
    // Access tokens live on to their own end.
    assert.strictEqual((await call(sandbox, name, "contacts", third.at("access_token"))).status, 200)
  })

  it("takes a used refresh token or repeats it when the switches say so", async () => {
    const sandbox = await start({ businessCloud: { refreshReuse: "accepted", mostRecentOnly: false } })
    const token = (await connect(sandbox, name)).at("refresh_token")
    await refresh(sandbox, name, token)
    assert.strictEqual((await refresh(sandbox, name, token)).status, 200)
    sandbox.businessCloud.configure({ refreshReuse: "refused", refreshToken: "same" })
    const kept = (await connect(sandbox, name)).at("refresh_token")
    assert.strictEqual((await refresh(sandbox, name, kept)).at("refresh_token"), kept)
  })

  it("answers two at once with one success", async () => {
    const sandbox = await start()
    const token = (await connect(sandbox, name)).at("refresh_token")
    const answers = await Promise.all(Array.from({ length: 5 }, () => refresh(sandbox, name, token)))
    assert.sameMembers(
      answers.map((each) => each.status),
      [200, 400, 400, 400, 400]
    )
  })

  it("wants the most recent refresh token of the user and application, unless the switch says otherwise", async () => {
    const sandbox = await start()
    const { second } = sandbox.accounts[name]
    const older = await connect(sandbox, name)
    const other = await connect(sandbox, name, { country: "ca" }, { login: second })
    const newer = await connect(sandbox, name)
    expected(await refresh(sandbox, name, older.at("refresh_token")), "invalid_grant")
    assert.strictEqual((await refresh(sandbox, name, other.at("refresh_token"))).status, 200)
    assert.strictEqual((await refresh(sandbox, name, newer.at("refresh_token"))).status, 200)
    sandbox.businessCloud.configure({ mostRecentOnly: false })
    assert.strictEqual((await refresh(sandbox, name, older.at("refresh_token"))).status, 200)
  })

  it("ends after 31 days without one, and on demand", async () => {
    const sandbox = await start()
    const first = await connect(sandbox, name)
    await sandbox.clock.advance("30 days")
    const second = await refresh(sandbox, name, first.at("refresh_token"))
    await sandbox.clock.advance("31 days")
    expected(await refresh(sandbox, name, second.at("refresh_token")), "invalid_grant")
    const third = await connect(sandbox, name)
    const { user, client } = sandbox.accounts[name]
    assert.strictEqual(sandbox.businessCloud.endRefreshTokens({ email: "nobody@x.example" }), 0)
    assert.strictEqual(sandbox.businessCloud.endRefreshTokens({ email: user.email, clientId: client.clientId }), 2)
    expected(await refresh(sandbox, name, third.at("refresh_token")), "invalid_grant")
    const fourth = await connect(sandbox, name)
    assert.isAtLeast(sandbox.businessCloud.endGrants(), 1)
    expected(await refresh(sandbox, name, fourth.at("refresh_token")), "invalid_grant")
  })
})

const revoke = (sandbox: AnySandbox, token: string | undefined, more: Fields = {}) => {
  const { client } = sandbox.accounts[name]
  return post(sandbox.urls[name].revoke, {
    client_id: client.clientId,
    client_secret: client.clientSecret,
    token,
    ...more
  })
}

describe("a revocation at Business Cloud", () => {
  it("ends the refresh token, while the access token lives on to its end", async () => {
    const sandbox = await start()
    const answer = await connect(sandbox, name)
    const revoked = await revoke(sandbox, String(answer.at("refresh_token")))
    assert.deepStrictEqual([revoked.status, revoked.json], [200, { success: "ok" }])
    expected(await refresh(sandbox, name, answer.at("refresh_token")), "invalid_grant")
    assert.strictEqual((await call(sandbox, name, "contacts", answer.at("access_token"))).status, 200)
    await sandbox.clock.advance("300 seconds")
    assert.strictEqual((await call(sandbox, name, "contacts", answer.at("access_token"))).status, 401)
  })

  it("wants a client and a token, and leaves another client's alone", async () => {
    const sandbox = await start()
    const { otherClient } = sandbox.accounts[name]
    const answer = await connect(sandbox, name)
    expected(await revoke(sandbox, undefined), "invalid_request")
    expected(await revoke(sandbox, "x", { client_secret: "wrong" }), "invalid_client")
    assert.strictEqual((await revoke(sandbox, "unknown")).status, 200)
    const other = { client_id: otherClient.clientId, client_secret: otherClient.clientSecret }
    await revoke(sandbox, String(answer.at("refresh_token")), other)
    assert.strictEqual((await refresh(sandbox, name, answer.at("refresh_token"))).status, 200)
    assert.strictEqual((await send(sandbox.urls[name].revoke)).status, 405)
  })
})

describe("the control of Business Cloud", () => {
  it("adds users, changes secrets, and refuses what it does not know", async () => {
    const sandbox = await start()
    const { client, user } = sandbox.accounts[name]
    const login = { email: "new@tenant.example", password: "a-password" }
    sandbox.businessCloud.addUser({ ...login, businesses: [{ id: "f".repeat(32), name: "New Ltd" }] })
    const answer = await connect(sandbox, name, {}, { login })
    const businesses = await call(sandbox, name, "businesses", answer.at("access_token"))
    assert.strictEqual(businesses.at("$items 0 displayed_as"), "New Ltd")
    sandbox.businessCloud.setClientSecret(client.clientId, "renewed")
    expected(await refresh(sandbox, name, answer.at("refresh_token")), "invalid_client")
    assert.strictEqual(
      (await refresh(sandbox, name, answer.at("refresh_token"), { client_secret: "renewed" })).status,
      200
    )
    const control = sandbox.businessCloud
    assert.throws(() => control.addUser({ ...login, businesses: [] }), /email names a user/)
    assert.throws(() => control.setClientSecret("x", "y"), /clientId must name/)
    assert.throws(() => control.setSubscription("x", true), /businessId must name/)
    assert.throws(() => control.setLeadBusiness("x", "y"), /email must name/)
    assert.throws(() => control.setLeadBusiness(user.email, "y"), /businessId must name/)
    assert.throws(() => control.configure({ retryAfter: "soon" }), /retryAfter must be/)
    assert.throws(() => control.configure({ requestsPerDay: 1.5 }), /requestsPerDay must be/)
    assert.throws(() => control.configure({ clockSkew: Number.POSITIVE_INFINITY }), /clockSkew must be/)
  })
})

describe("version 3 of Business Cloud", () => {
  const v3 = "business-cloud-v3"

  it("has its own callback and token response, and refresh tokens without end", async () => {
    const sandbox = await start()
    const back = await sandbox.approve(authorizeUrl(sandbox, v3))
    assert.match(back, /\?code=[0-9a-f]{40}&country=gb&/)
    const answer = await connect(sandbox, v3)
    assert.strictEqual(answer.at("expires_in"), 3600)
    assert.notProperty(answer.json, "refresh_token_expires_in")
    assert.notProperty(claimsOf(answer.at("refresh_token")), "exp")
    assert.strictEqual(answer.at("resource_owner_id"), sandbox.accounts[name].v3.resourceOwnerId)
    await sandbox.clock.advance("1000 days")
    assert.strictEqual((await refresh(sandbox, v3, answer.at("refresh_token"))).status, 200)
  })

  it("answers 401 when one of its three headers is missing or wrong", async () => {
    const sandbox = await start()
    const { subscriptionId, resourceOwnerId } = sandbox.accounts[name].v3
    const token = (await connect(sandbox, v3)).at("access_token")
    const url = `${sandbox.urls[v3].api}/contacts`
    const all: Readonly<Record<string, string>> = {
      authorization: `Bearer ${String(token)}`,
      "ocp-apim-subscription-key": subscriptionId,
      "X-Site": resourceOwnerId
    }
    const without = (header: string, value?: string) => {
      const { [header]: _, ...rest } = all
      return send(url, { headers: value === undefined ? rest : { ...rest, [header]: value } })
    }
    const good = await send(url, { headers: all })
    assert.strictEqual(good.status, 200)
    assert.strictEqual((await send(url.replace("/uki/", "/ca/"), { headers: all })).status, 200)
    const key = await without("ocp-apim-subscription-key")
    assert.deepStrictEqual([key.status, key.at("statusCode")], [401, 401])
    assert.match(String(key.at("message")), /^Access denied due to missing subscription key/)
    const site = await without("X-Site")
    assert.strictEqual(site.status, 401)
    assert.deepStrictEqual(site.json, [
      {
        $severity: "APIM error",
        $dataCode: "HeaderNotFound",
        $message: "Header X-Site was not found in the request. Access denied.",
        $source: "check-header[2]"
      }
    ])
    const none = await without("authorization")
    assert.deepStrictEqual([none.status, none.at("0 $dataCode")], [401, "AuthorizationFailure"])
    assert.include(
      String((await without("ocp-apim-subscription-key", "x")).at("0 $message")),
      "Cannot verify subscription"
    )
    assert.strictEqual((await without("X-Site", "x")).at("0 $message"), "Access denied.")
  })

  it("limits a business to 200 requests a minute", async () => {
    const sandbox = await start({ businessCloud: { v3RequestsPerMinute: 2 } })
    const { subscriptionId, resourceOwnerId } = sandbox.accounts[name].v3
    const token = (await connect(sandbox, v3)).at("access_token")
    const headers = { "ocp-apim-subscription-key": subscriptionId, "X-Site": resourceOwnerId }
    const statuses: Array<number> = []
    for (let count = 0; count < 3; count++)
      statuses.push((await call(sandbox, v3, "contacts", token, { headers })).status)
    assert.deepStrictEqual(statuses, [200, 200, 429])
    await sandbox.clock.advance("1 minute")
    assert.strictEqual((await call(sandbox, v3, "contacts", token, { headers })).status, 200)
  })
})
