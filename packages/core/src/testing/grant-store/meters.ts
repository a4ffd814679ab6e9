import assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { type Case, meterCase } from "./Case.ts"
import { atOnce, unique } from "./samples.ts"
import { sameContent } from "./assert.ts"

const month = "2026-11"

/** What counts a company's transactions. */
export const counting: ReadonlyArray<Case> = [
  meterCase("starts at zero", (meters) =>
    Effect.map(meters.read(unique("company"), month), (count) => assert.equal(count, 0))
  ),
  meterCase("loses no transaction of 50 that are added at once, and gives each adder its own sum", (meters) =>
    Effect.gen(function* () {
      const company = unique("company")
      const sums = yield* atOnce(50, () => meters.add(company, month, 2))
      sameContent(
        sums.toSorted((a, b) => a - b),
        Array.from({ length: 50 }, (_, index) => (index + 1) * 2)
      )
      assert.equal(yield* meters.read(company, month), 100)
    })
  ),
  meterCase("keeps companies and months apart", (meters) =>
    Effect.gen(function* () {
      const company = unique("company")
      yield* meters.add(company, month, 3)
      yield* meters.add(company, "2026-12", 5)
      yield* meters.add(`${company}-2`, month, 7)
      const counts = yield* Effect.all([
        meters.read(company, month),
        meters.read(company, "2026-12"),
        meters.read(`${company}-2`, month)
      ])
      sameContent(counts, [3, 5, 7])
    })
  ),
  meterCase("goes on from what it was set to", (meters) =>
    Effect.gen(function* () {
      const company = unique("company")
      yield* meters.set(company, month, 90_000)
      assert.equal(yield* meters.add(company, month, 1), 90_001)
      yield* meters.set(company, month, 12)
      assert.equal(yield* meters.read(company, month), 12)
    })
  )
]
