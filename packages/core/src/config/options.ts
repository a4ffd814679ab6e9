import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import { misconfigured, type Place } from "../errors/SageAuthError.ts"
import * as Result from "./Result.ts"
import { builtin } from "./builtin.ts"
import * as Decoder from "./decoder.ts"
import { askAgainAfter, readDuration, readLongDuration } from "./duration.ts"

/** What a secret may be. `@sage-auth/core/effect` adds a `Redacted`. */
export interface Secrets {
  /** the secret itself */
  readonly text: string
}

/** A secret as options take it. */
export type Secret = Secrets[keyof Secrets]

/**
 * Redacts a secret under a label of our own. One that is redacted already is wrapped anew, so that wiping ours or the
 * caller's leaves the other alone. `label` is what prints in place of the value, as in `<redacted:password>`.
 *
 * Throws when the caller's `Redacted` was wiped before.
 */
export const secret = (value: string | Redacted.Redacted, label: string): Redacted.Redacted =>
  Redacted.make(typeof value === "string" ? value : Redacted.value(value), { label })

/** The value of a redacted secret. To be called where it is written to the wire, and nowhere before. */
export const reveal = (redacted: Redacted.Redacted): string => Redacted.value(redacted)

/**
 * A value, or a function of the tenant that returns or resolves it. A function is asked at each renewal and after a
 * rejection, so a vault can rotate what it answers.
 */
export type PerTenant<T> = T | ((tenant: string) => T | Promise<T>)

/** An option given as a function, before it is asked. */
export type TenantFunction = (tenant: string) => unknown

export const isTenantFunction = (option: unknown): option is TenantFunction => typeof option === "function"

/** Until when what was made of these options holds: for ever, or until a function among them is asked again. */
export const holdsUntil = (now: number, ...options: ReadonlyArray<unknown>): number =>
  options.some(isTenantFunction) ? now + askAgainAfter : Number.POSITIVE_INFINITY

const names: { readonly [codePoint: number]: string } = {
  0x00: "null",
  0x09: "tab",
  0x0a: "line feed",
  0x0d: "carriage return",
  0x1b: "escape",
  0x7f: "delete"
}

const describe = (codePoint: number): string => {
  const code = `U+${codePoint.toString(16).toUpperCase().padStart(4, "0")}`
  const name = names[codePoint]
  return name === undefined ? code : `${code} (${name})`
}

// Cc: control characters. Cs: with the `u` flag, halves of a surrogate pair that stand alone; UTF-8 has no form for
// them and an encoder would send U+FFFD in their place. U+FFFE and U+FFFF are outside XML 1.0's Char (section 2.2).
const refused = /[\p{Cc}\p{Cs}\uFFFE\uFFFF]/u

/**
 * Text that can be an id or a password: not empty, and every character of it survives the way to the server. What is
 * wrong is said by the name of the character, never by the text around it.
 */
export const readText = (input: unknown): Result.Result<string, string> => {
  if (typeof input !== "string" || input === "") return Result.fail("a non-empty string")
  const found = refused.exec(input)?.[0].codePointAt(0)
  if (found === undefined) return Result.succeed(input)
  if (found >= 0xd800 && found <= 0xdfff) return Result.fail("well-formed Unicode: it has half a surrogate pair")
  if (found >= 0xfffe) return Result.fail(`text without noncharacters: it has ${describe(found)}`)
  const hint = found === 0x0a || found === 0x0d ? "; text read from a file often ends with one: trim it" : ""
  return Result.fail(`text without control characters: it has ${describe(found)}${hint}`)
}

/** An id: text that neither begins nor ends with white space, which a slip of the hand leaves and no server takes. */
export const readId = (input: unknown): Result.Result<string, string> =>
  Result.flatMap(readText(input), (text) =>
    text.trim() === text ? Result.succeed(text) : Result.fail("text without white space at its beginning or end")
  )

/** Whether a header can carry a text as it is. Source: RFC 9110, section 5.5. */
export const fitsHeader = (text: string): boolean => /^[\u0020-\u007e\u00a0-\u00ff]*$/.test(text)

/** An id that is sent in a header. */
export const readHeaderId = (input: unknown): Result.Result<string, string> =>
  Result.flatMap(readId(input), (text) =>
    fitsHeader(text) ? Result.succeed(text) : Result.fail("text that a header can carry: characters of Latin-1")
  )

/**
 * The id of what a client is narrowed to, such as a business. One that is missing must not widen to everything, which
 * is what a server makes of a header that is left out or empty.
 */
export const readNamed = (place: Place, option: string, id: unknown): string => {
  const read = readId(id)
  if (Result.isSuccess(read)) return read.success
  throw misconfigured([{ option, expected: read.failure }], place)
}

/** The same where `null` names what is not narrowed. */
export const readNamedOrNull = (place: Place, option: string, id: unknown, whole: string): string | null => {
  if (id === null) return null
  const read = readId(id)
  if (Result.isSuccess(read)) return read.success
  throw misconfigured([{ option, expected: `${read.failure}, or null for ${whole}` }], place)
}

/** Which Effect made a value of that kind, whichever copy of it: version 4, or the one before; undefined: none did. */
export const madeByEffect = (
  kind: "Effect" | "Layer" | "Schedule" | "Redacted",
  input: unknown
): "3" | "4" | undefined => {
  if (!Predicate.isObject(input) && !Predicate.isFunction(input)) return undefined
  if (`~effect/${kind}` in input) return "4"
  return Symbol.for(`effect/${kind}`) in input ? "3" : undefined
}

/** What to do with such a value where nothing can be done with it. */
export const remedyFor = (made: "3" | "4", what: string): string =>
  made === "4"
    ? `${what} is for SageAuth of "@sage-auth/core/effect", which runs it with your own effect`
    : `${what} of Effect 3 cannot be used here. SageAuth of "@sage-auth/core/effect" takes one of effect 4.1 or a later 4.x. "@sage-auth/core" takes what needs no Effect`

/**
 * The decoder of one option. `parse` gives the decoded value, or says in plain words what would be right; `expected` is
 * said when there is nothing to parse.
 */
export const leaf = /* @__NO_SIDE_EFFECTS__ */ <A>(
  expected: string,
  parse: (input: unknown) => Result.Result<A, string>
): Decoder.Decoder<A> =>
  Decoder.one<A>(expected, (input, at, { issues }) => {
    const parsed = parse(input)
    if (Result.isSuccess(parsed)) return parsed.success
    issues.push({ option: at, expected: parsed.failure })
    return Decoder.failed
  })

const check = /* @__NO_SIDE_EFFECTS__ */ <A>(expected: string, is: (input: unknown) => input is A) =>
  leaf<A>(expected, (input) => (is(input) ? Result.succeed(input) : Result.fail(expected)))

/** Any string, the empty one included. */
export const string = check("a string", Predicate.isString)

/** An id: a non-empty string whose every character can be sent, without white space around it. */
export const text = leaf<string>("a non-empty string", readId)

/** A non-empty string whose every character can be sent. */
export const anyText = leaf<string>("a non-empty string", readText)

/** An id that is sent in a header. */
export const headerId = leaf<string>("a non-empty string", readHeaderId)

const open = (input: unknown): Result.Result<unknown, string> => {
  if (madeByEffect("Redacted", input) === "3") return Result.fail(`a text: ${remedyFor("3", "a Redacted")}`)
  return Redacted.isRedacted(input)
    ? Result.try({
        try: () => Redacted.value(input),
        catch: () =>
          'a secret that was not wiped, or a text: a Redacted is opened by SageAuth of "@sage-auth/core/effect" alone'
      })
    : Result.succeed(input)
}

/** A secret, decoded to a `Redacted` that prints as `<redacted:label>`. */
export const secretText = /* @__NO_SIDE_EFFECTS__ */ (label: string) =>
  leaf<Redacted.Redacted>("a non-empty string", (input) =>
    Result.map(Result.flatMap(open(input), readText), (value) => secret(value, label))
  )

/** One of a few literals. */
export const oneOf = /* @__NO_SIDE_EFFECTS__ */ <const A extends ReadonlyArray<string | number>>(...values: A) =>
  check(`one of ${values.map((value) => JSON.stringify(value)).join(", ")}`, (input): input is A[number] =>
    values.some((value) => value === input)
  )

export const flag = check("true or false", Predicate.isBoolean)

/** A whole number within bounds, both included. */
export const count = /* @__NO_SIDE_EFFECTS__ */ (from: number, to: number = Number.MAX_SAFE_INTEGER) =>
  check(
    to === Number.MAX_SAFE_INTEGER ? `a whole number, ${from} or more` : `a whole number from ${from} to ${to}`,
    (input): input is number => Predicate.isNumber(input) && Number.isSafeInteger(input) && input >= from && input <= to
  )

/** A number within bounds, the lower one excluded. */
export const fraction = /* @__NO_SIDE_EFFECTS__ */ (expected: string, above: number, to: number) =>
  check(expected, (input): input is number => Predicate.isNumber(input) && input > above && input <= to)

const isDate = (input: unknown): input is string => {
  if (typeof input !== "string" || !/^\d{4}-\d{2}-\d{2}$/.test(input)) return false
  const time = Date.parse(`${input}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(input)
}

/** A day of the calendar, as RFC 3339's `full-date`. */
export const date = check("a date such as 2027-06-30", isDate)

/** How long something may take, decoded to milliseconds. */
export const duration = leaf<number>('a number of milliseconds or a string such as "30 seconds"', readDuration)

/** How long something lasts that no timer has to wait for, decoded to milliseconds. */
export const longDuration = leaf<number>('a number of milliseconds or a string such as "180 days"', readLongDuration)

/** The servers of a surface with OAuth 2.0 and an API: Sage's own, or what stands in for each of them. */
export const oauthServers = {
  environment: Decoder.optional(oneOf("production", "sandbox")),
  urls: Decoder.optional(
    Decoder.Struct(
      {
        authorize: Decoder.optional(text),
        token: Decoder.optional(text),
        revoke: Decoder.optional(text),
        api: Decoder.optional(text)
      },
      "an object such as { authorize, token, revoke, api }"
    )
  )
}

const certificatesExpected = 'PEM text that starts with "-----BEGIN CERTIFICATE-----", or a file: URL'

/** Certificates as PEM text, or the `file:` URL of a file with them; a URL in a string is decoded to a `URL`. */
export const certificates = leaf<string | URL>(certificatesExpected, (input) => {
  if (typeof input === "string" && /^\s*-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/m.test(input)) {
    // what cannot be read would be ignored in silence when it is used
    const read = Result.try({
      try: () => new (builtin("node:crypto").X509Certificate)(input),
      catch: () => "PEM text with a certificate that can be read"
    })
    return Result.map(read, () => input)
  }
  const url = fileUrl(input)
  return url === undefined ? Result.fail(certificatesExpected) : Result.succeed(url)
})

/** The address of a file, as it is given or in a string; undefined for anything else. */
export const fileUrl = (input: unknown): URL | undefined => {
  const url = input instanceof URL ? input : typeof input === "string" ? URL.parse(input) : null
  return url?.protocol === "file:" ? url : undefined
}

export const list = /* @__NO_SIDE_EFFECTS__ */ <A>(
  item: Decoder.Decoder<A>,
  expected: string
): Decoder.Decoder<ReadonlyArray<A>> => Decoder.Array(item, expected)

/**
 * An option that may be a function of the tenant: a function passes as it is and is checked when it was asked, see
 * `resolve`. `expected` is what both forms have to be.
 */
export const perTenant = /* @__NO_SIDE_EFFECTS__ */ <A>(
  plain: Decoder.Decoder<A>,
  expected = `${plain.expected}, or a function of the tenant that returns one`
): Decoder.Decoder<A | ((tenant: string) => unknown)> => Decoder.OrFunction(plain, isTenantFunction, expected)
