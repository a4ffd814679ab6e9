import { type FieldValue, isDay, order } from "./tables.ts"

/** A record as a condition sees it. */
export type Row = Readonly<Record<string, FieldValue>>

/** Why a condition or an order cannot be read. */
export class ConditionProblem extends Error {}

/** Whether a record is among those that a `where` asks for. */
export type Condition = (row: Row) => boolean

type Value = FieldValue | boolean

/** The types of what a condition compares. Dates are text. */
export type ValueType = "text" | "number" | "boolean"

/** The fields that a condition may ask for, with their types. */
export type Fields = ReadonlyMap<string, ValueType>

interface Expression {
  readonly type: ValueType
  readonly read: (row: Row) => Value
}

const condition = (holds: Condition): Expression => ({ type: "boolean", read: holds })

interface Token {
  readonly kind: "name" | "text" | "number" | "mark" | "end"
  readonly text: string
}

const pattern =
  /\s*(?:'((?:[^']|'')*)'|"((?:[^"]|"")*)"|@(\d{4}-\d{2}-\d{2})@|(-?\d+(?:\.\d+)?)|([A-Za-z_][\w.]*)|([(),]))/y

const tokensOf = (text: string): ReadonlyArray<Token> => {
  const tokens: Array<Token> = []
  const trimmed = text.trimEnd()
  pattern.lastIndex = 0
  while (pattern.lastIndex < trimmed.length) {
    const found = pattern.exec(trimmed)
    if (found === null) throw new ConditionProblem("Condition : incorrect expression")
    const [, single, double, date, number, name, mark] = found
    if (single !== undefined) tokens.push({ kind: "text", text: single.replaceAll("''", "'") })
    else if (double !== undefined) tokens.push({ kind: "text", text: double.replaceAll('""', '"') })
    else if (date !== undefined) {
      if (!isDay(date)) throw new ConditionProblem(`Condition : ${date} is no date`)
      tokens.push({ kind: "text", text: date })
    } else if (number !== undefined) tokens.push({ kind: "number", text: number })
    else if (name !== undefined) tokens.push({ kind: "name", text: name })
    else tokens.push({ kind: "mark", text: mark ?? "" })
  }
  return tokens
}

const end: Token = { kind: "end", text: "the end" }

// Deep enough for any condition that somebody writes, and shallow enough for the stack.
const deepest = 100

type Compare = (one: Value, other: Value) => boolean

const ordered =
  (holds: (sign: number) => boolean): Compare =>
  (one, other) =>
    typeof one === typeof other && typeof one !== "boolean" && holds(order(one, other as FieldValue))

const comparisons: Readonly<Record<string, Compare>> = {
  eq: (one, other) => one === other,
  ne: (one, other) => one !== other,
  gt: ordered((sign) => sign > 0),
  ge: ordered((sign) => sign >= 0),
  lt: ordered((sign) => sign < 0),
  le: ordered((sign) => sign <= 0),
  like: (one, other) => like(String(one), String(other))
}

/** Whether text is like a pattern, in which `%` stands for anything and `_` for one character. */
const like = (text: string, wanted: string): boolean => {
  // Greedy, with one place to come back to: the work grows with both lengths, never beyond.
  let at = 0
  let place = 0
  let star = -1
  let resume = 0
  while (at < text.length) {
    if (wanted[place] === "%") {
      star = place++
      resume = at
    } else if (place < wanted.length && (wanted[place] === "_" || wanted[place] === text[at])) {
      place++
      at++
    } else if (star >= 0) {
      place = star + 1
      at = ++resume
    } else {
      return false
    }
  }
  while (wanted[place] === "%") place++
  return place === wanted.length
}

interface Known {
  readonly takes: ReadonlyArray<ValueType>
  readonly gives: ValueType
  readonly call: (...values: Array<Value>) => Value
}

const functions: Readonly<Record<string, Known>> = {
  left: {
    takes: ["text", "number"],
    gives: "text",
    call: (text, count) => String(text).slice(0, Math.max(0, Number(count)))
  },
  right: {
    takes: ["text", "number"],
    gives: "text",
    call: (text, count) => (Number(count) > 0 ? String(text).slice(-Number(count)) : "")
  },
  length: { takes: ["text"], gives: "number", call: (text) => String(text).length },
  upper: { takes: ["text"], gives: "text", call: (text) => String(text).toUpperCase() },
  lower: { takes: ["text"], gives: "text", call: (text) => String(text).toLowerCase() },
  trim: { takes: ["text"], gives: "text", call: (text) => String(text).trim() },
  contains: { takes: ["text", "text"], gives: "boolean", call: (text, part) => String(text).includes(String(part)) }
}

/** @throws `ConditionProblem` for a value of another type, which would quietly match nothing */
const expectType = ({ type }: Expression, wanted: ValueType, where: string): void => {
  if (type !== wanted) throw new ConditionProblem(`Condition : ${where} takes ${wanted} and not ${type}`)
}

class Reader {
  readonly #tokens: ReadonlyArray<Token>
  readonly #fields: Fields
  #at = 0
  #depth = 0

  constructor(tokens: ReadonlyArray<Token>, fields: Fields) {
    this.#tokens = tokens
    this.#fields = fields
  }

  whole(): Condition {
    const expression = this.#either()
    if (this.#peek().kind !== "end") throw this.#unexpected()
    expectType(expression, "boolean", "where")
    return (row) => expression.read(row) === true
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? end
  }

  #is(text: string, kind: Token["kind"] = "name"): boolean {
    const token = this.#peek()
    if (token.kind !== kind || token.text.toLowerCase() !== text) return false
    this.#at++
    return true
  }

  #expect(mark: string): void {
    if (!this.#is(mark, "mark")) throw this.#unexpected()
  }

  #unexpected(): ConditionProblem {
    return new ConditionProblem(`Condition : ${this.#peek().text} is unexpected`)
  }

  #either(): Expression {
    let left = this.#both()
    while (this.#is("or")) {
      const [one, other] = [left, this.#both()]
      for (const each of [one, other]) expectType(each, "boolean", "or")
      left = condition((row) => one.read(row) === true || other.read(row) === true)
    }
    return left
  }

  #both(): Expression {
    let left = this.#negated()
    while (this.#is("and")) {
      const [one, other] = [left, this.#negated()]
      for (const each of [one, other]) expectType(each, "boolean", "and")
      left = condition((row) => one.read(row) === true && other.read(row) === true)
    }
    return left
  }

  #negated(): Expression {
    let negative: boolean | undefined
    while (this.#is("not")) negative = negative !== true
    const expression = this.#comparison()
    if (negative === undefined) return expression
    expectType(expression, "boolean", "not")
    return negative ? condition((row) => expression.read(row) !== true) : expression
  }

  #comparison(): Expression {
    const left = this.#operand()
    const token = this.#peek()
    if (token.kind !== "name") return left
    if (this.#is("between")) {
      const low = this.#operand()
      if (!this.#is("and")) throw this.#unexpected()
      const high = this.#operand()
      for (const each of [low, high]) expectType(each, left.type, "between")
      return condition((row) => {
        const value = left.read(row)
        return compared("ge", value, low.read(row)) && compared("le", value, high.read(row))
      })
    }
    if (this.#is("in")) {
      const among = this.#list()
      for (const each of among) expectType(each, left.type, "in")
      return condition((row) => {
        const value = left.read(row)
        return among.some((each) => each.read(row) === value)
      })
    }
    const name = token.text.toLowerCase()
    const compare = Object.hasOwn(comparisons, name) ? comparisons[name] : undefined
    if (compare === undefined) return left
    this.#at++
    const right = this.#operand()
    expectType(right, left.type, name)
    if (name === "like") expectType(left, "text", name)
    return condition((row) => compare(left.read(row), right.read(row)))
  }

  #list(): ReadonlyArray<Expression> {
    this.#expect("(")
    const items: Array<Expression> = [this.#operand()]
    while (this.#is(",", "mark")) items.push(this.#operand())
    this.#expect(")")
    return items
  }

  #operand(): Expression {
    const token = this.#peek()
    this.#at++
    switch (token.kind) {
      case "text":
        return { type: "text", read: () => token.text }
      case "number": {
        const number = Number(token.text)
        return { type: "number", read: () => number }
      }
      case "mark": {
        this.#at--
        this.#expect("(")
        if (++this.#depth > deepest) throw new ConditionProblem("Condition : too deep")
        const inner = this.#either()
        this.#depth--
        this.#expect(")")
        return inner
      }
      case "name":
        return this.#named(token.text)
      case "end":
        throw this.#unexpected()
    }
  }

  #named(name: string): Expression {
    const lower = name.toLowerCase()
    const known = Object.hasOwn(functions, lower) ? functions[lower] : undefined
    if (known !== undefined && this.#peek().kind === "mark" && this.#peek().text === "(") {
      if (++this.#depth > deepest) throw new ConditionProblem("Condition : too deep")
      const given = this.#list()
      this.#depth--
      const { call, gives, takes } = known
      if (given.length !== takes.length) throw new ConditionProblem(`Condition : ${name} takes ${takes.length}`)
      for (const [index, each] of given.entries()) expectType(each, takes[index] ?? "text", name)
      return { type: gives, read: (row) => call(...given.map((each) => each.read(row))) }
    }
    const type = this.#fields.get(name)
    if (type === undefined) throw new ConditionProblem(`Condition : ${name} is no field`)
    return { type, read: (row) => row[name] ?? "" }
  }
}

const compared = (name: "ge" | "le", one: Value, other: Value): boolean => comparisons[name]?.(one, other) === true

/**
 * Reads a `where`: `eq`, `ne`, `gt`, `ge`, `lt`, `le`, `like`, `between … and …`, `in (…)`, `and`, `or`, `not`,
 * parentheses, and `left`, `right`, `length`, `upper`, `lower`, `trim`, `contains`.
 *
 * @throws `ConditionProblem`
 */
export const readWhere = (text: string, fields: Fields): Condition => new Reader(tokensOf(text), fields).whole()

/** What a list is sorted by. */
export interface SortKey {
  readonly name: string
  readonly descending: boolean
}

/**
 * Reads an `orderBy` such as `BPCNAM desc,BPCNUM`.
 *
 * @throws `ConditionProblem`
 */
export const readOrderBy = (text: string, fields: Fields): ReadonlyArray<SortKey> =>
  text.split(",").map((part) => {
    const [, name = "", direction = "asc"] = /^\s*(\w+)(?:\s+(asc|desc))?\s*$/i.exec(part) ?? []
    if (!fields.has(name)) throw new ConditionProblem(`Order : ${part.trim()} is no field`)
    return { name, descending: direction.toLowerCase() === "desc" }
  })
