import assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { woken } from "./changes.ts"
import {
  atOnce,
  type Case,
  create,
  existing,
  listAll,
  newKey,
  record,
  recordOf,
  replace,
  sameContent,
  unique
} from "./Case.ts"

const month = "2026-11"
const minute = 60_000

/** What holds when a store is closed and opened again, and when several are open: two processes, or two hosts. */
export const durability: ReadonlyArray<Case> = [
  {
    title: "has everything again after it was closed",
    test: (open) =>
      Effect.gen(function* () {
        const key = newKey()
        const written = yield* Effect.scoped(
          Effect.gen(function* () {
            const store = yield* open
            return yield* create(store, key, { sealed: "a.b.c.d", dueAt: 1_000 })
          })
        )
        const store = yield* open
        const row = yield* existing(store, key)
        sameContent(recordOf(row), recordOf(written))
        assert.equal(row.revision, written.revision)
        assert.equal((yield* listAll(store, { connection: key.connection, dueBefore: 1_000 })).length, 1)
      })
  },
  {
    title: "has what can be used once again after it was closed",
    test: (open) =>
      Effect.gen(function* () {
        const id = unique("state")
        yield* Effect.scoped(
          Effect.gen(function* () {
            const { now, once } = yield* open
            yield* once?.put(id, "sealed", (yield* now) + minute) ?? Effect.void
          })
        )
        const { once } = yield* open
        if (once !== undefined) assert.equal(yield* once.take(id), "sealed")
      })
  },
  {
    title: "goes on counting from where it was closed",
    test: (open) =>
      Effect.gen(function* () {
        const company = unique("company")
        yield* Effect.scoped(Effect.flatMap(open, ({ meters }) => meters?.add(company, month, 4) ?? Effect.void))
        const { meters } = yield* open
        if (meters !== undefined) assert.equal(yield* meters.add(company, month, 1), 5)
      })
  },
  {
    title: "goes on with higher revisions after it was closed, also for a removed row",
    test: (open) =>
      Effect.gen(function* () {
        const key = newKey()
        const removed = yield* Effect.scoped(
          Effect.gen(function* () {
            const store = yield* open
            const row = yield* replace(store, yield* create(store, key), { version: 2 })
            yield* store.compareAndSet(key, row.revision, undefined)
            return row
          })
        )
        const again = yield* create(yield* open, key)
        assert.ok(again.revision > removed.revision)
      })
  },
  {
    title: "shows one what the other has written",
    test: (open) =>
      Effect.gen(function* () {
        const [one, other] = [yield* open, yield* open]
        const row = yield* create(one, newKey())
        assert.equal((yield* existing(other, row.key)).revision, row.revision)
        yield* replace(other, row, { version: 2 })
        assert.equal((yield* existing(one, row.key)).version, 2)
        assert.equal(yield* one.compareAndSet(row.key, row.revision, record()), undefined)
      })
  },
  {
    title: "lets one of 50 writers win who come through two of them",
    test: (open) =>
      Effect.gen(function* () {
        const [one, other] = [yield* open, yield* open]
        const row = yield* create(one, newKey())
        const results = yield* atOnce(50, (index) =>
          (index % 2 === 0 ? one : other).compareAndSet(row.key, row.revision, record({ fence: index }))
        )
        assert.equal(results.filter((written) => written !== undefined).length, 1)
      })
  },
  {
    title: "wakes one who waits for what the other writes",
    test: (open) =>
      Effect.gen(function* () {
        const [one, other] = [yield* open, yield* open]
        const row = yield* create(one, newKey())
        yield* woken(one, row.key, row.revision, replace(other, row, { version: 2 }))
      })
  },
  {
    title: "gives what can be used once to one of two",
    test: (open) =>
      Effect.gen(function* () {
        const [{ now, once: one }, { once: other }] = [yield* open, yield* open]
        if (one === undefined || other === undefined) return
        const id = unique("state")
        yield* one.put(id, "sealed", (yield* now) + minute)
        assert.equal(yield* other.put(id, "another", (yield* now) + minute), false)
        assert.equal(yield* other.read(id), "sealed")
        const taken = yield* atOnce(20, (index) => (index % 2 === 0 ? one : other).take(id))
        sameContent(
          taken.filter((text) => text !== undefined),
          ["sealed"]
        )
      })
  },
  {
    title: "adds up what both count",
    test: (open) =>
      Effect.gen(function* () {
        const [{ meters: one }, { meters: other }] = [yield* open, yield* open]
        if (one === undefined || other === undefined) return
        const company = unique("company")
        yield* atOnce(20, (index) => (index % 2 === 0 ? one : other).add(company, month, 1))
        assert.equal(yield* one.read(company, month), 20)
      })
  },
  {
    title: "does not take the owner for dead that the other one is, nor for alive once it has closed",
    test: (open) =>
      Effect.gen(function* () {
        const store = yield* open
        const closed = yield* Effect.scoped(
          Effect.gen(function* () {
            const other = yield* open
            const owner = yield* other.owner
            assert.notEqual(owner, yield* store.owner)
            assert.notEqual(yield* store.alive(owner), false)
            return owner
          })
        )
        assert.notEqual(yield* store.alive(closed), true)
      })
  }
]
