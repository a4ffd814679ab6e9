import type { SQLOutputValue } from "node:sqlite"
import * as Predicate from "effect/Predicate"
import type { ReauthorizationCause, Surface } from "../../errors/Reason.ts"
import type { GrantKey, GrantRecord, GrantRow, GrantState, Intent, Lease } from "../GrantStore.ts"
import { ageOf } from "../times.ts"

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
