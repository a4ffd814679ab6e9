import { misconfigured, type Place } from "../errors/SageAuthError.ts"
import * as Result from "./Result.ts"

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
