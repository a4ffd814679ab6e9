import { assert, describe, it } from "@effect/vitest"
import { Redacted, Schema } from "effect"
import { inspect } from "node:util"
import { jwtHints } from "../../src/oauth2/Token.ts"
import { intacctClaims, jwt, sessionId } from "./tokens.ts"

const none = {
  span: undefined,
  companyId: undefined,
  userId: undefined,
  entityId: undefined,
  clientId: undefined,
  sessionId: undefined
}
const hintsOf = (token: string) => jwtHints(Redacted.make(token))

describe("jwtHints", () => {
  it("reads Intacct's claims and does not show the session", () => {
    const hints = hintsOf(jwt(intacctClaims))
    const { sessionId: session, ...rest } = hints
    assert.deepStrictEqual(rest, {
      span: 3_600_000,
      companyId: "Acme",
      userId: "xml_gateway",
      entityId: "Central Region",
      clientId: "d4f2b6b318174b9a60a7.INTACCT.app.sage.com"
    })
    assert.strictEqual(Redacted.value(session!), sessionId)
    assert.notInclude(inspect(hints) + JSON.stringify(hints), sessionId)
  })

  it("takes an empty entity for the top level", () => {
    assert.isUndefined(hintsOf(jwt({ ...intacctClaims, entityId: "" })).entityId)
  })

  it.each([
    ["no iat", { exp: 1726222521 }],
    ["no exp", { iat: 1726218921 }],
    ["an end before its beginning", { iat: 2, exp: 1 }],
    ["no span", { iat: 2, exp: 2 }],
    ["texts for times", { iat: "1", exp: "2" }],
    ["an infinite span", { iat: -1e308, exp: 1e308 }]
  ])("has no span with %s", (_, claims) => {
    assert.isUndefined(hintsOf(jwt(claims)).span)
  })

  it.each([
    ["an opaque token", "0123456789abcdef"],
    ["an empty one", ""],
    ["dots", ".."],
    ["two parts", jwt(intacctClaims).split(".").slice(0, 2).join(".")],
    ["five parts", `${jwt(intacctClaims)}.a.b`],
    ["claims that are no JSON", "a.b.c"],
    ["claims that are a list", jwt([1])],
    ["claims that are null", jwt(null)],
    ["claims that are a text", jwt("cnyId")],
    ["claims of other types", jwt({ cnyId: 7, userId: null, entityId: {}, sessionId: [] })],
    ["a token that nobody issues", jwt({ ...intacctClaims, filler: "x".repeat(70_000) })]
  ])("gives nothing for %s", (_, token) => {
    assert.deepStrictEqual(hintsOf(token), none)
  })

  it("does not read what every object has", () => {
    assert.deepStrictEqual(hintsOf(jwt(JSON.parse('{"__proto__":{"cnyId":"x"}}'))), none)
  })

  it.prop("never fails", [Schema.String, Schema.Json], ([text, claims]) => {
    hintsOf(text)
    hintsOf(`${text}.${text}.${text}`)
    hintsOf(jwt(claims))
  })
})
