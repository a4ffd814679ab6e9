import { Redacted, Schema } from "effect"
import { assert, describe, it } from "@effect/vitest"
import { isSageAuthError } from "../../../src/errors/SageAuthError.ts"
import { readAnswer } from "../../../src/x3/graphql/judge.ts"

const place = { surface: "x3-graphql", connection: "graph", tenant: "acme" } as const
const secret = "hunter2-canary"

const read = (status: number, body: unknown, kind: "app" | "basic" = "app") =>
  readAnswer(
    { status, text: typeof body === "string" ? body : JSON.stringify(body) },
    { place, kind, secrets: [Redacted.make(secret)] }
  )

const idOf = (answer: ReturnType<typeof read>) => (isSageAuthError(answer) ? answer.id : "an answer")

const page = "<!DOCTYPE html><html><body>Sign in</body></html>"

describe("an answer with data", () => {
  it("is delivered, with no errors where there are none", () => {
    assert.deepStrictEqual(read(200, { data: { a: 1 } }), { data: { a: 1 }, errors: [] })
  })

  it("is delivered together with its errors where it is partial", () => {
    const errors = [{ message: "not allowed", path: ["xtremX3", "customer"] }]
    assert.deepStrictEqual(read(200, { data: { xtremX3: null }, errors }), { data: { xtremX3: null }, errors })
  })
})

describe("an answer that nests deeper than is read", () => {
  it("says so", () => {
    const answer = read(200, `{"data":${"[".repeat(100)}${"]".repeat(100)}}`)
    assert.strictEqual(idOf(answer), "x3-graphql.unreadable-answer")
    assert.include((answer as Error).message, "nests deeper than 100 levels")
  })
})

describe("an answer without data", () => {
  it.each([
    [
      "a document that does not fit",
      200,
      { errors: [{ message: 'Cannot query field "x" on type "Y".' }] },
      "document-rejected"
    ],
    [
      "one that does not, with 400",
      400,
      { errors: [{ message: "Syntax Error: Unexpected Name" }], extensions: {} },
      "document-rejected"
    ],
    ["400 without words", 400, "", "document-rejected"],
    [
      "missing rights",
      200,
      { data: null, errors: [{ message: "You are not authorized to do this" }] },
      "errors-beside-data"
    ],
    [
      "missing rights by code",
      200,
      { errors: [{ message: "No.", extensions: { code: "FORBIDDEN" } }] },
      "errors-beside-data"
    ],
    [
      "anything else that it ran into",
      200,
      { data: null, errors: [{ message: "Customer X does not exist" }] },
      "execution-failed"
    ],
    ["neither data nor errors", 200, {}, "unreadable-answer"],
    ["errors that are none", 200, { errors: [{ message: { toString: 5 } }, null, "x"] }, "unreadable-answer"],
    ["a body that is cut off", 200, '{"data":{"a"', "unreadable-answer"],
    ["rights by status", 403, "", "forbidden"],
    ["rights with a page", 403, page, "forbidden"],
    ["a token that is refused with a page", 401, page, "token-rejected"],
    ["a body that is too large", 413, "", "request-rejected"],
    ["a limit", 429, "", "service-unavailable"],
    ["a server that fails", 500, { errors: [{ message: "boom" }] }, "service-unavailable"],
    ["a proxy's page", 502, page, "service-unavailable"],
    ["no such path", 404, "Cannot POST /xtrem/api", "services-missing"],
    ["the classic server's login page", 200, page, "services-missing"],
    ["a redirect to it", 302, "", "services-missing"]
  ])("says %s", (_, status, body, id) => {
    assert.strictEqual(idOf(read(status, body)), `x3-graphql.${id}`)
  })

  it("names the release that is needed where there is no such API", () => {
    const answer = read(404, "")
    assert.isTrue(isSageAuthError(answer))
    if (!isSageAuthError(answer)) return
    assert.include(answer.message, "Sage X3 Services 2021 R2 or later")
    assert.strictEqual(answer.reason._tag, "Misconfigured")
  })

  it.each([
    ["Error 21: Invalid token", "error-21", "Error 21"],
    ["Error 41: Invalid token", "error-41", "Error 41"],
    ["error 42: invalid token", "error-42", "Error 42"],
    ["Error 45: Invalid token", "error-45", "Error 45"],
    ["Error 50: Invalid token", "error-50", "Error 50"],
    ["Error 30: Invalid token", "token-rejected", "Error 30"],
    ["Unauthorized", "token-rejected", undefined],
    ["", "token-rejected", undefined]
  ])("reads %j", (text, id, code) => {
    const answer = read(401, text)
    assert.strictEqual(idOf(answer), `x3-graphql.${id}`)
    assert.strictEqual(isSageAuthError(answer) ? answer.code : "none", code)
  })

  it("that refuses user and password is told apart from one that refuses a token", () => {
    assert.strictEqual(idOf(read(401, "Authentication failed...", "basic")), "x3-graphql.basic-rejected")
  })

  it.prop(
    "is never thrown at, and quotes no secret, whatever it holds",
    [Schema.Int, Schema.String],
    ([number, text]) => {
      for (const body of [text, { errors: [{ message: `${text} ${secret}` }] }, { data: text, errors: number }]) {
        const answer = read(200 + (Math.abs(number) % 400), body)
        if (isSageAuthError(answer)) assert.notInclude(answer.message, secret)
      }
    }
  )
})
