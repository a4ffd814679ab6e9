import assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import type { GrantKey } from "../../grant/GrantStore.ts"
import { type Case, caseOf, create, existing, listAll, newKey, record, sameContent, unique } from "./Case.ts"

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
