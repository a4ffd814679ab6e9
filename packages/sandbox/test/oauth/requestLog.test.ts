import { assert, describe, it } from "vitest"
import {
  authorizeUrl,
  bearer,
  call,
  clientCredentials,
  connect,
  consent,
  exchange,
  pkce,
  post,
  refresh,
  send,
  sendJson,
  start
} from "./support.ts"

describe("the log of requests to the OAuth surfaces", () => {
  it("tells the step, the grant type and what a request proved itself with", async () => {
    const sandbox = await start({ startAt: 1000 })
    const answer = await clientCredentials(sandbox)
    await refresh(sandbox, "intacct-rest", answer.at("refresh_token"))
    await call(sandbox, "intacct-rest", "objects/accounts-payable/vendor?size=1", answer.at("access_token"))
    await post(sandbox.urls["intacct-rest"].revoke, {})
    await send(authorizeUrl(sandbox, "intacct-rest"))
    const [first, ...more] = sandbox.requests({ surface: "intacct-rest" })
    const { body, headers, ...facts } = first ?? assert.fail("nothing was logged")
    assert.deepStrictEqual(facts, {
      surface: "intacct-rest",
      listener: "main",
      step: "token",
      method: "POST",
      path: "/ia/api/v1/oauth2/token",
      status: 200,
      startedAt: 1000,
      endedAt: 1000,
      order: 0,
      concurrent: 1,
      contentType: "application/x-www-form-urlencoded;charset=UTF-8",
      functions: ["token"],
      authentication: "client",
      grantType: "client_credentials"
    })
    assert.includeMembers([...headers], ["host", "content-type"])
    assert.include(body, "client_secret=***&username=xml_gateway%40AcmeHoldings")
    assert.deepStrictEqual(
      more.map(({ step, grantType, authentication, status }) => [step, grantType, authentication, status]),
      [
        ["token", "refresh_token", "client", 200],
        ["api", undefined, "bearer", 200],
        ["revoke", undefined, undefined, 400],
        ["authorize", undefined, undefined, 200]
      ]
    )
    assert.lengthOf(sandbox.requests({ step: "token" }), 2)
    assert.notProperty(more[1], "grantType")
  })

  it("holds no secret, wherever a client puts it", async () => {
    const sandbox = await start()
    const secrets = new Set<string>()
    const keep = (...found: ReadonlyArray<unknown>): void => {
      for (const each of found) if (typeof each === "string") secrets.add(each)
    }
    for (const name of ["intacct-rest", "business-cloud"] as const) {
      const { verifier, challenge } = pkce()
      const asked = { code_challenge: challenge, code_challenge_method: "S256" }
      const { user, client } = sandbox.accounts[name]
      const code = (await consent(sandbox, name, asked)).get("code") ?? ""
      const wrong = await sandbox
        .approve(authorizeUrl(sandbox, name), { login: { password: "canary-mistyped" } })
        .catch(() => "")
      assert.strictEqual(wrong, "")
      const answer = await exchange(sandbox, name, code, { code_verifier: verifier })
      assert.strictEqual(answer.status, 200)
      const next = await refresh(sandbox, name, answer.at("refresh_token"))
      const renewed = `renewed-${name}-Jd7xPq`
      const control = name === "intacct-rest" ? sandbox.intacctRest : sandbox.businessCloud
      control.setClientSecret(client.clientId, renewed)
      const tokens = [answer, next].flatMap((each) => [each.at("access_token"), each.at("refresh_token")])
      keep(code, verifier, client.clientSecret, renewed, user.password, "canary-mistyped", ...tokens)
      const { token, revoke, api, authorize } = sandbox.urls[name]
      for (const url of [token, revoke, api, authorize]) {
        for (const secret of [String(tokens[0]), String(tokens[3]), code, verifier, renewed, "canary-mistyped"]) {
          await post(url, {
            refresh_token: secret,
            client_secret: secret,
            code: secret,
            password: secret,
            token: secret
          })
          await sendJson(url, {
            refresh_token: secret,
            client_secret: secret,
            session_id: secret,
            code_verifier: [secret]
          })
          await send(`${url}?access_token=${encodeURIComponent(secret)}`, { headers: bearer(secret) })
          await send(url, { method: "POST", body: `password=${secret} ${secret.length > 39 ? secret : ""}` })
          await send(url, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: `{"password": "${secret}`
          })
        }
        await send(`${url}/${String(tokens[0])}`)
        await send(url, { method: "POST", headers: { "content-type": `x/y; note=${String(tokens[0])}` }, body: "x" })
        await send(url, { method: "POST", body: `${"x ".repeat(8190)}${String(tokens[0])}` })
        await post(url, { grant_type: String(tokens[0]) })
      }
    }
    const answer = await clientCredentials(sandbox, { client_secret: "renewed-intacct-rest-Jd7xPq" })
    const sessionId = String(
      (await call(sandbox, "intacct-rest", "services/core/session/id", answer.at("access_token"))).at(
        "ia::result sessionId"
      )
    )
    keep(sessionId)
    await clientCredentials(sandbox, { username: undefined, session_id: sessionId })
    await sendJson(sandbox.urls["intacct-rest"].token, { grant_type: "client_credentials", session_id: sessionId })
    await connect(sandbox, "business-cloud", {}, {}).catch(() => "the secret was changed")
    const log = JSON.stringify(sandbox.requests())
    assert.isAtLeast(secrets.size, 19)
    for (const secret of secrets) {
      for (const form of [secret, encodeURIComponent(secret), secret.slice(-24)]) assert.notInclude(log, form)
    }
  })
})
