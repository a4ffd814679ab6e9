import type { IntacctRecord } from "./records.ts"
import { childText, type XmlElement } from "./xml.ts"

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

type Compare = "=" | "!=" | "<" | "<=" | ">" | ">="

const deepest = 50

/**
 * Reads the query of `readByQuery`: empty for everything, or comparisons (`=`, `!=`, `<>`, `<`, `<=`, `>`, `>=`,
 * `like`, `not like`, `in`, `not in`, `is null`, `is not null`) joined by `and`, `or`, `not` and parentheses.
 */
export const parseQuery = (query: string, fields: ReadonlyArray<string>): Condition => {
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
    const field = fieldOf(token.text, fields)
    if (isWord("is")) {
      position++
      const negated = isWord("not")
      if (negated) position++
      if (!isWord("null")) throw new ConditionProblem("syntax", "null is missing")
      position++
      return (record) => ((record[field] ?? "") === "") !== negated
    }
    const negated = isWord("not")
    if (negated) position++
    if (isWord("like")) {
      position++
      const matches = like(value())
      return (record) => matches(record[field] ?? "") !== negated
    }
    if (isWord("in")) {
      position++
      const found = values()
      return (record) => found.some((each) => compare(record[field] ?? "", "=", each)) !== negated
    }
    if (negated) throw new ConditionProblem("syntax", "like or in is missing")
    const operator = take()
    const compared = operator.text === "<>" ? "!=" : operator.text
    if (operator.kind !== "symbol" || !isCompare(compared)) {
      throw new ConditionProblem("syntax", `${operator.text} is not an operator`)
    }
    const right = value()
    return (record) => compare(record[field] ?? "", compared, right)
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

/** Reads the `<filter>` of `query`. */
export const parseFilter = (filter: XmlElement | undefined, fields: ReadonlyArray<string>): Condition => {
  if (filter === undefined || filter.children.length === 0) return () => true
  const [only, second] = filter.children
  if (only === undefined || second !== undefined) throw new ConditionProblem("syntax", "filter must hold one condition")
  return filterCondition(only, fields, 0)
}

const comparisons: Readonly<Record<string, Compare>> = {
  equalto: "=",
  notequalto: "!=",
  lessthan: "<",
  lessthanorequalto: "<=",
  greaterthan: ">",
  greaterthanorequalto: ">="
}

const filterCondition = (element: XmlElement, fields: ReadonlyArray<string>, depth: number): Condition => {
  if (depth > deepest) throw new ConditionProblem("syntax", "it is nested too deep")
  if (element.name === "and" || element.name === "or") {
    const parts = element.children.map((each) => filterCondition(each, fields, depth + 1))
    if (parts.length === 0) throw new ConditionProblem("syntax", `${element.name} is empty`)
    return element.name === "and"
      ? (record) => parts.every((part) => part(record))
      : (record) => parts.some((part) => part(record))
  }
  const field = fieldOf(childText(element, "field") ?? "", fields)
  const values = element.children.filter((each) => each.name === "value").map((each) => each.text)
  const [first = "", second = ""] = values
  const operator = Object.hasOwn(comparisons, element.name) ? comparisons[element.name] : undefined
  if (operator !== undefined) return (record) => compare(record[field] ?? "", operator, first)
  switch (element.name) {
    case "like":
    case "notlike": {
      const matches = like(first)
      const wanted = element.name === "like"
      return (record) => matches(record[field] ?? "") === wanted
    }
    case "in":
    case "notin": {
      const wanted = element.name === "in"
      return (record) => values.some((each) => compare(record[field] ?? "", "=", each)) === wanted
    }
    case "between":
      return (record) => compare(record[field] ?? "", ">=", first) && compare(record[field] ?? "", "<=", second)
    case "isnull":
      return (record) => (record[field] ?? "") === ""
    case "isnotnull":
      return (record) => (record[field] ?? "") !== ""
    default:
      throw new ConditionProblem("syntax", `${element.name} is not an operator`)
  }
}

const fieldOf = (name: string, fields: ReadonlyArray<string>): string => {
  const field = name.trim().toUpperCase()
  if (!fields.includes(field)) throw new ConditionProblem("field", name.trim())
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

const isCompare = (text: string): text is Compare => ["=", "!=", "<", "<=", ">", ">="].includes(text)

const compare = (left: string, operator: Compare, right: string): boolean => {
  const a = comparable(left)
  const b = comparable(right)
  const order = typeof a === "number" && typeof b === "number" ? a - b : left < right ? -1 : left > right ? 1 : 0
  switch (operator) {
    case "=":
      return order === 0
    case "!=":
      return order !== 0
    case "<":
      return order < 0
    case "<=":
      return order <= 0
    case ">":
      return order > 0
    default:
      return order >= 0
  }
}

// Numbers compare as numbers and dates (MM/DD/YYYY, with or without a time) as times.
const comparable = (text: string): number | string => {
  if (/^-?\d+(?:\.\d+)?$/.test(text)) return Number(text)
  const date = /^(\d\d)\/(\d\d)\/(\d{4})(?: (\d\d):(\d\d):(\d\d))?$/.exec(text)
  if (date === null) return text
  const [, month, day, year, hours = "0", minutes = "0", seconds = "0"] = date
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hours), Number(minutes), Number(seconds))
}

// `%` stands for any text and `_` for one character. Matched by hand: a regular expression made from somebody's
// pattern can take for ever.
const like = (pattern: string): ((text: string) => boolean) => {
  const wanted = pattern.toLowerCase()
  return (text) => {
    const given = text.toLowerCase()
    let at = 0
    let from = 0
    let star = -1
    let mark = 0
    while (from < given.length) {
      if (at < wanted.length && wanted[at] === "%") {
        star = at++
        mark = from
      } else if (at < wanted.length && (wanted[at] === "_" || wanted[at] === given[from])) {
        at++
        from++
      } else if (star >= 0) {
        at = star + 1
        from = ++mark
      } else return false
    }
    while (wanted[at] === "%") at++
    return at === wanted.length
  }
}
