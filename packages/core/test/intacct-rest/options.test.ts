import * as Redacted from "effect/Redacted"
import * as Result from "../../src/config/Result.ts"
import { assert, describe, it } from "vitest"
import { decodeAuthorizationCode, decodeClientCredentials, readUsername } from "../../src/intacct-rest/options.ts"

const credentials = { clientId: "id", clientSecret: "s3cret", username: "user@acme" }
const code = { clientId: "id", redirectUri: "https://app.example/callback/payables" }
const at = "connections.rest"

const issuesOf = (
  result: Result.Result<unknown, ReadonlyArray<{ readonly option: string; readonly expected: string }>>
) => (Result.isFailure(result) ? result.failure.map(({ expected, option }) => `${option}: ${expected}`) : [])

const byCredentials = (options: unknown) => issuesOf(decodeClientCredentials(options, at))
const byCode = (options: unknown) => issuesOf(decodeAuthorizationCode(options, at))

const day = 86_400_000

describe("a username", () => {
  it.each([
    ["user@acme", "acme", undefined],
    ["user@acme|E1", "acme", "E1"],
    ["jane@mail.example@acme", "acme", undefined],
    ["user@Acme_Holdings", "Acme_Holdings", undefined],
    ["Admin@oauth2_main2|Central Region", "oauth2_main2", "Central Region"],
    ["Zoë O'Brien@Sales@Café Müller|東京", "Café Müller", "東京"]
  ])("%s names company %s and entity %s", (text, companyId, entityId) => {
    assert.deepStrictEqual(Result.getOrThrow(readUsername(text)), { text, companyId, entityId })
  })

  it.each([
    "user",
    "@acme",
    "user@",
    "user@|E1",
    "user@acme|",
    "user@acme|E1|E2",

    "",
    5,
    undefined
  ])("%j is none", (text) => {
    assert.deepStrictEqual(
      Result.getOrElse(readUsername(text), (failure) => failure),
      '"userId@companyId", or "userId@companyId|entityId" for an entity'
    )
  })

  it.each([
    ["user@acme ", "text without white space at its beginning or end"],
    ["user @acme", "text without white space at its beginning or end"],
    ["user@acme| E1", "text without white space at its beginning or end"],
    ["user@ac\u0000me", "text without control characters: it has U+0000 (null)"],
    ["user@acme\n", "line feed"]
  ])("%j is none, and why is said", (text, why) => {
    assert.include(
      Result.getOrElse(readUsername(text), (failure) => failure),
      why
    )
  })
})

describe("the options of clientCredentials", () => {
  it("have defaults for all but the client and whom it acts for", () => {
    const { clientSecret, subject, ...rest } = Result.getOrThrow(decodeClientCredentials(credentials, at))
    assert.strictEqual(Redacted.value(clientSecret as Redacted.Redacted), "s3cret")
    assert.deepStrictEqual(subject, { kind: "username", username: "user@acme" })
    assert.deepStrictEqual(rest, {
      clientId: "id",
      entityParameter: "entity_id",
      maxTokenAge: undefined,
      assumedGrantLife: 180 * day,
      inDoubt: "replay",
      keepAliveConcurrency: undefined,
      tier: undefined,
      permits: undefined,
      meter: undefined,
      bulkCounts: "record",
      ca: undefined,
      deadline: undefined,
      sandbox: false,
      urls: {
        authorize: "https://api.intacct.com/ia/api/v1/oauth2/authorize",
        token: "https://api.intacct.com/ia/api/v1/oauth2/token",
        revoke: "https://api.intacct.com/ia/api/v1/oauth2/revoke",
        api: "https://api.intacct.com/ia/api/v1"
      },
      tokenBody: "form",
      redirectUri: undefined,
      scope: undefined
    })
  })

  it("name exactly one of user, session and connection", () => {
    const { username: _, ...nobody } = credentials
    assert.deepStrictEqual(byCredentials(nobody), [`${at}.username: exactly one of username, sessionId and session`])
    assert.match(byCredentials({ ...credentials, sessionId: "x" }).join(), /rest\.sessionId: exactly one of/)
    assert.match(byCredentials({ ...credentials, session: "ledger" }).join(), /rest\.session: exactly one of/)
    assert.deepStrictEqual(byCredentials({ ...nobody, sessionId: "x" }), [])
    assert.deepStrictEqual(byCredentials({ ...nobody, sessionId: () => "x" }), [])
    assert.deepStrictEqual(byCredentials({ ...nobody, session: "ledger", username: undefined }), [])
  })

  it("are all checked at once, by option and never by value", () => {
    const issues = byCredentials({
      clientId: 5,
      clientSecret: "",
      username: "s3cret",
      tokenBody: "xml",
      tier: 7,
      permits: 0,
      entityParameter: "s3cret",
      bulkCounts: "s3cret",
      redirectUri: "https://app.example/",
      password: "s3cret",
      companyId: "s3cret"
    })
    assert.isAtLeast(issues.length, 11)
    assert.notInclude(issues.join(), "s3cret")
    assert.match(issues.join(), /rest\.companyId: left out: the company is part of username/)
    assert.match(issues.join(), /rest\.redirectUri: left out: only authorizationCode has a callback/)
  })

  it("know sender and login for those of the XML API, and name the ways across", () => {
    for (const wrong of [byCredentials, byCode]) {
      const issues = wrong({
        ...(wrong === byCode ? code : credentials),
        sender: {},
        login: {},
        senderPassword: "s3cret"
      })
      assert.strictEqual(issues.length, 3)
      for (const issue of issues) assert.match(issue, /intacctXml.*see session.*client\.session\(\)/)
    }
  })

  it("take spans in words", () => {
    const { assumedGrantLife, maxTokenAge } = Result.getOrThrow(
      decodeClientCredentials({ ...credentials, maxTokenAge: "5 hours", assumedGrantLife: "90 days" }, at)
    )
    assert.strictEqual(maxTokenAge, 18_000_000)
    assert.strictEqual(assumedGrantLife, 90 * day)
  })

  it("lead elsewhere in the sandbox environment only", () => {
    const api = "http://127.0.0.1:7300/ia/api/v1"
    const urls = { api, token: `${api}/oauth2/token`, revoke: `${api}/oauth2/revoke` }
    assert.match(byCredentials({ ...credentials, urls }).join(), /rest\.urls: nothing, or environment: "sandbox"/)
    const { sandbox, urls: used } = Result.getOrThrow(
      decodeClientCredentials({ ...credentials, environment: "sandbox", urls }, at)
    )
    assert.isTrue(sandbox)
    assert.strictEqual(used.api, urls.api)
    assert.strictEqual(used.token, urls.token)
    assert.match(
      byCredentials({ ...credentials, environment: "sandbox", urls: { token: "ftp://x/" } }).join(),
      /rest\.urls\.token/
    )
  })
})

describe("the options of authorizationCode", () => {
  it("need no secret, and ask for offline access unless told otherwise", () => {
    const least = Result.getOrThrow(decodeAuthorizationCode(code, at))
    assert.isUndefined(least.clientSecret)
    assert.isUndefined(least.subject)
    assert.strictEqual(least.scope, "offline_access")
    assert.isUndefined(Result.getOrThrow(decodeAuthorizationCode({ ...code, scope: "" }, at)).scope)
    assert.strictEqual(Result.getOrThrow(decodeAuthorizationCode({ ...code, scope: "openid" }, at)).scope, "openid")
  })

  it("have a callback, and nobody to act for", () => {
    assert.match(byCode({ clientId: "id" }).join(), /rest\.redirectUri/)
    assert.match(byCode({ ...code, redirectUri: "http://app.example/" }).join(), /rest\.redirectUri/)
    for (const name of ["username", "session", "sessionId"]) {
      assert.match(byCode({ ...code, [name]: "x" }).join(), /a human consents in a browser/)
    }
    assert.match(byCode({ ...code, tokenBody: "json" }).join(), /rest\.tokenBody: no such option/)
  })

  it.each([undefined, null, 5, "s3cret", []])("refuse %j as a whole", (options) => {
    assert.isNotEmpty(byCode(options))
    assert.isNotEmpty(byCredentials(options))
  })
})
