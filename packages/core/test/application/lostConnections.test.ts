import { assert, describe, it, onTestFinished } from "vitest"
import { createSageAuth, intacctRest, intacctXml, type SageAuthError, x3 } from "../../src/index.ts"

/** What a call rejects with, and how often the fetch was asked, under the default schedules and a clock that stands. */
const lost = async (
  fetch: (url: string) => Promise<Response>,
  call: (sage: ReturnType<typeof open>) => Promise<unknown>
) => {
  const asked: Array<string> = []
  const sage = open(async (input) => {
    const url = input instanceof Request ? input.url : String(input)
    asked.push(url)
    return fetch(url)
  })
  const error = await call(sage).then(
    () => undefined,
    (thrown: unknown) => thrown as SageAuthError
  )
  return { asked, error: error as SageAuthError }
}

const open = (fetch: typeof globalThis.fetch) => {
  const sage = createSageAuth({
    connections: {
      xml: intacctXml({
        sender: { id: "sender", password: "sender password" },
        login: { companyId: "acme", userId: "user", password: "user password" }
      }),
      rest: intacctRest.clientCredentials({ clientId: "id", clientSecret: "s3cret client", username: "user@acme" }),
      erp: x3.onPremise({ baseUrl: "https://x3.example", auth: x3.basic({ user: "u", password: "basic password" }) }),
      graph: x3.graphql({
        url: "https://graph.example",
        deployment: "on-premise",
        endpoint: "SEED",
        auth: x3.basic({ user: "u", password: "basic password" })
      })
    },
    fetch,
    // a retry would wait for this clock, and the test for ever
    clock: { now: () => 1_800_000_000_000, sleep: () => new Promise<void>(() => {}) }
  })
  onTestFinished(() => sage.close())
  return sage
}

const failed = (code: string) => new TypeError("fetch failed", { cause: Object.assign(new Error(code), { code }) })

const token = () =>
  Response.json({
    access_token: "access-token-canary",
    token_type: "Bearer",
    expires_in: 3600,
    refresh_token: "refresh-token-canary"
  })

const calls: ReadonlyArray<
  readonly [string, host: string, call: (sage: ReturnType<typeof open>) => Promise<unknown>, before: number]
> = [
  ["the login of intacct-xml", "api.intacct.com:443", (sage) => sage.client("xml").session(), 0],
  ["the token of intacct-rest", "api.intacct.com:443", (sage) => sage.client("rest").headers(), 0],
  ["a call of intacct-rest", "api.intacct.com:443", (sage) => sage.client("rest").fetch("objects/x"), 1],
  ["a call of x3-web-services", "x3.example:443", (sage) => sage.client("erp").fetch("api1/x"), 0],
  ["a call of x3-graphql", "graph.example:443", (sage) => sage.client("graph").query("{ x }"), 0]
]

describe.each(calls)("%s", (_, host, call, before) => {
  it.each([
    ["ENOTFOUND", "client.name-not-found"],
    ["CERT_HAS_EXPIRED", "client.certificate-not-trusted"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "client.certificate-not-trusted"],
    ["EPROTO", "client.tls-failed"]
  ])("fails at once with host, port and cause for what cannot change: %s", async (code, id) => {
    const { asked, error } = await lost(async (url) => {
      if (url.endsWith("/token")) if (before > 0) return token()
      throw failed(code)
    }, call)
    assert.strictEqual(error.id, id)
    assert.include(error.message, `the connection to ${host} failed: `)
    assert.isFalse(error.retryable)
    assert.lengthOf(asked, before + 1)
  })

  it("fails at once with host, port and cause for a port that fetch blocks", async () => {
    const { asked, error } = await lost(async (url) => {
      if (url.endsWith("/token")) if (before > 0) return token()
      throw new TypeError("fetch failed", { cause: new Error("bad port") })
    }, call)
    assert.strictEqual(error.id, "client.port-blocked")
    assert.include(error.message, `the connection to ${host} failed: fetch blocks this port`)
    assert.isFalse(error.retryable)
    assert.lengthOf(asked, before + 1)
  })
})

/** What each request carries. */
const secretsOf: Readonly<Record<string, ReadonlyArray<string>>> = {
  "the login of intacct-xml": ["sender password", "user password"],
  "the token of intacct-rest": ["s3cret client"],
  "a call of intacct-rest": ["access-token-canary"],
  "a call of x3-web-services": ["dTpiYXNpYyBwYXNzd29yZA", "basic password"],
  "a call of x3-graphql": ["dTpiYXNpYyBwYXNzd29yZA", "basic password"]
}

describe("the words of a fetch that throws", () => {
  it("reach the caller on every surface, without the secrets that it quotes", async () => {
    for (const [name, host, call, before] of calls) {
      const { error } = await lost(async (url) => {
        if (url.endsWith("/token") && before > 0) return token()
        throw Object.assign(
          new Error(
            "no ticket for sender password, user password, s3cret client, access-token-canary, Basic dTpiYXNpYyBwYXNzd29yZA==, basic password"
          ),
          { code: "ENOTFOUND" }
        )
      }, call)
      assert.include(error.message, `${host} failed: there is no such name: no ticket for`, name)
      for (const secret of secretsOf[name] ?? []) assert.notInclude(JSON.stringify(error), secret, name)
    }
  })
})
