import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Exit, Fiber, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { connect } from "node:net"
import { inspect } from "node:util"
import type { SageAuthError } from "../../src/errors/SageAuthError.ts"
import type { CatalogueId } from "../../src/errors/catalogue.ts"
import type { TokenVerdict } from "../../src/oauth2/TokenErrors.ts"
import { type TokenRequest, tokenRequest } from "../../src/oauth2/tokenEndpoint.ts"
import type { Fetch } from "../../src/transport/Answer.ts"
import * as Transport from "../../src/transport/Transport.ts"
import { authorizationServer, reply } from "./authorizationServer.ts"
import { errors } from "./rules.ts"
import { intacctClaims, jwt, sessionId } from "./tokens.ts"

const platform: Fetch = (input, init) => globalThis.fetch(input, init)

const openTransport = (fetch: Fetch = platform) => Effect.map(Clock.Clock, (clock) => Transport.make(fetch, clock))

const clientSecret = Redacted.make("s3cret&client=/+")

const refresh: Omit<TokenRequest, "url"> = {
  clientAuthentication: { method: "body", clientId: "c1", clientSecret },
  parameters: { grant_type: "refresh_token", refresh_token: Redacted.make("old refresh/token") },
  errors,
  place: { surface: "intacct-rest", connection: "vendors", tenant: "acme" }
}

const whole = { token_type: "Bearer", access_token: "at", refresh_token: "rt", expires_in: 43200 }

/** Sends one request to a server that answers so. */
const ask = (respond: Parameters<typeof authorizationServer>[0], request: Partial<TokenRequest> = {}) =>
  Effect.gen(function* () {
    const server = yield* authorizationServer(respond)
    const transport = yield* openTransport()
    const answered = yield* Effect.result(
      tokenRequest(transport, { ...refresh, url: `${server.url}/token`, ...request })
    )
    return { answered, server }
  })

const failed = (respond: Parameters<typeof authorizationServer>[0], request: Partial<TokenRequest> = {}) =>
  Effect.gen(function* () {
    const { answered, server } = yield* ask(respond, request)
    if (answered._tag === "Success") return assert.fail("a token came back")
    return { failure: answered.failure, server }
  })

const refusal = (error: unknown) => JSON.stringify(error)

const retryAfterOf = (error: SageAuthError) =>
  error.reason._tag === "RateLimited" ? error.reason.retryAfter : undefined

describe("a token request on the wire", () => {
  it.effect("is a form with the client in its body", () =>
    Effect.gen(function* () {
      const { answered, server } = yield* ask(reply(200, JSON.stringify(whole)))
      assert.strictEqual(answered._tag, "Success")
      const [{ body, headers, method, url } = assert.fail("nothing arrived")] = server.requests
      assert.strictEqual(method, "POST")
      assert.strictEqual(url, "/token")
      assert.strictEqual(
        body,
        "grant_type=refresh_token&refresh_token=old+refresh%2Ftoken&client_id=c1&client_secret=s3cret%26client%3D%2F%2B"
      )
      assert.strictEqual(headers["content-type"], "application/x-www-form-urlencoded")
      assert.strictEqual(headers.accept, "application/json")
      assert.strictEqual(headers["content-length"], String(body.length))
      assert.isUndefined(headers.authorization)
      assert.lengthOf(server.requests, 1)
    })
  )

  it.effect("is a form with the client in the Authorization header", () =>
    Effect.gen(function* () {
      const { server } = yield* ask(reply(200, JSON.stringify(whole)), {
        clientAuthentication: { method: "basic", clientId: "c:1", clientSecret },
        parameters: { grant_type: "client_credentials", username: "xml_gateway@acme|E1" }
      })
      const [{ body, headers } = assert.fail("nothing arrived")] = server.requests
      assert.strictEqual(body, "grant_type=client_credentials&username=xml_gateway%40acme%7CE1")
      assert.strictEqual(
        headers.authorization,
        `Basic ${Buffer.from("c%3A1:s3cret%26client%3D%2F%2B").toString("base64")}`
      )
    })
  )

  it.effect("is JSON for X3's gateway, and carries a code with a slash as it is", () =>
    Effect.gen(function* () {
      const { server } = yield* ask(reply(200, JSON.stringify(whole)), {
        body: "json",
        accept: "application/json, */*",
        parameters: {
          code: Redacted.make("GB/12ab"),
          grant_type: "authorization_code",
          redirect_uri: "https://app.example/cb",
          code_verifier: undefined
        }
      })
      const [{ body, headers } = assert.fail("nothing arrived")] = server.requests
      assert.strictEqual(
        body,
        '{"code":"GB/12ab","grant_type":"authorization_code","redirect_uri":"https://app.example/cb","client_id":"c1","client_secret":"s3cret&client=/+"}'
      )
      assert.strictEqual(headers["content-type"], "application/json")
      assert.strictEqual(headers.accept, "application/json, */*")
    })
  )
})

describe("a token request that is answered", () => {
  it.effect("brings the tokens, and the time at which they arrived", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(5_000)
      const { answered } = yield* ask(reply(200, JSON.stringify({ ...whole, region: "eu" })), {
        extraMembers: ["region"]
      })
      if (answered._tag === "Failure") return assert.fail(answered.failure.error.message)
      const { accessToken, expiresIn, extras, receivedAt, refreshToken } = answered.success
      assert.strictEqual(Redacted.value(accessToken), "at")
      assert.strictEqual(Redacted.value(refreshToken!), "rt")
      assert.deepStrictEqual([expiresIn, receivedAt, extras], [43_200_000, 5_000, { region: "eu" }])
    })
  )

  it.effect.each([
    ["without a content type", reply(200, JSON.stringify(whole), {})],
    ["as text/html", reply(200, JSON.stringify(whole), { "content-type": "text/html" })],
    ["with 201", reply(201, JSON.stringify(whole))],
    ["with a byte order mark", reply(200, `\ufeff${JSON.stringify(whole)}`)],
    ["with a space after the type", reply(200, JSON.stringify({ ...whole, token_type: "Bearer " }))],
    ["with an error's member beside the token", reply(200, JSON.stringify({ ...whole, message: "ok" }))]
  ] as const)("is taken %s", ([, respond]) =>
    Effect.gen(function* () {
      const { answered } = yield* ask(respond)
      assert.strictEqual(answered._tag, "Success")
    })
  )

  const html = { "content-type": "text/html" }
  const page = "<html><head><title>502 Bad Gateway</title></head></html>"

  it.effect.each([
    // refused: the token that was sent is dead, or was not used
    ["invalid_grant", reply(400, refusal({ error: "invalid_grant" })), "invalid-grant", "intacct-rest.grant-ended"],
    [
      "invalid_grant with 401",
      reply(401, refusal({ error: "invalid_grant" })),
      "invalid-grant",
      "intacct-rest.grant-ended"
    ],
    [
      "invalid_grant with 200",
      reply(200, refusal({ error: "invalid_grant" })),
      "invalid-grant",
      "intacct-rest.grant-ended"
    ],
    [
      "OAUTH2_INVALID_GRANT",
      reply(400, refusal({ "ia::error": { code: "OAUTH2_INVALID_GRANT" } })),
      "invalid-grant",
      "intacct-rest.grant-ended"
    ],
    [
      "invalid_grant as text/html",
      reply(400, refusal({ error: "invalid_grant" }), html),
      "invalid-grant",
      "intacct-rest.grant-ended"
    ],
    [
      "invalid_client",
      reply(401, refusal({ error: "invalid_client" })),
      "invalid-client",
      "intacct-rest.client-rejected"
    ],
    [
      "REST-1216",
      reply(400, refusal({ error: { errorId: "REST-1216", message: "The Client ID is incorrect" } })),
      "invalid-client",
      "intacct-rest.client-not-authorized"
    ],
    ["GW-0036", reply(400, refusal({ "ia::error": { code: "GW-0036" } })), "rejected", "intacct-rest.username-missing"],
    [
      "a pairing that is not accepted",
      reply(403, refusal({ message: "The pairing request has not been accepted." })),
      "pending",
      "x3-gateway.pairing-pending"
    ],
    [
      "any other refusal",
      reply(400, refusal({ error: "invalid_request" })),
      "rejected",
      "intacct-rest.request-invalid"
    ],
    ["a refusal without a word", reply(400, ""), "rejected", "intacct-rest.request-invalid", "unknown"],
    ["a refusal in JSON that says nothing", reply(400, "{}"), "rejected", "intacct-rest.request-invalid", "unknown"],
    [
      "a refusal that nobody documents",
      reply(403, refusal({ message: "Forbidden" })),
      "rejected",
      "intacct-rest.request-invalid",
      "unknown"
    ],
    [
      "a refusal with a code that nobody documents",
      reply(400, refusal({ error: "bad_request", status: 400 })),
      "rejected",
      "intacct-rest.request-invalid",
      "unknown"
    ],
    [
      "the code of a refusal in a form",
      reply(400, "error=invalid_request", { "content-type": "application/x-www-form-urlencoded" }),
      "rejected",
      "intacct-rest.request-invalid",
      "unknown"
    ],
    ["404", reply(404, ""), "rejected", "intacct-rest.token-endpoint-invalid", "unknown"],
    [
      "404 in JSON",
      reply(404, refusal({ message: "no Route matched with those values" })),
      "rejected",
      "intacct-rest.token-endpoint-invalid",
      "unknown"
    ],
    ["404 with a page", reply(404, page, html), "no-answer", "intacct-rest.token-endpoint-invalid"],
    ["401 without a body", reply(401, ""), "invalid-client", "intacct-rest.client-rejected", "unknown"],
    ["401 in text", reply(401, "Unauthorized", {}), "invalid-client", "intacct-rest.client-rejected", "unknown"],
    [
      "unsupported_grant_type",
      reply(400, refusal({ error: "unsupported_grant_type" })),
      "rejected",
      "intacct-rest.request-invalid"
    ],
    [
      "interaction_required",
      reply(400, refusal({ error: "interaction_required" })),
      "invalid-grant",
      "client.interaction-required"
    ],
    [
      "login_required",
      reply(400, refusal({ error: "login_required" })),
      "invalid-grant",
      "client.interaction-required"
    ],
    [
      "consent_required with 401",
      reply(401, refusal({ error: "consent_required" })),
      "invalid-grant",
      "client.interaction-required"
    ],
    [
      "a refusal in plain text",
      reply(403, "RBAC: access denied", { "content-type": "text/plain" }),
      "rejected",
      "intacct-rest.request-invalid",
      "unknown"
    ],
    [
      "an unknown error with 200",
      reply(200, refusal({ error: "odd" })),
      "rejected",
      "intacct-rest.request-invalid",
      "unknown"
    ],
    // limits and the server's own 503
    ["429", reply(429, ""), "rate-limited", "intacct.rate-limited", "unknown"],
    ["429 with a page", reply(429, page, html), "rate-limited", "intacct.rate-limited", "unknown"],
    [
      "429 of a gateway in front",
      reply(429, refusal({ message: "API rate limit exceeded" })),
      "rate-limited",
      "intacct.rate-limited",
      "unknown"
    ],
    [
      "429 of the server's own",
      reply(429, refusal({ "ia::error": { code: "GW-0010", message: "API rate limit exceeded" } })),
      "rate-limited",
      "intacct.rate-limited"
    ],
    [
      "a limit with 200, in JSON",
      reply(200, refusal({ "ia::error": { code: "GW-0010" } })),
      "rate-limited",
      "intacct.rate-limited"
    ],
    [
      "a limit with 200, in text",
      reply(200, "API rate limit exceeded", {}),
      "rate-limited",
      "intacct.rate-limited",
      "unknown"
    ],
    [
      "a limit in XML",
      reply(503, "<response><errorno>GW-0010</errorno><description>API rate limit exceeded</description></response>"),
      "rate-limited",
      "intacct.rate-limited",
      "unknown"
    ],
    ["503 without a body", reply(503, ""), "no-answer", "intacct.service-unavailable"],
    ["503 in JSON", reply(503, refusal({ message: "maintenance" })), "no-answer", "intacct.service-unavailable"],
    [
      "503 of the server's own",
      reply(503, refusal({ error: "temporarily_unavailable" })),
      "unavailable",
      "intacct.service-unavailable"
    ],
    [
      "temporarily_unavailable",
      reply(400, refusal({ error: "temporarily_unavailable" })),
      "unavailable",
      "intacct.service-unavailable"
    ],
    // nobody knows
    ["503 with a proxy's page", reply(503, page, html), "no-answer", "intacct.service-unavailable"],
    [
      "503 with a proxy's sentence",
      reply(503, "upstream connect error or disconnect/reset before headers", {}),
      "no-answer",
      "intacct.service-unavailable"
    ],
    ["500", reply(500, refusal({ error: "server_error" })), "no-answer", "intacct.service-unavailable"],
    [
      "500 that calls the grant invalid",
      reply(500, refusal({ error: "invalid_grant" })),
      "no-answer",
      "intacct.service-unavailable"
    ],
    ["502", reply(502, page, html), "no-answer", "intacct.service-unavailable"],
    ["504", reply(504, ""), "no-answer", "intacct.service-unavailable"],
    ["524", reply(524, page, html), "no-answer", "intacct.service-unavailable"],
    ["408", reply(408, ""), "no-answer", "intacct.service-unavailable"],
    [
      "server_error with 400",
      reply(400, refusal({ error: "server_error" })),
      "no-answer",
      "intacct.service-unavailable"
    ],
    ["a sign-in page with 200", reply(200, page, html), "no-answer", "intacct.unreadable-answer"],
    ["a firewall's page with 403", reply(403, page, html), "no-answer", "intacct.unreadable-answer"],
    ["half a success", reply(200, '{"access_token":"eyJhb'), "no-answer", "intacct.unreadable-answer"],
    ["half a refusal", reply(400, '{"error":"invalid_gr'), "no-answer", "intacct.unreadable-answer"],
    [
      "a success without a token",
      reply(200, refusal({ token_type: "Bearer", expires_in: 300 })),
      "no-answer",
      "intacct.unreadable-answer"
    ],
    ["a success without a body", reply(200, ""), "no-answer", "intacct.unreadable-answer"],
    ["a list", reply(200, refusal([whole])), "no-answer", "intacct.unreadable-answer"],
    [
      "a token of another type",
      reply(200, refusal({ ...whole, token_type: "mac" })),
      "no-answer",
      "intacct.unreadable-answer"
    ],
    [
      "a token that breaks out of its header",
      reply(200, refusal({ ...whole, access_token: "a\r\nb" })),
      "no-answer",
      "intacct.unreadable-answer"
    ],
    ["XML", reply(200, "<token>at</token>", { "content-type": "text/xml" }), "no-answer", "intacct.unreadable-answer"],
    [
      "more than is read",
      reply(200, refusal({ ...whole, filler: "x".repeat(300_000) })),
      "no-answer",
      "intacct.unreadable-answer"
    ]
  ] as ReadonlyArray<
    readonly [
      name: string,
      respond: Parameters<typeof authorizationServer>[0],
      verdict: TokenVerdict,
      id: CatalogueId,
      processed?: "unknown"
    ]
  >)("is judged: %s", ([, respond, verdict, id, processed]) =>
    Effect.gen(function* () {
      const { failure, server } = yield* failed(respond)
      assert.strictEqual(failure.verdict, verdict)
      assert.strictEqual(failure.error.id, id)
      assert.strictEqual(failure.error.connection, "vendors")
      assert.lengthOf(server.requests, 1)
      assert.strictEqual(
        failure.processed,
        processed ?? (verdict === "no-answer" ? "unknown" : verdict === "invalid-grant" ? "yes" : "no")
      )
    })
  )

  it.effect("hands on how long to wait, in seconds or until a date", () =>
    Effect.gen(function* () {
      const seconds = yield* failed(reply(429, "", { "retry-after": "7" }))
      assert.strictEqual(retryAfterOf(seconds.failure.error), 7_000)
      const date = yield* failed(reply(429, "", { "retry-after": "Thu, 01 Jan 1970 00:00:30 GMT" }))
      assert.strictEqual(retryAfterOf(date.failure.error), 30_000)
      const odd = yield* failed(reply(429, "", { "retry-after": "soon" }))
      assert.isUndefined(retryAfterOf(odd.failure.error))
    })
  )

  it.effect.each([301, 302, 303, 307, 308])("with a redirect (%d) is not followed", (status) =>
    Effect.gen(function* () {
      const other = yield* authorizationServer(reply(200, JSON.stringify(whole)))
      const { failure, server } = yield* failed(reply(status, "", { location: `${other.url}/token` }))
      assert.strictEqual(failure.verdict, "rejected")
      assert.strictEqual(failure.error.id, "intacct.redirect-refused")
      // who redirects may have handed the request on
      assert.strictEqual(failure.processed, "unknown")
      assert.strictEqual(failure.status, status)
      assert.lengthOf(server.requests, 1)
      assert.lengthOf(other.requests, 0)
      assert.notInclude(inspect(failure), other.url)
    })
  )

  it.effect("says what the server said, with code, support id and remedy", () =>
    Effect.gen(function* () {
      const body = {
        error: { code: "unauthorized", errorId: "REST-1216", message: "Not <b>authorized</b>", supportId: "Kxi78%7EZu" }
      }
      const { failure } = yield* failed(reply(401, refusal(body)))
      assert.strictEqual(failure.error.message, "vendors: Not authorized (REST-1216)")
      assert.strictEqual(failure.error.code, "REST-1216")
      assert.strictEqual(failure.error.supportId, "Kxi78%7EZu")
      assert.include(failure.error.remedy, "Authorized Client Applications")
    })
  )

  it.effect("shows no secret, although the server quotes all that it was sent", () =>
    Effect.gen(function* () {
      const refreshToken = jwt({ ...intacctClaims, refreshToken: "0123456789abcdef0123456789abcdef01234567" })
      const secrets = [refreshToken, sessionId, "0123456789abcdef0123456789abcdef01234567", "s3cret&client=/+"]
      const parameters = { grant_type: "refresh_token", refresh_token: Redacted.make(refreshToken) }
      const methods = ["body", "basic"] as const
      for (const method of methods) {
        const { failure, server } = yield* failed(
          (response, { body, headers }, request) => {
            const quoted = `${body} ${headers.authorization ?? ""} ${secrets.join(" ")}`
            const echo = {
              error: { code: "bad", message: quoted, supportId: secrets[2], details: [{ message: quoted }] }
            }
            reply(400, refusal(echo))(response, { body, headers, method: "", url: "" }, request)
          },
          { parameters, clientAuthentication: { method, clientId: "c1", clientSecret } }
        )
        const [{ body, headers } = assert.fail("nothing arrived")] = server.requests
        const sent = [body.split("&")[1]!.split("=")[1]!, headers.authorization?.slice(6) ?? secrets[0]!]
        const shown = `${inspect(failure, { depth: 9, showHidden: true })}${JSON.stringify(failure)}${failure.error.stack}`
        for (const secret of [...secrets, ...sent, encodeURIComponent(secrets[3]!)]) assert.notInclude(shown, secret)
        assert.include(shown, "[masked]")
      }
    })
  )
})

const described = (body: string, type: string) =>
  Effect.map(failed(reply(200, body, { "content-type": type })), ({ failure }) => failure.error.message)

describe("the body of a token endpoint", () => {
  const opaque = "kf9zq0sj4tw81mmpr3"
  const at = `at-${opaque}`
  const rt = `rt-${opaque}`
  const tokens = { access_token: at, refresh_token: rt, token_type: "mac" }
  const form = `access_token=${at}&refresh_token=${rt}&token_type=bearer&expires_in=3600`
  const escaped = Array.from(at, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")
  const bodies: Readonly<Record<string, readonly [body: string, type: string]>> = {
    "a form": [form, "application/x-www-form-urlencoded"],
    "a form that is called JSON": [form, "application/json"],
    "a form in text": [`${form}\n`, "text/plain"],
    text: [`Here you are: ${at}, and ${rt} for later`, "text/plain"],
    XML: [`<r><access_token>${at}</access_token><refresh_token>${rt}</refresh_token></r>`, "text/xml"],
    "XML with other names": [`<r a="${at}"><b>${rt}</b></r>`, "application/xml"],
    HTML: [`<html><body>${at} ${rt}</body></html>`, "text/html"],
    "a text in JSON": [JSON.stringify(`${at} ${rt}`), "application/json"],
    "a list in JSON": [JSON.stringify([at, rt, { message: 1 }]), "application/json"],
    "a list of tokens": [JSON.stringify([tokens]), "application/json"],
    "a number of members": [
      JSON.stringify({ ...tokens, title: at, description: rt, detail: at, errors: [rt] }),
      "application/json"
    ],
    "another type of token": [JSON.stringify(tokens), "application/json"],
    "tokens in the words": [
      JSON.stringify({ error: "odd", error_description: `you have ${at} and ${rt}`, ...tokens, token_type: "mac" }),
      "application/json"
    ],
    "tokens in the words alone": [
      JSON.stringify({ error: "odd", error_description: `issued access_token=${at}&refresh_token=${rt}` }),
      "application/json"
    ],
    "tokens in the words, escaped": [
      `{"error":"odd","error_description":"issued \\"access_token\\":\\"${escaped}\\"","access_token":"${at}","token_type":"mac"}`,
      "application/json"
    ],
    "tokens in the code": [JSON.stringify({ error: at, access_token: at, token_type: "mac" }), "application/json"],
    "tokens below": [
      JSON.stringify({ error: { message: `for ${at}`, session: { access_token: at, refresh_token: rt } } }),
      "application/json"
    ],
    "tokens of no name that tells": [
      JSON.stringify({ error_description: `see ${at}`, reason: rt, jti: rt, list: [{ value: at }] }),
      "application/json"
    ],
    "a list of tokens and their words": [
      JSON.stringify({ tokens: [at, { of: rt }], message: `use ${at}, then ${rt}` }),
      "application/json"
    ],
    "tokens in prose": [
      JSON.stringify({ error: "odd", error_description: `token ${at} issued, with refresh tokens "${rt}"` }),
      "application/json"
    ],
    "a session in prose": [JSON.stringify({ message: `new session id '${at}' for session ${rt}` }), "application/json"],
    "a code that is a token": [JSON.stringify({ code: at, message: "issued" }), "application/json"],
    "a token alone, in a type without any": [at, `text/${at}`],
    "a token in base64": [
      JSON.stringify({ error_description: Buffer.from(`user:${at}`).toString("base64"), ...tokens }),
      "application/json"
    ],
    "half of an answer": [JSON.stringify({ ...tokens, token_type: "bearer" }).slice(0, -30), "application/json"],
    "a token in the type": [JSON.stringify({ error: "x", refresh_token: rt }), `text/${rt}`],
    "a token in the type of a form": [form, `text/${jwt({ a: 1 })}`]
  }

  it.effect.each(Object.keys(bodies))("is never quoted: %s", (name) =>
    Effect.gen(function* () {
      const [body, type] = bodies[name]!
      for (const status of [200, 201, 400, 401, 403, 404, 429, 500, 503]) {
        const headers = { "content-type": type, "www-authenticate": `Bearer error="${rt}"`, location: `/${at}` }
        const { failure } = yield* failed(reply(status, body, headers))
        const shown = `${inspect(failure, { depth: 9, showHidden: true })}${JSON.stringify(failure)}${failure.error.stack}`
        for (const secret of [opaque, opaque.slice(0, 12), jwt({ a: 1 }).slice(20, 40)])
          assert.notInclude(shown, secret)
        for (const part of [0, 1, 2]) {
          const piece = Buffer.from(`${" ".repeat(part)}${at}`)
            .toString("base64")
            .slice(4, 16)
          assert.notInclude(shown, piece)
        }
      }
    })
  )

  it.effect("is described", () =>
    Effect.gen(function* () {
      assert.strictEqual(
        yield* described(form, "application/x-www-form-urlencoded"),
        `vendors: HTTP 200, application/x-www-form-urlencoded, ${form.length} characters: a form where JSON was expected`
      )
      assert.strictEqual(
        yield* described("<a>b</a>", "text/xml; charset=utf-8"),
        "vendors: HTTP 200, text/xml, 8 characters: XML where JSON was expected"
      )
      assert.strictEqual(yield* described("", "text/plain"), "vendors: HTTP 200, text/plain: the body is empty")
    })
  )
})

describe("a token request that nobody answers", () => {
  it.effect("was never sent when the connection is refused", () =>
    Effect.gen(function* () {
      const { port } = yield* Effect.scoped(authorizationServer(reply(200, "{}")))
      const transport = yield* openTransport()
      const failure = yield* Effect.flip(tokenRequest(transport, { ...refresh, url: `http://127.0.0.1:${port}/token` }))
      assert.deepStrictEqual(
        [failure.processed, failure.verdict, failure.error.id],
        ["no", "no-answer", "client.not-sent"]
      )
      assert.strictEqual(failure.error.code, "ECONNREFUSED")
      assert.strictEqual(failure.processed, "no")
    })
  )

  it.effect("was never sent when TLS fails", () =>
    Effect.gen(function* () {
      const server = yield* authorizationServer(reply(200, "{}"))
      const transport = yield* openTransport()
      const url = `${server.url.replace("http:", "https:")}/token`
      const failure = yield* Effect.flip(tokenRequest(transport, { ...refresh, url }))
      assert.deepStrictEqual([failure.processed, failure.verdict], ["no", "no-answer"])
      assert.lengthOf(server.requests, 0)
    })
  )

  it.effect("was never sent when the name is not resolved", () =>
    Effect.gen(function* () {
      const cause = Object.assign(new Error("getaddrinfo ENOTFOUND"), { code: "ENOTFOUND" })
      const transport = yield* openTransport(() => Promise.reject(new TypeError("fetch failed", { cause })))
      const failure = yield* Effect.flip(tokenRequest(transport, { ...refresh, url: "https://oauth.example/token" }))
      assert.deepStrictEqual([failure.processed, failure.verdict, failure.error.code], ["no", "no-answer", "ENOTFOUND"])
    })
  )

  it.effect("is in doubt when the connection is reset after it was sent", () =>
    Effect.gen(function* () {
      const { failure, server } = yield* failed((response) => response.destroy())
      assert.deepStrictEqual(
        [failure.processed, failure.verdict, failure.error.id],
        ["unknown", "no-answer", "client.answer-lost"]
      )
      assert.isUndefined(failure.status)
      assert.lengthOf(server.requests, 1)
    })
  )

  it.effect("is in doubt when the answer is cut off", () =>
    Effect.gen(function* () {
      const { failure } = yield* failed((response) => {
        response.writeHead(200, { "content-type": "application/json", "content-length": "200" })
        response.write('{"access_token":"at"')
        response.socket?.end()
      })
      assert.deepStrictEqual([failure.processed, failure.verdict], ["unknown", "no-answer"])
    })
  )

  it.effect("is in doubt after 60 seconds without an answer, and gives the connection up", () =>
    Effect.gen(function* () {
      const gone = yield* Deferred.make<void>()
      const server = yield* authorizationServer((response) => {
        response.on("close", () => Deferred.doneUnsafe(gone, Exit.void))
      })
      const transport = yield* openTransport()
      const request = tokenRequest(transport, { ...refresh, url: `${server.url}/token` })
      const waiting = yield* Effect.forkChild(Effect.flip(request), { startImmediately: true })
      yield* server.arrived
      yield* TestClock.adjust(59_999)
      assert.isUndefined(waiting.pollUnsafe())
      yield* TestClock.adjust(1)
      const failure = yield* Fiber.join(waiting)
      assert.deepStrictEqual(
        [failure.processed, failure.verdict, failure.error.id],
        ["unknown", "no-answer", "client.answer-lost"]
      )
      yield* Deferred.await(gone)
      assert.lengthOf(server.requests, 1)
    })
  )

  it.effect("is made once, whatever becomes of it", () =>
    Effect.gen(function* () {
      const { server } = yield* failed(reply(503, "", { "retry-after": "0" }))
      yield* TestClock.adjust("5 minutes")
      // a second request would come on the same connection before this one is answered
      yield* Effect.promise(
        () =>
          new Promise<void>((resolve) => {
            const socket = connect(server.port, "127.0.0.1", () =>
              socket.end("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            )
            socket.resume().on("close", () => {
              resolve()
            })
          })
      )
      assert.deepStrictEqual(
        server.requests.map(({ method }) => method),
        ["POST", "GET"]
      )
    })
  )
})
