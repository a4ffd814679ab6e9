import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { makeState, sameText } from "../../src/oauth2/Transaction.ts"

describe("state", () => {
  it.effect("has 256 bits in base64url, each another one", () =>
    Effect.gen(function* () {
      const states = yield* Effect.all(Array.from({ length: 50 }, () => makeState))
      assert.strictEqual(new Set(states).size, 50)
      for (const state of states) assert.strictEqual(Buffer.from(state, "base64url").length, 32)
      for (const state of states) assert.match(state, /^[A-Za-z0-9_-]{43}$/)
    })
  )

  it.prop("compares texts of any length like ===", [Schema.String, Schema.String], ([a, b]) => {
    const wellFormed = [a, b].map((text) => Buffer.from(text).toString())
    assert.strictEqual(sameText(a, b), wellFormed[0] === wellFormed[1])
    assert.isTrue(sameText(a, a))
    assert.isFalse(sameText(a, `${a}x`))
  })
})
