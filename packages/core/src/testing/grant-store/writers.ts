import assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { atOnce, type Case, caseOf, create, existing, newKey, record, recordOf, type Store } from "./Case.ts"
import type { GrantKey } from "../../grant/GrantStore.ts"

/** Adds one to the version, however often somebody else is faster. */
const increment = (store: Store, key: GrantKey) =>
  Effect.gen(function* () {
    while (true) {
      const row = yield* existing(store, key)
      const next = { ...recordOf(row), version: row.version + 1, sealed: `sealed-${row.version + 1}` }
      if ((yield* store.compareAndSet(key, row.revision, next)) !== undefined) return
    }
  })

/** What many writers at once can rely on. */
export const writers: ReadonlyArray<Case> = [
  caseOf("lets one of 50 writers of a new row win", (store) =>
    Effect.gen(function* () {
      const key = newKey()
      const results = yield* atOnce(50, (index) =>
        store.compareAndSet(key, undefined, record({ family: `family-${index}` }))
      )
      const [winner, ...others] = results.filter((row) => row !== undefined)
      assert.ok(winner !== undefined && others.length === 0, `${others.length + 1} writers have won`)
      assert.equal((yield* existing(store, key)).family, winner.family)
    })
  ),
  caseOf("lets one of 50 writers of the same revision win", (store) =>
    Effect.gen(function* () {
      const row = yield* create(store, newKey())
      const results = yield* atOnce(50, (index) =>
        store.compareAndSet(row.key, row.revision, record({ fence: index + 1 }))
      )
      const [winner, ...others] = results.filter((written) => written !== undefined)
      assert.ok(winner !== undefined && others.length === 0, `${others.length + 1} writers have won`)
      assert.equal((yield* existing(store, row.key)).fence, winner.fence)
    })
  ),
  caseOf("lets either the removal or the write of the same revision win", (store) =>
    Effect.gen(function* () {
      const row = yield* create(store, newKey())
      const results = yield* atOnce(20, (index) =>
        store.compareAndSet(row.key, row.revision, index % 2 === 0 ? undefined : record({ version: 2 }))
      )
      assert.equal(results.filter((written) => written !== undefined).length, 1)
    })
  ),
  caseOf("loses no increment of 20 writers", (store) =>
    Effect.gen(function* () {
      const row = yield* create(store, newKey(), { version: 0 })
      yield* atOnce(20, () => Effect.repeat(increment(store, row.key), { times: 9 }))
      const last = yield* existing(store, row.key)
      assert.equal(last.version, 200)
      assert.equal(last.sealed, "sealed-200")
    })
  )
]
