/**
 * What stands in the text of a document: the names XML 1.0 allows for elements and attributes, and references.
 *
 * @see https://www.w3.org/TR/xml/#NT-Name Extensible Markup Language (XML) 1.0, production 5
 */

const start = 1
const follow = 2

const ascii = new Uint8Array(128)
for (let code = 0; code < 128; code++) {
  const letter = (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a) || code === 0x3a || code === 0x5f
  const digit = code >= 0x30 && code <= 0x39
  ascii[code] = letter ? start | follow : digit || code === 0x2d || code === 0x2e ? follow : 0
}

const wideStart: ReadonlyArray<readonly [from: number, to: number]> = [
  [0xc0, 0xd6],
  [0xd8, 0xf6],
  [0xf8, 0x2ff],
  [0x370, 0x37d],
  [0x37f, 0x1fff],
  [0x200c, 0x200d],
  [0x2070, 0x218f],
  [0x2c00, 0x2fef],
  [0x3001, 0xd7ff],
  [0xf900, 0xfdcf],
  [0xfdf0, 0xfffd],
  [0x10000, 0xeffff]
]

const wideFollow: ReadonlyArray<readonly [from: number, to: number]> = [
  [0xb7, 0xb7],
  [0x300, 0x36f],
  [0x203f, 0x2040]
]

const within = (ranges: ReadonlyArray<readonly [from: number, to: number]>, code: number): boolean =>
  ranges.some(([from, to]) => code >= from && code <= to)

const isStart = (code: number): boolean => (code < 128 ? (ascii[code]! & start) !== 0 : within(wideStart, code))

const isFollow = (code: number): boolean =>
  code < 128 ? (ascii[code]! & follow) !== 0 : within(wideStart, code) || within(wideFollow, code)

/**
 * The offset after the name that begins at `from`; `from` itself when no name begins there.
 */
export const nameEnd = (text: string, from: number): number => {
  let at = from
  while (at < text.length) {
    let code = text.charCodeAt(at)
    let width = 1
    if (code >= 0xd800 && code <= 0xdfff) {
      code = text.codePointAt(at)!
      width = code > 0xffff ? 2 : 1
    }
    if (at === from ? !isStart(code) : !isFollow(code)) break
    at += width
  }
  return at
}

/** nearly every name: the platform is faster than the loop above */
const asciiName = /^[A-Za-z_:][\w:.-]*$/

/**
 * Whether the whole of `text` is one XML name.
 */
export const isXmlName = (text: string): boolean =>
  asciiName.test(text) || (text.length > 0 && nameEnd(text, 0) === text.length)

/**
 * What was wrong with a document:
 *
 * - `malformed`: not well-formed XML
 * - `truncated`: well-formed as far as it goes, but it ends too early
 * - `too-deep`, `too-large`, `too-many`: over a limit
 * - `dtd-refused`: it holds a document type declaration
 * - `entity-refused`: it holds an entity other than the five predefined ones
 *
 * @category errors
 */
export type XmlErrorKind =
  | "malformed"
  | "truncated"
  | "too-deep"
  | "too-large"
  | "too-many"
  | "dtd-refused"
  | "entity-refused"

/**
 * @category errors
 */
export interface XmlError {
  readonly _tag: "XmlError"
  readonly kind: XmlErrorKind
  /** Where, in UTF-16 code units from the start of the text. */
  readonly offset: number
}

/**
 * @category errors
 */
export const xmlError = (kind: XmlErrorKind, offset: number): XmlError => ({ _tag: "XmlError", kind, offset })

const tab = 0x09
const lineFeed = 0x0a
const carriageReturn = 0x0d
const space = 0x20
const numberSign = 0x23
const semicolon = 0x3b
const smallX = 0x78

export const lineEnds = /\r\n?/g
const anyLineEnd = /\r\n|[\r\n\t]/g

const named: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"]
])

/**
 * Replaces references and normalises line ends; in attributes every white space becomes a space.
 */
export const decode = (text: string, from: number, to: number, attribute: boolean): string | XmlError => {
  // Searches must end with the token: one that ran on to the next `&` of the document would make time quadratic.
  const token = text.slice(from, to)
  let decoded = ""
  let literal = 0
  for (;;) {
    let at = token.indexOf("&", literal)
    if (at < 0) at = token.length
    if (at > literal) {
      const part = token.slice(literal, at)
      decoded += attribute ? part.replace(anyLineEnd, " ") : part.includes("\r") ? part.replace(lineEnds, "\n") : part
    }
    if (at === token.length) return decoded
    const number = token.charCodeAt(at + 1) === numberSign
    const end = number ? numberEnd(token, at + 2) : nameEnd(token, at + 1)
    if (token.charCodeAt(end) !== semicolon || end === at + 1) return xmlError("malformed", from + at)
    const value = number ? fromNumber(token.slice(at + 2, end)) : named.get(token.slice(at + 1, end))
    if (value === undefined) return xmlError(number ? "malformed" : "entity-refused", from + at)
    decoded += value
    literal = end + 1
  }
}

const numberEnd = (text: string, from: number): number => {
  let at = from
  for (;;) {
    const code = text.charCodeAt(at) | space
    const digit = code >= 0x30 && code <= 0x39
    if (!digit && !(code >= 0x61 && code <= 0x66) && code !== smallX) return at
    at++
  }
}

const decimal = /^[0-9]+$/
const hexadecimal = /^x[0-9A-Fa-f]+$/

/** The character a numeric reference means, when XML 1.0 has it. */
const fromNumber = (digits: string): string | undefined => {
  const code = decimal.test(digits)
    ? Number.parseInt(digits, 10)
    : hexadecimal.test(digits)
      ? Number.parseInt(digits.slice(1), 16)
      : Number.NaN
  const carried =
    code === tab ||
    code === lineFeed ||
    code === carriageReturn ||
    (code >= 0x20 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd) ||
    (code >= 0x10000 && code <= 0x10ffff)
  return carried ? String.fromCodePoint(code) : undefined
}

/**
 * Decodes the references of character data; the error is where something else than a reference follows an `&`.
 */
export const unescapeText = (text: string): string | XmlError => decode(text, 0, text.length, false)
