import assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { type Case, caseOf } from "./Case.ts"
import { atOnce, unique } from "./samples.ts"
import { sameContent } from "./assert.ts"

const minute = 60_000

/** What can be used once. */
export const once: ReadonlyArray<Case> = [
  caseOf("gives what was put to one of 50 takers", (store) =>
    Effect.gen(function* () {
      const id = unique("state")
      assert.equal(yield* store.putOnce(id, "sealed", (yield* store.now) + minute), true)
      const taken = yield* atOnce(50, () => store.takeOnce(id))
      sameContent(
        taken.filter((text) => text !== undefined),
        ["sealed"]
      )
      assert.equal(yield* store.takeOnce(id), undefined)
    })
  ),
  caseOf("shows what was put to whoever reads it, and leaves it there until it is taken", (store) =>
    Effect.gen(function* () {
      const id = unique("state")
      yield* store.putOnce(id, "sealed", (yield* store.now) + minute)
      sameContent(yield* atOnce(20, () => store.readOnce(id)), Array<string>(20).fill("sealed"))
      assert.equal(yield* store.takeOnce(id), "sealed")
      assert.equal(yield* store.readOnce(id), undefined)
    })
  ),
  caseOf("lets one of 50 put under the same id, and keeps what that one put", (store) =>
    Effect.gen(function* () {
      const id = unique("state")
      const expiresAt = (yield* store.now) + minute
      const put = yield* atOnce(50, (index) => store.putOnce(id, `sealed-${index}`, expiresAt))
      assert.equal(put.filter((first) => first).length, 1)
      assert.equal(yield* store.takeOnce(id), `sealed-${put.indexOf(true)}`)
    })
  ),
  caseOf("knows nothing of an id that nobody put", (store) =>
    Effect.gen(function* () {
      const id = unique("state")
      assert.equal(yield* store.readOnce(id), undefined)
      assert.equal(yield* store.takeOnce(id), undefined)
    })
  ),
  caseOf("gives nothing that has expired, and frees its id", (store) =>
    Effect.gen(function* () {
      const id = unique("state")
      yield* store.putOnce(id, "late", yield* store.now)
      assert.equal(yield* store.readOnce(id), undefined)
      assert.equal(yield* store.takeOnce(id), undefined)
      yield* store.putOnce(id, "late", yield* store.now)
      assert.equal(yield* store.putOnce(id, "fresh", (yield* store.now) + minute), true)
      assert.equal(yield* store.takeOnce(id), "fresh")
    })
  )
]
