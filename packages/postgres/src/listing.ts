import { type GrantFilter, type GrantPage, type GrantRow, storeUnavailable } from "@sage-auth/core"
import { clockTolerance, now, readColumns } from "./rows.ts"

const defaultLimit = 100
const highestLimit = 1_000

type Position = ReadonlyArray<string | number>

/** The order of a listing, which an index gives: no page reads more rows than it has, or than do not fit its filter. */
interface Order {
  readonly columns: ReadonlyArray<readonly [name: string, type: string]>
  readonly positionOf: (row: GrantRow) => Position
}

const byKey: Order = {
  columns: [
    ["surface", "text"],
    ["connection", "text"],
    ["tenant", "text"]
  ],
  positionOf: ({ key }) => [key.surface, key.connection, key.tenant]
}

const byDueAt: Order = {
  columns: [["due_at", "float8"], ...byKey.columns],
  positionOf: (row) => [row.dueAt ?? 0, ...byKey.positionOf(row)]
}

const byKeyId: Order = {
  columns: [["key_id", "text"], ...byKey.columns],
  positionOf: (row) => [row.keyId, ...byKey.positionOf(row)]
}

const orderOf = ({ dueBefore, keyIdIsNot }: GrantFilter): Order =>
  dueBefore !== undefined ? byDueAt : keyIdIsNot !== undefined ? byKeyId : byKey

const parsed = (cursor: string): unknown => {
  try {
    return JSON.parse(Buffer.from(cursor, "base64url").toString())
  } catch {
    return undefined
  }
}

const positionAfter = (cursor: string, { columns }: Order): Position => {
  const position = parsed(cursor)
  const fits =
    Array.isArray(position) &&
    position.length === columns.length &&
    position.every((part, index) => typeof part === (columns[index]?.[1] === "float8" ? "number" : "string"))
  if (fits) return position as Position
  throw storeUnavailable({
    message: "the grants cannot be listed from there: `after` is not a cursor of an earlier page",
    remedy:
      "Pass `next` of the page before as it was given, with the same filter, or leave `after` out to start again.",
    retryable: false
  })
}

/** What a listing asks of the database, and what is made of the answer. */
export interface Listing {
  readonly text: string
  readonly values: ReadonlyArray<unknown>
  readonly pageOf: (rows: ReadonlyArray<GrantRow>) => GrantPage
}

/** The query of one page, with one row more than the page holds: it tells whether there is another page. */
export const listingOf = (grants: string, filter: GrantFilter): Listing => {
  const order = orderOf(filter)
  const limit = Math.max(1, Math.min(Math.trunc(filter.limit ?? defaultLimit), highestLimit))
  const values: Array<unknown> = []
  const value = (it: unknown, type: string): string => `$${values.push(it)}::${type}`
  const conditions: Array<string> = []
  for (const name of ["surface", "connection", "tenant", "state"] as const) {
    const wanted = filter[name]
    if (wanted !== undefined) conditions.push(`${name} = ${value(wanted, "text")}`)
  }
  if (filter.keyIdIsNot !== undefined) conditions.push(`key_id <> ${value(filter.keyIdIsNot, "text")}`)
  const names = order.columns.map(([name]) => name).join(", ")
  if (filter.after !== undefined) {
    const position = positionAfter(filter.after, order)
    conditions.push(`(${names}) > (${order.columns.map(([, type], index) => value(position[index], type)).join(", ")})`)
  }
  const most = value(limit + 1, "int")
  const select = (...more: ReadonlyArray<string>) => {
    const all = [...more, ...conditions]
    const where = all.length === 0 ? "" : `where ${all.join(" and ")}`
    return `select * from ${grants} ${where} order by ${names} limit ${most}`
  }
  let rows = select()
  if (filter.dueBefore !== undefined) {
    const before = value(filter.dueBefore, "float8")
    const due = select(`due_at <= ${before}`)
    // dates that a clock which ran ahead has written are worth nothing: these are due now. There are none, as a rule
    const ahead = select("due_at is not null", `sealed_at > ${now} + ${clockTolerance}`, `due_at > ${before}`)
    rows = `(${due}) union all (${ahead})`
  }
  return {
    text: `select ${readColumns} from (${rows}) as found order by ${names.replaceAll(/\b(\w+)\b/g, "found.$1")} limit ${most}`,
    values,
    pageOf: (found) => {
      const page = found.slice(0, limit)
      const last = page.at(-1)
      const next =
        found.length > limit && last !== undefined
          ? Buffer.from(JSON.stringify(order.positionOf(last))).toString("base64url")
          : undefined
      return { rows: page, next }
    }
  }
}
