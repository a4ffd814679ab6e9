import assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { type Case, onceCase } from "./Case.ts"
import { atOnce, unique } from "./samples.ts"
import { sameContent } from "./assert.ts"

const minute = 60_000

/** What can be used once. */
export const singleUse: ReadonlyArray<Case> = [
  onceCase("gives what was put to one of 50 takers", (once, store) =>
    Effect.gen(function* () {
      const id = unique("state")
      assert.equal(yield* once.put(id, "sealed", (yield* store.now) + minute), true)
      const taken = yield* atOnce(50, () => once.take(id))
      sameContent(
        taken.filter((text) => text !== undefined),
        ["sealed"]
      )
      assert.equal(yield* once.take(id), undefined)
    })
  ),
  onceCase("shows what was put to whoever reads it, and leaves it there until it is taken", (once, store) =>
    Effect.gen(function* () {
      const id = unique("state")
      yield* once.put(id, "sealed", (yield* store.now) + minute)
      sameContent(yield* atOnce(20, () => once.read(id)), Array<string>(20).fill("sealed"))
      assert.equal(yield* once.take(id), "sealed")
      assert.equal(yield* once.read(id), undefined)
    })
  ),
  onceCase("lets one of 50 put under the same id, and keeps what that one put", (once, store) =>
    Effect.gen(function* () {
      const id = unique("state")
      const expiresAt = (yield* store.now) + minute
      const put = yield* atOnce(50, (index) => once.put(id, `sealed-${index}`, expiresAt))
      assert.equal(put.filter((first) => first).length, 1)
      assert.equal(yield* once.take(id), `sealed-${put.indexOf(true)}`)
    })
  ),
  onceCase("knows nothing of an id that nobody put", (once) =>
    Effect.gen(function* () {
      const id = unique("state")
      assert.equal(yield* once.read(id), undefined)
      assert.equal(yield* once.take(id), undefined)
    })
  ),
  onceCase("gives nothing that has expired, and frees its id", (once, store) =>
    Effect.gen(function* () {
      const id = unique("state")
      yield* once.put(id, "late", yield* store.now)
      assert.equal(yield* once.read(id), undefined)
      assert.equal(yield* once.take(id), undefined)
      yield* once.put(id, "late", yield* store.now)
      assert.equal(yield* once.put(id, "fresh", (yield* store.now) + minute), true)
      assert.equal(yield* once.take(id), "fresh")
    })
  )
]
