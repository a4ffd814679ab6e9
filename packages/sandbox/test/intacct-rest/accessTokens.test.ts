import type { IntacctRestOptions } from "@sage-auth/sandbox"
import { assert, describe, it } from "vitest"
import { loginXml, open, readByQuery, sessionXml, send as sendXml } from "../support.ts"
import { call, claimsOf, clientCredentials, connect, post, refresh, send, start } from "../oauth/support.ts"

const name = "intacct-rest"
const vendors = "objects/accounts-payable/vendor"

describe("an access token of Intacct", () => {
  it("is accepted for its life, whatever expires_in and exp say, and then rejected as expired", async () => {
    const sandbox = await start()
    const token = (await clientCredentials(sandbox)).at("access_token")
    await sandbox.clock.advance("719 minutes")
    assert.strictEqual((await call(sandbox, name, vendors, token)).status, 200)
    await sandbox.clock.advance("1 minute")
    const late = await call(sandbox, name, vendors, token)
    assert.deepStrictEqual(
      [late.status, late.at("ia::error code"), late.at("ia::error message")],
      [401, "GW-0040", "Expired token"]
    )
  })

  it.each<readonly [string, IntacctRestOptions, number, number, number]>([
    ["12 hours as production was seen to, with a JWT that says so", { jwtLife: "12 hours" }, 43_200, 43_200, 720],
    ["12 hours beside a JWT of one, as in Sage's sample", {}, 43_200, 3_600, 720],
    ["as long as its JWT, beside a longer expires_in", { accessTokenLife: "1 hour" }, 43_200, 3_600, 60]
  ])("lives %s", async (_, intacctRest, expiresIn, span, minutes) => {
    const sandbox = await start({ intacctRest })
    const answer = await clientCredentials(sandbox)
    const token = answer.at("access_token")
    const { exp, iat } = claimsOf(token)
    assert.deepStrictEqual([answer.at("expires_in"), Number(exp) - Number(iat)], [expiresIn, span])
    await sandbox.clock.advance(`${minutes - 1} minutes`)
    assert.strictEqual((await call(sandbox, name, vendors, token)).status, 200)
    await sandbox.clock.advance("1 minute")
    assert.strictEqual((await call(sandbox, name, vendors, token)).status, 401)
  })

  it.each([
    ["REST-2102", 401, "error errorId", "REST-2102"],
    ["REST-1206", 400, "ia::result ia::error errorId", "REST-1206"],
    ["GW-0040", 401, "ia::error code", "GW-0040"],
    ["GW-0031", 400, "ia::error code", "GW-0031"],
    ["Invalid token", 400, "error", "Invalid token"]
  ] as const)("is rejected as %s when the switch says so", async (shape, status, path, value) => {
    const sandbox = await start({ intacctRest: { rejectedToken: shape, expiredToken: shape } })
    const [one, two] = [await clientCredentials(sandbox), await clientCredentials(sandbox)]
    assert.strictEqual(sandbox.intacctRest.expireAccessTokens(), 2)
    assert.strictEqual(sandbox.intacctRest.expireAccessTokens(), 0)
    const expired = await call(sandbox, name, vendors, one.at("access_token"))
    assert.deepStrictEqual([expired.status, expired.at(path)], [status, value])
    sandbox.intacctRest.endGrants()
    const ended = await call(sandbox, name, vendors, two.at("access_token"))
    assert.deepStrictEqual([ended.status, ended.at(path)], [status, value])
  })

  it("is told apart from what is no token, no bearer and nobody's", async () => {
    const sandbox = await start({ intacctRest: { rejectedTokenStatus: 400 } })
    const url = `${sandbox.urls[name].api}/${vendors}`
    const other = await start()
    const foreign = (await clientCredentials(other)).at("access_token")
    const none = await send(url)
    assert.deepStrictEqual([none.status, none.at("ia::error code")], [401, "GW-0034"])
    const basic = await send(url, { headers: { authorization: "Basic eDp5" } })
    assert.strictEqual(basic.at("ia::error code"), "GW-0034")
    for (const undecodable of ["opaque", "a.b.c", "eyJhIjoxfQ.eyJhIjoxfQ.x"]) {
      assert.strictEqual((await call(sandbox, name, vendors, undecodable)).at("ia::error code"), "GW-0031")
    }
    const rejected = await call(sandbox, name, vendors, foreign)
    assert.deepStrictEqual([rejected.status, rejected.at("error errorId")], [400, "REST-2102"])
  })

  it("dies on demand for some and not for others, refresh tokens staying alive", async () => {
    const sandbox = await start()
    const { second } = sandbox.accounts[name]
    const one = await clientCredentials(sandbox)
    const two = await clientCredentials(sandbox, { username: second.username })
    assert.strictEqual(sandbox.intacctRest.rejectAccessTokens({ companyId: second.companyId.toUpperCase() }), 1)
    assert.strictEqual(sandbox.intacctRest.rejectAccessTokens({ userId: "nobody" }), 0)
    assert.strictEqual((await call(sandbox, name, vendors, one.at("access_token"))).status, 200)
    assert.strictEqual((await call(sandbox, name, vendors, two.at("access_token"))).at("error errorId"), "REST-2102")
    const next = await refresh(sandbox, name, two.at("refresh_token"))
    assert.strictEqual(next.status, 200)
    assert.strictEqual(sandbox.intacctRest.endRefreshTokens({ companyId: second.companyId }), 1)
    assert.strictEqual((await refresh(sandbox, name, next.at("refresh_token"))).status, 400)
    assert.strictEqual((await call(sandbox, name, vendors, next.at("access_token"))).status, 200)
  })

  it("ends with the session it carries unless the switch unties them", async () => {
    const sandbox = await start()
    const { user } = sandbox.accounts[name]
    const [one, two] = [await clientCredentials(sandbox), await clientCredentials(sandbox)]
    assert.strictEqual(sandbox.intacct.endSessions(user.companyId), 2)
    assert.strictEqual((await call(sandbox, name, vendors, one.at("access_token"))).at("error errorId"), "REST-2102")
    sandbox.intacctRest.configure({ sessionBound: false })
    assert.strictEqual((await call(sandbox, name, vendors, two.at("access_token"))).status, 200)
  })
})

describe("the bridges between sessions and tokens", () => {
  it("a token carries an XML session of its entity, and gives it on demand", async () => {
    const sandbox = await start()
    const { user } = sandbox.accounts[name]
    const token = (await clientCredentials(sandbox, { username: `${user.username}|E2` })).at("access_token")
    const answer = await call(sandbox, name, "services/core/session/id", token)
    const sessionId = String(answer.at("ia::result sessionId"))
    assert.deepStrictEqual(answer.json, {
      "ia::result": { sessionId, expiresIn: 21_600 },
      "ia::meta": { totalCount: 1, totalSuccess: 1, totalError: 0 }
    })
    assert.strictEqual(sessionId, claimsOf(token)["sessionId"])
    const read = await sendXml(sandbox, { authentication: sessionXml(sessionId), functions: [readByQuery("VENDOR")] })
    assert.strictEqual(read.at("response.operation.authentication.locationid"), "E2")
    assert.strictEqual(read.at("response.operation.result.data.@totalcount"), "80")
    sandbox.intacctRest.configure({ sessionBound: false })
    sandbox.intacct.endSessions()
    const fresh = String((await call(sandbox, name, "services/core/session/id", token)).at("ia::result sessionId"))
    assert.notStrictEqual(fresh, sessionId)
    assert.strictEqual((await call(sandbox, name, "services/core/session/id", token, { method: "POST" })).status, 405)
  })

  it("a live XML session buys a token of its user and entity; a dead one is refused as the switch says", async () => {
    const sandbox = await start()
    const { login } = sandbox.accounts["intacct-xml"]
    const session = await open(sandbox, { ...login, entityId: "E1" })
    const grant = () => clientCredentials(sandbox, { username: undefined, session_id: session.sessionId })
    const answer = await grant()
    const claims = claimsOf(answer.at("access_token"))
    assert.deepStrictEqual([claims["userId"], claims["entityId"]], [login.userId, "E1"])
    assert.notStrictEqual(claims["sessionId"], session.sessionId)
    await sandbox.clock.advance("31 minutes")
    assert.strictEqual((await grant()).at("error"), "invalid_grant")
    // The token and its refresh token outlive the session that bought them.
    assert.strictEqual((await call(sandbox, name, vendors, answer.at("access_token"))).status, 200)
    assert.strictEqual((await refresh(sandbox, name, answer.at("refresh_token"))).status, 200)
    sandbox.intacctRest.configure({ deadSession: "REST-2102" })
    assert.strictEqual((await grant()).at("error errorId"), "REST-2102")
    sandbox.intacctRest.configure({ deadSession: "GW-0031" })
    assert.strictEqual((await grant()).at("ia::error code"), "GW-0031")
  })

  it("a session of a user who is not on the list buys nothing", async () => {
    const sandbox = await start()
    const { console: slideIn } = sandbox.accounts["intacct-xml"]
    const session = await open(sandbox, slideIn)
    const answer = await clientCredentials(sandbox, { username: undefined, session_id: session.sessionId })
    assert.strictEqual(answer.at("error errorId"), "REST-1216")
  })

  it("a company's pool is one for XML and REST", async () => {
    const sandbox = await start({ intacct: { connectionsPerCompany: 2 } })
    const token = (await clientCredentials(sandbox)).at("access_token")
    const { login } = sandbox.accounts["intacct-xml"]
    sandbox.fault("intacct-xml", { on: "readByQuery", kind: "hang" })
    sandbox.fault("intacct-rest", { on: "api", kind: "hang" })
    const gone = [
      sendXml(sandbox, { authentication: loginXml(login), functions: [readByQuery("VENDOR")] }).catch(() => "gone"),
      call(sandbox, name, vendors, token).catch(() => "gone")
    ]
    while (sandbox.requests().length < 3) await new Promise<void>((resolve) => setImmediate(resolve))
    const third = call(sandbox, name, vendors, token)
    while (sandbox.requests().length < 4) await new Promise<void>((resolve) => setImmediate(resolve))
    assert.strictEqual(sandbox.requests()[3]?.concurrent, 3)
    await sandbox.clock.advance("30 seconds")
    const refused = await third
    assert.deepStrictEqual([refused.status, refused.at("ia::error code")], [429, "GW-0010"])
    assert.strictEqual(refused.headers.get("retry-after"), "2")
    assert.strictEqual(refused.headers.get("x-ia-throttle-retry-after"), "2")
    assert.strictEqual(refused.headers.get("x-ia-throttle-remaining"), "0")
    await sandbox.stop()
    assert.deepStrictEqual(await Promise.all(gone), ["gone", "gone"])
  })

  it("token requests wait for a connection too, unless the switch says otherwise", async () => {
    const sandbox = await start({ intacct: { connectionsPerCompany: 1 } })
    const token = (await clientCredentials(sandbox)).at("access_token")
    sandbox.fault("intacct-rest", { on: "api", kind: "hang" })
    const gone = call(sandbox, name, vendors, token).catch(() => "gone")
    while (sandbox.requests().length < 2) await new Promise<void>((resolve) => setImmediate(resolve))
    const waiting = clientCredentials(sandbox)
    while (sandbox.requests().length < 3) await new Promise<void>((resolve) => setImmediate(resolve))
    await sandbox.clock.advance("30 seconds")
    assert.strictEqual((await waiting).status, 429)
    sandbox.intacctRest.configure({ tokenTakesConnection: false })
    assert.strictEqual((await clientCredentials(sandbox)).status, 200)
    sandbox.intacctRest.configure({ tokenTakesConnection: true, connectionsPerCompany: 2 })
    assert.strictEqual((await clientCredentials(sandbox)).status, 200)
    await sandbox.stop()
    assert.strictEqual(await gone, "gone")
  })

  it("a token of the first company opens nothing of the second", async () => {
    const sandbox = await start()
    const { second } = sandbox.accounts[name]
    const mine = await connect(sandbox, name)
    const theirs = await connect(sandbox, name, {}, { login: second })
    assert.strictEqual(claimsOf(theirs.at("access_token"))["cnyId"], second.companyId)
    const read = async (token: unknown) => (await call(sandbox, name, `${vendors}/4`, token)).at("ia::result name")
    assert.notStrictEqual(await read(mine.at("access_token")), await read(theirs.at("access_token")))
    const wrong = await post(sandbox.urls[name].token, {})
    assert.strictEqual(wrong.status, 400)
  })
})
