import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import assert from "node:assert/strict"
import {
  atOnce,
  type Case,
  caseOf,
  create,
  existing,
  listAll,
  newKey,
  record,
  recordInRow,
  replace,
  sameContent,
  type Store,
  unique
} from "./Case.ts"
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
      const next = { ...recordInRow(row), version: row.version + 1, sealed: `sealed-${row.version + 1}` }
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
        sameContent(recordInRow(row), recordInRow(written))
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
