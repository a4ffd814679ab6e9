import { Effect, Redacted } from "effect"
import { assert, describe, it } from "vitest"
import { SageAuthError } from "../../../src/index.ts"
import { OAuth2 } from "../../../src/effect/index.ts"
import { json, rejectionOf } from "./openErp.ts"

const flow = {
  surface: "x3-web-services",
  authorizeUrl: "https://login.example/authorize?tenant=acme",
  tokenUrl: "https://login.example/token",
  revokeUrl: "https://login.example/revoke",
  clientId: "id",
  clientSecret: "s3cret",
  redirectUri: "https://app.example/callback/erp",
  scope: "openid",
  parameters: { prompt: "consent" }
} as const

const tokens = { access_token: "a", refresh_token: "r", token_type: "Bearer", expires_in: 60 }

/** An identity provider that answers whatever it is told, and what it was sent. */
const provider = (answer: () => Response) => {
  const sent: Array<{ readonly url: string; readonly body: URLSearchParams; readonly headers: Headers }> = []
  const fetch = (async (input: unknown, init?: RequestInit) => {
    sent.push({
      url: String(input),
      body: new URLSearchParams(typeof init?.body === "string" ? init.body : ""),
      headers: new Headers(init?.headers)
    })
    return answer()
  }) as typeof globalThis.fetch
  return { fetch, sent }
}

describe("OAuth2's flows at an identity provider of X3's", () => {
  it("make the address of a consent", async () => {
    const { state, url } = await Effect.runPromise(OAuth2.authorize(flow))
    const asked = new URL(url)
    assert.strictEqual(asked.origin + asked.pathname, "https://login.example/authorize")
    assert.include(Object.fromEntries(asked.searchParams), {
      tenant: "acme",
      state,
      client_id: "id",
      prompt: "consent",
      scope: "openid"
    })
  })

  it("exchange, refresh and revoke, by the client's authentication", async () => {
    const { fetch, sent } = provider(() => json(tokens))
    const at = { ...flow, fetch, clientAuthentication: "basic" } as const
    const exchanged = await Effect.runPromise(OAuth2.exchangeCode({ ...at, code: "code", verifier: "verifier" }))
    assert.strictEqual(Redacted.value(exchanged.accessToken), "a")
    await Effect.runPromise(OAuth2.refresh({ ...at, refreshToken: "r" }))
    await Effect.runPromise(OAuth2.revoke({ ...at, refreshToken: "r" }))
    assert.deepStrictEqual(
      sent.map(({ url }) => url),
      [flow.tokenUrl, flow.tokenUrl, flow.revokeUrl]
    )
    for (const { body, headers } of sent) {
      assert.strictEqual(headers.get("authorization"), `Basic ${Buffer.from("id:s3cret").toString("base64")}`)
      assert.isFalse(body.has("client_secret"))
    }
  })

  it("say what is wrong before anything is sent", async () => {
    const { fetch, sent } = provider(() => json(tokens))
    const { revokeUrl: _, ...unrevoked } = flow
    for (const [effect, said] of [
      [
        OAuth2.refresh({ ...flow, fetch, tokenUrl: "http://login.example/token", refreshToken: "r" }),
        "refresh.tokenUrl"
      ],
      [OAuth2.refresh({ ...flow, fetch, refreshToken: "r", entityId: "E" }), "refresh.entityId"],
      [OAuth2.refresh({ ...flow, fetch, clientId: () => "id", refreshToken: "r" }), "refresh.clientId"],
      [OAuth2.refresh({ ...flow, fetch, ca: "x", refreshToken: "r" }), "refresh.ca"],
      [OAuth2.revoke({ ...unrevoked, fetch, refreshToken: "r" }), "revoke.revokeUrl"],
      [OAuth2.authorize({ ...flow, surface: "x3" } as never), "authorize.surface"]
    ] as const) {
      const error = await rejectionOf(Effect.runPromise(effect))
      assert.instanceOf(error, SageAuthError)
      assert.strictEqual(error.reason._tag, "Misconfigured")
      assert.include(error.message, said)
    }
    assert.lengthOf(sent, 0)
  })

  it.each([
    ["invalid_grant", 400, "grant-ended"],
    ["invalid_client", 401, "client-rejected"],
    ["unauthorized_client", 400, "client-rejected"],
    ["invalid_scope", 400, "token-request-invalid"],
    ["slow_down", 429, "rate-limited"],
    ["temporarily_unavailable", 503, "service-unavailable"]
  ])("tell %s by what it means", async (code, status, id) => {
    const { fetch } = provider(() => json({ error: code, error_description: "about s3cret" }, status))
    const error = await rejectionOf(Effect.runPromise(OAuth2.refresh({ ...flow, fetch, refreshToken: "r" })))
    assert.propertyVal(error, "id", `x3-web-services.${id}`)
    assert.notInclude(String(error), "s3cret")
  })
})
