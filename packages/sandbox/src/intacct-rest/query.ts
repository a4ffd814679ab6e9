import type { IntacctRecord } from "../intacct-xml/records.ts"
import { isObject } from "../oauth/params.ts"
import { payloadProblem } from "./errors.ts"
import { RecordProblem, type RestObject } from "./objects.ts"

/** What the query service was asked. */
export interface Query {
  readonly fields: ReadonlyArray<readonly [name: string, field: string]>
  readonly matches: (record: IntacctRecord) => boolean
  readonly order: ReadonlyArray<{ readonly field: string; readonly direction: 1 | -1 }>
  /** Counted from 1. */
  readonly start: number
  readonly size: number
}

type Compare = (left: string, right: ReadonlyArray<string>) => boolean

const by =
  (test: (order: number) => boolean): Compare =>
  (left, [right = ""]) =>
    test(compare(left, right))

const negated =
  (test: Compare): Compare =>
  (left, right) =>
    !test(left, right)

const among: Compare = (left, right) => right.some((each) => compare(left, each) === 0)
const between: Compare = (left, [low = "", high = ""]) => compare(left, low) >= 0 && compare(left, high) <= 0
const contains: Compare = (left, [right = ""]) => left.toLowerCase().includes(right.toLowerCase())
const startsWith: Compare = (left, [right = ""]) => left.toLowerCase().startsWith(right.toLowerCase())
const endsWith: Compare = (left, [right = ""]) => left.toLowerCase().endsWith(right.toLowerCase())

const operators: ReadonlyMap<string, Compare> = new Map([
  ["$eq", by((order) => order === 0)],
  ["$ne", by((order) => order !== 0)],
  ["$lt", by((order) => order < 0)],
  ["$lte", by((order) => order <= 0)],
  ["$gt", by((order) => order > 0)],
  ["$gte", by((order) => order >= 0)],
  ["$in", among],
  ["$notIn", negated(among)],
  ["$between", between],
  ["$notBetween", negated(between)],
  ["$contains", contains],
  ["$notContains", negated(contains)],
  ["$startsWith", startsWith],
  ["$notStartsWith", negated(startsWith)],
  ["$endsWith", endsWith],
  ["$notEndsWith", negated(endsWith)]
])

const compare = (left: string, right: string): number => {
  const numbers = left !== "" && right !== "" ? Number(left) - Number(right) : Number.NaN
  return Number.isNaN(numbers) ? left.localeCompare(right, "en") : numbers
}

const mostRecords = 4000

/** Reads the body of the query service. @throws `RecordProblem` */
export const readQuery = (object: RestObject, body: Readonly<Record<string, unknown>>): Query => {
  const names = body["fields"] ?? ["key", "id"]
  if (!isTexts(names)) throw refused("fields must be a list of names")
  const filters = body["filters"] ?? []
  if (!Array.isArray(filters)) throw refused("filters must be a list")
  const conditions = (filters as ReadonlyArray<unknown>).map((each) => conditionOf(object, each))
  const expression = body["filterExpression"] ?? "and"
  if (expression !== "and" && expression !== "or")
    throw refused(`filterExpression must be "and" or "or" in the sandbox`)
  const order = body["orderBy"] ?? []
  if (!Array.isArray(order)) throw refused("orderBy must be a list")
  return {
    fields: names.map((name) => [name, fieldOf(object, name)] as const),
    matches: (record) =>
      conditions.length === 0 ||
      (expression === "and" ? conditions.every((each) => each(record)) : conditions.some((each) => each(record))),
    order: (order as ReadonlyArray<unknown>).flatMap((each) => {
      if (!isObject(each)) throw refused("orderBy must hold objects")
      return Object.entries(each).map(([name, direction]) => ({
        field: fieldOf(object, name),
        direction: direction === "desc" ? (-1 as const) : (1 as const)
      }))
    }),
    start: wholeNumber(body["start"], 1, "start"),
    size: Math.min(wholeNumber(body["size"], 100, "size"), mostRecords)
  }
}

/** The records of a query, sorted, before it takes its page. */
export const runQuery = (query: Query, records: ReadonlyArray<IntacctRecord>): ReadonlyArray<IntacctRecord> =>
  records
    .filter(query.matches)
    .toSorted((a, b) =>
      query.order.reduce(
        (order, { field, direction }) => order || direction * compare(a[field] ?? "", b[field] ?? ""),
        0
      )
    )

const conditionOf = (object: RestObject, filter: unknown): ((record: IntacctRecord) => boolean) => {
  const [entry, ...more] = isObject(filter) ? Object.entries(filter) : []
  const [operator, operand] = entry ?? []
  const test = operators.get(operator ?? "")
  if (test === undefined || more.length > 0 || !isObject(operand)) throw refused("each filter must hold one operator")
  const conditions = Object.entries(operand).map(([name, value]) => {
    const field = fieldOf(object, name)
    const right = (Array.isArray(value) ? (value as ReadonlyArray<unknown>) : [value]).map((each) =>
      typeof each === "string" || typeof each === "number" || typeof each === "boolean" ? String(each) : ""
    )
    return (record: IntacctRecord): boolean => test(record[field] ?? "", right)
  })
  return (record) => conditions.every((each) => each(record))
}

const fieldOf = (object: RestObject, name: string): string => {
  const field = object.fields.get(name)
  if (field !== undefined) return field
  throw new RecordProblem(payloadProblem(`Field ${name} of ${object.name} cannot be queried`, "REST-1106"))
}

const wholeNumber = (value: unknown, otherwise: number, name: string): number => {
  if (value === undefined || value === null) return otherwise
  if (typeof value === "number" && Number.isInteger(value) && value >= 1) return value
  throw refused(`${name} must be a whole number from 1`)
}

const isTexts = (value: unknown): value is ReadonlyArray<string> =>
  Array.isArray(value) && value.every((each) => typeof each === "string")

const refused = (message: string): RecordProblem =>
  new RecordProblem(payloadProblem(`Payload contains errors: ${message}`))
