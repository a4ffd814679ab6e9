import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import type {
  GrantFilter,
  GrantKey,
  GrantRecord,
  GrantRow,
  GrantStore,
  MeterStore,
  OnceStore
} from "../../grant/GrantStore.ts"

/** A grant store, as its users have it. */
export type Store = GrantStore["Service"] & {
  /** undefined: the store leaves it out */
  readonly once: OnceStore["Service"] | undefined
  /** undefined: the store leaves it out */
  readonly meters: MeterStore["Service"] | undefined
}

/** Opens the store under test, another one each time; it closes with the scope. */
export type Open = Effect.Effect<Store, unknown, Scope.Scope>

/** One thing that a grant store promises. */
export interface Case {
  readonly title: string
  readonly test: (open: Open, durable: boolean) => Effect.Effect<void, unknown, Scope.Scope>
}

/** A case that needs one open store. */
export const caseOf = (title: string, use: (store: Store) => Effect.Effect<void, unknown, Scope.Scope>): Case => ({
  title,
  test: (open) => Effect.flatMap(open, use)
})

/** A case about single-use records, which a store may leave out: there is nothing to test then. */
export const onceCase = (
  title: string,
  use: (once: OnceStore["Service"], store: Store) => Effect.Effect<void, unknown, Scope.Scope>
): Case => caseOf(title, (store) => (store.once === undefined ? Effect.void : use(store.once, store)))

/** A case about meters, which a store may leave out: there is nothing to test then. */
export const meterCase = (
  title: string,
  use: (meters: MeterStore["Service"]) => Effect.Effect<void, unknown, Scope.Scope>
): Case => caseOf(title, (store) => (store.meters === undefined ? Effect.void : use(store.meters)))

/** The same value of this realm's classes. Numbers, texts, lists and objects alone: what a store may give. */
const ofThisRealm = (value: unknown): unknown => {
  if (typeof value !== "object" || value === null) return value
  // `value.map` would make a list of its own realm
  if (Array.isArray(value)) return Array.from(value, ofThisRealm)
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, ofThisRealm(member)]))
}

/**
 * Compares what is in two values, and not what made them. A store that copies by `structuredClone`, or reads with a
 * driver, gives objects of another realm where the tests run in one of their own, as with Jest.
 */
export const sameContent = (actual: unknown, expected: unknown, message?: string): void =>
  assert.deepEqual(ofThisRealm(actual), ofThisRealm(expected), message)

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
export const recordInRow = ({ age: _age, key: _key, revision: _revision, ...rest }: GrantRow): GrantRecord => rest

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
  Effect.map(store.compareAndSet(row.key, row.revision, { ...recordInRow(row), ...changes }), (written) => {
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
