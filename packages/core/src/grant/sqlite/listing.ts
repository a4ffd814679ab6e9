import type { SQLInputValue } from "node:sqlite"
import type { GrantFilter, GrantRow } from "../GrantStore.ts"
import type { Bounds, ListPosition } from "../storeSupport.ts"
import { clockTolerance } from "../times.ts"

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
