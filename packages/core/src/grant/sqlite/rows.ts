import * as Predicate from "effect/Predicate"
import type { SQLInputValue, SQLOutputValue } from "node:sqlite"
import type { ReauthorizationCause, Surface } from "../../errors/Reason.ts"
import {
  ageOf,
  clockTolerance,
  type GrantFilter,
  type GrantKey,
  type GrantRecord,
  type GrantRow,
  type GrantState,
  type Intent,
  type Lease
} from "../GrantStore.ts"
import type { Bounds, ListPosition } from "../storeSupport.ts"

/** A row of `grants` as SQLite gives it. */
export type Columns = Record<string, SQLOutputValue>

const states: ReadonlySet<unknown> = new Set<GrantState>([
  "connected",
  "pairing",
  "in-doubt",
  "reauthorization-required",
  "disconnected"
])

const causes: ReadonlySet<unknown> = new Set<ReauthorizationCause>([
  "Revoked",
  "Expired",
  "Superseded",
  "RotationInDoubt",
  "NeverAuthorized"
])

const isState = (value: unknown): value is GrantState => states.has(value)
const isCause = (value: unknown): value is ReauthorizationCause => causes.has(value)

const leaseOf = (row: Columns): Lease | undefined | "corrupt" => {
  const { lease_beat: beat, lease_fence: fence, lease_owner: owner } = row
  if (owner === null && fence === null && beat === null) return undefined
  return Predicate.isString(owner) && Predicate.isNumber(fence) && Predicate.isNumber(beat)
    ? { owner, fence, beat }
    : "corrupt"
}

const intentOf = (row: Columns): Intent | undefined | "corrupt" => {
  const { intent_hash: hash, intent_id: id, intent_owner: owner, intent_replayed: replayed } = row
  if (id === null && owner === null && hash === null && replayed === null) return undefined
  return Predicate.isString(id) &&
    Predicate.isString(owner) &&
    Predicate.isString(hash) &&
    (replayed === 0 || replayed === 1)
    ? { id, owner, hash, replayed: replayed === 1 }
    : "corrupt"
}

const isTime = (value: unknown): value is number | null => value === null || Predicate.isNumber(value)

/** The key of a row. */
export const keyOfColumns = (row: Columns): GrantKey => ({
  // a surface of a later release is kept as it is
  surface: String(row["surface"]) as Surface,
  connection: String(row["connection"]),
  tenant: String(row["tenant"])
})

/** Reads a row, by the clock `now`; undefined when it is not one that this library wrote. */
export const rowOf = (row: Columns, now: number): GrantRow | undefined => {
  const { cause, due_at: dueAt, family, fence, grant_expires_at: grantExpiresAt } = row
  const { key_id: keyId, revision, sealed, sealed_at: sealedAt, state, version } = row
  const lease = leaseOf(row)
  const intent = intentOf(row)
  if (lease === "corrupt" || intent === "corrupt" || !isState(state) || (cause !== null && !isCause(cause))) {
    return undefined
  }
  if (!Predicate.isNumber(revision) || !Predicate.isNumber(version) || !Predicate.isNumber(fence)) return undefined
  if (!Predicate.isString(family) || !Predicate.isString(sealed) || !Predicate.isString(keyId)) return undefined
  if (!Predicate.isNumber(sealedAt) || !isTime(grantExpiresAt) || !isTime(dueAt)) return undefined
  return {
    key: keyOfColumns(row),
    revision,
    age: ageOf(sealedAt, now),
    family,
    state,
    cause: cause ?? undefined,
    version,
    sealed,
    keyId,
    lease,
    fence,
    intent,
    grantExpiresAt: grantExpiresAt ?? undefined,
    dueAt: dueAt ?? undefined
  }
}

/** The columns of a record, as parameters by name. */
export const parametersOf = (record: GrantRecord) => ({
  family: record.family,
  state: record.state,
  cause: record.cause ?? null,
  version: record.version,
  key_id: record.keyId,
  lease_owner: record.lease?.owner ?? null,
  lease_fence: record.lease?.fence ?? null,
  lease_beat: record.lease?.beat ?? null,
  fence: record.fence,
  intent_id: record.intent?.id ?? null,
  intent_owner: record.intent?.owner ?? null,
  intent_hash: record.intent?.hash ?? null,
  intent_replayed: record.intent === undefined ? null : Number(record.intent.replayed),
  grant_expires_at: record.grantExpiresAt ?? null,
  due_at: record.dueAt ?? null,
  sealed: record.sealed
})

/** The order of a listing, which an index gives: no page reads more rows than it has, or than do not fit its filter. */
export interface Order {
  readonly columns: ReadonlyArray<string>
  /** the index to be used; undefined: the database chooses */
  readonly index: string | undefined
  readonly positionOf: (row: GrantRow) => ListPosition
}

const byKey: Order = {
  columns: ["surface", "connection", "tenant"],
  index: undefined,
  positionOf: ({ key }) => [key.surface, key.connection, key.tenant]
}

const byDueAt: Order = {
  columns: ["due_at", ...byKey.columns],
  index: "grants_by_due_at",
  positionOf: (row) => [row.dueAt ?? 0, ...byKey.positionOf(row)]
}

const byKeyId: Order = {
  columns: ["key_id", ...byKey.columns],
  index: "grants_by_key_id",
  positionOf: (row) => [row.keyId, ...byKey.positionOf(row)]
}

/** What is due comes by its date, what has to be sealed again by its key, everything else by the name of the grant. */
export const orderOf = (filter: GrantFilter): Order =>
  filter.dueBefore !== undefined ? byDueAt : filter.keyIdIsNot !== undefined ? byKeyId : byKey

/** What a listing asks of the database. */
export interface ListingQuery {
  readonly sql: string
  readonly parameters: Record<string, SQLInputValue>
}

/** The query of one page, with one row more than the page holds, at the time `now` of the store. */
export const listingOf = (filter: GrantFilter, order: Order, { after, limit }: Bounds, now: number): ListingQuery => {
  const conditions: Array<string> = []
  const parameters: Record<string, SQLInputValue> = { limit: limit + 1 }
  const where = (condition: string, values: Record<string, SQLInputValue>) => {
    conditions.push(condition)
    Object.assign(parameters, values)
  }
  const { connection, dueBefore, keyIdIsNot, state, surface, tenant } = filter
  // a column that is known to be constant would leave the order, and what is left is not that of the index: `+` hides
  // it
  const hidden = order.index === undefined ? "" : "+"
  if (surface !== undefined) where(`${hidden}surface = :surface`, { surface })
  if (connection !== undefined) where(`${hidden}connection = :connection`, { connection })
  if (tenant !== undefined) where(`${hidden}tenant = :tenant`, { tenant })
  if (state !== undefined) where("state = :state", { state })
  if (keyIdIsNot !== undefined) where("key_id <> :key_id", { key_id: keyIdIsNot })
  const columns = order.columns.join(", ")
  if (after !== undefined) {
    const names = order.columns.map((column) => `after_${column}`)
    where(
      `(${columns}) > (${names.map((name) => `:${name}`).join(", ")})`,
      Object.fromEntries(names.map((name, index) => [name, after[index] ?? null]))
    )
  }
  const select = (index: string | undefined, ...more: ReadonlyArray<string>) => {
    const all = [...more, ...conditions]
    const indexed = index === undefined ? "" : `indexed by ${index}`
    return `select * from grants ${indexed} ${all.length === 0 ? "" : `where ${all.join(" and ")}`}`
  }
  const rest = `order by ${columns} limit :limit`
  if (dueBefore === undefined) return { sql: `${select(order.index)} ${rest}`, parameters }
  Object.assign(parameters, { due_before: dueBefore, ahead: now + clockTolerance })
  const due = `select * from (${select(order.index, "due_at <= :due_before")} ${rest})`
  // dates that a clock which ran ahead has written are worth nothing: these are due now. There are none, as a rule
  const ahead = select("grants_by_sealed_at", "due_at is not null", "sealed_at > :ahead", "+due_at > :due_before")
  return { sql: `${due} union all ${ahead} ${rest}`, parameters }
}
