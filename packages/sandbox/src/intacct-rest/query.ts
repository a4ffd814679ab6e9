import { type FieldKind, kindOf } from "../intacct-xml/objectTypes.ts"
import type { IntacctRecord } from "../intacct-xml/records.ts"
import { compare, type Comparison, order as orderOf, typed } from "../intacct-xml/values.ts"
import { isObject } from "../oauth/params.ts"
import { notPlayedProblem, payloadProblem } from "./errors.ts"
import { isDate, RecordProblem, type RestObject, shownValue } from "./objects.ts"

/** Whether a record is wanted, when `holds` says which filters, counted from 0, it fulfils. */
type Combination = (holds: (index: number) => boolean) => boolean

// Deep enough for any expression that somebody writes, and shallow enough for the stack.
const deepest = 100

/**
 * Reads how filters are combined: `and`, `or`, or their numbers counted from 1 as in `(1 and 2) or 3`, where `and`
 * binds stronger. A text says what is wrong with it.
 */
const readFilterExpression = (expression: string, filters: number): Combination | string => {
  const tokens = expression.toLowerCase().match(/[()]|[^\s()]+/g) ?? []
  if (tokens.length === 1 && (tokens[0] === "and" || tokens[0] === "or")) {
    const all = Array.from({ length: filters }, (_, index) => index)
    return tokens[0] === "and" ? (holds) => all.every(holds) : (holds) => all.some(holds)
  }
  let at = 0
  let depth = 0
  const either = (): Combination => {
    const parts = [both()]
    while (tokens[at] === "or") {
      at++
      parts.push(both())
    }
    return (holds) => parts.some((each) => each(holds))
  }
  const both = (): Combination => {
    const parts = [one()]
    while (tokens[at] === "and") {
      at++
      parts.push(one())
    }
    return (holds) => parts.every((each) => each(holds))
  }
  const one = (): Combination => {
    const token = tokens[at++]
    if (token === "(") {
      if (++depth > deepest) throw new SyntaxError("it is too deep")
      const inner = either()
      depth--
      if (tokens[at++] !== ")") throw new SyntaxError("a parenthesis is not closed")
      return inner
    }
    const index = Number(token) - 1
    if (!Number.isInteger(index) || index < 0 || index >= filters) {
      throw new SyntaxError(`${token ?? "its end"} is none of the ${filters} filters`)
    }
    return (holds) => holds(index)
  }
  try {
    const read = either()
    return at === tokens.length ? read : `${tokens[at] ?? ""} is unexpected`
  } catch (error) {
    if (error instanceof SyntaxError) return error.message
    throw error
  }
}

/** What the query service was asked. */
export interface Query {
  readonly fields: ReadonlyArray<readonly [name: string, field: string]>
  readonly matches: (record: IntacctRecord) => boolean
  readonly order: ReadonlyArray<{ readonly field: string; readonly kind: FieldKind; readonly direction: 1 | -1 }>
  /** Counted from 1. */
  readonly start: number
  readonly size: number
}

/** Whether a record's value fits those that an operator was given. */
type Test = (kind: FieldKind, left: string, right: ReadonlyArray<string>) => boolean

interface Operator {
  readonly test: Test
  /** How many values it takes. */
  readonly takes: "one" | "two" | "list"
  /** Whether it looks into the text of a value, whatever the value's kind. */
  readonly text?: boolean
}

const by = (comparison: Comparison): Operator => ({
  test: (kind, left, [right = ""]) => compare(kind, left, comparison, right),
  takes: "one"
})

const text = (test: (left: string, right: string) => boolean): Operator => ({
  test: (_, left, [right = ""]) => test(left, right),
  takes: "one",
  text: true
})

const negated = (operator: Operator): Operator => ({
  ...operator,
  test: (kind, left, right) => !operator.test(kind, left, right)
})

const among: Operator = {
  test: (kind, left, right) => right.some((each) => compare(kind, left, "=", each)),
  takes: "list"
}
const between: Operator = {
  test: (kind, left, [low = "", high = ""]) => compare(kind, left, ">=", low) && compare(kind, left, "<=", high),
  takes: "two"
}
const contains = text((left, right) => left.includes(right))
const startsWith = text((left, right) => left.startsWith(right))
const endsWith = text((left, right) => left.endsWith(right))

const operators: ReadonlyMap<string, Operator> = new Map([
  ["$eq", by("=")],
  ["$ne", by("!=")],
  ["$lt", by("<")],
  ["$lte", by("<=")],
  ["$gt", by(">")],
  ["$gte", by(">=")],
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

const mostRecords = 4000

const members: ReadonlySet<string> = new Set(
  "object fields filters filterExpression filterParameters orderBy start size".split(" ")
)

/** Reads the body of the query service. @throws `RecordProblem` */
export const readQuery = (object: RestObject, body: Readonly<Record<string, unknown>>): Query => {
  const unknown = Object.keys(body).find((name) => !members.has(name))
  if (unknown !== undefined) throw refused(`${unknown} is no member of a query`)
  const names = body["fields"] ?? ["key", "id"]
  if (!isTexts(names) || names.length === 0) throw refused("fields must be a list of names")
  const aggregate = names.find((name) => /^(?:count|avg|sum|min|max):/.test(name))
  if (aggregate !== undefined) throw notPlayed(`the aggregate ${aggregate} of a query`)
  const filters = body["filters"] ?? []
  if (!Array.isArray(filters)) throw refused("filters must be a list")
  const { caseSensitive } = filterParameters(body["filterParameters"] ?? {})
  const conditions = (filters as ReadonlyArray<unknown>).map((each) => conditionOf(object, each, caseSensitive))
  const expression = body["filterExpression"] ?? "and"
  if (typeof expression !== "string") throw refused("filterExpression must be text")
  const combine = readFilterExpression(expression, conditions.length)
  if (typeof combine === "string") throw refused(`filterExpression: ${combine}`)
  const order = body["orderBy"] ?? []
  if (!Array.isArray(order)) throw refused("orderBy must be a list")
  return {
    fields: names.map((name) => [name, fieldOf(object, name)] as const),
    matches: (record) => conditions.length === 0 || combine((index) => conditions[index]?.(record) === true),
    order: (order as ReadonlyArray<unknown>).map((each) => {
      const [entry, ...more] = isObject(each) ? Object.entries(each) : []
      if (entry === undefined || more.length > 0) throw refused("each orderBy must hold one field")
      const [name, direction] = entry
      if (direction !== "asc" && direction !== "desc") throw refused(`the order of ${name} must be "asc" or "desc"`)
      const field = fieldOf(object, name)
      return { field, kind: kindOf(object.type, field), direction: direction === "desc" ? (-1 as const) : (1 as const) }
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
        (sign, { field, kind, direction }) => sign || direction * orderOf(kind, a[field] ?? "", b[field] ?? ""),
        0
      )
    )

const filterParameters = (given: unknown): { readonly caseSensitive: boolean } => {
  if (!isObject(given)) throw refused("filterParameters must be an object")
  for (const [name, value] of Object.entries(given)) {
    // No entity of the sandbox is private, so that includePrivate changes nothing.
    if (name !== "caseSensitiveComparison" && name !== "includePrivate") {
      throw notPlayed(`${name} of filterParameters`)
    }
    if (typeof value !== "boolean") throw refused(`${name} must be true or false`)
  }
  return { caseSensitive: given["caseSensitiveComparison"] !== false }
}

const conditionOf = (
  object: RestObject,
  filter: unknown,
  caseSensitive: boolean
): ((record: IntacctRecord) => boolean) => {
  const [entry, ...more] = isObject(filter) ? Object.entries(filter) : []
  const [name = "", operand] = entry ?? []
  const operator = operators.get(name)
  if (operator === undefined || more.length > 0 || !isObject(operand))
    throw refused("each filter must hold one operator")
  const inCase = (value: string): string => (caseSensitive ? value : value.toLowerCase())
  const conditions = Object.entries(operand).map(([fieldName, value]) => {
    const field = fieldOf(object, fieldName)
    const kind = kindOf(object.type, field)
    const given = valuesOf(operator, name, value)
    if (operator.text !== true) for (const each of given) checkValue(kind, each, `${name} of ${fieldName}`)
    const right = given.map((each) => inCase(each))
    return (record: IntacctRecord): boolean => {
      const left = record[field] ?? ""
      return operator.test(kind, inCase(operator.text === true ? shownValue(object, fieldName, left) : left), right)
    }
  })
  if (conditions.length === 0) throw refused(`${name} names no field`)
  return (record) => conditions.every((each) => each(record))
}

/** A value that is none of the field's kind would quietly match nothing. @throws `RecordProblem` */
const checkValue = (kind: FieldKind, value: string, of: string): void => {
  if (value === "") return
  if (isDate(kind) && !/^\d/.test(value)) throw notPlayed(`the date ${value} in ${of}`)
  const fits = typed(kind, value) !== undefined && (!isDate(kind) || /^\d{4}-/.test(value))
  if (!fits) throw refused(`${of} takes ${isDate(kind) ? "dates such as 2026-01-31" : `values of the kind ${kind}`}`)
}

const valuesOf = ({ takes }: Operator, name: string, value: unknown): ReadonlyArray<string> => {
  const values = Array.isArray(value) ? (value as ReadonlyArray<unknown>) : [value]
  if (Array.isArray(value) !== (takes !== "one") || (takes === "two" && values.length !== 2)) {
    throw refused(`${name} takes ${{ one: "one value", two: "a list of two values", list: "a list of values" }[takes]}`)
  }
  return values.map((each) => {
    // null is what is empty, which only these two ask for.
    if (each === null && (name === "$eq" || name === "$ne")) return ""
    if (typeof each === "string" || typeof each === "number" || typeof each === "boolean") return String(each)
    throw refused(`${name} takes texts, numbers, true and false`)
  })
}

const fieldOf = (object: RestObject, name: string): string => {
  const field = object.fields.get(name)
  if (field !== undefined) return field
  const played = [...object.fields.keys()].join(", ")
  const message = `Field ${name} of ${object.name} cannot be queried. The sandbox plays ${played}; Intacct may have more.`
  throw new RecordProblem(payloadProblem(message, "REST-1106"))
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

const notPlayed = (what: string): RecordProblem => new RecordProblem(notPlayedProblem(what))
