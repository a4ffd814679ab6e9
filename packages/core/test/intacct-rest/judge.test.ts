import { assert, describe, it } from "vitest"
import { judge, limitOf, reads, waitOf } from "../../src/intacct-rest/judge.ts"

const verdict = (status: number, body: unknown): string =>
  judge(new Response(null, { status }), typeof body === "string" ? body : JSON.stringify(body))

describe("an answer", () => {
  it.each([
    [401, ""],
    [401, "<html></html>"],
    [401, { error: { code: "tokenInvalid", errorId: "REST-2102", message: "Token is not valid" } }],
    [401, { "ia::error": { code: "GW-0040", message: "Expired token" } }],
    [400, { error: { errorId: "REST-2102", message: "x" } }],
    [400, { "ia::result": { "ia::error": { errorId: "REST-1206", message: "The token is not valid" } } }],
    [400, { "ia::error": { code: "GW-0040", message: "Expired token" } }],
    [400, { "ia::error": { code: "GW-0031", message: "Invalid Token" } }],
    [400, { error: "Invalid token" }],
    [400, { message: "The token is not valid" }]
  ])("%i %j says that the token is dead", (status, body) => {
    assert.strictEqual(verdict(status, body), "credential-dead")
  })

  it.each([
    [429, ""],
    [429, { "ia::error": { code: "GW-0010", message: "API rate limit exceeded" } }],
    [200, { "ia::error": { code: "GW-0010", message: "API rate limit exceeded" } }],
    [503, { "ia::error": { code: "x", message: "API rate limit exceeded" } }],
    [401, { error: { code: "GW-0010" } }]
  ])("%i %j says that a limit was reached", (status, body) => {
    assert.strictEqual(verdict(status, body), "rate-limited")
  })

  it.each([
    [502, "<html></html>"],
    [503, ""],
    [504, ""],
    [500, { "ia::error": { code: "GW-0001", message: "Unable to process request" } }]
  ])("%i %j says that the server is away", (status, body) => {
    assert.strictEqual(verdict(status, body), "unavailable")
  })

  it.each([
    [200, { "ia::result": { name: "API rate limit exceeded", message: "Token is not valid" } }],
    [207, { "ia::result": [{ "ia::status": 201 }] }],
    [302, ""],
    [400, { "ia::result": { "ia::error": { errorId: "REST-1028", message: "A POST request requires a payload" } } }],
    [400, { "ia::error": { code: "GW-0011", message: "Invalid Request" } }],
    [403, { "ia::error": { code: "GW-0042", message: "Forbidden" } }],
    [404, { error: { errorId: "REST-7001" } }],
    [409, ""],
    [422, { error: { message: "the token is not valid" } }],
    [500, ""],
    [400, '{"broken'],
    [400, "text"]
  ])("%i %j says nothing about the token", (status, body) => {
    assert.strictEqual(verdict(status, body), "accepted")
  })

  it("that was not read is taken for a success", () => {
    assert.strictEqual(judge(new Response(null, { status: 200 }), undefined), "accepted")
  })
})

const read = (status: number, headers: Record<string, string> = {}) => reads(new Response("x", { status, headers }))

describe("the body of an answer is read to judge it", () => {
  it("where it is a refusal, or so short that it may be a limit", () => {
    assert.isTrue(read(400))
    assert.isTrue(read(503))
    assert.isTrue(read(200, { "content-length": "1024", "content-type": "application/json" }))
    assert.isFalse(read(200, { "content-length": "1025", "content-type": "application/json" }))
    assert.isFalse(read(200, { "content-length": "10", "content-type": "text/csv" }))
    assert.isFalse(read(200, { "content-type": "application/json" }))
    assert.isFalse(read(302))
  })
})

describe("the wait that Intacct asks for", () => {
  const now = Date.UTC(2026, 10, 21)
  it.each([
    [{ "Retry-After": "3" }, 3_000],
    [{ "Retry-After": new Date(now + 4_000).toUTCString() }, 4_000],
    [{ "X-IA-Throttle-Retry-After": "5" }, 5_000],
    [{ "X-IA-Throttle-RetryAfter": "6" }, 6_000],
    [{ "x-ia-hour-rate-limit-retry-after": "7" }, 7_000],
    [{ "X-IA-TENANT-Throttle-Retry-After": "8" }, 8_000],
    [{ "X-IA-TENANT-ThrottleRetryAfter": "9" }, 9_000],
    [{ "Retry-After": "1", "X-IA-Throttle-Retry-After": "20", "X-IA-Hour-Rate-Limit-Retry-After": "2" }, 20_000],
    [{ "Retry-After": "soon" }, undefined],
    [{}, undefined]
  ])("%j: %s ms", (headers, expected) => {
    assert.strictEqual(waitOf(new Headers(headers as Record<string, string>), now), expected)
  })
})

describe("the requests that Intacct takes at a time", () => {
  it.each([
    [{ "X-IA-Throttle-Limit": "6" }, 6],
    [{ "X-IA-ThrottleLimit": "6", "x-ia-tenant-throttle-limit": "4" }, 4],
    [{ "X-IA-Throttle-Limit": "-1", "X-IA-TENANT-Throttle-Limit": "8" }, 8],
    [{ "X-IA-ThrottleLimit": "4", "x-ia-tenant-throttle-limit": "6" }, 4],
    [{ "XIA-ThrottleLimit": "5" }, 5],
    [{ "X-IA-Throttle-Limit": "-1" }, undefined],
    [{ "X-IA-Throttle-Limit": "0" }, undefined],
    [{ "X-IA-Throttle-Limit": "many" }, undefined],
    [{ "X-IA-Throttle-Remaining": "1", "X-IA-Minute-Rate-Limit": "1000" }, undefined],
    [{}, undefined]
  ])("%j: %s", (headers, expected) => {
    assert.strictEqual(limitOf(new Headers(headers as Record<string, string>)), expected)
  })
})
