import { Redacted } from "effect"
import { assert, describe, it } from "vitest"
import { basic, bearer } from "../../../src/x3/auth.ts"
import { decodeOptions, validate } from "../../../src/x3/graphql/options.ts"
import * as Result from "../../../src/config/Result.ts"

const app = { clientId: "id", clientSecret: "s3cret", user: "integration" }
const least = { url: "https://x3.acme.example:8124/xtrem/api", endpoint: "REPOSX3", app }
const login = {
  url: least.url,
  endpoint: "SEED",
  deployment: "on-premise",
  auth: basic({ user: "u", password: "s3cret" })
}

const issuesOf = (options: unknown): ReadonlyArray<string> =>
  validate(options, "connections.graph").map(({ expected, option }) => `${option}: ${expected}`)

const optionsIn = (options: unknown) => issuesOf(options).map((issue) => issue.split(":", 1)[0])

const decoded = (options: object) => Result.getOrThrow(decodeOptions({ ...least, ...options }, "connections.graph"))

const ask = () => "x"

describe("the options of x3.graphql", () => {
  it("need an address, an endpoint and a connected app, and have defaults for the rest", () => {
    const { credential, ...rest } = decoded({})
    assert.deepStrictEqual(rest, {
      url: least.url,
      endpoint: "REPOSX3",
      api: undefined,
      plainHttp: false,
      standIn: false,
      advisePlainHttp: false,
      ca: undefined,
      deadline: undefined
    })
    assert.isTrue(credential.kind === "app")
    if (credential.kind !== "app" || typeof credential.app === "function") return
    const { app: checked, ...token } = credential
    assert.deepStrictEqual(token, { kind: "app", audience: undefined, life: 300, backdate: 30 })
    assert.strictEqual(Redacted.value(checked.clientSecret), "s3cret")
  })

  it.each([
    ["the seconds of the record", { tokensValidity: 600 }, { life: 600, backdate: 30 }],
    ["a text", { tokensValidity: "2 minutes", backdate: "5 seconds" }, { life: 120, backdate: 5 }],
    ["no backdating", { backdate: 0 }, { life: 300, backdate: 0 }],
    ["a life too short for the default margin", { tokensValidity: 21 }, { life: 21, backdate: 10 }],
    ["a margin longer than half of the life", { backdate: 299 }, { life: 300, backdate: 150 }],
    ["half a second less than a whole one", { tokensValidity: 60.5 }, { life: 60, backdate: 30 }]
  ])("take %s", (_, options, expected) => {
    const { credential } = decoded(options)
    assert.isTrue(credential.kind === "app")
    assert.deepInclude(credential, expected)
  })

  it.each([{ tokensValidity: 600_000 }, { tokensValidity: 1 }, { tokensValidity: "soon" }, { backdate: -1 }])(
    "refuse %j",
    (options) => {
      assert.deepStrictEqual(optionsIn({ ...least, ...options }), [`connections.graph.${Object.keys(options)[0]}`])
    }
  )

  it("accept undefined, and functions where customers differ", () => {
    const names = ["audience", "tokensValidity", "backdate", "deployment", "allowPlainHttp", "ca", "deadline", "auth"]
    const undefineds = Object.fromEntries([...names, "environment", "urls"].map((name) => [name, undefined]))
    assert.deepStrictEqual(issuesOf({ ...least, ...undefineds }), [])
    assert.deepStrictEqual(issuesOf({ url: ask, endpoint: ask, app: ask, audience: ask }), [])
  })

  it("keep the address and the audience byte for byte", () => {
    const url = "HTTPS://X3.acme.example:443/xtrem/api/"
    assert.strictEqual(decoded({ url }).url, url)
    const { credential } = decoded({ audience: "" })
    assert.deepInclude(credential, { audience: "" })
  })

  it("are all checked at once, by option and never by value", () => {
    const issues = issuesOf({
      url: "http://x3.acme.example:8124/xtrem/api",
      endpoint: "two\twords",
      app: { clientId: "", clientSecret: "s3cr\u0000et", username: "s3cret" },
      clientSecret: "s3cret",
      deadline: "soon",
      endpont: "s3cret"
    })
    for (const option of [
      "url",
      "endpoint",
      "app.clientId",
      "app.clientSecret",
      "app.username",
      "clientSecret",
      "deadline"
    ]) {
      assert.isTrue(
        issues.some((issue) => issue.startsWith(`connections.graph.${option}:`)),
        `${option} in ${issues.join("; ")}`
      )
    }
    assert.include(issues, "connections.graph.endpont: no such option: did you mean endpoint?")
    assert.notInclude(issues.join(), "s3cr")
  })

  it.each([undefined, null, 5, "s3cret", [], () => {}])("refuse %j as a whole", (options) => {
    assert.isNotEmpty(issuesOf(options))
    assert.notInclude(issuesOf(options).join(), "s3cret")
  })

  it("take user and password on premise only, and one credential only", () => {
    assert.deepStrictEqual(issuesOf(login), [])
    assert.deepStrictEqual(optionsIn({ ...login, deployment: undefined }), ["connections.graph.deployment"])
    assert.deepStrictEqual(optionsIn({ ...login, app }), ["connections.graph.auth"])
    assert.deepStrictEqual(optionsIn({ ...login, tokensValidity: 600 }), ["connections.graph.tokensValidity"])
    assert.deepStrictEqual(optionsIn({ ...login, auth: bearer(() => "token") }), ["connections.graph.auth"])
    assert.deepStrictEqual(optionsIn({ ...login, auth: { user: "u", password: "p" } }), ["connections.graph.auth"])
    assert.deepStrictEqual(optionsIn({ url: least.url, endpoint: "SEED" }), ["connections.graph.app"])
    assert.match(issuesOf({ ...login, auth: basic({ user: "a:b", password: "p" }) }).join(), /auth\.user: .*colon/)
  })

  it("speak plain http on a trusted network on premise, and say so", () => {
    const url = "http://x3.acme.example:8124/xtrem/api"
    assert.deepStrictEqual(optionsIn({ ...least, url }), ["connections.graph.url"])
    assert.deepStrictEqual(optionsIn({ ...least, url, allowPlainHttp: "trusted-network" }), [
      "connections.graph.url",
      "connections.graph.allowPlainHttp"
    ])
    const trusting = { url, deployment: "on-premise", allowPlainHttp: "trusted-network" }
    assert.isTrue(decoded(trusting).advisePlainHttp)
    assert.deepStrictEqual(issuesOf({ ...login, ...trusting }), [])
  })

  it("lead elsewhere in the sandbox environment only", () => {
    const urls = { api: "http://127.0.0.1:7300/xtrem/api" }
    assert.deepStrictEqual(optionsIn({ ...least, urls }), ["connections.graph.urls"])
    const there = decoded({ environment: "sandbox", urls })
    assert.strictEqual(there.api, urls.api)
    assert.strictEqual(there.url, least.url)
    assert.deepStrictEqual(optionsIn({ ...least, environment: "sandbox", urls: { api: "ftp://x" } }), [
      "connections.graph.urls.api"
    ])
  })
})
