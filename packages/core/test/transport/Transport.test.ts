import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import type { IncomingHttpHeaders } from "node:http"
import { inspect } from "node:util"
import type { HttpAnswer, Fetch } from "../../src/transport/Answer.ts"
import { make, type Request } from "../../src/transport/Transport.ts"
import { fromThrown, type TransportFailure } from "../../src/transport/TransportFailure.ts"
import { gate, listen, serve, serveRaw } from "./servers.ts"
import { createServer } from "node:http"

const platform: Fetch = (input, init) => fetch(input, init)

/** Both ways out: what authenticates has a time-out of its own, what carries a credential has its caller's. */
const ways = ["authenticate", "call"] as const
type Way = (typeof ways)[number]

const post = (url: string, limit = 1_000_000): Request => ({
  method: "POST",
  url,
  headers: { "content-type": "application/xml", authorization: "Bearer hunter2-canary" },
  body: "<hunter2-canary/>",
  limit
})

const send = (way: Way, request: Request, fetch = platform): Effect.Effect<HttpAnswer, TransportFailure> =>
  Effect.flatMap(Clock.Clock, (clock) => {
    const transport = make(fetch, clock)
    return way === "call" ? transport.call(request) : transport.authenticate(request, 60_000)
  })

const outcome = (failure: TransportFailure) => [failure.problem, failure.processed, failure.code]

describe.each(ways)("Transport.%s", (way) => {
  it.effect("sends what it is given and returns what comes back, with the time of its arrival", () =>
    Effect.gen(function* () {
      const arrived: Array<{
        method: string | undefined
        url: string | undefined
        headers: IncomingHttpHeaders
        body: string
      }> = []
      const url = yield* serve(async (request, response) => {
        let body = ""
        for await (const chunk of request) body += chunk
        arrived.push({ method: request.method, url: request.url, headers: request.headers, body })
        response.writeHead(201, { "x-answer": "yes" }).end("<answer>é</answer>")
      })
      yield* TestClock.setTime(1_800_000_000_000)
      const answer = yield* send(way, post(`${url}/gateway?x=1`))
      assert.strictEqual(answer.status, 201)
      assert.strictEqual(answer.headers.get("x-answer"), "yes")
      assert.strictEqual(answer.text, "<answer>é</answer>")
      assert.strictEqual(answer.arrivedAt, 1_800_000_000_000)
      assert.strictEqual(arrived.length, 1)
      assert.deepInclude(arrived[0], { method: "POST", url: "/gateway?x=1", body: "<hunter2-canary/>" })
      assert.deepInclude(arrived[0]?.headers, {
        "content-type": "application/xml",
        authorization: "Bearer hunter2-canary"
      })
      yield* send(way, { method: "GET", url, headers: {}, limit: 100 })
      assert.deepInclude(arrived[1], { method: "GET", body: "" })
      assert.isUndefined(arrived[1]?.headers["content-type"])
    })
  )

  it.effect("sends once: an error status is an answer like any other", () =>
    Effect.gen(function* () {
      let requests = 0
      const url = yield* serve((_, response) => {
        requests++
        response.writeHead([500, 503, 429, 408, 401][requests - 1] ?? 200, { "retry-after": "0" }).end("no")
      })
      for (const status of [500, 503, 429, 408, 401]) {
        const answer = yield* send(way, { ...post(url), method: "GET", body: undefined })
        assert.strictEqual(answer.status, status)
        assert.strictEqual(answer.text, "no")
      }
      assert.strictEqual(requests, 5)
    })
  )

  it.effect.each([301, 302, 303, 307, 308])(
    "does not follow a redirect of status %i: the other server sees nothing",
    (status) =>
      Effect.gen(function* () {
        const seen: Array<string | undefined> = []
        const other = yield* listen(
          createServer((request, response) => {
            seen.push(request.url)
            response.end("stolen")
          }).on("connection", () => seen.push("a connection"))
        )
        const url = yield* serve((_, response) => {
          response.writeHead(status, { location: `http://127.0.0.1:${other}/stolen` }).end("moved")
        })
        const answer = yield* send(way, post(url))
        assert.strictEqual(answer.status, status)
        assert.deepStrictEqual(seen, [])
      })
  )

  it.effect("goes out through the caller's own fetch, told not to follow redirects", () =>
    Effect.gen(function* () {
      const asked: Array<{ redirect: string | undefined; signal: boolean }> = []
      const own: Fetch = async (input, init) => {
        const request = new Request(input, init)
        asked.push({ redirect: request.redirect, signal: request.signal instanceof AbortSignal })
        return new Response(`${request.method} ${request.headers.get("authorization")} ${await request.text()}`)
      }
      const answer = yield* send(way, post("https://api.intacct.com/x"), own)
      assert.strictEqual(answer.text, "POST Bearer hunter2-canary <hunter2-canary/>")
      assert.deepStrictEqual(asked, [{ redirect: "manual", signal: true }])
    })
  )

  it.effect("knows a port where nobody listens: nothing was sent", () =>
    Effect.gen(function* () {
      const port = yield* Effect.scoped(listen(createServer()))
      const failure = yield* Effect.flip(send(way, post(`http://127.0.0.1:${port}/`)))
      assert.deepStrictEqual(outcome(failure), ["refused", "no", "ECONNREFUSED"])
    })
  )

  it.effect("knows a name that cannot be resolved: nothing was sent", () =>
    Effect.gen(function* () {
      const failure = yield* Effect.flip(send(way, post("http://nothing.invalid/")))
      assert.deepStrictEqual([failure.problem, failure.processed], ["name-resolution", "no"])
      assert.include(["ENOTFOUND", "EAI_AGAIN", "EAI_FAIL"], failure.code)
    })
  )

  it.effect("knows a server that speaks no TLS", () =>
    Effect.gen(function* () {
      let requests = 0
      const url = yield* serve(() => {
        requests++
      })
      const failure = yield* Effect.flip(send(way, post(url.replace("http:", "https:"))))
      assert.strictEqual(failure.problem, "tls")
      assert.strictEqual(requests, 0)
    })
  )

  it.effect("knows a connection that is reset after the request: it may have been carried out", () =>
    Effect.gen(function* () {
      let requests = 0
      const url = yield* serveRaw((socket) => {
        requests++
        socket.resetAndDestroy()
      })
      for (const request of [post(url), { ...post(url), method: "GET", body: undefined } as const]) {
        const failure = yield* Effect.flip(send(way, request))
        assert.deepStrictEqual([failure.problem, failure.processed], ["reset", "unknown"])
        assert.isString(failure.code)
      }
      // whether it is tried again is not decided here
      assert.strictEqual(requests, 2)
    })
  )

  it.effect("knows an answer that is cut off", () =>
    Effect.gen(function* () {
      const answers = [
        "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n<half",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n<half",
        "HTTP/1.1 200 OK\r\n",
        ""
      ]
      for (const bytes of answers) {
        const url = yield* serveRaw((socket) => socket.end(bytes))
        const failure = yield* Effect.flip(send(way, post(url)))
        assert.strictEqual(failure.processed, "unknown", bytes)
        assert.strictEqual(failure.problem, "reset", bytes)
      }
    })
  )

  it.effect("does not take what is no HTTP for an answer", () =>
    Effect.gen(function* () {
      const url = yield* serveRaw((socket) => socket.end("SSH-2.0-OpenSSH_9.6\r\n"))
      const failure = yield* Effect.flip(send(way, post(url)))
      assert.strictEqual(failure.processed, "unknown")
    })
  )

  it.effect("reads no answer beyond its limit", () =>
    Effect.gen(function* () {
      const url = yield* serve((_, response) => response.end("x".repeat(1001)))
      assert.strictEqual((yield* send(way, post(url, 1001))).text.length, 1001)
      const failure = yield* Effect.flip(send(way, post(url, 1000)))
      assert.deepStrictEqual(outcome(failure), ["too-large", "unknown", undefined])
    })
  )

  it.effect("hangs up when its caller is interrupted, before the answer's head and in the middle of its body", () =>
    Effect.gen(function* () {
      for (const head of [false, true]) {
        const arrived = gate()
        const hungUp = gate()
        const url = yield* serve((request, response) => {
          request.socket.on("close", () => hungUp.resolve())
          if (head) response.write("<half")
          arrived.resolve()
        })
        const fiber = yield* send(way, post(url)).pipe(Effect.forkChild({ startImmediately: true }))
        yield* Effect.promise(() => arrived.promise)
        yield* Fiber.interrupt(fiber)
        assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
        yield* Effect.promise(() => hungUp.promise)
      }
    })
  )

  it.effect("tells nothing of the request but host and port, whatever went wrong with it", () =>
    Effect.gen(function* () {
      const canary = "hunter2-canary"
      const broken: ReadonlyArray<Fetch> = [
        platform,
        () => Promise.reject(new Error(canary, { cause: { code: 42, message: canary } })),
        () => Promise.reject(canary),
        () => {
          throw new TypeError(canary)
        }
      ]
      for (const own of broken) {
        const failure = yield* Effect.flip(send(way, post(`http://nothing.invalid/${canary}?${canary}#${canary}`), own))
        const told =
          inspect(failure, { depth: 10, showHidden: true }) + JSON.stringify(failure) + failure.message + failure.stack
        assert.notInclude(told, canary)
      }
    })
  )
})

describe("Transport.authenticate", () => {
  it.effect("gives a server that hangs as long as it was told and not longer, and hangs up", () =>
    Effect.gen(function* () {
      for (const head of [false, true]) {
        const arrived = gate()
        const hungUp = gate()
        const url = yield* serve((request, response) => {
          request.socket.on("close", () => hungUp.resolve())
          if (head) response.write("<half")
          arrived.resolve()
        })
        const transport = make(platform, yield* Clock.Clock)
        const fiber = yield* Effect.flip(transport.authenticate(post(url), 60_000)).pipe(
          Effect.forkChild({ startImmediately: true })
        )
        yield* Effect.promise(() => arrived.promise)
        yield* TestClock.adjust(59_999)
        assert.isUndefined(fiber.pollUnsafe())
        yield* TestClock.adjust(1)
        assert.deepStrictEqual(outcome(yield* Fiber.join(fiber)), ["timeout", "unknown", undefined])
        yield* Effect.promise(() => hungUp.promise)
      }
    })
  )

  it.effect("is not held by a fetch that ignores its signal", () =>
    Effect.gen(function* () {
      const asked = gate()
      const deaf: Fetch = () => {
        asked.resolve()
        return new Promise(() => {})
      }
      const transport = make(deaf, yield* Clock.Clock)
      const fiber = yield* Effect.flip(transport.authenticate(post("https://api.intacct.com/"), 1000)).pipe(
        Effect.forkChild({ startImmediately: true })
      )
      yield* Effect.promise(() => asked.promise)
      yield* TestClock.adjust(1000)
      assert.strictEqual((yield* Fiber.join(fiber)).problem, "timeout")
    })
  )
})

const thrown = (...codes: ReadonlyArray<string>): unknown =>
  codes.reduceRight<unknown>((cause, code) => Object.assign(new Error("no", { cause }), { code }), undefined)

describe("fromThrown", () => {
  it.each([
    ["ENOTFOUND", "name-resolution", "no"],
    ["EAI_AGAIN", "name-resolution", "no"],
    ["ECONNREFUSED", "refused", "no"],
    ["EHOSTUNREACH", "refused", "no"],
    ["ENETUNREACH", "refused", "no"],
    ["UND_ERR_CONNECT_TIMEOUT", "connect-timeout", "no"],
    ["CERT_HAS_EXPIRED", "tls", "no"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "tls", "no"],
    ["SELF_SIGNED_CERT_IN_CHAIN", "tls", "no"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "tls", "no"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "tls", "no"],
    ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "certificate-refused", "no"],
    ["ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", "certificate-refused", "no"],
    ["ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED", "certificate-refused", "no"],
    ["ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE", "certificate-refused", "no"],
    ["ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE", "tls", "no"],
    ["ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", "tls", "no"],
    // of a connection that was open already
    ["ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC", "tls", "unknown"],
    ["ERR_SSL_SSLV3_ALERT_BAD_RECORD_MAC", "tls", "unknown"],
    ["ERR_SSL_SSL/TLS_ALERT_BAD_RECORD_MAC", "tls", "unknown"],
    ["ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR", "tls", "unknown"],
    ["ERR_SSL_UNEXPECTED_EOF_WHILE_READING", "tls", "unknown"],
    ["ECONNRESET", "reset", "unknown"],
    ["EPIPE", "reset", "unknown"],
    ["ETIMEDOUT", "reset", "unknown"],
    ["UND_ERR_SOCKET", "reset", "unknown"],
    ["UND_ERR_HEADERS_TIMEOUT", "reset", "unknown"],
    ["UND_ERR_BODY_TIMEOUT", "reset", "unknown"]
  ])("takes %s for %s, processed: %s, however deep it lies", (code, problem, processed) => {
    for (const error of [
      thrown(code),
      Object.assign(new TypeError("fetch failed", { cause: thrown(code) })),
      thrown("ERR_OUTER", code)
    ]) {
      const failure = fromThrown(error)
      assert.deepStrictEqual([failure.problem, failure.processed], [problem, processed])
    }
  })

  it("looks into the errors of a connection that tried several addresses", () => {
    const failure = fromThrown(
      new TypeError("fetch failed", { cause: new AggregateError([thrown("ECONNREFUSED"), thrown("ENETUNREACH")]) })
    )
    assert.deepStrictEqual(outcome(failure), ["refused", "no", "ECONNREFUSED"])
  })

  it("supposes that a request was sent where it cannot know", () => {
    const cyclic: { cause?: unknown } = {}
    cyclic.cause = cyclic
    for (const nonsense of [undefined, null, "ECONNREFUSED", 42, {}, cyclic, new Error("ECONNREFUSED"), { code: 42 }]) {
      assert.deepStrictEqual(outcome(fromThrown(nonsense)), ["unknown", "unknown", undefined])
    }
  })
})
