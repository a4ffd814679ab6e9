import assert from "node:assert/strict"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { GrantKey } from "../../grant/GrantStore.ts"
import { atOnce, type Case, caseOf, create, newKey, replace, type Store } from "./Case.ts"

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
