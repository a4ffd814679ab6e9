import { randomUUID } from "node:crypto"
import type { GrantKey, GrantPort, GrantRow, StoredLease } from "@sage-auth/core"
import type { Columns } from "./connections.ts"
import type { Database } from "./Database.ts"
import { listingOf } from "./listing.ts"
import { checkNames, partsOf } from "./names.ts"
import { now, readColumns, recordColumns, rowOf, valuesOf } from "./rows.ts"
import type { Waiters } from "./Waiters.ts"

// the first three parameters are the key, the fourth tells this write from all others, the record follows
const parameters = recordColumns.map(([, type], index) => `$${index + 5}::${type}`)
const parameterOf = (column: string): string => parameters[recordColumns.findIndex(([name]) => name === column)] ?? ""
const afterRecord = recordColumns.length + 5

const ofKey = "surface = $1::text and connection = $2::text and tenant = $3::text"

/**
 * True, and sees to it that the commit of this statement waits for the disk, also where the database or the role says
 * `synchronous_commit = off`: a refresh token that the server forgets after a crash is a lost grant.
 */
export const durably = `(select case current_setting('synchronous_commit') when 'off'
  then set_config('synchronous_commit', 'on', true) end) is distinct from 'off'`

/** The grants of a schema. */
export const grantsIn = (
  database: Database,
  schema: string,
  waiters: Waiters
): Pick<GrantPort, "read" | "compareAndSet" | "list" | "now" | "changed"> & {
  readonly leases: () => Promise<ReadonlyArray<StoredLease>>
} => {
  const table = `${schema}.grants`
  const next = `nextval('${schema}.revisions')`
  const insert = `insert into ${table} (surface, connection, tenant, written_by, revision, sealed_at,
      ${recordColumns.map(([name]) => name).join(", ")})
    select $1::text, $2::text, $3::text, $4::uuid, ${next}, ${now}, ${parameters.join(", ")} where ${durably}
    on conflict do nothing returning ${readColumns}`
  const sealed = parameterOf("sealed")
  // a text that is the same is not written again: what is long lies beside the table
  const assignments = recordColumns.map(([name], index) =>
    name === "sealed"
      ? `sealed = case when sealed = ${sealed} then sealed else ${sealed} end`
      : `${name} = ${parameters[index]}`
  )
  const update = `update ${table} set written_by = $4::uuid, revision = greatest(${next}, revision + 1),
      sealed_at = case when $${afterRecord + 1}::boolean or sealed = ${sealed} then sealed_at else ${now} end,
      ${assignments.join(", ")}
    where ${ofKey} and revision = $${afterRecord}::bigint and ${durably} returning ${readColumns}`
  const remove = `delete from ${table} where ${ofKey} and revision = $4::bigint and ${durably} returning ${readColumns}`
  const read = `select ${readColumns} from ${table} where ${ofKey}`

  const told = ([first]: ReadonlyArray<Columns>, parts: ReadonlyArray<string>): GrantRow | undefined => {
    const row = first && rowOf(first, database.place)
    if (row !== undefined) waiters.tell(parts, row.revision)
    return row
  }

  return {
    read: async (key) => {
      const [found] = await database.read(read, partsOf(key))
      return found && rowOf(found, database.place)
    },
    compareAndSet: async (key, revision, record, options) => {
      const parts = partsOf(key)
      if (record === undefined) {
        if (revision === undefined) return undefined
        const [removed] = await database.write(remove, [...parts, revision])
        if (removed === undefined) return undefined
        waiters.tell(parts, 0)
        return rowOf(removed, database.place)
      }
      checkNames({ family: record.family, keyId: record.keyId })
      const id = randomUUID()
      const values = [...parts, id, ...valuesOf(record)]
      const mine = { text: `${read} and written_by = $4::uuid`, values: [...parts, id] }
      return told(
        revision === undefined
          ? await database.writeOnce(insert, values, mine)
          : await database.writeOnce(update, [...values, revision, options?.keepAge === true], mine),
        parts
      )
    },
    list: async (filter) => {
      const { pageOf, text, values } = listingOf(table, filter)
      const rows = await database.read(text, values)
      return pageOf(rows.map((row) => rowOf(row, database.place)))
    },
    leases: async () => {
      // no index has them: each rotation would pay for it, and people look seldom
      const rows = await database.read(
        `select ${readColumns} from ${table} where lease_owner is not null
         order by surface, connection, tenant limit 100`,
        []
      )
      return rows.flatMap((row) => {
        const { intent, key, lease } = rowOf(row, database.place)
        return lease === undefined ? [] : [{ key, owner: lease.owner, sent: intent !== undefined }]
      })
    },
    now: async () => {
      const [row] = await database.read(`select ${now}::text as now`, [])
      return Math.floor(Number(row?.["now"]))
    },
    changed: (key: GrantKey, revision, milliseconds, signal) => waiters.wait(key, revision, milliseconds, signal)
  }
}
