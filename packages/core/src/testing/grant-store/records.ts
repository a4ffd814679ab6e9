import * as Effect from "effect/Effect"
import assert from "node:assert/strict"
import type { GrantKey, GrantRecord, GrantRow } from "../../grant/GrantStore.ts"
import {
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
  unique
} from "./Case.ts"

/** Names that a careless store would take for each other, or not give back. */
const odd = [
  "acme",
  "Acme",
  "ACME",
  "acme ",
  " acme",
  "acme|books",
  "acme/books",
  'acme"books',
  "acme'books",
  "acme\\books",
  "acme,books",
  "acme%",
  "acme_",
  "acme;drop table grants;--",
  "acme\nbooks",
  "acme\tbooks",
  "caf\u00e9",
  "cafe\u0301",
  "\u00c5ngstr\u00f6m",
  "\u212bngstr\u00f6m",
  "\u682a\u5f0f\u4f1a\u793e",
  "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}",
  "\ufeffacme",
  "__proto__",
  "constructor",
  "0",
  "null",
  "x".repeat(500),
  `${"x".repeat(499)}y`,
  "\u{1f600}".repeat(125)
]

const refused = ["", "acme\0books", "\0", "acme\ud800", "\udc00acme"]

/** That a tenant gets its own grant and no other. */
export const names: ReadonlyArray<Case> = [
  caseOf("keeps tenants apart, whatever characters their names have", (store) =>
    Effect.gen(function* () {
      const connection = unique("connection")
      for (const [index, tenant] of odd.entries()) {
        yield* create(store, newKey({ connection, tenant }), { sealed: `sealed-${index}` })
      }
      for (const [index, tenant] of odd.entries()) {
        const row = yield* existing(store, newKey({ connection, tenant }))
        assert.equal(row.sealed, `sealed-${index}`)
        assert.equal(row.key.tenant, tenant)
      }
      const listed = yield* listAll(store, { connection, limit: 7 })
      sameContent(listed.map(({ key }) => key.tenant).toSorted(), odd.toSorted())
      const first = yield* existing(store, newKey({ connection, tenant: "acme" }))
      yield* store.compareAndSet(first.key, first.revision, undefined)
      assert.equal((yield* listAll(store, { connection })).length, odd.length - 1)
    })
  ),
  caseOf("keeps connections and surfaces apart", (store) =>
    Effect.gen(function* () {
      const [a, b] = [unique("a"), unique("b")]
      const keys: ReadonlyArray<GrantKey> = [
        { surface: "intacct-rest", connection: a, tenant: b },
        { surface: "business-cloud", connection: a, tenant: b },
        { surface: "intacct-rest", connection: b, tenant: a },
        { surface: "intacct-rest", connection: `${a}${b}`, tenant: a },
        { surface: "intacct-rest", connection: a, tenant: `${b}${a}` }
      ]
      for (const [index, key] of keys.entries()) yield* create(store, key, { sealed: `sealed-${index}` })
      for (const [index, key] of keys.entries()) {
        assert.equal((yield* existing(store, key)).sealed, `sealed-${index}`)
      }
    })
  ),
  caseOf("refuses a name that it could not give back, rather than take it for another", (store) =>
    Effect.gen(function* () {
      for (const tenant of refused) {
        const key = newKey({ tenant })
        const read = yield* Effect.flip(store.read(key))
        const written = yield* Effect.flip(store.compareAndSet(key, undefined, record()))
        sameContent([read.reason._tag, written.reason._tag], ["StoreUnavailable", "StoreUnavailable"])
        sameContent((yield* store.list({ connection: key.connection })).rows, [])
      }
    })
  )
]

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
        sameContent(recordInRow(answered), written)
        const row = yield* existing(store, key)
        sameContent(row.key, key)
        sameContent(recordInRow(row), written)
        assert.equal(row.revision, answered.revision)
      }
    })
  ),
  caseOf("clears the lease, the intent and the cause that a record has no longer", (store) =>
    Effect.gen(function* () {
      const key = newKey()
      const row = yield* create(store, key, full)
      yield* replace(store, row, record())
      sameContent(recordInRow(yield* existing(store, key)), record())
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
      sameContent(recordInRow(yield* existing(store, row.key)), record())
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
      sameContent(recordInRow(removed), full)
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
          yield* store.compareAndSet(row.key, row.revision, { ...recordInRow(row), version: row.version + 1 })
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
