import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Schema } from "effect"
import * as Result from "../../src/config/Result.ts"
import { decodeTransaction, encodeTransaction, makeTransaction, redactVerifier } from "../../src/oauth2/Transaction.ts"

const start = {
  connection: "books",
  tenant: "acme",
  returnTo: "/settings",
  issuer: undefined,
  redirectUri: "https://app.example/sage/callback/books",
  now: 1_000
}

describe("Transaction", () => {
  it.effect("has a state and a verifier of its own and ten minutes", () =>
    Effect.gen(function* () {
      const [one, other] = [yield* makeTransaction(start), yield* makeTransaction({ ...start, life: 5 })]
      assert.notStrictEqual(one.state, other.state)
      assert.notStrictEqual(Redacted.value(one.verifier), Redacted.value(other.verifier))
      assert.strictEqual(one.expiresAt, 601_000)
      assert.strictEqual(other.expiresAt, 1_005)
      assert.deepStrictEqual(one.extras, {})
      assert.notInclude(inspect(one) + JSON.stringify(one), Redacted.value(one.verifier))
    })
  )

  it.prop(
    "comes back from its text as it was",
    [Schema.NonEmptyString, Schema.String, Schema.UndefinedOr(Schema.String), Schema.Finite],
    ([name, text, issuer, expiresAt]) => {
      const transaction = {
        state: name,
        verifier: redactVerifier(name),
        connection: text,
        tenant: text,
        returnTo: text,
        issuer,
        redirectUri: text,
        // JSON has one zero
        expiresAt: expiresAt + 0,
        extras: { [name]: text, endpoint: text }
      }
      const read = Result.getOrThrow(decodeTransaction(encodeTransaction(transaction)))
      const { verifier, ...rest } = read
      const { verifier: expected, ...others } = transaction
      assert.deepStrictEqual(rest, others)
      assert.strictEqual(Redacted.value(verifier), Redacted.value(expected))
    }
  )

  it.effect("is not read from a text that is none, and the failure says nothing of the text", () =>
    Effect.gen(function* () {
      const text = encodeTransaction(yield* makeTransaction(start))
      const texts = ["", "{}", "null", "[]", text.slice(0, -1), text.replace('"format":1', '"format":2')]
      for (const broken of [...texts, text.replace(/"verifier":"[^"]*"/, '"verifier":""')]) {
        assert.deepStrictEqual(decodeTransaction(broken), Result.fail("unreadable"))
      }
    })
  )
})
