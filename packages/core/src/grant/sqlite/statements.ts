import type { DatabaseSync, StatementSync } from "node:sqlite"
import type { parametersOf } from "./rows.ts"

type Column = keyof ReturnType<typeof parametersOf>

const columns: ReadonlyArray<Column> = [
  "family",
  "state",
  "cause",
  "version",
  "key_id",
  "lease_owner",
  "lease_fence",
  "lease_beat",
  "fence",
  "intent_id",
  "intent_owner",
  "intent_hash",
  "intent_replayed",
  "grant_expires_at",
  "due_at",
  "sealed"
]

const ofKey = "surface = :surface and connection = :connection and tenant = :tenant"

/**
 * The statements of a grant store.
 *
 * Those that write and give something back are to be run with `all()`: `get()` stops at the first row, so the commit
 * happens when it resets the statement, and an error of that commit, such as a full disk, is not thrown.
 */
export const prepareStatements = (database: DatabaseSync) => ({
  read: database.prepare(`select * from grants where ${ofKey}`),
  revision: database.prepare(`select revision from grants where ${ofKey}`),
  insert: database.prepare(
    `insert into grants (surface, connection, tenant, revision, sealed_at, ${columns.join(", ")})
     values (:surface, :connection, :tenant, (select highest_removed + 1 from revisions), :now,
       ${columns.map((column) => `:${column}`).join(", ")})
     on conflict do nothing returning revision, sealed_at`
  ),
  update: database.prepare(
    `update grants set revision = revision + 1,
       sealed_at = case when :keep_age = 1 or sealed = :sealed then sealed_at else :now end,
       ${columns.map((column) => `${column} = :${column}`).join(", ")}
     where ${ofKey} and revision = :revision returning revision, sealed_at`
  ),
  remove: database.prepare(`delete from grants where ${ofKey} and revision = :revision returning *`),
  dropExpired: database.prepare("delete from once where expires_at <= :now"),
  put: database.prepare(
    "insert into once (id, sealed, expires_at) values (:id, :sealed, :expires_at) on conflict do nothing"
  ),
  look: database.prepare("select sealed from once where id = :id and :now < expires_at"),
  take: database.prepare("delete from once where id = :id returning sealed, expires_at"),
  meterAdd: database.prepare(
    `insert into meters values (:company, :month, :transactions)
     on conflict do update set transactions = transactions + excluded.transactions returning transactions`
  ),
  meterSet: database.prepare(
    `insert into meters values (:company, :month, :transactions)
     on conflict do update set transactions = excluded.transactions`
  ),
  meterRead: database.prepare("select transactions from meters where company = :company and month = :month"),
  dataVersion: database.prepare("pragma data_version")
})

/** Statements by their text, each prepared once. */
export const preparedBy = (database: DatabaseSync): ((sql: string) => StatementSync) => {
  const known = new Map<string, StatementSync>()
  return (sql) => {
    let statement = known.get(sql)
    if (statement === undefined) known.set(sql, (statement = database.prepare(sql)))
    return statement
  }
}
