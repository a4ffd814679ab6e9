import assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import type { GrantRecord } from "../../grant/GrantStore.ts"
import { type Case, caseOf, create, existing, newKey, record, recordOf, replace, sameContent } from "./Case.ts"

const full: GrantRecord = {
  family: "family-2",
  state: "in-doubt",
  cause: "RotationInDoubt",
  version: 7,
  sealed: "a.b.c.d",
  keyId: "key-2",
  lease: { owner: "owner-1", fence: 3, beat: 12 },
  fence: 3,
  intent: { id: "intent-1", owner: "owner-1", hash: "hash-1", replayed: true },
  grantExpiresAt: 1_795_000_000_000,
  dueAt: 1_794_000_000_000.25
}

/** What one reader and one writer see. */
export const records: ReadonlyArray<Case> = [
  {
    title: "says whether it outlives the process",
    test: (open, durable) => Effect.map(open, (store) => assert.equal(store.durable, durable))
  },
  caseOf("has nothing under a key that was never written", (store) =>
    Effect.map(store.read(newKey()), (row) => assert.equal(row, undefined))
  ),
  caseOf("gives back every member of a record as it was written", (store) =>
    Effect.gen(function* () {
      for (const written of [full, record()]) {
        const key = newKey()
        const answered = yield* store.compareAndSet(key, undefined, written)
        assert.ok(answered !== undefined)
        sameContent(recordOf(answered), written)
        const row = yield* existing(store, key)
        sameContent(row.key, key)
        sameContent(recordOf(row), written)
        assert.equal(row.revision, answered.revision)
      }
    })
  ),
  caseOf("clears the lease, the intent and the cause that a record has no longer", (store) =>
    Effect.gen(function* () {
      const key = newKey()
      const row = yield* create(store, key, full)
      yield* replace(store, row, record())
      sameContent(recordOf(yield* existing(store, key)), record())
    })
  ),
  caseOf("keeps what was written when the writer's object changes later", (store) =>
    Effect.gen(function* () {
      const key = newKey()
      const lease = { owner: "owner-1", fence: 1, beat: 0 }
      yield* create(store, key, { lease })
      lease.beat = 99
      assert.equal((yield* existing(store, key)).lease?.beat, 0)
    })
  ),
  caseOf("keeps every state and every cause", (store) =>
    Effect.gen(function* () {
      let row = yield* create(store, newKey())
      for (const state of ["pairing", "in-doubt", "reauthorization-required", "disconnected", "connected"] as const) {
        row = yield* replace(store, row, { state })
        assert.equal((yield* existing(store, row.key)).state, state)
      }
      for (const cause of ["Revoked", "Expired", "Superseded", "RotationInDoubt", "NeverAuthorized"] as const) {
        row = yield* replace(store, row, { cause })
        assert.equal((yield* existing(store, row.key)).cause, cause)
      }
    })
  ),
  caseOf("keeps a sealed text of a megabyte", (store) =>
    Effect.gen(function* () {
      const key = newKey()
      const sealed = "0123456789abcdef".repeat(65_536)
      yield* create(store, key, { sealed })
      assert.ok((yield* existing(store, key)).sealed === sealed)
    })
  ),
  caseOf("writes nothing over a row that is there when none was expected", (store) =>
    Effect.gen(function* () {
      const row = yield* create(store, newKey())
      assert.equal(yield* store.compareAndSet(row.key, undefined, record({ family: "late" })), undefined)
      sameContent(recordOf(yield* existing(store, row.key)), record())
    })
  ),
  caseOf("writes nothing where a row was expected and none is", (store) =>
    Effect.gen(function* () {
      const key = newKey()
      assert.equal(yield* store.compareAndSet(key, 1, record()), undefined)
      assert.equal(yield* store.compareAndSet(key, 1, undefined), undefined)
      assert.equal(yield* store.read(key), undefined)
    })
  ),
  caseOf("writes and removes nothing by a revision that is over", (store) =>
    Effect.gen(function* () {
      const first = yield* create(store, newKey())
      const second = yield* replace(store, first, { version: 2 })
      assert.ok(second.revision > first.revision)
      assert.equal(yield* store.compareAndSet(first.key, first.revision, record({ version: 3 })), undefined)
      assert.equal(yield* store.compareAndSet(first.key, first.revision, undefined), undefined)
      assert.equal((yield* existing(store, first.key)).version, 2)
    })
  ),
  caseOf("removes a row, and gives it as it was", (store) =>
    Effect.gen(function* () {
      const row = yield* create(store, newKey(), full)
      const removed = yield* store.compareAndSet(row.key, row.revision, undefined)
      assert.ok(removed !== undefined)
      sameContent(recordOf(removed), full)
      assert.equal(yield* store.read(row.key), undefined)
      assert.equal(yield* store.compareAndSet(row.key, row.revision, undefined), undefined)
    })
  ),
  caseOf("goes on with higher revisions when a removed row is written again", (store) =>
    Effect.gen(function* () {
      let row = yield* create(store, newKey())
      for (let round = 0; round < 3; round++) {
        row = yield* replace(store, row, { version: row.version + 1 })
        yield* store.compareAndSet(row.key, row.revision, undefined)
        const again = yield* create(store, row.key)
        assert.ok(again.revision > row.revision, `${again.revision} is higher than ${row.revision}`)
        assert.equal(yield* store.compareAndSet(row.key, row.revision, record({ family: "stale" })), undefined)
        row = again
      }
    })
  ),
  caseOf("counts the age from when the sealed text was written, whatever else is written", (store) =>
    Effect.gen(function* () {
      const row = yield* create(store, newKey())
      yield* store.changed(row.key, row.revision, 40)
      const beaten = yield* replace(store, row, { lease: { owner: "owner-1", fence: 1, beat: 1 }, fence: 1 })
      assert.ok(beaten.age >= 30, `${beaten.age} ms after 40 ms`)
      const before = yield* existing(store, row.key)
      assert.ok(before.age >= 30, `${before.age} ms after 40 ms`)
      const renewed = yield* replace(store, before, { sealed: "e.f.g.h", version: 2 })
      assert.ok(renewed.age < before.age, `${renewed.age} ms is less than ${before.age} ms`)
    })
  ),
  caseOf("goes on counting the age when the text was only sealed again", (store) =>
    Effect.gen(function* () {
      const row = yield* create(store, newKey())
      yield* store.changed(row.key, row.revision, 40)
      const next = record({ sealed: "e.f.g.h", keyId: "key-2", version: 2 })
      const resealed = yield* store.compareAndSet(row.key, row.revision, next, { keepAge: true })
      assert.ok(resealed !== undefined && resealed.age >= 30, `${resealed?.age} ms after 40 ms`)
      assert.ok((yield* existing(store, row.key)).age >= resealed.age)
    })
  ),
  caseOf("has a clock that does not go back", (store) =>
    Effect.gen(function* () {
      const first = yield* store.now
      yield* store.changed(newKey(), 0, 5)
      const second = yield* store.now
      assert.ok(Number.isFinite(first) && second > first)
    })
  )
]
