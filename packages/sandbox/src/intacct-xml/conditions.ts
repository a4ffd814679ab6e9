import type { FieldPath } from "./fields.ts"
import type { IntacctRecord } from "./records.ts"
import { compare, type Comparison, isComparison, like, typed } from "./values.ts"
import { child, childText, type XmlElement } from "./xml.ts"

/** Whether a record is wanted. */
export type Condition = (record: IntacctRecord) => boolean

/** Why a condition cannot be used. */
export class ConditionProblem extends Error {
  readonly kind: "syntax" | "field"
  constructor(kind: "syntax" | "field", message: string) {
    super(message)
    this.kind = kind
  }
}

/** What a condition is read with. */
export interface ConditionScope {
  /** Finds a field; undefined when there is none of that name. */
  readonly field: (name: string) => FieldPath | undefined
  /** Whether small and capital letters are the same. */
  readonly caseInsensitive?: boolean | undefined
}

const deepest = 50

/**
 * Reads the query of `readByQuery`: empty for everything, or comparisons (`=`, `!=`, `<>`, `<`, `<=`, `>`, `>=`,
 * `like`, `not like`, `in`, `not in`, `is null`, `is not null`) joined by `and`, `or`, `not` and parentheses.
 */
export const parseQuery = (query: string, scope: ConditionScope): Condition => {
  const tokens = tokenize(query)
  if (tokens.length === 0) return () => true
  let position = 0
  const peek = (offset = 0): Token | undefined => tokens[position + offset]
  const isWord = (word: string, offset = 0): boolean => {
    const token = peek(offset)
    return token?.kind === "word" && token.text.toLowerCase() === word
  }
  const take = (): Token => {
    const token = tokens[position++]
    if (token === undefined) throw new ConditionProblem("syntax", "it ends too early")
    return token
  }
  const expectSymbol = (text: string): void => {
    const token = take()
    if (token.kind !== "symbol" || token.text !== text) throw new ConditionProblem("syntax", `${text} is missing`)
  }
  const value = (): string => {
    const token = take()
    if (token.kind === "symbol") throw new ConditionProblem("syntax", `${token.text} stands where a value should`)
    // In SQL nothing is equal to null, nor unequal: to match anything would be another answer than the database's.
    if (token.kind === "word" && token.text.toLowerCase() === "null") {
      throw new ConditionProblem("syntax", "nothing is compared with null; write is null or is not null")
    }
    return token.text
  }
  const values = (): ReadonlyArray<string> => {
    expectSymbol("(")
    const found = [value()]
    while (peek()?.kind === "symbol" && peek()?.text === ",") {
      position++
      found.push(value())
    }
    expectSymbol(")")
    return found
  }
  const comparison = (): Condition => {
    const token = take()
    if (token.kind !== "word") throw new ConditionProblem("syntax", `${token.text} stands where a field should`)
    const field = fieldOf(token.text, scope)
    if (isWord("is")) {
      position++
      const negated = isWord("not")
      if (negated) position++
      if (!isWord("null")) throw new ConditionProblem("syntax", "null is missing")
      position++
      return (record) => (field.read(record) === "") !== negated
    }
    const negated = isWord("not")
    if (negated) position++
    if (isWord("like")) {
      position++
      return likeCondition(scope, field, value(), !negated)
    }
    if (isWord("in")) {
      position++
      return inCondition(scope, field, values(), !negated)
    }
    if (negated) throw new ConditionProblem("syntax", "like or in is missing")
    const operator = take()
    const compared = operator.text === "<>" ? "!=" : operator.text
    if (operator.kind !== "symbol" || !isComparison(compared)) {
      throw new ConditionProblem("syntax", `${operator.text} is not an operator`)
    }
    return comparisonCondition(scope, field, compared, value())
  }
  const unary = (depth: number): Condition => {
    if (depth > deepest) throw new ConditionProblem("syntax", "it is nested too deep")
    if (isWord("not")) {
      position++
      const inner = unary(depth + 1)
      return (record) => !inner(record)
    }
    if (peek()?.kind === "symbol" && peek()?.text === "(") {
      position++
      const inner = either(depth + 1)
      expectSymbol(")")
      return inner
    }
    return comparison()
  }
  const both = (depth: number): Condition => {
    const parts = [unary(depth)]
    while (isWord("and")) {
      position++
      parts.push(unary(depth))
    }
    return (record) => parts.every((part) => part(record))
  }
  const either = (depth: number): Condition => {
    const parts = [both(depth)]
    while (isWord("or")) {
      position++
      parts.push(both(depth))
    }
    return (record) => parts.some((part) => part(record))
  }
  const whole = either(0)
  const rest = peek()
  if (rest !== undefined) throw new ConditionProblem("syntax", `${rest.text} is not expected`)
  return whole
}

/** Reads the `<filter>` of `query`, which the schema has let pass. */
export const parseFilter = (filter: XmlElement | undefined, scope: ConditionScope): Condition => {
  const [only] = filter?.children ?? []
  return only === undefined ? () => true : filterCondition(only, scope, 0)
}

const comparisons: Readonly<Record<string, Comparison>> = {
  equalto: "=",
  notequalto: "!=",
  lessthan: "<",
  lessthanorequalto: "<=",
  greaterthan: ">",
  greaterthanorequalto: ">="
}

const filterCondition = (element: XmlElement, scope: ConditionScope, depth: number): Condition => {
  if (depth > deepest) throw new ConditionProblem("syntax", "it is nested too deep")
  if (element.name === "and" || element.name === "or") {
    const parts = element.children.map((each) => filterCondition(each, scope, depth + 1))
    return element.name === "and"
      ? (record) => parts.every((part) => part(record))
      : (record) => parts.some((part) => part(record))
  }
  const field = fieldOf(childText(element, "field") ?? "", scope)
  const values = element.children.filter((each) => each.name === "value").map((each) => each.text)
  const [first = "", second = ""] = values
  const comparison = Object.hasOwn(comparisons, element.name) ? comparisons[element.name] : undefined
  if (comparison !== undefined) return comparisonCondition(scope, field, comparison, first)
  switch (element.name) {
    case "like":
    case "notlike":
      return likeCondition(scope, field, first, element.name === "like")
    case "in":
    case "notin":
      return inCondition(scope, field, values, element.name === "in")
    case "between": {
      const from = comparisonCondition(scope, field, ">=", first)
      const to = comparisonCondition(scope, field, "<=", second)
      return (record) => from(record) && to(record)
    }
    case "isnull":
      return (record) => field.read(record) === ""
    case "isnotnull":
      return (record) => field.read(record) !== ""
    default:
      throw new ConditionProblem("syntax", `${element.name} is not an operator`)
  }
}

/** Reads the `<filter>` of `get_list`: an `<expression>`, or a `<logical>` of several. */
export const parseListFilter = (filter: XmlElement | undefined, scope: ConditionScope): Condition => {
  const [only] = filter?.children ?? []
  return only === undefined ? () => true : listCondition(only, scope, 0)
}

const listCondition = (element: XmlElement, scope: ConditionScope, depth: number): Condition => {
  if (depth > deepest) throw new ConditionProblem("syntax", "it is nested too deep")
  if (element.name === "logical") {
    const parts = element.children.map((each) => listCondition(each, scope, depth + 1))
    return element.attributes.get("logical_operator") === "or"
      ? (record) => parts.some((part) => part(record))
      : (record) => parts.every((part) => part(record))
  }
  const field = fieldOf(childText(element, "field") ?? "", scope)
  const operator = (childText(element, "operator") ?? "").trim().toLowerCase()
  const value = child(element, "value")?.text
  if (operator === "is null") {
    if (value !== undefined && value !== "") throw new ConditionProblem("syntax", "is null takes no value")
    return (record) => field.read(record) === ""
  }
  if (value === undefined) throw new ConditionProblem("syntax", "value is missing")
  if (operator === "like") return likeCondition(scope, field, value, true)
  if (isComparison(operator)) return comparisonCondition(scope, field, operator, value)
  throw new ConditionProblem("syntax", `${operator} is not an operator`)
}

const viewOperators: Readonly<Record<string, Comparison | "like" | "is null" | "is not null">> = {
  equals: "=",
  "equal to": "=",
  "not equal to": "!=",
  "less than": "<",
  "less than or equal to": "<=",
  "greater than": ">",
  "greater than or equal to": ">=",
  like: "like"
}

/** Reads the `<filters>` of `readView`: expressions, joined by its `filterCondition`. */
export const parseViewFilters = (filters: XmlElement | undefined, scope: ConditionScope): Condition => {
  const condition = (childText(filters, "filterCondition") ?? "AND").trim().toUpperCase()
  if (condition !== "AND" && condition !== "OR") {
    throw new ConditionProblem("syntax", `filterCondition ${condition} is neither AND nor OR`)
  }
  const parts = (filters?.children ?? [])
    .filter((each) => each.name === "filterExpression")
    .map((each) => {
      const field = fieldOf(childText(each, "field") ?? "", scope)
      const name = (childText(each, "operator") ?? "").trim().toLowerCase()
      const operator = Object.hasOwn(viewOperators, name) ? viewOperators[name] : isComparison(name) ? name : undefined
      const value = childText(each, "value") ?? ""
      if (operator === "like") return likeCondition(scope, field, value, true)
      if (operator !== undefined && isComparison(operator)) return comparisonCondition(scope, field, operator, value)
      throw new ConditionProblem("syntax", `${name} is not an operator that the sandbox plays`)
    })
  if (parts.length === 0) return () => true
  return condition === "AND"
    ? (record) => parts.every((part) => part(record))
    : (record) => parts.some((part) => part(record))
}

const folded = (scope: ConditionScope, text: string): string =>
  scope.caseInsensitive === true ? text.toLowerCase() : text

/** A value that is none of the field's kind would quietly match nothing. */
const checked = (field: FieldPath, value: string): string => {
  if (value === "" || typed(field.kind, value) !== undefined) return value
  throw new ConditionProblem("syntax", `a value for ${field.name} is no ${field.kind}`)
}

const comparisonCondition = (
  scope: ConditionScope,
  field: FieldPath,
  comparison: Comparison,
  value: string
): Condition => {
  const right = folded(scope, checked(field, value))
  return (record) => compare(field.kind, folded(scope, field.read(record)), comparison, right)
}

const likeCondition = (scope: ConditionScope, field: FieldPath, pattern: string, wanted: boolean): Condition => {
  const matches = like(folded(scope, pattern))
  return (record) => matches(folded(scope, field.read(record))) === wanted
}

const inCondition = (
  scope: ConditionScope,
  field: FieldPath,
  values: ReadonlyArray<string>,
  wanted: boolean
): Condition => {
  const right = values.map((value) => folded(scope, checked(field, value)))
  return (record) => {
    const left = folded(scope, field.read(record))
    return right.some((value) => compare(field.kind, left, "=", value)) === wanted
  }
}

const fieldOf = (name: string, scope: ConditionScope): FieldPath => {
  const field = scope.field(name)
  if (field === undefined) throw new ConditionProblem("field", name.trim())
  return field
}

interface Token {
  readonly kind: "word" | "text" | "symbol"
  readonly text: string
}

const tokenize = (query: string): ReadonlyArray<Token> => {
  const tokens: Array<Token> = []
  const pattern = /\s*(?:'((?:[^'\\]|\\.|'')*)'|"((?:[^"\\]|\\.)*)"|(<=|>=|<>|!=|[=<>(),])|([^\s'"=<>!(),]+))/y
  const source = query.trim()
  while (pattern.lastIndex < source.length) {
    const start = pattern.lastIndex
    const match = pattern.exec(source)
    if (match === null) throw new ConditionProblem("syntax", `it cannot be read from character ${start + 1}`)
    const [, single, double, symbol, word] = match
    const text = single ?? double
    if (text !== undefined) tokens.push({ kind: "text", text: text.replace(/\\(.)/g, "$1").replaceAll("''", "'") })
    else if (symbol !== undefined) tokens.push({ kind: "symbol", text: symbol })
    else tokens.push({ kind: "word", text: word ?? "" })
  }
  return tokens
}
