/**
 * A text as its reader would understand it: the escapes that servers write are undone, and each byte knows where in the
 * source it stands. Everything here is one pass, whatever the text.
 */

/** The bytes of a text in UTF-8, and the span of the source that each comes from, in UTF-16 code units. */
export interface ByteView {
  /** one character for each byte */
  readonly bytes: string
  readonly starts: Int32Array
  readonly ends: Int32Array
}

class ByteWriter {
  readonly #bytes: Uint8Array
  readonly #starts: Int32Array
  readonly #ends: Int32Array
  #length = 0

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity)
    this.#starts = new Int32Array(capacity)
    this.#ends = new Int32Array(capacity)
  }

  byte(value: number, start: number, end: number): void {
    this.#bytes[this.#length] = value
    this.#starts[this.#length] = start
    this.#ends[this.#length] = end
    this.#length++
  }

  point(code: number, start: number, end: number): void {
    if (code < 0x80) this.byte(code, start, end)
    else if (code < 0x800) {
      this.byte(0xc0 | (code >> 6), start, end)
      this.byte(0x80 | (code & 0x3f), start, end)
    } else if (code < 0x10000) {
      this.byte(0xe0 | (code >> 12), start, end)
      this.byte(0x80 | ((code >> 6) & 0x3f), start, end)
      this.byte(0x80 | (code & 0x3f), start, end)
    } else {
      this.byte(0xf0 | (code >> 18), start, end)
      this.byte(0x80 | ((code >> 12) & 0x3f), start, end)
      this.byte(0x80 | ((code >> 6) & 0x3f), start, end)
      this.byte(0x80 | (code & 0x3f), start, end)
    }
  }

  /** One UTF-16 code unit: the second of a pair is joined to the first, however each of them was written. */
  unit(code: number, start: number, end: number): void {
    const first = code >= 0xdc00 && code <= 0xdfff ? this.#lastHighSurrogate() : undefined
    if (first === undefined) return this.point(code, start, end)
    this.#length -= 3
    this.point(0x10000 + ((first & 0x3ff) << 10) + (code & 0x3ff), this.#starts[this.#length]!, end)
  }

  #lastHighSurrogate(): number | undefined {
    const at = this.#length - 3
    if (at < 0 || this.#bytes[at] !== 0xed || (this.#bytes[at + 1]! & 0xf0) !== 0xa0) return undefined
    return 0xd800 | ((this.#bytes[at + 1]! & 0x0f) << 6) | (this.#bytes[at + 2]! & 0x3f)
  }

  view(): ByteView {
    return {
      bytes: Buffer.from(this.#bytes.buffer, 0, this.#length).toString("latin1"),
      starts: this.#starts.subarray(0, this.#length),
      ends: this.#ends.subarray(0, this.#length)
    }
  }
}

/** The text as it is. */
export const plainView = (text: string): ByteView => {
  const writer = new ByteWriter(text.length * 3)
  for (let at = 0; at < text.length; at++) writer.unit(text.charCodeAt(at), at, at + 1)
  return writer.view()
}

/** The ways of escaping: `%26`, `&amp;`, `\u0026`, `=26`. */
export type Escaping = "url" | "markup" | "backslash" | "quoted-printable"

/** What is undone in every layer: `=26` is more often the beginning of a value than an escape. */
const all: ReadonlySet<Escaping> = new Set(["url", "markup", "backslash"])

/** What an escape stands for: a byte, a UTF-16 code unit, a code point or nothing; and where it ends. */
interface Escape {
  readonly kind: "byte" | "unit" | "point" | "nothing"
  readonly code: number
  readonly end: number
}

/** The value of `count` hexadecimal digits, or -1. */
const hexadecimalAt = (bytes: string, at: number, count: number): number => {
  let value = 0
  for (let i = at; i < at + count; i++) {
    const digit = hexadecimalDigit(bytes.charCodeAt(i))
    if (digit < 0) return -1
    value = value * 16 + digit
  }
  return value
}

/** The value of one hexadecimal digit, or -1. */
export const hexadecimalDigit = (code: number): number => {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

const urlEscape = (bytes: string, at: number): Escape | undefined => {
  const byte = hexadecimalAt(bytes, at + 1, 2)
  if (byte >= 0) return { kind: "byte", code: byte, end: at + 3 }
  // what `escape()` writes
  if ((bytes.charCodeAt(at + 1) | 0x20) !== 0x75) return undefined
  const unit = hexadecimalAt(bytes, at + 2, 4)
  return unit < 0 ? undefined : { kind: "unit", code: unit, end: at + 6 }
}

/** what JSON, JavaScript and the languages after C put behind a backslash, and what it means */
const backslashed: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t"
}

const isOctal = (code: number): boolean => code >= 0x30 && code <= 0x37

/** A character by its number; undefined where no character has it. */
const pointOf = (code: number, end: number): Escape | undefined =>
  code > 0x10ffff ? undefined : { kind: code > 0xffff ? "point" : "unit", code, end }

/** A number of any length, and where it ends. */
const numberAt = (
  bytes: string,
  at: number,
  base: 10 | 16
): { readonly value: number; readonly end: number } | undefined => {
  let end = at
  let value = 0
  for (;;) {
    const digit = hexadecimalDigit(bytes.charCodeAt(end))
    if (digit < 0 || digit >= base) break
    // no character is that high: it stays too high however many digits follow
    value = Math.min(value * base + digit, 0x110000)
    end++
  }
  return end === at ? undefined : { value, end }
}

/** What mail writes: `=26`, and `=` at the end of a line that goes on. */
const quotedEscape = (bytes: string, at: number): Escape | undefined => {
  const byte = hexadecimalAt(bytes, at + 1, 2)
  if (byte >= 0) return { kind: "byte", code: byte, end: at + 3 }
  const lineEnd = bytes.startsWith("\r\n", at + 1) ? 3 : bytes.charAt(at + 1) === "\n" ? 2 : 0
  return lineEnd === 0 ? undefined : { kind: "nothing", code: 0, end: at + lineEnd }
}

const backslashEscape = (bytes: string, at: number): Escape | undefined => {
  const next = bytes.charAt(at + 1)
  if (next === "u" && bytes.charAt(at + 2) === "{") {
    const point = numberAt(bytes, at + 3, 16)
    if (point === undefined || bytes.charAt(point.end) !== "}") return undefined
    return pointOf(point.value, point.end + 1)
  }
  if (next === "u" || next === "x" || next === "U") {
    const digits = { u: 4, x: 2, U: 8 }[next]
    const value = hexadecimalAt(bytes, at + 2, digits)
    return value < 0 ? undefined : pointOf(value, at + 2 + digits)
  }
  if (isOctal(bytes.charCodeAt(at + 1)) && isOctal(bytes.charCodeAt(at + 2)) && isOctal(bytes.charCodeAt(at + 3))) {
    return { kind: "byte", code: Number.parseInt(bytes.slice(at + 1, at + 4), 8) & 0xff, end: at + 4 }
  }
  const meant = Object.hasOwn(backslashed, next) ? backslashed[next] : undefined
  return meant === undefined ? undefined : { kind: "unit", code: meant.charCodeAt(0), end: at + 2 }
}

/** HTML's names of what a keyboard has, and of Latin-1 from U+00A0 on. */
const entities: ReadonlyMap<string, number> = new Map([
  ...Object.entries({
    amp: "&",
    AMP: "&",
    lt: "<",
    LT: "<",
    gt: ">",
    GT: ">",
    quot: '"',
    QUOT: '"',
    apos: "'",
    Tab: "\t",
    NewLine: "\n",
    excl: "!",
    num: "#",
    dollar: "$",
    percnt: "%",
    lpar: "(",
    rpar: ")",
    ast: "*",
    midast: "*",
    plus: "+",
    comma: ",",
    hyphen: "-",
    dash: "-",
    period: ".",
    sol: "/",
    colon: ":",
    semi: ";",
    equals: "=",
    quest: "?",
    commat: "@",
    lsqb: "[",
    lbrack: "[",
    bsol: "\\",
    rsqb: "]",
    rbrack: "]",
    Hat: "^",
    lowbar: "_",
    UnderBar: "_",
    grave: "`",
    lcub: "{",
    lbrace: "{",
    verbar: "|",
    vert: "|",
    VerticalLine: "|",
    rcub: "}",
    rbrace: "}"
  }).map(([name, char]): readonly [string, number] => [name, char.charCodeAt(0)]),
  ...(
    "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro " +
    "para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil " +
    "Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave " +
    "Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml " +
    "igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute " +
    "thorn yuml"
  )
    .split(" ")
    .map((name, index): readonly [string, number] => [name, 0xa0 + index])
])

const longestName = 12

const isAlphanumeric = (code: number): boolean =>
  (code >= 0x30 && code <= 0x39) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a)

const markupEscape = (bytes: string, at: number): Escape | undefined => {
  if (bytes.charAt(at + 1) !== "#") {
    let end = at + 1
    while (end <= at + longestName && isAlphanumeric(bytes.charCodeAt(end))) end++
    const code = bytes.charAt(end) === ";" ? entities.get(bytes.slice(at + 1, end)) : undefined
    return code === undefined ? undefined : { kind: "point", code, end: end + 1 }
  }
  const hexadecimal = (bytes.charCodeAt(at + 2) | 0x20) === 0x78
  const number = numberAt(bytes, hexadecimal ? at + 3 : at + 2, hexadecimal ? 16 : 10)
  if (number === undefined) return undefined
  // browsers read one without its end as well
  return pointOf(number.value, bytes.charAt(number.end) === ";" ? number.end + 1 : number.end)
}

const escapeAt = (bytes: string, at: number, escapings: ReadonlySet<Escaping>): Escape | undefined => {
  switch (bytes.charCodeAt(at)) {
    case 0x25:
      return escapings.has("url") ? urlEscape(bytes, at) : undefined
    case 0x26:
      return escapings.has("markup") ? markupEscape(bytes, at) : undefined
    case 0x3d:
      return escapings.has("quoted-printable") ? quotedEscape(bytes, at) : undefined
    case 0x5c:
      return escapings.has("backslash") ? backslashEscape(bytes, at) : undefined
    default:
      return undefined
  }
}

/** The view with one layer of escapes undone, from left to right; the same view where there is none. */
export const unescaped = (view: ByteView, escapings: ReadonlySet<Escaping> = all): ByteView => {
  const { bytes, ends, starts } = view
  let writer: ByteWriter | undefined
  let at = 0
  while (at < bytes.length) {
    const escape = escapeAt(bytes, at, escapings)
    if (escape === undefined) {
      writer?.byte(bytes.charCodeAt(at), starts[at]!, ends[at]!)
      at++
      continue
    }
    if (writer === undefined) {
      writer = new ByteWriter(bytes.length)
      for (let i = 0; i < at; i++) writer.byte(bytes.charCodeAt(i), starts[i]!, ends[i]!)
    }
    if (escape.kind !== "nothing") writer[escape.kind](escape.code, starts[at]!, ends[escape.end - 1]!)
    at = escape.end
  }
  return writer?.view() ?? view
}

/** more layers of escapes than any server writes */
const deepest = 6

/** The view with every layer of every kind of escape undone. */
export const settled = (view: ByteView): ByteView => {
  let current = view
  for (let depth = 0; depth < deepest; depth++) {
    const next = unescaped(current)
    if (next === current) break
    current = next
  }
  return current
}

/** How many bytes of white space, a control or something that is not seen stand there, in UTF-8. */
const unseenAt = (bytes: string, at: number): number => {
  const first = bytes.charCodeAt(at)
  if (first <= 0x20 || first === 0x7f) return 1
  const second = bytes.charCodeAt(at + 1)
  // a hard space, a soft hyphen
  if (first === 0xc2) return second === 0xa0 || second === 0xad ? 2 : 0
  const third = bytes.charCodeAt(at + 2)
  if (first === 0xef) return second === 0xbb && third === 0xbf ? 3 : 0
  if (first !== 0xe2) return 0
  // joiners, marks of direction, ends of lines, other spaces
  if (second === 0x80) return third <= 0x8f || (third >= 0xa8 && third <= 0xaf) ? 3 : 0
  return second === 0x81 && third >= 0xa0 && third <= 0xaf ? 3 : 0
}

/** The view without white space, controls and what is not seen: as if a text had not been wrapped or spaced. */
export const compacted = ({ bytes, ends, starts }: ByteView): ByteView => {
  const writer = new ByteWriter(bytes.length)
  let at = 0
  while (at < bytes.length) {
    const unseen = unseenAt(bytes, at)
    if (unseen === 0) writer.byte(bytes.charCodeAt(at), starts[at]!, ends[at]!)
    at += unseen === 0 ? 1 : unseen
  }
  return writer.view()
}

/** As texts are compared: case does not count, and all white space is a space, as `+` is in a form. */
export const folded = (bytes: string): string => {
  const source = Buffer.from(bytes, "latin1")
  for (let at = 0; at < source.length; at++) {
    const code = source[at]!
    if (code >= 0x41 && code <= 0x5a) source[at] = code | 0x20
    else if (code === 0x2b || code === 0x09 || code === 0x0a || code === 0x0d) source[at] = 0x20
  }
  return source.toString("latin1")
}
