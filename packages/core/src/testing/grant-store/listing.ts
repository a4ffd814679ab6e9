import assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import type { GrantRow } from "../../grant/GrantStore.ts"
import { type Case, caseOf, create, existing, listAll, newKey, recordOf, replace, sameContent, unique } from "./Case.ts"

const tenantsOf = (rows: ReadonlyArray<GrantRow>): ReadonlyArray<string> => rows.map(({ key }) => key.tenant).toSorted()

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `tenant-${index}`)

/** How grants are found. */
export const listing: ReadonlyArray<Case> = [
  caseOf("lists by surface, connection and tenant", (store) =>
    Effect.gen(function* () {
      const [connection, other, tenant] = [unique("connection"), unique("connection"), unique("tenant")]
      yield* create(store, { surface: "business-cloud", connection, tenant })
      yield* create(store, { surface: "intacct-rest", connection, tenant })
      yield* create(store, { surface: "intacct-rest", connection: other, tenant })
      yield* create(store, { surface: "intacct-rest", connection, tenant: `${tenant}-2` })
      const { next, rows } = yield* store.list({ surface: "intacct-rest", connection, tenant })
      sameContent([rows.length, next], [1, undefined])
      sameContent(rows[0]?.key, { surface: "intacct-rest", connection, tenant })
      assert.equal((yield* store.list({ connection })).rows.length, 3)
      assert.equal((yield* store.list({ tenant })).rows.length, 3)
      sameContent((yield* store.list({ connection: unique("nowhere") })).rows, [])
    })
  ),
  caseOf("lists rows as they are read", (store) =>
    Effect.gen(function* () {
      const row = yield* create(store, newKey(), { lease: { owner: "owner-1", fence: 1, beat: 2 }, fence: 1, dueAt: 5 })
      const [listed] = (yield* store.list({ connection: row.key.connection })).rows
      assert.ok(listed !== undefined)
      const read = yield* existing(store, row.key)
      sameContent({ ...listed, age: 0 }, { ...read, age: 0 })
    })
  ),
  caseOf("lists by state", (store) =>
    Effect.gen(function* () {
      const connection = unique("connection")
      yield* create(store, newKey({ connection, tenant: "a" }))
      const dying = yield* create(store, newKey({ connection, tenant: "b" }))
      yield* replace(store, dying, { state: "reauthorization-required", cause: "Revoked" })
      sameContent(tenantsOf((yield* store.list({ connection, state: "connected" })).rows), ["a"])
      sameContent(tenantsOf((yield* store.list({ connection, state: "reauthorization-required" })).rows), ["b"])
      sameContent((yield* store.list({ connection, state: "pairing" })).rows, [])
    })
  ),
  caseOf("lists what is due, and never what has no date", (store) =>
    Effect.gen(function* () {
      const connection = unique("connection")
      yield* create(store, newKey({ connection, tenant: "before" }), { dueAt: 999 })
      yield* create(store, newKey({ connection, tenant: "then" }), { dueAt: 1_000 })
      yield* create(store, newKey({ connection, tenant: "later" }), { dueAt: 1_001 })
      yield* create(store, newKey({ connection, tenant: "never" }))
      sameContent(tenantsOf((yield* store.list({ connection, dueBefore: 1_000 })).rows), ["before", "then"])
      sameContent((yield* store.list({ connection, dueBefore: 0 })).rows, [])
    })
  ),
  caseOf("lists what another key has sealed", (store) =>
    Effect.gen(function* () {
      const connection = unique("connection")
      for (const [tenant, keyId] of [
        ["a", "key-1"],
        ["b", "key-2"],
        ["c", "key-3"]
      ] as const) {
        yield* create(store, newKey({ connection, tenant }), { keyId })
      }
      sameContent(tenantsOf((yield* store.list({ connection, keyIdIsNot: "key-2" })).rows), ["a", "c"])
      assert.equal((yield* store.list({ connection, keyIdIsNot: "key-4" })).rows.length, 3)
    })
  ),
  caseOf("gives pages in one order, each row once", (store) =>
    Effect.gen(function* () {
      const connection = unique("connection")
      const tenants = numbered(25)
      for (const tenant of tenants) yield* create(store, newKey({ connection, tenant }))
      const first = yield* store.list({ connection, limit: 10 })
      assert.equal(first.rows.length, 10)
      assert.ok(first.next !== undefined)
      const rows = yield* listAll(store, { connection, limit: 10 })
      sameContent(tenantsOf(rows), tenants.toSorted())
      sameContent(tenantsOf(yield* listAll(store, { connection, limit: 25 })), tenants.toSorted())
      const again = yield* listAll(store, { connection, limit: 7 })
      sameContent(
        again.map(({ key }) => key.tenant),
        rows.map(({ key }) => key.tenant)
      )
    })
  ),
  caseOf("gives pages of what is due and of what another key has sealed, each row once", (store) =>
    Effect.gen(function* () {
      const connection = unique("connection")
      const tenants = numbered(25)
      for (const [index, tenant] of tenants.entries()) {
        yield* create(store, newKey({ connection, tenant }), { dueAt: (index * 7) % 5, keyId: `key-${index % 3}` })
      }
      const due = yield* listAll(store, { connection, dueBefore: 3, limit: 4 })
      sameContent(tenantsOf(due), tenants.filter((_, index) => (index * 7) % 5 <= 3).toSorted())
      const other = yield* listAll(store, { connection, keyIdIsNot: "key-1", limit: 4 })
      sameContent(tenantsOf(other), tenants.filter((_, index) => index % 3 !== 1).toSorted())
      const both = yield* listAll(store, { connection, keyIdIsNot: "key-1", dueBefore: 3, limit: 2 })
      const expected = tenants.filter((_, index) => (index * 7) % 5 <= 3 && index % 3 !== 1)
      sameContent(tenantsOf(both), expected.toSorted())
    })
  ),
  caseOf("gives 100 rows a page when nothing else is asked for", (store) =>
    Effect.gen(function* () {
      const connection = unique("connection")
      for (const tenant of numbered(101)) yield* create(store, newKey({ connection, tenant }))
      const { next, rows } = yield* store.list({ connection })
      assert.equal(rows.length, 100)
      assert.equal((yield* store.list({ connection, after: next })).rows.length, 1)
    })
  ),
  caseOf("leaves out no row that was there all the time, whatever is written between the pages", (store) =>
    Effect.gen(function* () {
      const connection = unique("connection")
      const tenants = numbered(40)
      for (const tenant of tenants) yield* create(store, newKey({ connection, tenant }))
      let round = 0
      const disturb = Effect.gen(function* () {
        round++
        yield* create(store, newKey({ connection, tenant: `between-${round}` }))
        const gone = yield* existing(store, newKey({ connection, tenant: `between-${round}` }))
        if (round % 2 === 0) yield* store.compareAndSet(gone.key, gone.revision, undefined)
        for (const tenant of tenants) {
          const row = yield* existing(store, newKey({ connection, tenant }))
          yield* store.compareAndSet(row.key, row.revision, { ...recordOf(row), version: row.version + 1 })
        }
      })
      const seen = yield* listAll(store, { connection, limit: 9 }, disturb)
      const kept = tenantsOf(seen).filter((tenant) => tenant.startsWith("tenant-"))
      sameContent(kept, tenants.toSorted())
    })
  ),
  caseOf("fails for a cursor that it did not give", (store) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(store.list({ after: "not a cursor" }))
      assert.equal(error.reason._tag, "StoreUnavailable")
    })
  )
]
