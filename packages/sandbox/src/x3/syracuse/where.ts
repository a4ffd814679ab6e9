import { type FieldValue, order } from "./tables.ts"

/** A record as a condition sees it. */
export type Row = Readonly<Record<string, FieldValue>>

/** Why a condition or an order cannot be read. */
export class ConditionProblem extends Error {}

/** Whether a record is among those that a `where` asks for. */
export type Condition = (row: Row) => boolean

type Value = FieldValue | boolean

type Expression = (row: Row) => Value

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
    else if (date !== undefined) tokens.push({ kind: "text", text: date })
    else if (number !== undefined) tokens.push({ kind: "number", text: number })
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

const functions: Readonly<
  Record<string, { readonly takes: number; readonly call: (...values: Array<Value>) => Value }>
> = {
  left: { takes: 2, call: (text, count) => String(text).slice(0, Math.max(0, Number(count))) },
  right: { takes: 2, call: (text, count) => (Number(count) > 0 ? String(text).slice(-Number(count)) : "") },
  length: { takes: 1, call: (text) => String(text).length },
  upper: { takes: 1, call: (text) => String(text).toUpperCase() },
  lower: { takes: 1, call: (text) => String(text).toLowerCase() },
  trim: { takes: 1, call: (text) => String(text).trim() },
  contains: { takes: 2, call: (text, part) => String(text).includes(String(part)) }
}

class Reader {
  readonly #tokens: ReadonlyArray<Token>
  readonly #fields: ReadonlySet<string>
  #at = 0
  #depth = 0

  constructor(tokens: ReadonlyArray<Token>, fields: ReadonlySet<string>) {
    this.#tokens = tokens
    this.#fields = fields
  }

  whole(): Condition {
    const expression = this.#either()
    if (this.#peek().kind !== "end") throw this.#unexpected()
    return (row) => expression(row) === true
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
      left = (row) => one(row) === true || other(row) === true
    }
    return left
  }

  #both(): Expression {
    let left = this.#negated()
    while (this.#is("and")) {
      const [one, other] = [left, this.#negated()]
      left = (row) => one(row) === true && other(row) === true
    }
    return left
  }

  #negated(): Expression {
    let negative = false
    while (this.#is("not")) negative = !negative
    const expression = this.#comparison()
    return negative ? (row) => expression(row) !== true : expression
  }

  #comparison(): Expression {
    const left = this.#operand()
    const token = this.#peek()
    if (token.kind !== "name") return left
    if (this.#is("between")) {
      const low = this.#operand()
      if (!this.#is("and")) throw this.#unexpected()
      const high = this.#operand()
      return (row) => {
        const value = left(row)
        return compared("ge", value, low(row)) && compared("le", value, high(row))
      }
    }
    if (this.#is("in")) {
      const among = this.#list()
      return (row) => {
        const value = left(row)
        return among.some((each) => each(row) === value)
      }
    }
    const name = token.text.toLowerCase()
    const compare = Object.hasOwn(comparisons, name) ? comparisons[name] : undefined
    if (compare === undefined) return left
    this.#at++
    const right = this.#operand()
    return (row) => compare(left(row), right(row))
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
        return () => token.text
      case "number": {
        const number = Number(token.text)
        return () => number
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
      if (given.length !== known.takes) throw new ConditionProblem(`Condition : ${name} takes ${known.takes}`)
      return (row) => known.call(...given.map((each) => each(row)))
    }
    if (!this.#fields.has(name)) throw new ConditionProblem(`Condition : ${name} is no field`)
    return (row) => row[name] ?? ""
  }
}

const compared = (name: "ge" | "le", one: Value, other: Value): boolean => comparisons[name]?.(one, other) === true

/**
 * Reads a `where`: `eq`, `ne`, `gt`, `ge`, `lt`, `le`, `like`, `between … and …`, `in (…)`, `and`, `or`, `not`,
 * parentheses, and `left`, `right`, `length`, `upper`, `lower`, `trim`, `contains`.
 *
 * @throws `ConditionProblem`
 */
export const readWhere = (text: string, fields: ReadonlySet<string>): Condition =>
  new Reader(tokensOf(text), fields).whole()

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
export const readOrderBy = (text: string, fields: ReadonlySet<string>): ReadonlyArray<SortKey> =>
  text.split(",").map((part) => {
    const [, name = "", direction = "asc"] = /^\s*(\w+)(?:\s+(asc|desc))?\s*$/i.exec(part) ?? []
    if (!fields.has(name)) throw new ConditionProblem(`Order : ${part.trim()} is no field`)
    return { name, descending: direction.toLowerCase() === "desc" }
  })
