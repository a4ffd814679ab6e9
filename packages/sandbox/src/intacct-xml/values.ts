import type { FieldKind } from "./objectTypes.ts"

/** The six ways to compare two values. */
export type Comparison = "=" | "!=" | "<" | "<=" | ">" | ">="

/** Whether some text is a comparison. */
export const isComparison = (text: string): text is Comparison => ["=", "!=", "<", "<=", ">", ">="].includes(text)

/** The value as what its kind is; undefined for text that is none of that kind. */
export const typed = (kind: FieldKind, text: string): number | string | undefined => {
  switch (kind) {
    case "INTEGER":
    case "DECIMAL":
    case "CURRENCY":
      return numberOf(text)
    case "DATE":
    case "TIMESTAMP":
      return timeOf(text)
    case "BOOLEAN":
      return { true: "true", t: "true", false: "false", f: "false" }[text.trim().toLowerCase()]
    case "TEXT":
      return text
  }
}

const numberOf = (text: string): number | undefined =>
  /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)$/.test(text.trim()) ? Number(text) : undefined

const timeOf = (text: string): number | undefined => {
  const american = /^\s*(\d{1,2})\/(\d{1,2})\/(\d{4})(?: (\d\d):(\d\d):(\d\d))?\s*$/.exec(text)
  const iso = american === null ? /^\s*(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d):(\d\d))?Z?\s*$/.exec(text) : null
  const [, first = "", second = "", third = "", hours = "0", minutes = "0", seconds = "0"] = american ?? iso ?? []
  const [year, month, day] = american === null ? [first, second, third] : [third, first, second]
  if (year === undefined || year === "") return undefined
  const time = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hours), Number(minutes), Number(seconds))
  // The 31st of February is none, although it could be counted.
  return new Date(time).getUTCDate() === Number(day) && Number(hours) < 24 ? time : undefined
}

/** The order of two values of a kind: what has no value comes first, text goes by its characters. */
export const order = (kind: FieldKind, left: string, right: string): number => {
  const a = typed(kind, left)
  const b = typed(kind, right)
  if (typeof a === "number" && typeof b === "number") return a - b
  if (typeof a === "number" || typeof b === "number") return a === undefined ? -1 : 1
  return left < right ? -1 : left > right ? 1 : 0
}

/** Compares what a record has with what a caller wrote. What has no value is only equal to no value. */
export const compare = (kind: FieldKind, left: string, comparison: Comparison, right: string): boolean => {
  if (left === "" || right === "") {
    if (comparison === "=") return left === right
    return comparison === "!=" && left !== right
  }
  const written = (text: string): string => (kind === "BOOLEAN" ? String(typed(kind, text) ?? text) : text)
  const difference = order(kind, written(left), written(right))
  switch (comparison) {
    case "=":
      return difference === 0
    case "!=":
      return difference !== 0
    case "<":
      return difference < 0
    case "<=":
      return difference <= 0
    case ">":
      return difference > 0
    case ">=":
      return difference >= 0
  }
}

/**
 * `%` stands for any text and `_` for one character. Matched by hand: a regular expression made from somebody's pattern
 * can take for ever.
 */
export const like = (pattern: string): ((text: string) => boolean) => {
  const wanted = Array.from(pattern)
  return (text) => {
    const given = Array.from(text)
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

const scale = 1_000_000n
const places = 6

/** The longest text that is read as a number, in characters. */
const longestNumber = 100

/** A decimal number as millionths; exact, which a binary fraction is not. */
const millionths = (text: string): bigint | undefined => {
  // a BigInt of a million digits takes minutes to make and to print, and Intacct has no such number
  if (text.length > longestNumber) return undefined
  const parts = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(text.trim())
  if (parts === null) return undefined
  const [, sign = "", whole = "", fraction = ""] = parts
  if (whole === "" && fraction === "") return undefined
  const value = BigInt(whole === "" ? "0" : whole) * scale + BigInt(fraction.slice(0, places).padEnd(places, "0"))
  return sign === "-" ? -value : value
}

const decimal = (value: bigint): string => {
  const digits = String(value < 0n ? -value : value).padStart(places + 1, "0")
  const fraction = digits.slice(-places).replace(/0{1,6}$/, "")
  return `${value < 0n ? "-" : ""}${digits.slice(0, -places)}${fraction === "" ? "" : `.${fraction}`}`
}

/** The sum of decimal numbers, without zeros at its end. */
export const sumOf = (values: ReadonlyArray<string>): string =>
  decimal(values.reduce((sum, each) => sum + (millionths(each) ?? 0n), 0n))

/** The product of two decimal numbers to six places. */
export const productOf = (left: string, right: string): string =>
  decimal(((millionths(left) ?? 0n) * (millionths(right) ?? 0n)) / scale)

/** The average to six places, rounded half away from zero; empty for no values. */
export const averageOf = (values: ReadonlyArray<string>): string => {
  if (values.length === 0) return ""
  const count = BigInt(values.length)
  const sum = values.reduce((total, each) => total + (millionths(each) ?? 0n), 0n)
  const half = sum < 0n ? -count / 2n : count / 2n
  return decimal((sum + half) / count)
}

/** A sum of money with two places at least. */
export const money = (text: string): string => {
  const [whole = "0", fraction = ""] = text.split(".")
  return `${whole}.${fraction.padEnd(2, "0")}`
}
