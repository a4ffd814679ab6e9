import { assert, describe, it } from "vitest"
import { call, claimsOf, clientCredentials, connect, consent, post, refresh, start } from "../oauth/support.ts"

const name = "intacct-rest"
const vendors = "objects/accounts-payable/vendor"

describe("a refresh at Intacct", () => {
  it("rotates the refresh token, and refuses the old one without harm to the new one", async () => {
    const sandbox = await start()
    const first = await connect(sandbox, name)
    const second = await refresh(sandbox, name, first.at("refresh_token"))
    assert.notStrictEqual(second.at("refresh_token"), first.at("refresh_token"))
    const reused = await refresh(sandbox, name, first.at("refresh_token"))
    assert.deepStrictEqual([reused.status, reused.json], [400, { error: "invalid_grant" }])
    assert.strictEqual((await refresh(sandbox, name, second.at("refresh_token"))).status, 200)
  })

  it("is refused with Basic, which the exchange of a code takes, unless the switch says otherwise", async () => {
    const sandbox = await start()
    const { client } = sandbox.accounts[name]
    const basic = {
      authorization: `Basic ${Buffer.from(`${encodeURIComponent(client.clientId)}:${client.clientSecret}`).toString("base64")}`
    }
    const { token } = sandbox.urls[name]
    const code = (await consent(sandbox, name)).get("code") ?? ""
    const redirect_uri = client.redirectUri
    const exchanged = await post(token, { grant_type: "authorization_code", code, redirect_uri }, basic)
    assert.strictEqual(exchanged.status, 200)
    const params = { grant_type: "refresh_token", refresh_token: String(exchanged.at("refresh_token")) }
    const refused = await post(token, params, basic)
    assert.deepStrictEqual([refused.status, refused.json], [400, { error: "invalid_client" }])
    sandbox.intacctRest.configure({ basicAuthentication: "everywhere" })
    assert.strictEqual((await post(token, params, basic)).status, 200)
  })

  it("takes the family with it on reuse when the switch says so", async () => {
    const sandbox = await start({ intacctRest: { refreshReuse: "revoke-family" } })
    const first = await connect(sandbox, name)
    const second = await refresh(sandbox, name, first.at("refresh_token"))
    await refresh(sandbox, name, first.at("refresh_token"))
    assert.strictEqual((await refresh(sandbox, name, second.at("refresh_token"))).status, 400)
    assert.strictEqual((await call(sandbox, name, vendors, second.at("access_token"))).at("error errorId"), "REST-2102")
  })

  it("takes a used refresh token, repeats it or omits it as the switches say", async () => {
    const sandbox = await start({ intacctRest: { refreshReuse: "accepted" } })
    const token = (await connect(sandbox, name)).at("refresh_token")
    await refresh(sandbox, name, token)
    assert.strictEqual((await refresh(sandbox, name, token)).status, 200)
    sandbox.intacctRest.configure({ refreshReuse: "refused", refreshToken: "same" })
    const kept = (await connect(sandbox, name)).at("refresh_token")
    assert.strictEqual((await refresh(sandbox, name, kept)).at("refresh_token"), kept)
    sandbox.intacctRest.configure({ refreshToken: "omitted" })
    const silent = await refresh(sandbox, name, kept)
    assert.deepStrictEqual([silent.status, silent.at("refresh_token")], [200, undefined])
    assert.strictEqual((await refresh(sandbox, name, kept)).status, 200)
  })

  it("ends with the life of the refresh token", async () => {
    const sandbox = await start()
    const token = (await connect(sandbox, name)).at("refresh_token")
    await sandbox.clock.advance("89 days")
    const next = await refresh(sandbox, name, token)
    await sandbox.clock.advance("90 days")
    assert.strictEqual((await refresh(sandbox, name, next.at("refresh_token"))).at("error"), "invalid_grant")
  })

  it("has the error and status that the switches say", async () => {
    const sandbox = await start({ intacctRest: { invalidGrant: "OAUTH2_INVALID_GRANT", invalidGrantStatus: 401 } })
    const answer = await refresh(sandbox, name, "unknown")
    assert.deepStrictEqual([answer.status, answer.json], [401, { error: "OAUTH2_INVALID_GRANT" }])
  })

  it.each(["entity_id", "location_id"] as const)(
    "names an entity by %s, which the next one must repeat",
    async (parameter) => {
      const sandbox = await start()
      const top = await connect(sandbox, name)
      const entity = await refresh(sandbox, name, top.at("refresh_token"), { [parameter]: "E1" })
      const claims = claimsOf(entity.at("access_token"))
      assert.strictEqual(claims["entityId"], "E1")
      assert.match(String(claims["entityKey"]), /^\d+$/)
      const forgotten = await refresh(sandbox, name, entity.at("refresh_token"))
      assert.strictEqual(claimsOf(forgotten.at("access_token"))["entityId"], "")
      // The entity's access token lives on.
      assert.strictEqual((await call(sandbox, name, vendors, entity.at("access_token"))).status, 200)
    }
  )

  it("ignores a parameter of the entity, refuses an unknown one, or keeps the entity, as the switches say", async () => {
    const sandbox = await start({ intacctRest: { entityParameter: "location_id", refreshToken: "same" } })
    const { user } = sandbox.accounts[name]
    const answer = await clientCredentials(sandbox, { username: `${user.username}|E3` })
    const token = answer.at("refresh_token")
    const entityOf = async (more = {}) =>
      claimsOf((await refresh(sandbox, name, token, more)).at("access_token"))["entityId"]
    assert.strictEqual(claimsOf(answer.at("access_token"))["entityId"], "E3")
    assert.strictEqual(await entityOf({ entity_id: "E1" }), "")
    assert.strictEqual(await entityOf({ entity_id: "E1", location_id: "E2" }), "E2")
    sandbox.intacctRest.configure({ refreshKeepsEntity: true })
    assert.strictEqual(await entityOf(), "E3")
    assert.strictEqual((await refresh(sandbox, name, token, { location_id: "E9" })).at("error"), "invalid_grant")
  })

  it("of a user restricted to an entity stays there, or is refused", async () => {
    const sandbox = await start()
    const { restricted } = sandbox.accounts[name]
    const answer = await clientCredentials(sandbox, { username: restricted.username })
    assert.strictEqual(claimsOf(answer.at("access_token"))["entityId"], restricted.entityId)
    sandbox.intacctRest.configure({ restrictedTopLevel: "refused", restrictedEntity: "refused" })
    assert.strictEqual(
      (await clientCredentials(sandbox, { username: restricted.username })).at("error"),
      "invalid_grant"
    )
    const elsewhere = await clientCredentials(sandbox, { username: `${restricted.username}|E1` })
    assert.strictEqual(elsewhere.at("error"), "invalid_grant")
  })

  it("is killed by a newer authorization of the same user and company when the switch says so", async () => {
    const sandbox = await start({ intacctRest: { supersede: true } })
    const { limited } = sandbox.accounts[name]
    const older = await connect(sandbox, name)
    const other = await connect(sandbox, name, {}, { login: limited })
    const machine = await clientCredentials(sandbox)
    const newer = await connect(sandbox, name)
    assert.strictEqual((await refresh(sandbox, name, older.at("refresh_token"))).at("error"), "invalid_grant")
    assert.strictEqual((await call(sandbox, name, vendors, older.at("access_token"))).at("error errorId"), "REST-2102")
    for (const alive of [other, machine, newer]) {
      assert.strictEqual((await refresh(sandbox, name, alive.at("refresh_token"))).status, 200)
    }
  })
})

describe("a revocation at Intacct", () => {
  it("hits every token of that user and company, with their sessions", async () => {
    const sandbox = await start()
    const { client, second, user } = sandbox.accounts[name]
    const one = await connect(sandbox, name)
    const machine = await clientCredentials(sandbox)
    const elsewhere = await clientCredentials(sandbox, { username: second.username })
    const sessionId = String(claimsOf(machine.at("access_token"))["sessionId"])
    const answer = await post(sandbox.urls[name].revoke, {
      client_id: client.clientId,
      client_secret: client.clientSecret,
      token: String(one.at("refresh_token"))
    })
    assert.deepStrictEqual([answer.status, answer.json], [200, {}])
    for (const dead of [one, machine]) {
      assert.strictEqual((await call(sandbox, name, vendors, dead.at("access_token"))).at("error errorId"), "REST-2102")
      assert.strictEqual((await refresh(sandbox, name, dead.at("refresh_token"))).at("error"), "invalid_grant")
    }
    assert.strictEqual((await call(sandbox, name, vendors, elsewhere.at("access_token"))).status, 200)
    const dead = await post(sandbox.urls[name].token, {
      grant_type: "client_credentials",
      client_id: client.clientId,
      client_secret: client.clientSecret,
      session_id: sessionId
    })
    assert.strictEqual(dead.at("error"), "invalid_grant")
    assert.strictEqual((await clientCredentials(sandbox, { username: user.username })).status, 200)
  })

  it("wants a client and a token, and answers an unknown one as the switches say", async () => {
    const sandbox = await start()
    const { client } = sandbox.accounts[name]
    const known = { client_id: client.clientId, client_secret: client.clientSecret }
    const url = sandbox.urls[name].revoke
    assert.strictEqual((await post(url, { token: "x" })).at("ia::error code"), "GW-0037")
    assert.strictEqual((await post(url, { ...known, client_secret: "wrong", token: "x" })).status, 401)
    assert.strictEqual((await post(url, { client_id: client.clientId, token: "x" })).status, 401)
    assert.strictEqual((await post(url, known)).at("ia::error code"), "GW-0015")
    assert.strictEqual((await post(url, { ...known, token: "x" })).status, 200)
    sandbox.intacctRest.configure({ revokeAnswer: 204, revokeUnknown: "refused" })
    assert.strictEqual((await post(url, { ...known, token: "x" })).at("error"), "invalid_grant")
    const access = (await clientCredentials(sandbox)).at("access_token")
    const revoked = await post(url, { ...known, token: String(access) })
    assert.deepStrictEqual([revoked.status, revoked.text], [204, ""])
    assert.strictEqual((await call(sandbox, name, vendors, access)).status, 401)
  })
})
