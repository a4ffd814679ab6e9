import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Redacted, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { updateRow } from "../../src/grant/GrantRows.ts"
import type { GrantRecord, GrantStore } from "../../src/grant/GrantStore.ts"
import * as Sealing from "../../src/grant/Sealing.ts"
import { generateKey } from "../../src/grant/keys.ts"
import { reseal } from "../../src/grant/storePasses.ts"
import { aKey, aRecord, openMemory, openSqlite, temporaryDirectory } from "./openStore.ts"

type Store = GrantStore["Service"]

const [first, second, third] = [generateKey(), generateKey(), generateKey()].map((key) => Redacted.make(key)) as [
  Redacted.Redacted,
  Redacted.Redacted,
  Redacted.Redacted
]

const create = (store: Store, sealing: Sealing.Sealing, tenant: string, changes: Partial<GrantRecord> = {}) =>
  Effect.gen(function* () {
    const sealed = yield* sealing.seal(aKey(tenant), 1, `secret of ${tenant}`)
    yield* store.compareAndSet(aKey(tenant), undefined, aRecord({ ...sealed, ...changes }))
  })

const plainOf = (store: Store, sealing: Sealing.Sealing, tenant: string) =>
  Effect.gen(function* () {
    const row = yield* store.read(aKey(tenant))
    assert.isDefined(row)
    return yield* sealing.open(row.key, row.version, row.sealed)
  })

const stores: { readonly [name: string]: Effect.Effect<Store, unknown, Scope.Scope> } = {
  memory: openMemory,
  SQLite: Effect.flatMap(temporaryDirectory, (directory) => openSqlite({ path: join(directory, "grants.db") }))
}

for (const [name, open] of Object.entries(stores)) {
  describe(`sealing again: ${name}`, () => {
    it.effect("seals every grant with the newest key, over several pages, and finds nothing the next time", () =>
      Effect.gen(function* () {
        const store = yield* open
        const old = yield* Sealing.make([first])
        const rotated = yield* Sealing.make([second, first])
        const tenants = Array.from({ length: 230 }, (_, index) => `tenant-${index}`)
        for (const tenant of tenants) yield* create(store, old, tenant)
        assert.deepStrictEqual(yield* reseal(store, rotated), { resealed: 230, failures: [] })
        // the old key is not needed any more
        const later = yield* Sealing.make([second])
        for (const tenant of tenants) assert.strictEqual(yield* plainOf(store, later, tenant), `secret of ${tenant}`)
        assert.deepStrictEqual(yield* reseal(store, rotated), { resealed: 0, failures: [] })
      })
    )

    it.effect("leaves lease, intent, dates, state and age as they are", () =>
      Effect.gen(function* () {
        const store = yield* open
        const changes: Partial<GrantRecord> = {
          state: "in-doubt",
          cause: "RotationInDoubt",
          lease: { owner: "owner-1", fence: 4, beat: 9 },
          fence: 4,
          intent: { id: "intent-1", owner: "owner-1", hash: "hash-1", replayed: true },
          grantExpiresAt: 5_000,
          dueAt: 4_000
        }
        yield* create(store, yield* Sealing.make([first]), "acme", changes)
        yield* TestClock.adjust("7 seconds")
        const before = yield* store.read(aKey())
        const rotated = yield* Sealing.make([second, first])
        yield* reseal(store, rotated)
        const after = yield* store.read(aKey())
        assert.isTrue(before !== undefined && after !== undefined && after.sealed !== before.sealed)
        assert.strictEqual(after?.age, 7_000)
        assert.deepStrictEqual(
          { ...after, sealed: "", revision: 0 },
          { ...before, sealed: "", revision: 0, version: 2, keyId: rotated.keyId }
        )
      })
    )

    it.effect("loses no write that happens at the same time, in two passes at once", () =>
      Effect.gen(function* () {
        const store = yield* open
        const old = yield* Sealing.make([first])
        const rotated = yield* Sealing.make([second, first])
        const tenants = Array.from({ length: 30 }, (_, index) => `tenant-${index}`)
        for (const tenant of tenants) yield* create(store, old, tenant)
        const passes = yield* Effect.forkChild(
          Effect.all([reseal(store, rotated), reseal(store, rotated)], { concurrency: "unbounded" }),
          { startImmediately: true }
        )
        // a process that still has the old key in front writes new contents meanwhile
        yield* Effect.forEach(
          tenants,
          (tenant) =>
            updateRow(store, aKey(tenant), (row) =>
              Effect.gen(function* () {
                assert.isDefined(row)
                const { age: _age, key, revision: _revision, ...record } = row
                const version = row.version + 1
                return { ...record, version, ...(yield* old.seal(key, version, `newer secret of ${tenant}`)) }
              })
            ),
          { concurrency: "unbounded" }
        )
        yield* Fiber.join(passes)
        yield* reseal(store, rotated)
        const later = yield* Sealing.make([second])
        for (const tenant of tenants) {
          assert.strictEqual(yield* plainOf(store, later, tenant), `newer secret of ${tenant}`)
        }
      })
    )

    it.effect("reports what does not open, leaves it as it is, and goes on with the others", () =>
      Effect.gen(function* () {
        const store = yield* open
        yield* create(store, yield* Sealing.make([third]), "lost key")
        yield* create(store, yield* Sealing.make([first]), "fine")
        const copied = yield* store.read(aKey("fine"))
        const { age: _age, key: _key, revision: _revision, ...record } = copied!
        yield* store.compareAndSet(aKey("copied"), undefined, record)
        const { failures, resealed } = yield* reseal(store, yield* Sealing.make([second, first]))
        assert.strictEqual(resealed, 1)
        assert.deepStrictEqual(failures.map(({ tenant }) => String(tenant)).toSorted(), ["copied", "lost key"])
        // with its key it opens again
        assert.strictEqual(yield* plainOf(store, yield* Sealing.make([third]), "lost key"), "secret of lost key")
      })
    )

    it.effect("goes on where a pass was stopped", () =>
      Effect.gen(function* () {
        const store = yield* open
        const old = yield* Sealing.make([first])
        const rotated = yield* Sealing.make([second, first])
        for (let index = 0; index < 20; index++) yield* create(store, old, `tenant-${index}`)
        let writes = 0
        const failing: Store = {
          ...store,
          compareAndSet: (...args) => (++writes > 7 ? Effect.interrupt : store.compareAndSet(...args))
        }
        const stopped = yield* Effect.exit(reseal(failing, rotated))
        assert.strictEqual(stopped._tag, "Failure")
        assert.deepStrictEqual(yield* reseal(store, rotated), { resealed: 13, failures: [] })
      })
    )
  })
}
