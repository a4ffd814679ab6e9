import * as Redacted from "effect/Redacted"
import * as Result from "../../src/config/Result.ts"
import { assert, describe, it } from "vitest"
import { decodeOptions, validate } from "../../src/business-cloud/options.ts"

const least = { clientId: "id", clientSecret: "s3cret", redirectUri: "https://app.example/callback/books" }

const issuesOf = (options: unknown): ReadonlyArray<string> =>
  validate(options, "connections.books").map(({ expected, option }) => `${option}: ${expected}`)

const decoded = (options: object) => Result.getOrThrow(decodeOptions({ ...least, ...options }, "connections.books"))

const ask = () => "x"

describe("the options of businessCloud", () => {
  it("need a client, its secret and its callback, and have defaults for the rest", () => {
    const { clientSecret, ...rest } = decoded({})
    assert.strictEqual(Redacted.value(clientSecret as Redacted.Redacted), "s3cret")
    assert.deepStrictEqual(rest, {
      clientId: "id",
      redirectUri: least.redirectUri,
      country: undefined,
      locale: undefined,
      scope: "full_access",
      business: undefined,
      inDoubt: "replay",
      keepAliveConcurrency: undefined,
      maxTokenAge: undefined,
      subscriptionId: undefined,
      resourceOwnerId: undefined,
      ca: undefined,
      deadline: undefined,
      urls: {
        authorize: "https://www.sageone.com/oauth2/auth/central?filter=apiv3.1",
        token: "https://oauth.accounting.sage.com/token",
        revoke: "https://oauth.accounting.sage.com/revoke",
        api: "https://api.accounting.sage.com/v3.1"
      }
    })
  })

  it("accept undefined, and functions where customers differ", () => {
    const undefineds = Object.fromEntries(
      ["country", "locale", "scope", "business", "inDoubt", "maxTokenAge", "api", "ca", "deadline", "urls"].map(
        (name) => [name, undefined]
      )
    )
    assert.deepStrictEqual(issuesOf({ ...least, ...undefineds }), [])
    assert.deepStrictEqual(
      issuesOf({
        ...least,
        clientId: ask,
        clientSecret: ask,
        country: ask,
        locale: ask,
        business: ask,
        subscriptionId: ask
      }),
      []
    )
  })

  it("are all checked at once, by option and never by value", () => {
    const issues = issuesOf({
      clientId: "",
      clientSecret: "s3cr\u0000et",
      redirectUri: "http://app.example/callback",
      scope: "everything",
      inDoubt: "s3cret",
      deadline: "soon",
      sender: { id: "s3cret" },
      password: "s3cret",
      contry: "gb"
    })
    for (const option of [
      "clientId",
      "clientSecret",
      "redirectUri",
      "scope",
      "inDoubt",
      "deadline",
      "sender",
      "password"
    ]) {
      assert.isTrue(
        issues.some((issue) => issue.startsWith(`connections.books.${option}:`)),
        `${option} in ${issues.join("; ")}`
      )
    }
    assert.include(issues, "connections.books.contry: no such option: did you mean country?")
    assert.notInclude(issues.join(), "s3cr")
  })

  it.each([undefined, null, 5, "s3cret", [], () => {}])("refuse %j as a whole", (options) => {
    assert.isNotEmpty(issuesOf(options))
    assert.notInclude(issuesOf(options).join(), "s3cret")
  })

  it.each([
    "https://app.example/callback?x=1",
    "http://localhost:3000/callback",
    "http://127.0.0.1/callback",
    "http://[::1]:80/callback",
    "http://app.localhost:3000/callback",
    "http://localhost.:3000/callback"
  ])("take the callback %s", (redirectUri) => {
    assert.deepStrictEqual(issuesOf({ ...least, redirectUri }), [])
  })

  it.each([
    "http://app.example/callback",
    "https://app.example/callback#fragment",
    "/callback",
    "ftp://app.example/",
    "http://localhost.evil.example/",
    "https://app.example/callback#",
    "http://localhost.example/callback"
  ])("refuse the callback %s", (redirectUri) => {
    assert.deepStrictEqual(
      issuesOf({ ...least, redirectUri }).map((issue) => issue.split(":", 1)[0]),
      ["connections.books.redirectUri"]
    )
  })

  it("need both ids in the edition before v3.1, and a country that names its servers", () => {
    assert.deepStrictEqual(
      issuesOf({ ...least, api: "v3" }).map((issue) => issue.split(":", 1)[0]),
      ["connections.books.subscriptionId", "connections.books.resourceOwnerId", "connections.books.country"]
    )
    const v3 = { api: "v3", subscriptionId: "s", resourceOwnerId: "r" }
    assert.deepStrictEqual(issuesOf({ ...least, ...v3, country: "gb" }), [])
    for (const country of ["jp", "au", () => "gb", undefined]) {
      assert.match(issuesOf({ ...least, ...v3, country }).join(), /books\.country: one of "ca"/)
    }
    // a stand-in has servers of its own
    const urls = { authorize: "http://127.0.0.1/a", token: "http://127.0.0.1/t", api: "http://127.0.0.1/v3" }
    assert.deepStrictEqual(issuesOf({ ...least, ...v3, environment: "sandbox", urls }), [])
    assert.deepStrictEqual(issuesOf({ ...least, api: "v3.1", subscriptionId: "s" }), [])
    assert.match(issuesOf({ ...least, api: "v4" }).join(), /books\.api: one of "v3\.1", "v3"/)
  })

  it.each([
    ["ca", "https://oauth.na.sageone.com/token", "https://api.columbus.sage.com/ca/sageone/accounts/v3"],
    ["us", "https://oauth.na.sageone.com/token", "https://api.columbus.sage.com/us/sageone/accounts/v3"],
    ["de", "https://oauth.eu.sageone.com/token", "https://api.columbus.sage.com/de/sageone/accounts/v3"],
    ["fr", "https://oauth.eu.sageone.com/token", "https://api.columbus.sage.com/fr/sageone/accounts/v3"],
    ["gb", "https://app.sageone.com/oauth2/token", "https://api.columbus.sage.com/uki/sageone/accounts/v3"],
    ["ie", "https://app.sageone.com/oauth2/token", "https://api.columbus.sage.com/uki/sageone/accounts/v3"]
  ])("lead to the servers of %s in that edition", (country, token, api) => {
    const { urls } = decoded({ api: "v3", subscriptionId: "s", resourceOwnerId: "r", country })
    assert.strictEqual(urls.token, token)
    assert.strictEqual(urls.api, api)
    assert.strictEqual(urls.authorize, "https://www.sageone.com/oauth2/auth/central")
    // a refresh token and a secret of these servers are not for the revocation of the others
    assert.isUndefined(urls.revoke)
  })

  it("lead elsewhere in the sandbox environment only, and nowhere odd", () => {
    const local = "http://127.0.0.1:7300"
    const urls = {
      authorize: `${local}/auth`,
      token: `${local}/token`,
      revoke: `${local}/revoke`,
      api: `${local}/v3.1`
    }
    assert.strictEqual(decoded({ environment: "sandbox", urls }).urls.token, urls.token)
    assert.deepStrictEqual(decoded({ environment: "sandbox", urls }).urls, urls)
    assert.match(issuesOf({ ...least, urls }).join(), /books\.urls: nothing, or environment: "sandbox"/)
    assert.match(
      issuesOf({ ...least, environment: "sandbox", urls: { api: "ftp://x", token: "http://u:p@x/" } }).join(),
      /books\.urls\.api: .*books\.urls\.token: /
    )
    assert.match(issuesOf({ ...least, environment: "sandbox", urls: { xml: "http://x/" } }).join(), /books\.urls\.xml/)
  })
})
