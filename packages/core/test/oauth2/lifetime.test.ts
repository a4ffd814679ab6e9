import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import { lifeOf, lifetimeOf } from "../../src/oauth2/Token.ts"

const lives = Arbitrary.map(Arbitrary.schema(Schema.Int), (n) => 1_000 + (Math.abs(n) % (86_400_000 * 30)))
const fractions = Arbitrary.map(Arbitrary.schema(Schema.Int), (n) => (Math.abs(n) % 1001) / 1000)

describe("lifeOf", () => {
  const assumed = 1_800_000

  it("is the least of what the server and the token say", () => {
    assert.strictEqual(lifeOf({ expiresIn: 43_200_000, tokenSpan: 3_600_000, assumed }), 3_600_000)
    assert.strictEqual(lifeOf({ expiresIn: 300_000, tokenSpan: 3_600_000, assumed }), 300_000)
    assert.strictEqual(lifeOf({ expiresIn: undefined, tokenSpan: 3_600_000, assumed }), 3_600_000)
    assert.strictEqual(lifeOf({ expiresIn: 43_200_000, tokenSpan: undefined, assumed }), 43_200_000)
  })

  it("is never more than the cap, and the assumed life where nobody says anything", () => {
    assert.strictEqual(lifeOf({ expiresIn: 43_200_000, tokenSpan: undefined, cap: 18_000_000, assumed }), 18_000_000)
    assert.strictEqual(lifeOf({ expiresIn: undefined, tokenSpan: undefined, assumed }), assumed)
    assert.strictEqual(lifeOf({ expiresIn: undefined, tokenSpan: undefined, cap: 60_000, assumed }), 60_000)
  })
})

describe("lifetimeOf", () => {
  it("leaves 90 s of a token that lives 300 s, whenever it is renewed", () => {
    const earliest = lifetimeOf(300_000, 0)
    const latest = lifetimeOf(300_000, 1)
    assert.deepStrictEqual(earliest, { usable: 285_000, renewAfter: 150_000 })
    assert.deepStrictEqual(latest, { usable: 285_000, renewAfter: 195_000 })
  })

  it("keeps a margin of a minute on a long life", () => {
    assert.strictEqual(lifetimeOf(43_200_000, 0.5).usable, 43_140_000)
  })

  it.prop("renews between 50 and 70 % with 30 % left to use", [lives, fractions], ([life, random]) => {
    const { renewAfter, usable } = lifetimeOf(life, random)
    assert.isAtLeast(renewAfter, life * 0.5)
    assert.isAtMost(renewAfter, life * 0.7)
    assert.isAtLeast(usable - renewAfter, life * 0.3 - 1e-6)
    assert.isBelow(usable, life)
    assert.isAtMost(life - usable, 60_000)
  })

  it.prop("spreads renewals: more randomness, later renewal", [lives], ([life]) => {
    assert.isBelow(lifetimeOf(life, 0.1).renewAfter, lifetimeOf(life, 0.9).renewAfter)
  })
})
