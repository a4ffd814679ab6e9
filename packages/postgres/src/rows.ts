import { type GrantKey, type GrantRecord, type GrantRow, type GrantState, storeUnavailable } from "@sage-auth/core"
import type { Columns } from "./connections.ts"

/** The database's clock, in milliseconds since the epoch. */
export const now = "(extract(epoch from clock_timestamp()) * 1000)::float8"

/**
 * How far two looks at one clock may lie apart in the wrong order, in milliseconds: after a failover it is another one.
 */
export const clockTolerance = 5_000

const age = `case when sealed_at > ${now} + ${clockTolerance} then ${Number.MAX_SAFE_INTEGER}::float8
  else greatest(0, ${now} - sealed_at) end as age`

/** What is read of a row. Casts make numbers and texts of what a user's own parsers might make something else of. */
export const readColumns = `surface, connection, tenant, revision::text, family, state, cause, version::text, key_id,
  lease_owner, lease_fence::text, lease_beat::text, fence::text, intent_id, intent_owner, intent_hash,
  intent_replayed::text, grant_expires_at::text, due_at::text, sealed, (${age.replace(" as age", "")})::text as age`

/** The columns of a record, in the order of `valuesOf`. */
export const recordColumns = [
  ["family", "text"],
  ["state", "text"],
  ["cause", "text"],
  ["version", "bigint"],
  ["key_id", "text"],
  ["lease_owner", "text"],
  ["lease_fence", "bigint"],
  ["lease_beat", "bigint"],
  ["fence", "bigint"],
  ["intent_id", "text"],
  ["intent_owner", "text"],
  ["intent_hash", "text"],
  ["intent_replayed", "boolean"],
  ["grant_expires_at", "float8"],
  ["due_at", "float8"],
  ["sealed", "text"]
] as const

/** A record as parameters. */
export const valuesOf = (record: GrantRecord): Array<unknown> => [
  record.family,
  record.state,
  record.cause ?? null,
  record.version,
  record.keyId,
  record.lease?.owner ?? null,
  record.lease?.fence ?? null,
  record.lease?.beat ?? null,
  record.fence,
  record.intent?.id ?? null,
  record.intent?.owner ?? null,
  record.intent?.hash ?? null,
  record.intent?.replayed ?? null,
  record.grantExpiresAt ?? null,
  record.dueAt ?? null,
  record.sealed
]

const states: ReadonlySet<unknown> = new Set<GrantState>([
  "connected",
  "pairing",
  "in-doubt",
  "reauthorization-required",
  "disconnected"
])

const numberOrNone = (value: unknown): number | undefined => (value === null ? undefined : Number(value))

/** A row as it was read; `place` names the database where it cannot be understood. */
export const rowOf = (columns: Columns, place: string): GrantRow => {
  const text = (name: string): string => String(columns[name])
  const key = { surface: text("surface"), connection: text("connection"), tenant: text("tenant") } as GrantKey
  const state = text("state") as GrantState
  if (!states.has(state)) {
    throw storeUnavailable({
      key,
      message: `the record of this grant in ${place} has a state that this release does not know`,
      remedy: "Update @sage-auth/postgres and @sage-auth/core in every process. The record was left as it is.",
      retryable: false
    })
  }
  return {
    key,
    revision: Number(columns["revision"]),
    age: Number(columns["age"]),
    family: text("family"),
    state,
    cause: (columns["cause"] ?? undefined) as GrantRow["cause"],
    version: Number(columns["version"]),
    sealed: text("sealed"),
    keyId: text("key_id"),
    lease:
      columns["lease_owner"] === null
        ? undefined
        : { owner: text("lease_owner"), fence: Number(columns["lease_fence"]), beat: Number(columns["lease_beat"]) },
    fence: Number(columns["fence"]),
    intent:
      columns["intent_id"] === null
        ? undefined
        : {
            id: text("intent_id"),
            owner: text("intent_owner"),
            hash: text("intent_hash"),
            replayed: text("intent_replayed") === "true"
          },
    grantExpiresAt: numberOrNone(columns["grant_expires_at"]),
    dueAt: numberOrNone(columns["due_at"])
  }
}
