/**
 * What options are read with: as much of a schema as options need, and small, because it runs whenever this package is
 * imported. A decoder gives the decoded value and collects every mistake under its dotted path; no issue holds a value.
 */

import type { Issue } from "../errors/Reason.ts"
import * as Result from "./Result.ts"

/** What a decoder answers when it has added an issue. */
export const failed: unique symbol = Symbol("failed")

/** Where a decoder says what is wrong. */
export interface DecodingContext {
  readonly issues: Array<Issue>
  /** For keys that exist somewhere else, what to say instead of naming the known ones: by key, or by dotted path. */
  readonly misplaced: { readonly [key: string]: string }
  /** whether an unknown property is let through. A newer version of this package may know it */
  readonly lenient?: boolean | undefined
}

/** Reads one option. */
export interface Decoder<out A> {
  /** type only: what it decodes to */
  readonly Type: A
  /** said when there is nothing to read, or something else altogether */
  readonly expected: string
  /** whether the option may be left out */
  readonly optional?: boolean | undefined
  readonly read: (input: unknown, at: string, found: DecodingContext) => A | typeof failed
  readonly annotate: (annotations: { readonly expected: string }) => Decoder<A>
}

/** What {@link optional} gives. */
export interface OptionalDecoder<out A> extends Decoder<A> {
  readonly optional: true
}

type Reading<A> = (input: unknown, at: string, found: DecodingContext, expected: string) => A | typeof failed

/** One value: `read` gives it decoded, or adds what is wrong. */
export const one = /* @__NO_SIDE_EFFECTS__ */ <A>(expected: string, read: Reading<A>): Decoder<A> =>
  ({
    expected,
    read: (input: unknown, at: string, found: DecodingContext) => read(input, at, found, expected),
    annotate: (annotations: { readonly expected: string }) => one(annotations.expected, read)
  }) as Decoder<A>

const say = (found: DecodingContext, option: string, expected: string): typeof failed => {
  found.issues.push({ option, expected })
  return failed
}

/** `join("connections.ledger", "login")`: either side may be empty. */
export const join = (at: string, key: string): string => (at === "" ? key : key === "" ? at : `${at}.${key}`)

/** A key is the user's own text and goes to logs: anything that does not look like a name is not repeated. */
const segment = (key: PropertyKey): string => (/^[\w$-]{1,40}$/.test(key.toString()) ? key.toString() : "(unnamed)")

/** Anything at all. */
export const Unknown: Decoder<unknown> = one<unknown>("another value", (input) => input)

const typed = /* @__NO_SIDE_EFFECTS__ */ <A>(is: (input: unknown) => boolean): Decoder<A> =>
  one<A>("another value", (input, at, found, expected) => (is(input) ? (input as A) : say(found, at, expected)))

export const String: Decoder<string> = typed((input) => typeof input === "string")
export const NonEmptyString: Decoder<string> = typed((input) => typeof input === "string" && input !== "")
export const Finite: Decoder<number> = typed((input) => Number.isFinite(input))
export const Literal = /* @__NO_SIDE_EFFECTS__ */ <const A extends string | number>(value: A): Decoder<A> =>
  typed((input) => input === value)

export const NullOr = /* @__NO_SIDE_EFFECTS__ */ <A>(item: Decoder<A>): Decoder<A | null> =>
  one<A | null>(item.expected, (input, at, found) => (input === null ? null : item.read(input, at, found)))

export const UndefinedOr = /* @__NO_SIDE_EFFECTS__ */ <A>(item: Decoder<A>): Decoder<A | undefined> =>
  one<A | undefined>(item.expected, (input, at, found) =>
    input === undefined ? undefined : item.read(input, at, found)
  )

/** An option that may be left out, or be undefined. */
export const optional = /* @__NO_SIDE_EFFECTS__ */ <A>(item: Decoder<A>): OptionalDecoder<A | undefined> => ({
  ...UndefinedOr<A>(item),
  optional: true
})

/** A property that may be left out. */
export const optionalKey = /* @__NO_SIDE_EFFECTS__ */ <A>(item: Decoder<A>): OptionalDecoder<A> => ({
  ...item,
  optional: true
})

type Fields = { readonly [name: PropertyKey]: Decoder<unknown> }

type Simplify<A> = { readonly [K in keyof A]: A[K] }

/** What a struct decodes to. */
export type StructType<F extends Fields> = Simplify<
  { readonly [K in keyof F as F[K] extends OptionalDecoder<unknown> ? never : K]: F[K]["Type"] } & {
    readonly [K in keyof F as F[K] extends OptionalDecoder<unknown> ? K : never]?: F[K]["Type"]
  }
>

const unexpected = (key: PropertyKey, path: string, fields: Fields, found: DecodingContext): void => {
  const { misplaced } = found
  const option = join(path, segment(key))
  // only our own tests use symbols as options
  const known = Reflect.ownKeys(fields).filter((name) => typeof name === "string")
  const meant =
    [option, key].find((name) => typeof name === "string" && Object.hasOwn(misplaced, name)) ??
    closest(typeof key === "string" ? key : key.toString(), [...known, ...Object.keys(misplaced)])
  if (meant === undefined) {
    say(found, option, `no such option: the options here are ${known.join(", ")}`)
    return
  }
  const elsewhere = known.includes(meant as string) ? undefined : misplaced[meant as string]
  say(found, option, elsewhere ?? `no such option: did you mean ${meant as string}?`)
}

const isRecord = (input: unknown): input is Record<PropertyKey, unknown> =>
  typeof input === "object" && input !== null && !globalThis.Array.isArray(input)

/** An object with these properties and no other ones. */
export const Struct = /* @__NO_SIDE_EFFECTS__ */ <const F extends Fields>(
  fields: F,
  expected = "another value"
): Decoder<StructType<F>> =>
  one<StructType<F>>(expected, (input, at, found, expected) => {
    if (!isRecord(input)) return say(found, at, expected)
    const before = found.issues.length
    for (const key of found.lenient === true ? [] : Reflect.ownKeys(input)) {
      if (!Object.hasOwn(fields, key) && Object.prototype.propertyIsEnumerable.call(input, key)) {
        unexpected(key, at, fields, found)
      }
    }
    const decoded: Record<PropertyKey, unknown> = {}
    for (const key of Reflect.ownKeys(fields)) {
      const field = fields[key] as Decoder<unknown>
      const below = join(at, segment(key))
      if (key in input) {
        const value = field.read(input[key], below, found)
        if (value !== failed) decoded[key] = value
      } else if (field.optional !== true) {
        say(found, below, field.expected)
      }
    }
    return found.issues.length > before ? failed : (decoded as StructType<F>)
  })

/** A list of items. */
export const Array = /* @__NO_SIDE_EFFECTS__ */ <A>(
  item: Decoder<A>,
  expected = "another value"
): Decoder<ReadonlyArray<A>> =>
  one<ReadonlyArray<A>>(expected, (input, at, found, expected) => {
    if (!globalThis.Array.isArray(input)) return say(found, at, expected)
    const before = found.issues.length
    const items = (input as ReadonlyArray<unknown>).map((value, index) => item.read(value, join(at, `${index}`), found))
    return found.issues.length > before ? failed : (items as ReadonlyArray<A>)
  })

/** An object of items by name. */
export const Record = /* @__NO_SIDE_EFFECTS__ */ <A>(
  item: Decoder<A>,
  expected = "another value"
): Decoder<Readonly<Record<string, A>>> =>
  one<Readonly<Record<string, A>>>(expected, (input, at, found, expected) => {
    if (!isRecord(input)) return say(found, at, expected)
    const before = found.issues.length
    const entries = Object.entries(input).map(([key, value]) => [key, item.read(value, join(at, segment(key)), found)])
    return found.issues.length > before ? failed : Object.fromEntries(entries)
  })

/** A value, or a function, which passes as it is. */
export const OrFunction = /* @__NO_SIDE_EFFECTS__ */ <A>(
  plain: Decoder<A>,
  isFunction: (input: unknown) => boolean,
  expected: string
): Decoder<A | ((tenant: string) => unknown)> =>
  one<A | ((tenant: string) => unknown)>(expected, (input, at, found, expected) =>
    isFunction(input)
      ? (input as (tenant: string) => unknown)
      : // something else altogether: both forms that would be right
        plain.annotate({ expected }).read(input, at, found)
  )

/** Reads JSON that this library wrote; undefined where it is none of it. Says nothing of what it read. */
export const readJson = <A>(item: Decoder<A>, text: string): A | undefined => {
  try {
    const decoded = item.read(JSON.parse(text), "", { issues: [], misplaced: {}, lenient: true })
    return decoded === failed ? undefined : decoded
  } catch {
    return undefined
  }
}

/** What a caller of {@link decode} knows beyond the decoder. */
interface Rules {
  /**
   * For keys that exist somewhere else, what to say instead of naming the known ones: by key, or by dotted path below
   * the input, which wins.
   */
  readonly misplaced?: { readonly [key: string]: string } | undefined
  /**
   * What one option says about another, as issues with paths relative to the input. It is asked whether or not the
   * decoder is content, so that all mistakes come at once, and must expect anything.
   */
  readonly relations?: ((input: unknown) => ReadonlyArray<Issue>) | undefined
}

/**
 * Decodes an option. All mistakes are reported at once, each under its dotted path below `at`, with what would be
 * right; no issue holds a value of the input.
 */
export const decode = <A>(
  decoder: Decoder<A>,
  input: unknown,
  at: string,
  rules?: Rules
): Result.Result<A, ReadonlyArray<Issue>> => {
  const found: DecodingContext = { issues: [], misplaced: rules?.misplaced ?? {} }
  // Options may be anything from JavaScript, a proxy or an object with getters included.
  let decoded: A | typeof failed
  let related: ReadonlyArray<Issue>
  try {
    decoded = decoder.read(input, "", found)
    related = rules?.relations?.(input) ?? []
  } catch {
    return Result.fail([{ option: at, expected: "an object whose properties can be read" }])
  }
  const issues = distinct([...found.issues, ...related]).map(({ option, expected }) => ({
    option: join(at, option),
    expected
  }))
  return decoded === failed || issues.length > 0 ? Result.fail(issues) : Result.succeed(decoded)
}

const distinct = (issues: ReadonlyArray<Issue>): ReadonlyArray<Issue> => {
  const seen = new Map(issues.map((issue) => [JSON.stringify([issue.option, issue.expected]), issue]))
  return [...seen.values()]
}

/** `company_id`, `companyID` and `companyId` are one name to a reader. */
const fold = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, "")

/** Edits between two names, where exchanging two neighbours is one edit: the usual slips of a hand. */
const distance = (a: string, b: string): number => {
  let before: Array<number> = []
  let previous = globalThis.Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      let edits = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (same ? 0 : 1)
      )
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        edits = Math.min(edits, (before[column - 2] ?? 0) + 1)
      }
      current.push(edits)
    }
    before = previous
    previous = current
  }
  return previous[b.length] ?? 0
}

/** The name that was probably meant, or `undefined` when none is near: a third of its letters at most may differ. */
export const closest = (name: string, known: ReadonlyArray<string>): string | undefined => {
  const written = fold(name).slice(0, 64)
  if (written === "") return undefined
  const near = known
    .map((candidate) => ({ candidate, edits: distance(written, fold(candidate)) }))
    .filter(({ candidate, edits }) => edits <= Math.floor(fold(candidate).length / 3))
    .toSorted((a, b) => a.edits - b.edits)
  return near[0]?.candidate
}
