/**
 * What looks like a secret although nobody has told of it: JSON web tokens, what is announced by a name such as
 * `access_token=` or by `Bearer`, and the session id that Intacct prints after `Invalid session`. And the characters that
 * secrets are made of.
 */
import { folded, hexadecimalDigit } from "./escapes.ts"

/** Part of a text, in UTF-16 code units; the end is behind it. */
export type Span = readonly [start: number, end: number]

/** Called for what was found, with its span. */
export type OnMatch = (start: number, end: number) => void

/** Names of what is secret, without case and hyphens; a longer name may end with one. */
const secretNames = [
  "token",
  "secret",
  "password",
  "passwd",
  "passphrase",
  "sessionid",
  "apikey",
  "privatekey",
  "subscriptionkey",
  "assertion",
  "codeverifier",
  "authorizationcode",
  "authzcode",
  "devicecode",
  "authorization"
]

/** no name of a secret is longer, in characters */
const longestName = 64

export const isSecretName = (name: string): boolean => {
  const normal = name.slice(-longestName).toLowerCase().replaceAll("_", "").replaceAll("-", "")
  return secretNames.some((secret) => normal.endsWith(secret) || normal.endsWith(`${secret}s`))
}

/** How much of a secret is telling wherever it stands, in bytes. */
export const telling = 12

/** no token is shorter, in characters, and none changes less often between letters and digits */
const shortestOpaque = 16
const fewestChanges = 4

/** Whether a text is one word in which letters and digits are mixed as in no code or name. */
export const isOpaque = (text: string): boolean => {
  if (text.length < shortestOpaque) return false
  let changes = 0
  let digit: boolean | undefined
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (!isCredentialByte(code)) return false
    if (!isAlphanumeric(code)) continue
    const isDigit = code <= 0x39
    if (digit !== undefined && digit !== isDigit) changes++
    digit = isDigit
  }
  return changes >= fewestChanges
}

/** no token is shorter, in characters; a header alone is no secret, but a reader does not need it either */
const shortestToken = 16

/** JSON web tokens, whole or cut off, signed, encrypted or neither. */
export const findTokens = (bytes: string, found: OnMatch): void => {
  let from = 0
  for (;;) {
    const at = bytes.indexOf("eyJ", from)
    if (at < 0) return
    from = at + 3
    if (at > 0 && isAlphanumeric(bytes.charCodeAt(at - 1))) continue
    let end = skip(bytes, at, (code) => isBase64Url(code) || code === dot, bytes.length)
    from = end
    // the end of a sentence
    while (bytes.charCodeAt(end - 1) === dot) end--
    if (end - at >= shortestToken) found(at, end)
  }
}

/**
 * Values that are announced by their name: `access_token=…`, `"password": "…"`, `<sessionid>…`, `Authorization: Bearer
 * …`.
 */
export const findAnnounced = (bytes: string, found: OnMatch): void => {
  let at = 0
  while (at < bytes.length) {
    if (!isNameByte(bytes.charCodeAt(at))) {
      at++
      continue
    }
    const start = at
    while (at < bytes.length && isNameByte(bytes.charCodeAt(at))) at++
    const name = bytes.slice(Math.max(start, at - longestName), at)
    const value = isScheme(name)
      ? schemeValue(bytes, at)
      : isSecretName(name)
        ? (namedValue(bytes, at) ?? mentionedValue(bytes, at))
        : isMentioned(name)
          ? mentionedValue(bytes, at)
          : undefined
    if (value === undefined) continue
    found(value[0], value[1])
    at = value[1]
  }
}

/** What a sentence calls a secret although a field with that name may be something else. */
const isMentioned = (name: string): boolean => {
  const lower = name.toLowerCase()
  return lower === "session" || lower === "session-id"
}

/**
 * What follows the name of a secret in a sentence: `the token "…" was issued`, if it is one and not a word about it.
 */
const mentionedValue = (bytes: string, from: number): Span | undefined => {
  let start = skip(bytes, from, isSpace)
  if (start === from) return undefined
  for (const word of ["id ", "is ", "was "]) {
    if (bytes.slice(start, start + word.length).toLowerCase() === word) start += word.length
  }
  start = skip(bytes, start, isQuote)
  let end = skip(bytes, start, isCredentialByte, bytes.length)
  // the end of a sentence
  while (bytes.charCodeAt(end - 1) === dot) end--
  return isOpaque(bytes.slice(start, end)) ? [start, end] : undefined
}

const isScheme = (name: string): boolean => {
  const lower = name.toLowerCase()
  return lower === "bearer" || lower === "basic"
}

/** What follows `Bearer`, if it is a credential and not a word about one. */
const schemeValue = (bytes: string, from: number): Span | undefined => {
  const start = skip(bytes, from, isSpace)
  if (start === from) return undefined
  const end = skip(bytes, start, isCredentialByte, bytes.length)
  return looksRandom(bytes.slice(start, end)) ? [start, end] : undefined
}

const namedValue = (bytes: string, from: number): Span | undefined => {
  const quoted = skip(bytes, from, isQuote)
  const named = bytes.charCodeAt(quoted) === closeBracket ? quoted + 1 : quoted
  const tag = bytes.charCodeAt(from) === greaterThan
  const separator = tag ? from : skip(bytes, named, isSpace)
  const code = bytes.charCodeAt(separator)
  if (!tag && code !== equalsSign && code !== colon) return undefined
  const behind = beforeValue(bytes, separatorEnd(bytes, separator, tag))
  // a list of JSON's, or what is written like one; "the token: [see above]" is a sentence
  if (!tag && bytes.charCodeAt(behind) === openBracket && (named > from || behind === separator + 1)) {
    return [behind + 1, listEnd(bytes, behind + 1)]
  }
  let start = skip(bytes, behind, isQuote)
  const quote = start > behind ? bytes.charAt(start - 1) : ""
  for (const scheme of ["bearer ", "basic "]) {
    if (bytes.slice(start, start + scheme.length).toLowerCase() === scheme) start += scheme.length
  }
  const end = valueEnd(bytes, start, tag ? "<" : quote)
  if (end === start) return undefined
  // "the password: it has expired" is a sentence
  const sentence = code === colon && quote === "" && behind > separator + 1
  return sentence && !looksRandom(bytes.slice(start, end)) ? undefined : [start, end]
}

/** Behind `=`, `:`, and the `=>` and `:=` of other languages. */
const separatorEnd = (bytes: string, separator: number, tag: boolean): number => {
  const next = bytes.charCodeAt(separator + 1)
  return !tag && (next === equalsSign || next === greaterThan) ? separator + 2 : separator + 1
}

/** Behind what stands before a quoted value: the `u` and `b` of Python, the `string(36)` of PHP. */
const beforeValue = (bytes: string, from: number): number => {
  const start = skip(bytes, from, isSpace)
  const [prefix = ""] = /^(?:[bu]|string\(\d{1,9}\) )(?=["'])/.exec(bytes.slice(start, start + 24)) ?? []
  return start + prefix.length
}

const valueEnd = (bytes: string, from: number, closing: string): number => {
  if (closing !== "") {
    const end = bytes.indexOf(closing, from)
    if (end < 0) return bytes.length
    // the quotes inside of a quotation are escaped
    return bytes.charCodeAt(end - 1) === backslash && end > from ? end - 1 : end
  }
  return skip(bytes, from, (code) => !isSpace(code) && !endsValue.has(code), bytes.length)
}

/** Where a list is closed, and not where a text in it has a bracket. */
const listEnd = (bytes: string, from: number): number => {
  let quoted = false
  let at = from
  while (at < bytes.length && (quoted || bytes.charCodeAt(at) !== closeBracket)) {
    if (bytes[at] === '"' && bytes.charCodeAt(at - 1) !== backslash) quoted = !quoted
    at++
  }
  return at
}

const endsValue = new Set(Array.from("&\"'<>,;)}]", (char) => char.charCodeAt(0)))

/** how many quotes or spaces stand around a value */
const around = 8

/** The offset behind what `is` holds for, at most `most` further on. */
const skip = (bytes: string, from: number, is: (code: number) => boolean, most = from + around): number => {
  let at = from
  while (at < Math.min(bytes.length, most) && is(bytes.charCodeAt(at))) at++
  return at
}

/** Long and of several kinds of characters, as words are not. */
const looksRandom = (text: string): boolean => {
  if (text.length < telling) return false
  let digits = 0
  let capitals = 0
  for (let at = 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code >= 0x30 && code <= 0x39) digits++
    else if (code >= 0x41 && code <= 0x5a) capitals++
  }
  return digits > 0 || capitals > 2
}

/** The session id that Intacct prints after `Invalid session`. */
export const findSessionIds = (bytes: string, found: OnMatch): void => {
  const text = folded(bytes)
  const announced = "invalid session"
  for (let from = 0; ; ) {
    const at = text.indexOf(announced, from)
    if (at < 0) return
    let start = at + announced.length
    from = start
    if (text.startsWith(" id", start) && !isAlphanumeric(text.charCodeAt(start + 3))) start += 3
    if (text.charAt(start) !== " " && text.charAt(start) !== ":") continue
    start = skip(text, start + 1, isSpace)
    const end = skip(
      text,
      start,
      (code) => code !== space && code !== openBracket && code !== closeBracket,
      text.length
    )
    found(start, end)
    from = Math.max(from, end)
  }
}

// ------------------------------------------------------------------ characters

const tab = 0x09
const lineFeed = 0x0a
const carriageReturn = 0x0d
const space = 0x20
const plus = 0x2b
const hyphen = 0x2d
const dot = 0x2e
const slash = 0x2f
const colon = 0x3a
const equalsSign = 0x3d
const greaterThan = 0x3e
const openBracket = 0x5b
export const backslash = 0x5c
const closeBracket = 0x5d
const underscore = 0x5f

export const isSpace = (code: number): boolean =>
  code === space || code === tab || code === lineFeed || code === carriageReturn

export const isAlphanumeric = (code: number): boolean =>
  (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a)

const isBase64Url = (code: number): boolean => isAlphanumeric(code) || code === hyphen || code === underscore

export const isBase64 = (code: number): boolean => isBase64Url(code) || code === plus || code === slash

export const isHexadecimal = (code: number): boolean => hexadecimalDigit(code) >= 0

const isNameByte = isBase64Url

export const isCredentialByte = (code: number): boolean =>
  isBase64(code) || code === dot || code === equalsSign || code === 0x7e

const isQuote = (code: number): boolean => code === 0x22 || code === 0x27 || code === backslash

export const isPadding = (bytes: string, from: number): boolean =>
  skip(bytes, from, (code) => code === equalsSign) === bytes.length

export const isLetters = (bytes: string, start: number, end: number): boolean => {
  for (let at = start; at < end; at++) {
    const code = bytes.charCodeAt(at)
    if (code !== space && !(code >= 0x61 && code <= 0x7a)) return false
  }
  return true
}

/** Calls `visit` for each longest run of bytes that `is` holds for. */
export const eachRun = (bytes: string, is: (code: number) => boolean, visit: OnMatch): void => {
  let start = -1
  for (let at = 0; at <= bytes.length; at++) {
    if (at < bytes.length && is(bytes.charCodeAt(at))) {
      if (start < 0) start = at
    } else if (start >= 0) {
      visit(start, at)
      start = -1
    }
  }
}
