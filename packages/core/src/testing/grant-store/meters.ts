import assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { type Case, caseOf } from "./Case.ts"
import { atOnce, unique } from "./samples.ts"
import { sameContent } from "./assert.ts"

const month = "2026-11"

/** What counts a company's transactions. */
export const meters: ReadonlyArray<Case> = [
  caseOf("starts at zero", (store) =>
    Effect.map(store.meterRead(unique("company"), month), (count) => assert.equal(count, 0))
  ),
  caseOf("loses no transaction of 50 that are added at once, and gives each adder its own sum", (store) =>
    Effect.gen(function* () {
      const company = unique("company")
      const sums = yield* atOnce(50, () => store.meterAdd(company, month, 2))
      sameContent(
        sums.toSorted((a, b) => a - b),
        Array.from({ length: 50 }, (_, index) => (index + 1) * 2)
      )
      assert.equal(yield* store.meterRead(company, month), 100)
    })
  ),
  caseOf("keeps companies and months apart", (store) =>
    Effect.gen(function* () {
      const company = unique("company")
      yield* store.meterAdd(company, month, 3)
      yield* store.meterAdd(company, "2026-12", 5)
      yield* store.meterAdd(`${company}-2`, month, 7)
      const counts = yield* Effect.all([
        store.meterRead(company, month),
        store.meterRead(company, "2026-12"),
        store.meterRead(`${company}-2`, month)
      ])
      sameContent(counts, [3, 5, 7])
    })
  ),
  caseOf("goes on from what it was set to", (store) =>
    Effect.gen(function* () {
      const company = unique("company")
      yield* store.meterSet(company, month, 90_000)
      assert.equal(yield* store.meterAdd(company, month, 1), 90_001)
      yield* store.meterSet(company, month, 12)
      assert.equal(yield* store.meterRead(company, month), 12)
    })
  )
]
