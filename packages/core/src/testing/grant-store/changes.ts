import * as Effect from "effect/Effect"
import assert from "node:assert/strict"
import * as Duration from "effect/Duration"
import * as Fiber from "effect/Fiber"
import { atOnce, type Case, caseOf, create, existing, newKey, record, recordOf, replace, type Store } from "./Case.ts"
import type { GrantKey } from "../../grant/GrantStore.ts"

/** Far longer than any store may take; a test that gets there has failed. */
const patience = 5_000

/** How long an effect takes, in milliseconds. */
const timed = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.map(Effect.timed(effect), ([took]) => Duration.toMillis(took))

/** Waits for a change of a row while it is changed; gives how long the wait was. */
export const woken = <E>(waiting: Store, key: GrantKey, revision: number, change: Effect.Effect<unknown, E>) =>
  Effect.gen(function* () {
    const waiter = yield* Effect.forkChild(timed(waiting.changed(key, revision, patience)), { startImmediately: true })
    yield* change
    const took = yield* Fiber.join(waiter)
    assert.ok(took < patience * 0.9, `it took ${took} ms`)
  })

/** How somebody learns that a row was written. */
export const changes: ReadonlyArray<Case> = [
  caseOf("returns at once when the row has another revision already", (store) =>
    Effect.gen(function* () {
      const row = yield* create(store, newKey())
      yield* replace(store, row, { version: 2 })
      yield* woken(store, row.key, row.revision, Effect.void)
    })
  ),
  caseOf("returns when the row is written, removed, and there again", (store) =>
    Effect.gen(function* () {
      const key = newKey()
      yield* woken(store, key, 0, create(store, key))
      const row = yield* store.read(key)
      assert.ok(row !== undefined)
      yield* woken(store, key, row.revision, replace(store, row, { version: 2 }))
      const last = yield* store.read(key)
      assert.ok(last !== undefined)
      yield* woken(store, key, last.revision, store.compareAndSet(key, last.revision, undefined))
    })
  ),
  caseOf("wakes everybody who waits", (store) =>
    Effect.gen(function* () {
      const row = yield* create(store, newKey())
      const waiters = yield* Effect.forkChild(
        atOnce(50, () => timed(store.changed(row.key, row.revision, patience))),
        { startImmediately: true }
      )
      yield* replace(store, row, { version: 2 })
      for (const took of yield* Fiber.join(waiters)) assert.ok(took < patience * 0.9, `it took ${took} ms`)
    })
  ),
  caseOf("returns after the time that was given when nothing happens", (store) =>
    Effect.gen(function* () {
      const row = yield* create(store, newKey())
      const took = yield* timed(store.changed(row.key, row.revision, 60))
      assert.ok(took >= 50 && took < patience * 0.9, `it took ${took} ms`)
      const absent = yield* timed(store.changed(newKey(), 0, 60))
      assert.ok(absent >= 50 && absent < patience * 0.9, `it took ${absent} ms`)
    })
  ),
  caseOf("lets a waiter go that is interrupted, and serves the others", (store) =>
    Effect.gen(function* () {
      const row = yield* create(store, newKey())
      const left = yield* Effect.forkChild(store.changed(row.key, row.revision, patience), { startImmediately: true })
      const stays = yield* Effect.forkChild(timed(store.changed(row.key, row.revision, patience)), {
        startImmediately: true
      })
      yield* Fiber.interrupt(left)
      yield* replace(store, row, { version: 2 })
      assert.ok((yield* Fiber.join(stays)) < patience * 0.9)
    })
  )
]

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
