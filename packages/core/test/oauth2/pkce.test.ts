import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { challengeMethod, challengeOf, makeVerifier, redactVerifier } from "../../src/oauth2/Transaction.ts"

describe("pkce", () => {
  it.each([
    // RFC 7636, appendix B
    ["dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"],
    // Sage Intacct's own sample
    ["zWiRBuiUcmnIbPBCoNqA5cWDFuaEZwZ7jLJJGJ4P3NQ", "manPXpjp75EFeofO-YWtY3gIPp0S6_CJ-ciRJyYIonw"]
  ])("makes the published challenge of %s", (verifier, challenge) => {
    assert.strictEqual(challengeOf(redactVerifier(verifier)), challenge)
    assert.strictEqual(challengeMethod, "S256")
  })

  it.effect("makes verifiers of 43 unreserved characters, each another one, and does not show them", () =>
    Effect.gen(function* () {
      const verifiers = yield* Effect.all(Array.from({ length: 50 }, () => makeVerifier))
      const values = verifiers.map(Redacted.value)
      assert.strictEqual(new Set(values).size, 50)
      for (const value of values) assert.match(value, /^[A-Za-z0-9_-]{43}$/)
      assert.notInclude(inspect(verifiers) + JSON.stringify(verifiers), values[0]!)
    })
  )
})
