import assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { type Case, caseOf } from "./Case.ts"
import { unique } from "./samples.ts"

/** Who holds leases. */
export const owners: ReadonlyArray<Case> = [
  caseOf("has one name for this process, which it does not take for dead", (store) =>
    Effect.gen(function* () {
      const names = yield* Effect.all([store.owner, store.owner], { concurrency: "unbounded" })
      assert.equal(names[0], names[1])
      assert.ok(names[0].length > 0)
      assert.notEqual(yield* store.alive(names[0]), false)
    })
  ),
  caseOf("does not take a name for alive that nobody has", (store) =>
    Effect.map(store.alive(unique("nobody")), (alive) => assert.notEqual(alive, true))
  )
]
