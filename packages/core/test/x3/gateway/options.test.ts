import { Redacted, Schedule } from "effect"
import { assert, describe, it } from "vitest"
import { decodeOptions, validate } from "../../../src/x3/gateway/options.ts"
import * as Result from "../../../src/config/Result.ts"

const least = {
  rootUrl: "https://api.myregion-sagex3.com/v1",
  clientId: "id",
  clientSecret: "s3cret",
  redirectUri: "https://app.example/sage/callback/gateway",
  customer: "https://x3.customer.com",
  scope: "api.graphQL businessDomain.ALL"
}

const issuesOf = (options: unknown): ReadonlyArray<string> =>
  validate(options, "connections.gateway").map(({ expected, option }) => `${option}: ${expected}`)

const optionsIn = (options: unknown) => issuesOf(options).map((issue) => issue.split(":", 1)[0])

const decoded = (options: object) => Result.getOrThrow(decodeOptions({ ...least, ...options }, "connections.gateway"))

const ask = () => "x"

describe("the options of x3.gateway", () => {
  it("have defaults for all but what names application and customer", () => {
    const { clientSecret, ...rest } = decoded({})
    assert.strictEqual(Redacted.value(clientSecret as Redacted.Redacted), "s3cret")
    assert.deepStrictEqual(rest, {
      root: "https://api.myregion-sagex3.com/v1",
      hosts: new Set(["api.myregion-sagex3.com"]),
      plainHttp: false,
      clientId: "id",
      redirectUri: least.redirectUri,
      customer: "https://x3.customer.com",
      scope: "api.graphQL businessDomain.ALL",
      schedule: undefined,
      callbackWithin: 7 * 86_400_000,
      pkce: true,
      deletion: undefined,
      inDoubt: "replay",
      keepAliveConcurrency: undefined,
      maxTokenAge: undefined,
      ca: undefined,
      deadline: undefined
    })
  })

  it("accept undefined, and functions where customers differ", () => {
    const names = ["regions", "pairing", "pkce", "deletion", "inDoubt", "maxTokenAge", "ca", "deadline", "urls"]
    assert.deepStrictEqual(issuesOf({ ...least, ...Object.fromEntries(names.map((name) => [name, undefined])) }), [])
    assert.deepStrictEqual(issuesOf({ ...least, clientId: ask, clientSecret: ask, customer: ask }), [])
    assert.deepStrictEqual(optionsIn({ ...least, rootUrl: ask }), ["connections.gateway.rootUrl"])
  })

  it("take a schedule, a time for the callback, regions, and how a token is deleted", () => {
    const schedule = Schedule.recurs(3)
    const found = decoded({
      rootUrl: "https://api.myregion-sagex3.com/v1/",
      pairing: { schedule, callbackWithin: "2 days" },
      regions: ["https://api.other-sagex3.com/v1", "https://api.third-sagex3.com:8443/v1"],
      deletion: { method: "DELETE", path: "token" }
    })
    assert.strictEqual(found.root, "https://api.myregion-sagex3.com/v1")
    assert.strictEqual(found.schedule, schedule)
    assert.strictEqual(found.callbackWithin, 2 * 86_400_000)
    assert.deepStrictEqual(
      [...found.hosts],
      ["api.myregion-sagex3.com", "api.other-sagex3.com", "api.third-sagex3.com:8443"]
    )
    assert.deepStrictEqual(found.deletion, { method: "DELETE", path: "token" })
  })

  it("are all checked at once, by option and never by value", () => {
    const issues = issuesOf({
      rootUrl: "http://api.myregion-sagex3.com/v1",
      clientId: "",
      clientSecret: "s3cr\u0000et",
      redirectUri: "http://app.example/callback",
      customer: "acme",
      scope: " api.graphQL",
      regions: ["https://user:s3cret@api.other-sagex3.com/v1"],
      pairing: { schedule: 5, callbackWithin: "soon" },
      deletion: { method: "GET", path: "../token" },
      user: "s3cret",
      costumer: "s3cret"
    })
    for (const option of [
      "rootUrl",
      "clientId",
      "clientSecret",
      "redirectUri",
      "customer",
      "scope",
      "regions.0",
      "pairing.schedule",
      "pairing.callbackWithin",
      "deletion.method",
      "deletion.path",
      "user"
    ]) {
      assert.isTrue(
        issues.some((issue) => issue.startsWith(`connections.gateway.${option}:`)),
        `${option} in ${issues.join("; ")}`
      )
    }
    assert.include(issues, "connections.gateway.costumer: no such option: did you mean customer?")
    assert.notInclude(issues.join(), "s3cr")
  })

  it.each([undefined, null, 5, "s3cret", [], () => {}])("refuse %j as a whole", (options) => {
    assert.isNotEmpty(issuesOf(options))
    assert.notInclude(issuesOf(options).join(), "s3cret")
  })

  it("lead elsewhere in the sandbox environment only", () => {
    const urls = { root: "http://127.0.0.1:7300/x3-gateway/v1" }
    assert.deepStrictEqual(optionsIn({ ...least, urls }), ["connections.gateway.urls"])
    const there = decoded({ environment: "sandbox", urls })
    assert.strictEqual(there.root, urls.root)
    assert.deepStrictEqual([...there.hosts], ["127.0.0.1"])
  })
})
