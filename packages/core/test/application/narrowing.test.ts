import { Effect } from "effect"
import { afterEach, assert, describe, it } from "vitest"
import * as SageAuth from "../../src/SageAuth.ts"
import {
  businessCloud,
  createSageAuth,
  intacctRest,
  intacctXml,
  isSageAuthError,
  type Sage,
  type SageAuthError,
  x3
} from "../../src/index.ts"
import { webOf } from "../../src/web/index.ts"

const opened: Array<Sage<never>> = []
afterEach(async () => {
  for (const sage of opened.splice(0)) await sage.close()
})

const connections = {
  ledger: intacctXml({ sender: { id: "s", password: "p" }, login: { companyId: "acme", userId: "u", password: "p" } }),
  vendors: intacctRest.clientCredentials({ clientId: "c", clientSecret: "s", username: "u@acme" }),
  books: businessCloud({
    clientId: "c",
    clientSecret: "s",
    redirectUri: "https://app.example/sage/callback/books",
    country: "gb"
  })
}

const open = (settings: { readonly tenants?: "required" } = {}) => {
  const sage = createSageAuth({ connections, ...settings })
  opened.push(sage as never)
  return sage
}

const thrownBy = (use: () => unknown): SageAuthError => {
  try {
    use()
  } catch (thrown) {
    if (isSageAuthError(thrown)) return thrown
    throw thrown
  }
  return assert.fail("nothing was thrown")
}

/** from JavaScript */
type Loose = (name: string, options?: unknown) => Record<string, (...input: ReadonlyArray<unknown>) => unknown>

const optionsOf = (error: SageAuthError) =>
  error.reason._tag === "Misconfigured" ? error.reason.issues.map(({ option }) => option) : [error.reason._tag]

describe("a tenant that was forgotten", () => {
  const forgotten: ReadonlyArray<readonly [string, unknown, string]> = [
    ["undefined", { tenant: undefined }, "client(name, { tenant })"],
    ["null", { tenant: null }, "client(name, { tenant })"],
    ["empty", { tenant: "" }, "client(name, { tenant })"],
    ["blank", { tenant: " \t\u00a0" }, "client(name, { tenant })"],
    ["with NUL", { tenant: "a\0b" }, "client(name, { tenant })"],
    ["half of a surrogate pair", { tenant: "\ud800" }, "client(name, { tenant })"],
    ["a list", { tenant: ["acme"] }, "client(name, { tenant })"],
    ["an object of a text", { tenant: new String("acme") }, "client(name, { tenant })"],
    ["a number", { tenant: 7 }, "client(name, { tenant })"],
    ["a text in the place of the options", "acme", "client(name, options)"],
    ["null in the place of the options", null, "client(name, options)"],
    ["a list in the place of the options", ["acme"], "client(name, options)"],
    ["under a name with a slip", { tenat: "acme" }, "client(name, { tenat })"],
    ["under another name", { customer: "acme" }, "client(name, { customer })"]
  ]
  for (const [what, options, option] of forgotten) {
    it(`is Misconfigured, and not "default": ${what}`, async () => {
      const sage = open()
      assert.deepStrictEqual(optionsOf(thrownBy(() => (sage.client as Loose)("books", options))), [option])
      await sage.ready()
      assert.deepStrictEqual(optionsOf(thrownBy(() => (sage.client as Loose)("books", options))), [option])
      await Effect.runPromise(
        Effect.scoped(
          Effect.gen(function* () {
            const service = yield* SageAuth.make({ connections })
            assert.deepStrictEqual(optionsOf(thrownBy(() => (service.client as Loose)("books", options))), [option])
          })
        )
      )
    })
  }

  it("is that of applications with one customer where no tenant is meant", () => {
    const sage = open()
    assert.strictEqual(sage.client("books").tenant, "default")
    assert.strictEqual(sage.client("books", {}).tenant, "default")
  })

  it('is refused everywhere with tenants: "required"', async () => {
    const sage = open({ tenants: "required" })
    for (const options of [undefined, {}, { tenant: "default" }]) {
      assert.deepStrictEqual(optionsOf(thrownBy(() => (sage.client as Loose)("books", options))), [
        "client(name, { tenant })"
      ])
    }
    assert.strictEqual(sage.client("books", { tenant: "acme" }).tenant, "acme")
    await Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const service = yield* SageAuth.make({ connections, tenants: "required" })
          assert.deepStrictEqual(optionsOf(thrownBy(() => (service.client as Loose)("books"))), [
            "client(name, { tenant })"
          ])
        })
      )
    )
  })

  it("is refused by the adapters too, and a tenant that the resolver names is served", async () => {
    const sage = open({ tenants: "required" })
    const without = webOf(sage, {})
    const client = without.client("books", () => without.caller({}, () => undefined))
    const error: unknown = await client.status().catch((thrown: unknown) => thrown)
    assert.isTrue(isSageAuthError(error) && error.reason._tag === "Misconfigured", String(error))
    const named = webOf(sage, { tenant: () => "acme" })
    const acme = named.client("books", () => named.caller({}, () => undefined))
    assert.strictEqual((await acme.status()).state, "disconnected")
  })
})

describe("what a client is narrowed to", () => {
  const wrong: ReadonlyArray<unknown> = [undefined, "", 7, {}, "a\r\nx-evil: 1", "a\nb", "a\u0000b"]
  for (const [name, member] of [
    ["ledger", "entity"],
    ["vendors", "entity"],
    ["books", "business"]
  ] as const) {
    it(`is never everything by mistake: ${name}.${member}`, async () => {
      const sage = open()
      for (const loaded of [false, true]) {
        if (loaded) await sage.ready()
        for (const id of wrong) {
          const error = thrownBy(() => (sage.client as Loose)(name)[member]?.(id))
          assert.deepStrictEqual(optionsOf(error), [`${member}(id)`], JSON.stringify(id))
          assert.notInclude(error.message, "evil")
        }
      }
      await Effect.runPromise(
        Effect.scoped(
          Effect.gen(function* () {
            const service = yield* SageAuth.make({ connections })
            for (const id of wrong) {
              const error = thrownBy(() => (service.client as Loose)(name)[member]?.(id))
              assert.deepStrictEqual(optionsOf(error), [`${member}(id)`])
            }
          })
        )
      )
    })
  }

  it("is the top level with null, where there is one", () => {
    const sage = open()
    const loose: Loose = (name, options) => (sage.client as Loose)(name, options)
    assert.isDefined(loose("ledger")["entity"]?.(null))
    assert.isDefined(loose("vendors")["entity"]?.(null))
    assert.deepStrictEqual(optionsOf(thrownBy(() => loose("books")["business"]?.(null))), ["business(id)"])
  })
})

const issuesOf = (build: (urls: object) => unknown, urls: unknown) => {
  const error = thrownBy(() => createSageAuth({ connections: { it: build(urls as object) } as never }))
  return error.reason._tag === "Misconfigured" ? error.reason.issues : []
}

describe('environment: "sandbox"', () => {
  const local = "http://127.0.0.1:7300"
  const at = (...names: ReadonlyArray<string>) => Object.fromEntries(names.map((name) => [name, `${local}/${name}`]))
  const all = ["authorize", "token", "revoke", "api"] as const
  const kinds = {
    books: [all, (urls: object) => businessCloud({ ...books, environment: "sandbox", urls } as never)],
    payables: [
      all,
      (urls: object) => intacctRest.authorizationCode({ ...code, environment: "sandbox", urls } as never)
    ],
    vendors: [
      ["token", "revoke", "api"],
      (urls: object) => intacctRest.clientCredentials({ ...machine, environment: "sandbox", urls } as never)
    ],
    ledger: [["xml"], (urls: object) => intacctXml({ ...login, environment: "sandbox", urls } as never)]
  } as const
  for (const [name, [needed, build]] of Object.entries(kinds)) {
    it(`needs every server that the connection uses, and names the one that is missing: ${name}`, () => {
      opened.push(createSageAuth({ connections: { it: build(at(...needed)) } }) as never)
      for (const missing of needed) {
        const issues = issuesOf(build, at(...needed.filter((each) => each !== missing)))
        assert.deepStrictEqual(
          issues.map(({ option }) => option),
          [`connections.it.urls.${missing}`]
        )
      }
      assert.lengthOf(issuesOf(build, undefined), needed.length)
    })

    it(`mixes with no production host, and tells Intacct's sandbox companies apart: ${name}`, () => {
      const production = name === "books" ? "https://oauth.accounting.sage.com/token" : "https://api.intacct.com/x"
      for (const own of needed) {
        const issues = issuesOf(build, { ...at(...needed), [own]: production })
        assert.deepStrictEqual(
          issues.map(({ option }) => option),
          [`connections.it.urls.${own}`]
        )
        assert.strictEqual(/sandbox company of Intacct/.test(issues[0]?.expected ?? ""), name !== "books")
      }
    })
  }
})

const sandboxed = (options: object) => ({ environment: "sandbox", ...options }) as never

describe('environment: "sandbox" of X3', () => {
  const local = "http://127.0.0.1:7300"
  const cloud = "https://acme.sagex3.com"
  const oauth2 = (urls: object) =>
    x3.oauth2({
      authorizeUrl: `${local}/a`,
      tokenUrl: `${local}/t`,
      clientId: "c",
      redirectUri: "https://a.example/cb",
      ...urls
    })
  const gateway = { clientId: "c", clientSecret: "s", redirectUri: "https://a.example/cb", customer: cloud, scope: "s" }
  const graph = { endpoint: "E", app: { clientId: "c", clientSecret: "s".repeat(40), user: "u" } }
  const basic = x3.basic({ user: "u", password: "p" })
  for (const [option, build] of [
    ["baseUrl", () => x3.online(sandboxed({ baseUrl: cloud, auth: oauth2({}) }))],
    ["baseUrl", () => x3.onPremise(sandboxed({ baseUrl: `${cloud}.`, auth: basic }))],
    ["urls.api", () => x3.online(sandboxed({ baseUrl: local, urls: { api: `${cloud}/` }, auth: oauth2({}) }))],
    ["auth.tokenUrl", () => x3.online(sandboxed({ baseUrl: local, auth: oauth2({ tokenUrl: `${cloud}/token` }) }))],
    ["auth.authorizeUrl", () => x3.onPremise(sandboxed({ baseUrl: local, auth: oauth2({ authorizeUrl: cloud }) }))],
    ["url", () => x3.graphql(sandboxed({ ...graph, url: `${cloud}/xtrem/api` }))],
    [
      "urls.api",
      () => x3.graphql(sandboxed({ ...graph, url: `${local}/xtrem/api`, urls: { api: `${cloud}/xtrem/api` } }))
    ],
    ["rootUrl", () => x3.gateway(sandboxed({ ...gateway, rootUrl: "https://api.eu-sagex3.com/v1" }))],
    [
      "urls.root",
      () => x3.gateway(sandboxed({ ...gateway, rootUrl: local, urls: { root: "https://api.sagex3.com/v1" } }))
    ],
    ["regions", () => x3.gateway(sandboxed({ ...gateway, rootUrl: local, regions: ["https://API.us-SageX3.com/v1"] }))]
  ] as const) {
    it(`mixes with no server of Sage's: ${option}`, () => {
      const issues = issuesOf(build, undefined)
      assert.lengthOf(issues, 1)
      assert.isTrue(issues[0]?.option.startsWith(`connections.it.${option}`), issues[0]?.option)
      assert.include(issues[0]?.expected, "mixes with no production host")
    })
  }

  it("takes what stands in for such a server, under its name, too", () => {
    const connections = {
      erp: x3.online(sandboxed({ baseUrl: cloud, urls: { api: local }, auth: oauth2({}) })),
      graph: x3.graphql(sandboxed({ ...graph, url: `${cloud}/xtrem/api`, urls: { api: local } })),
      gateway: x3.gateway(
        sandboxed({
          ...gateway,
          redirectUri: "https://a.example/g",
          rootUrl: "https://api.eu-sagex3.com/v1",
          urls: { root: local }
        })
      ),
      named: x3.onPremise(sandboxed({ baseUrl: `${cloud}:8124`, auth: basic }))
    }
    const sage = createSageAuth({ connections })
    opened.push(sage as never)
    assert.strictEqual(sage.client("graph").surface, "x3-graphql")
  })

  it("is looked at when a function gives the server, before anything is sent there", async () => {
    const sage = createSageAuth({
      connections: { erp: x3.onPremise(sandboxed({ baseUrl: () => cloud, auth: basic })) },
      fetch: () => assert.fail("it was sent")
    })
    opened.push(sage as never)
    const error: unknown = await sage
      .client("erp")
      .fetch("api1/x")
      .catch((thrown: unknown) => thrown)
    assert.isTrue(isSageAuthError(error) && error.reason._tag === "Misconfigured", String(error))
  })
})

describe("a session that a connection borrows", () => {
  const local = "http://127.0.0.1:7300"
  const urls = { token: `${local}/t`, revoke: `${local}/r`, api: `${local}/a` }
  const bridge = { clientId: "c", clientSecret: "s", session: "ledger" }
  for (const [what, own, lender] of [
    ["a stand-in's goes to Intacct", {}, { environment: "sandbox", urls: { xml: local } }],
    ["one of Intacct's goes to a stand-in", { environment: "sandbox", urls }, {}]
  ] as const) {
    it(`is of the same environment: ${what} never`, () => {
      const connections = {
        ledger: intacctXml({ ...login, ...lender }),
        bridge: intacctRest.clientCredentials({ ...bridge, ...own } as never)
      }
      assert.deepStrictEqual(optionsOf(thrownBy(() => createSageAuth({ connections }))), ["connections.bridge.session"])
    })
  }
})

const machine = { clientId: "c", clientSecret: "s", username: "u@acme" }
const code = { clientId: "c", clientSecret: "s", redirectUri: "https://app.example/cb" }
const books = { ...code, country: "gb" }
const login = { sender: { id: "s", password: "p" }, login: { companyId: "acme", userId: "u", password: "p" } }
