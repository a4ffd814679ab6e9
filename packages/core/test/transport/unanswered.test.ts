import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { createServer } from "node:http"
import { inspect } from "node:util"
import type { Fetch } from "../../src/transport/Answer.ts"
import { make } from "../../src/transport/Transport.ts"
import { fromThrown, secretsOfHeaders, TransportFailure, unanswered } from "../../src/transport/TransportFailure.ts"
import { hasOpenssl, listen, makeAuthority, serve, serveRaw, serveTls } from "./servers.ts"

const canary = "hunter2-canary"
const platform: Fetch = (input, init) => fetch(input, init)

/** What a request fails with that nobody answers. */
const failing = (url: string, by: Fetch = platform) =>
  Effect.gen(function* () {
    const transport = make(by, yield* Clock.Clock)
    const headers = { authorization: `Bearer ${canary}` }
    const lost = yield* Effect.flip(transport.call({ method: "GET", url, headers, limit: 1_000 }))
    return unanswered(lost, { connection: "ledger" }, secretsOfHeaders(headers))
  })

const platformError = (code: string, message = `something ${code} https://user:${canary}@elsewhere`) =>
  new TypeError("fetch failed", { cause: Object.assign(new Error(message), { code }) })

const thrown = (error: unknown) => unanswered(fromThrown(error, `https://api.intacct.com/x?${canary}`), {}, [canary])

describe("a connection that fails", () => {
  it.effect("names host and port where nobody listens, and may be tried again", () =>
    Effect.gen(function* () {
      const port = yield* Effect.scoped(listen(createServer()))
      const error = yield* failing(`http://127.0.0.1:${port}/path`)
      assert.strictEqual(
        error.message,
        `ledger: the connection to 127.0.0.1:${port} failed: it was refused, no server listens there (ECONNREFUSED)`
      )
      assert.deepInclude({ id: error.id, retryable: error.retryable }, { id: "client.not-sent", retryable: true })
    })
  )

  it.effect("names host and port of what was reset", () =>
    Effect.gen(function* () {
      const url = yield* serveRaw((socket) => socket.resetAndDestroy())
      const error = yield* failing(url)
      assert.include(error.message, `the connection to ${url.slice(7)} failed: it was`)
      assert.deepInclude({ id: error.id, retryable: error.retryable }, { id: "client.answer-lost", retryable: true })
    })
  )

  it.effect("says that what answers speaks no TLS, which does not pass", () =>
    Effect.gen(function* () {
      const url = yield* serve((_, response) => response.end())
      const error = yield* failing(url.replace("http:", "https:"))
      assert.include(error.message, `${url.slice(7)} failed: TLS failed, what answers there does not speak it`)
      assert.deepInclude({ id: error.id, retryable: error.retryable }, { id: "client.tls-failed", retryable: false })
    })
  )

  // fetch refuses the ports of other protocols, such as X11's, before it connects
  it.effect("names a port that fetch blocks, which does not pass", () =>
    Effect.gen(function* () {
      const error = yield* failing("http://127.0.0.1:6000/path")
      assert.strictEqual(
        error.message,
        "ledger: the connection to 127.0.0.1:6000 failed: fetch blocks this port for every server"
      )
      assert.deepInclude({ id: error.id, retryable: error.retryable }, { id: "client.port-blocked", retryable: false })
    })
  )

  const codes: ReadonlyArray<readonly [code: string, id: string, words: string, retryable: boolean]> = [
    ["ENOTFOUND", "client.name-not-found", "there is no such name", false],
    ["EAI_AGAIN", "client.not-sent", "could not be resolved for the moment", true],
    ["EHOSTUNREACH", "client.not-sent", "no way leads to that host", true],
    ["UND_ERR_CONNECT_TIMEOUT", "client.not-sent", "not made in time", true],
    ["CERT_HAS_EXPIRED", "client.certificate-not-trusted", "its certificate has expired", false],
    ["CERT_NOT_YET_VALID", "client.certificate-not-trusted", "is not valid yet", false],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "client.certificate-not-trusted", "self-signed", false],
    ["SELF_SIGNED_CERT_IN_CHAIN", "client.certificate-not-trusted", "not trusted here", false],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "client.certificate-not-trusted", "not known here", false],
    ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "client.certificate-not-trusted", "not known here", false],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "client.certificate-not-trusted", "for another name", false],
    ["CERT_SIGNATURE_FAILURE", "client.certificate-not-trusted", "was not accepted", false],
    ["INVALID_PURPOSE", "client.certificate-not-trusted", "was not accepted", false],
    ["ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", "client.tls-failed", "no version of it in common", false],
    ["ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE", "client.tls-failed", "handshake", false],
    ["ECONNRESET", "client.answer-lost", "reset by the other side", true],
    ["UND_ERR_SOCKET", "client.answer-lost", "closed by the other side", true]
  ]
  it.each(codes)("is told by its code: %s", (code, id, words, retryable) => {
    const error = thrown(platformError(code))
    assert.deepStrictEqual([error.id, error.code, error.retryable], [id, code, retryable])
    assert.include(error.message, "api.intacct.com:443 failed: ")
    assert.include(error.message, words)
    // of the platform's own words none is needed, and they may quote an address
    assert.notInclude(error.message, "something")
  })

  describe.skipIf(!hasOpenssl)("by its certificate (skipped without the openssl command)", () => {
    it.effect("says what is wrong with it", () =>
      Effect.gen(function* () {
        const authority = yield* makeAuthority
        const url = yield* serveTls(authority, (_, response) => response.end())
        const error = yield* failing(url)
        assert.deepInclude(
          { id: error.id, retryable: error.retryable },
          { id: "client.certificate-not-trusted", retryable: false }
        )
        assert.include(error.message, new URL(url).host)
        assert.include(error.message, "its certificate")
      })
    )
  })
})

describe("a fetch of the application's own that throws", () => {
  it.each([
    ["an error", new Error("the egress proxy wants a ticket")],
    ["a type error", new TypeError("the egress proxy wants a ticket")],
    ["a text", "the egress proxy wants a ticket"],
    ["an error over several lines", new Error("the egress\n  proxy wants\ta ticket ")],
    [
      "an error of the platform's that says what",
      new TypeError("fetch failed", { cause: new Error("the egress proxy wants a ticket") })
    ]
  ])("keeps its words: %s", (_, error) => {
    const { id, message } = thrown(error)
    assert.strictEqual(id, "client.answer-lost")
    assert.strictEqual(message, "the connection to api.intacct.com:443 failed: the egress proxy wants a ticket")
  })

  it.each([
    ["not the platform's", new Error("bad port")],
    ["more than that", new TypeError("fetch failed", { cause: new Error("a bad port of call") })],
    [
      "with a code",
      new TypeError("fetch failed", { cause: Object.assign(new Error("bad port"), { code: "ECONNRESET" }) })
    ]
  ])("blocks no port by words that are %s", (_, error) => {
    assert.strictEqual(thrown(error).id, "client.answer-lost")
  })

  it("keeps its words beside a code that says more, and the name of its error", () => {
    const refused = Object.assign(new Error("the tunnel is closed"), { code: "ECONNREFUSED" })
    assert.include(thrown(refused).message, "no server listens there: the tunnel is closed (ECONNREFUSED)")
    assert.include(thrown(new RangeError("too far")).message, "RangeError: too far")
    assert.include(thrown(new DOMException("too late", "TimeoutError")).message, "TimeoutError: too late")
  })

  it.each([
    ["nothing", undefined],
    ["null", null],
    ["a number", 7],
    ["an empty error", new Error()],
    ["an object without a message", { hello: 1 }],
    ["an object with a message that is none", { message: 5, name: {} }]
  ])("has none to keep: %s", (_, error) => {
    assert.strictEqual(thrown(error).message, "the connection to api.intacct.com:443 failed: it broke")
  })

  it("keeps no secret, wherever it is quoted, and no more than can be read", () => {
    const error = new Error(`cannot send Bearer ${canary} ${encodeURIComponent(canary)} ${"x".repeat(100_000)}`)
    const failure = thrown(error)
    assert.notInclude(inspect(failure, { depth: 10 }) + JSON.stringify(failure), canary)
    assert.isBelow(failure.message.length, 700)
    assert.notInclude(inspect(fromThrown(error), { depth: 10, showHidden: true }), canary)
  })

  it.effect("quotes no secret of its request", () =>
    Effect.gen(function* () {
      const error = yield* failing("https://api.intacct.com/", async (_, init) => {
        throw new Error(`refused: ${new Headers(init?.headers).get("authorization")}`)
      })
      assert.include(error.message, "refused: ")
      assert.notInclude(error.message, canary)
    })
  )
})

it("an address is host and port alone, and a failure that has none names none", () => {
  const lost = new TransportFailure({ problem: "timeout", processed: "unknown", code: undefined })
  assert.strictEqual(unanswered(lost, {}, []).message, "the connection failed: no answer came in time")
  const [v6, other] = ["http://[::1]:8080/a", "https://user:secret@host.example/b"].map(
    (url) => unanswered(fromThrown(lost, url), {}, []).message
  )
  assert.include(v6, "to [::1]:8080 failed")
  assert.include(other, "to host.example:443 failed")
})

it("the secrets of headers are their values, and what is in them", () => {
  assert.deepStrictEqual(secretsOfHeaders({ authorization: "Bearer abc", "x-key": "k" }), ["abc", "k"])
  const basic = Buffer.from("user:pass:word").toString("base64")
  assert.deepStrictEqual(secretsOfHeaders({ authorization: `Basic ${basic}` }), [basic, "user:pass:word", "pass:word"])
})

const connecting = (code: string) =>
  new TypeError("fetch failed", { cause: Object.assign(new Error(code), { code, syscall: "connect" }) })

describe("what failed", () => {
  it.each<readonly [string, unknown, string, string]>([
    ["ETIMEDOUT of a connect", connecting("ETIMEDOUT"), "client.not-sent", "it was not made in time"],
    ["EACCES of a connect", connecting("EACCES"), "client.not-sent", "this machine does not allow it"],
    ["EPERM of a write", platformError("EPERM"), "client.answer-lost", "this machine does not allow it"],
    ["EMFILE", platformError("EMFILE"), "client.not-sent", "too many files and connections"],
    [
      "an attempt that took too long",
      platformError("ERR_SOCKET_CONNECTION_TIMEOUT"),
      "client.not-sent",
      "not made in time"
    ],
    ["no head in time", platformError("UND_ERR_HEADERS_TIMEOUT"), "client.answer-lost", "no answer came in time"],
    ["no body in time", platformError("UND_ERR_BODY_TIMEOUT"), "client.answer-lost", "the answer stopped coming"],
    ["no HTTP", platformError("HPE_INVALID_CONSTANT"), "client.answer-lost", "does not speak HTTP"],
    [
      "a certificate that is asked for",
      platformError("ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED"),
      "client.tls-failed",
      "asks for one"
    ],
    [
      "several addresses",
      new AggregateError([Object.assign(new Error("a"), { code: "ECONNREFUSED" })], ""),
      "client.not-sent",
      "no server listens there (ECONNREFUSED)"
    ]
  ])("says what failed: %s", (_, error, id, words) => {
    const failed = thrown(error)
    assert.strictEqual(failed.id, id)
    assert.include(failed.message, words)
    assert.notInclude(failed.message, "AggregateError")
  })
})
