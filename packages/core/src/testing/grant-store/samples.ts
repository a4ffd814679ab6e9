import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import * as Effect from "effect/Effect"
import type { GrantFilter, GrantKey, GrantRecord, GrantRow } from "../../grant/GrantStore.ts"
import type { Store } from "./Case.ts"

/** A unique name. So a store may still hold what other tests and other days have left. */
export const unique = (what: string): string => `${what}-${randomUUID()}`

/** A unique key. */
export const newKey = (key: Partial<GrantKey> = {}): GrantKey => ({
  surface: "business-cloud",
  connection: unique("connection"),
  tenant: "acme",
  ...key
})

/** A record as a consent leaves it. */
export const record = (changes: Partial<GrantRecord> = {}): GrantRecord => ({
  family: "family-1",
  state: "connected",
  cause: undefined,
  version: 1,
  sealed: "header.nonce.ciphertext.tag",
  keyId: "key-1",
  lease: undefined,
  fence: 0,
  intent: undefined,
  grantExpiresAt: undefined,
  dueAt: undefined,
  ...changes
})

/** The record in a row. */
export const recordOf = ({ age: _age, key: _key, revision: _revision, ...rest }: GrantRow): GrantRecord => rest

/** The row, which is there. */
export const existing = (store: Store, key: GrantKey) =>
  Effect.map(store.read(key), (row) => {
    assert.ok(row !== undefined, "the row is there")
    return row
  })

/** Writes a row that was not there. */
export const create = (store: Store, key: GrantKey, changes: Partial<GrantRecord> = {}) =>
  Effect.map(store.compareAndSet(key, undefined, record(changes)), (row) => {
    assert.ok(row !== undefined, "the row was written")
    return row
  })

/** Writes a row over the one that was read. */
export const replace = (store: Store, row: GrantRow, changes: Partial<GrantRecord>) =>
  Effect.map(store.compareAndSet(row.key, row.revision, { ...recordOf(row), ...changes }), (written) => {
    assert.ok(written !== undefined, "the row was written")
    return written
  })

/** Every row of a listing, page by page; `between` runs after each page. */
export const listAll = (store: Store, filter: GrantFilter, between: Effect.Effect<void, unknown> = Effect.void) =>
  Effect.gen(function* () {
    const rows: Array<GrantRow> = []
    let after: string | undefined
    do {
      const page = yield* store.list({ ...filter, after })
      rows.push(...page.rows)
      after = page.next
      yield* between
    } while (after !== undefined)
    return rows
  })

/** So many at once, each with its number. */
export const atOnce = <A, E>(times: number, effect: (index: number) => Effect.Effect<A, E>) =>
  Effect.forEach(Array.from({ length: times }).keys(), effect, { concurrency: "unbounded" })
