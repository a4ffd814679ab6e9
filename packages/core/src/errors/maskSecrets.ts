/**
 * Takes secrets out of what others say: servers, proxies, identity providers, a function of the application's. The one
 * masker of this library, for every surface.
 *
 * **Details**
 *
 * - A secret is found as it is, encoded for a URL or a form, escaped for XML, HTML, JSON or JavaScript, several of them
 *   at once, in hexadecimal, and in base64 of either alphabet, alone or inside of something longer such as
 *   `user:password`. Also wrapped or spaced, in UTF-16, and as a list of the numbers of its bytes or characters.
 * - A secret that was cut off is found by what is left of it: 12 characters in a row, or 8 of its beginning or end that
 *   are not letters alone, or 6 bytes in base64 or hexadecimal.
 * - Of a secret shorter than 6 characters every word that holds it is masked. To mask it alone would show it, by what
 *   is missing of each word.
 * - Not only what is known is masked: also JSON web tokens, what follows `Bearer`, what is announced by a name such as
 *   `access_token=`, and the session id that Intacct prints after `Invalid session`.
 * - A text is cut before it is masked, and what the cut may have left of a secret goes with it. Time is linear.
 */
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import {
  compacted,
  type Escaping,
  folded,
  hexadecimalDigit,
  plainView,
  settled,
  unescaped,
  type ByteView
} from "./escapes.ts"
import {
  type Span,
  type OnMatch,
  isSecretName,
  findTokens,
  findAnnounced,
  findSessionIds,
  isOpaque,
  telling,
  isSpace,
  isAlphanumeric,
  isBase64,
  isHexadecimal,
  isPadding,
  isLetters,
  eachRun
} from "./likelySecrets.ts"

/** What stands where a secret stood. */
export const mask = "[masked]"

/** How much of a text is looked at, in characters: what is shown of it is shorter. */
export const longestMasked = 4_096

/** A secret that was sent, or that came. */
export type KnownSecret = string | Redacted.Redacted

/** Masks the secrets in `known`, and what looks like one. */
export const maskSecrets = (text: string, known: ReadonlyArray<KnownSecret>): string => makeMasker(known)(text)

/** {@link maskSecrets} for several texts. `limit` is how much of a text is looked at, in characters. */
export const makeMasker = (known: ReadonlyArray<KnownSecret>, limit = longestMasked): ((text: string) => string) => {
  let needles: Needles | undefined
  return (text) => {
    const cut = text.length > limit
    const bounded = cut ? beforeLastWord(text.slice(0, limit)) : text
    if (bounded === "") return ""
    needles ??= needlesOf(known)
    const masked = withoutSpans(bounded, spansOf(bounded, needles, cut))
    return cut ? `${masked}…` : masked
  }
}

/** What a cut text ends with may be the half of something encoded; words are encoded without spaces. */
const beforeLastWord = (text: string): string => {
  let end = text.length
  while (end > 0 && !isSpace(text.charCodeAt(end - 1))) end--
  return text.slice(0, end).trimEnd()
}

// ------------------------------------------------------------------ what is looked for

/** How long the pieces are that are looked for, in bytes. */
const pieceLength = 6
/** How much of a secret's beginning or end is telling, in bytes. */
const tellingEdge = 8

interface Needles {
  /** every piece of every secret, and how long a run of pieces has to be that it is in, in bytes */
  readonly pieces: ReadonlyMap<string, number>
  /** the first and the last piece of each secret */
  readonly edges: ReadonlySet<string>
  /** secrets that are shorter than a piece */
  readonly short: ReadonlyArray<string>
  readonly whole: ReadonlyArray<string>
}

const needlesOf = (known: ReadonlyArray<KnownSecret>): Needles => {
  const whole = new Set<string>()
  for (const secret of known) {
    const value = Redacted.isRedacted(secret) ? Redacted.value(secret) : secret
    const all = [value, ...secretsWithin(value)]
    // letters outside of ASCII are not folded below
    for (const each of all.flatMap((one) => (isAscii(one) ? [one] : [one, one.toLowerCase(), one.toUpperCase()]))) {
      const view = plainView(each)
      whole.add(folded(view.bytes))
      const compact = folded(compacted(view).bytes)
      if (compact.length >= pieceLength) whole.add(compact)
      if (!isAscii(each)) for (const bytes of misread(each)) whole.add(folded(bytes))
      // it may look escaped by itself
      const read = folded(settled(view).bytes)
      if (read.length >= 4) whole.add(read)
    }
  }
  whole.delete("")
  const pieces = new Map<string, number>()
  const edges = new Set<string>()
  for (const secret of whole) {
    const last = secret.length - pieceLength
    const least = Math.min(secret.length, telling)
    for (let at = 0; at <= last; at++) {
      const piece = secret.slice(at, at + pieceLength)
      pieces.set(piece, Math.min(pieces.get(piece) ?? least, least))
    }
    if (last < 0) continue
    edges.add(secret.slice(0, pieceLength))
    edges.add(secret.slice(last))
  }
  return { pieces, edges, short: [...whole].filter(({ length }) => length < pieceLength), whole: [...whole] }
}

/** The bytes of a text outside of ASCII where each byte was taken for a character, and those of its two UTF-16s. */
const misread = (text: string): ReadonlyArray<string> => {
  const little = Buffer.from(text, "utf16le")
  return [
    plainView(Buffer.from(text, "utf8").toString("latin1")).bytes,
    little.toString("latin1"),
    Buffer.from(little).swap16().toString("latin1")
  ].filter((bytes) => bytes.length >= pieceLength)
}

const isAscii = (text: string): boolean => {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return false
  return true
}

/** What no token of a server's is longer than, in characters. */
const longestToken = 64 * 1024

/** claims of Intacct's tokens and codes that are secrets, readable by anyone who sees the token */
const secretClaims = ["sessionId", "refreshToken", "authzCode"]

/** The secrets that a JSON web token carries in its claims. */
export const secretsWithin = (token: string): ReadonlyArray<string> => {
  if (token.length > longestToken) return []
  const parts = token.split(".", 4)
  const payload = parts[1]
  if (parts.length !== 3 || payload === undefined) return []
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"))
    if (!Predicate.isObject(claims)) return []
    return secretClaims
      .map((name) => (Object.hasOwn(claims, name) ? (claims as Readonly<Record<string, unknown>>)[name] : undefined))
      .filter((claim) => typeof claim === "string")
  } catch {
    // an opaque token
    return []
  }
}

/** deeper, and more members, than any answer of a token endpoint has */
const deepest = 6
const mostMembers = 1_000

/**
 * Members of a token endpoint's answer that are meant to be read; those of identity providers are for their support.
 */
const readableNames = new Set([
  "error",
  "error_description",
  "error_uri",
  "reason",
  "message",
  "$message",
  "supportId",
  "requestId",
  "trace_id",
  "correlation_id"
])

/**
 * What is secret in the JSON of a token endpoint, since other members may quote it: every value under the name of a
 * secret, and whatever looks like a token under any other name.
 */
export const secretsOfJson = (json: unknown): ReadonlyArray<string> => {
  const found: Array<string> = []
  let left = mostMembers
  const visit = (value: unknown, depth: number, secret: boolean, readable: boolean): void => {
    if (typeof value === "string") {
      if (secret || (!readable && isOpaque(value))) found.push(value)
      return
    }
    if (typeof value !== "object" || value === null || depth > deepest) return
    const isList = Array.isArray(value)
    for (const [name, member] of Object.entries(value)) {
      if (left-- <= 0) return
      visit(member, depth + 1, secret || (!isList && isSecretName(name)), isList ? readable : readableNames.has(name))
    }
  }
  visit(json, 0, false, false)
  return found
}

// ------------------------------------------------------------------ where it is

const escapings: ReadonlyArray<Escaping> = ["url", "markup", "backslash", "quoted-printable"]

const spansOf = (text: string, needles: Needles, cut: boolean): ReadonlyArray<Span> => {
  const plain = plainView(text)
  const read = settled(plain)
  const once = escapings.map((escaping) => unescaped(plain, new Set([escaping])))
  const spans: Array<Span> = []
  for (const view of new Set([plain, read, ...once])) {
    const bytes = folded(view.bytes)
    const add = (start: number, end: number): void => {
      if (end > start) spans.push([view.starts[start]!, view.ends[end - 1]!])
    }
    findPieces(bytes, needles, add)
    findShort(bytes, needles, (start, end) => {
      const [from, to] = [view.starts[start]!, view.ends[end - 1]!]
      const [previous, behind] = spans.at(-1) ?? [0, 0]
      // a word is looked at once, however often the secret is in it
      if (from < previous || to > behind) spans.push(wordAround(text, from, to))
    })
    if (cut) findBeginnings(bytes, needles, add)
    if (view !== plain && view !== read) continue
    findEncoded(view.bytes, needles, add)
    findTokens(view.bytes, add)
    findAnnounced(view.bytes, add)
    findSessionIds(view.bytes, add)
    findNumbers(view.bytes, needles, add)
  }
  return [...spans, ...beyond(merged(spans), takenApart(new Set([plain, read]), needles))]
}

/** Where a secret was wrapped, spaced or filled with what is not seen. */
const takenApart = (views: Iterable<ByteView>, needles: Needles): ReadonlyArray<Span> => {
  const spans: Array<Span> = []
  for (const view of views) {
    const { bytes, ends, starts } = compacted(view)
    const add = (start: number, end: number): void => {
      spans.push([starts[start]!, ends[end - 1]!])
    }
    findPieces(folded(bytes), needles, add)
    findWrapped(bytes, needles, add)
  }
  return spans
}

/**
 * Those that cover a piece more than what is known: without spaces, the letter before a secret may look like its own.
 */
const beyond = (known: ReadonlyArray<Span>, spans: ReadonlyArray<Span>): ReadonlyArray<Span> => {
  let next = 0
  return merged(spans).filter(([start, end]) => {
    while (next < known.length && known[next]![1] <= start) next++
    let covered = 0
    for (let at = next; at < known.length && known[at]![0] < end; at++) {
      covered += Math.min(known[at]![1], end) - Math.max(known[at]![0], start)
    }
    return end - start - covered >= pieceLength
  })
}

/** Runs of pieces: a whole secret, or enough of one. */
const findPieces = (bytes: string, { edges, pieces }: Needles, found: OnMatch): void => {
  if (pieces.size === 0) return
  let start = -1
  let last = -1
  let least = telling
  let edge = false
  const close = (): void => {
    if (start < 0) return
    const end = last + pieceLength
    const enough = end - start >= least || (edge && end - start >= tellingEdge && !isLetters(bytes, start, end))
    if (enough) found(start, end)
    start = -1
    least = telling
    edge = false
  }
  for (let at = 0; at + pieceLength <= bytes.length; at++) {
    const piece = bytes.slice(at, at + pieceLength)
    const needed = pieces.get(piece)
    if (needed === undefined) {
      if (at > last + pieceLength) close()
      continue
    }
    if (at > last + 1) close()
    if (start < 0) start = at
    last = at
    least = Math.min(least, needed)
    edge ||= edges.has(piece)
  }
  close()
}

const findShort = (bytes: string, { short }: Needles, found: OnMatch): void => {
  for (const secret of short) {
    for (let at = bytes.indexOf(secret); at >= 0; at = bytes.indexOf(secret, at + secret.length)) {
      found(at, at + secret.length)
    }
  }
}

/** The beginning of a secret at the end of a text that we cut, however little it is. */
const findBeginnings = (bytes: string, { whole }: Needles, found: OnMatch): void => {
  for (const secret of whole) {
    const length = commonEdge(secret, bytes.slice(-secret.length))
    found(bytes.length - length, bytes.length)
  }
}

/** How long the longest beginning of `secret` is that `text` ends with (Knuth, Morris and Pratt). */
const commonEdge = (secret: string, text: string): number => {
  const edges = new Int32Array(secret.length)
  for (let at = 1, length = 0; at < secret.length; at++) {
    while (length > 0 && secret[at] !== secret[length]) length = edges[length - 1]!
    if (secret[at] === secret[length]) length++
    edges[at] = length
  }
  let length = 0
  for (const char of text) {
    while (length > 0 && (length === secret.length || char !== secret[length])) length = edges[length - 1]!
    if (char === secret[length]) length++
  }
  return length
}

/** inside of base64 there may be base64 once more, such as a credential in a token that is itself in a token */
const deepestEncoding = 3
/** less is not looked at where it is encoded, in bytes */
const shortestHeld = 1
/** shorter base64 inside of base64 is chance */
const shortestInside = 16

/** Base64 and hexadecimal that hold a secret, wherever in them it begins. */
const findEncoded = (bytes: string, needles: Needles, found: OnMatch, depth = 0): void => {
  if (needles.whole.length === 0) return
  const least = needles.short.length > 0 ? shortestHeld : pieceLength
  eachRun(bytes, isBase64, (start, end) => {
    if ((end - start) * 3 < least * 4) return
    // what is nothing else is no chance
    if (depth > 0 && end - start < shortestInside && !(start === 0 && isPadding(bytes, end))) return
    const run = bytes.slice(start, end)
    for (let offset = 0; offset < 4; offset++) {
      const decoded = Buffer.from(run.slice(offset), "base64").toString("latin1")
      if (holdsSecret(decoded, needles, depth)) return found(start, end)
    }
  })
  eachRun(bytes, isHexadecimal, (start, end) => {
    if (end - start < least * 2) return
    const run = bytes.slice(start, end)
    for (let offset = 0; offset < 2; offset++) {
      const even = run.slice(offset, run.length - ((run.length - offset) % 2))
      if (holdsSecret(Buffer.from(even, "hex").toString("latin1"), needles, depth)) return found(start, end)
    }
  })
}

/** Whether decoded bytes hold a secret, or a piece of one: nothing is there by chance. */
const holdsSecret = (decoded: string, needles: Needles, depth: number): boolean =>
  // every second byte of ASCII in UTF-16 is zero
  (decoded.includes("\0") && holdsBytes(decoded.replaceAll("\0", ""), needles, depth)) ||
  holdsBytes(decoded, needles, depth)

const holdsBytes = (decoded: string, needles: Needles, depth: number): boolean => {
  const view = viewOfBytes(decoded)
  for (const { bytes } of new Set([view, settled(view)])) {
    const text = folded(bytes)
    for (let at = 0; at + pieceLength <= text.length; at++) {
      if (needles.pieces.has(text.slice(at, at + pieceLength))) return true
    }
    for (const secret of needles.short) {
      // one or two bytes are everywhere: only alone, or as the password behind a user
      if (secret.length > 2 ? text.includes(secret) : text === secret || text.endsWith(`:${secret}`)) return true
    }
  }
  if (depth + 1 >= deepestEncoding) return false
  let inside = false
  findEncoded(decoded, needles, () => (inside = true), depth + 1)
  return inside
}

/**
 * Base64 and hexadecimal that were broken into lines. Words run together without their spaces look like base64 as well:
 * only the part that decodes to pieces is masked.
 */
const findWrapped = (bytes: string, needles: Needles, found: OnMatch): void => {
  if (needles.pieces.size === 0) return
  eachRun(bytes, isBase64, (start, end) => {
    if ((end - start) * 3 < pieceLength * 4) return
    for (let offset = 0; offset < 4; offset++) {
      const decoded = Buffer.from(bytes.slice(start + offset, end), "base64").toString("latin1")
      const held = heldIn(decoded, needles)
      if (held !== undefined)
        found(
          start + offset + Math.floor((held[0] * 4) / 3),
          Math.min(end, start + offset + Math.ceil((held[1] * 4) / 3))
        )
    }
  })
  eachRun(bytes, isHexadecimal, (start, end) => {
    if (end - start < pieceLength * 2) return
    for (let offset = 0; offset < 2; offset++) {
      const even = bytes.slice(start + offset, end - ((end - start - offset) % 2))
      const held = heldIn(Buffer.from(even, "hex").toString("latin1"), needles)
      if (held !== undefined) found(start + offset + held[0] * 2, start + offset + held[1] * 2)
    }
  })
}

/** From the first to the last piece of a secret in decoded bytes. */
const heldIn = (decoded: string, { pieces }: Needles): Span | undefined => {
  const text = folded(decoded)
  let first = -1
  let last = -1
  for (let at = 0; at + pieceLength <= text.length; at++) {
    if (!pieces.has(text.slice(at, at + pieceLength))) continue
    if (first < 0) first = at
    last = at
  }
  return first < 0 ? undefined : [first, last + pieceLength]
}

/** so many numbers beside each other may be a text, in numbers */
const fewestNumbers = 6
/** how much stands between two of them, in bytes */
const betweenNumbers = 6

/** Lists of numbers: `4b:71:37`, `0x4b, 0x71`, `<Buffer 4b 71>`, `[75,113,55]`, `U+004B U+0071`. */
const findNumbers = (bytes: string, needles: Needles, found: OnMatch): void => {
  if (needles.pieces.size === 0) return
  let run: Array<readonly [digits: string, start: number, end: number]> = []
  const close = (): void => {
    const numbers = run
    run = []
    if (numbers.length < fewestNumbers) return
    for (const base of [16, 10]) {
      const codes = numbers.map(([digits]) => Number.parseInt(digits, base))
      if (codes.some((code) => !(code <= 0x10ffff))) continue
      const text = codes.map((code) => String.fromCodePoint(code)).join("")
      const texts = [plainView(text).bytes, ...(codes.every((code) => code <= 0xff) ? [text] : [])]
      if (texts.some((each) => holdsSecret(each, needles, deepestEncoding))) {
        return found(numbers[0]![1], numbers.at(-1)![2])
      }
    }
  }
  let at = 0
  let last = 0
  while (at < bytes.length) {
    const start = at
    while (at < bytes.length && isAlphanumeric(bytes.charCodeAt(at))) at++
    if (at === start) {
      at++
      continue
    }
    const digits = digitsOf(bytes.slice(start, Math.min(at, start + longestNumber + 1)))
    if (digits === undefined || start - last > betweenNumbers) close()
    if (digits !== undefined && digits !== "") run.push([digits, start, at])
    last = at
  }
  close()
}

/** `0x`, and six digits for the highest character there is */
const longestNumber = 8

/** The digits of a number, whatever it is announced with, or nothing but that; undefined for what is no number. */
const digitsOf = (word: string): string | undefined => {
  const lower = word.toLowerCase()
  const digits = lower.startsWith("0x")
    ? lower.slice(2)
    : lower.startsWith("x") || lower.startsWith("u")
      ? lower.slice(1)
      : lower
  if (word.length > longestNumber) return undefined
  for (let at = 0; at < digits.length; at++) if (hexadecimalDigit(digits.charCodeAt(at)) < 0) return undefined
  return digits
}

/** Bytes that have no source: only what they are is asked. */
const viewOfBytes = (bytes: string): ByteView => {
  const nowhere = new Int32Array(bytes.length)
  return { bytes, starts: nowhere, ends: nowhere }
}

// ------------------------------------------------------------------ what is left

/** The word that a span is part of. */
const wordAround = (text: string, start: number, end: number): Span => {
  let first = start
  let behind = end
  while (first > 0 && isWordUnit(text.charCodeAt(first - 1))) first--
  while (behind < text.length && isWordUnit(text.charCodeAt(behind))) behind++
  return [first, behind]
}

const isWordUnit = (code: number): boolean => code >= 0x80 || isAlphanumeric(code)

/** The text with each span, or several that touch, replaced by one mask. */
const withoutSpans = (text: string, spans: ReadonlyArray<Span>): string => {
  let left = ""
  let at = 0
  for (const [from, to] of merged(spans)) {
    left += text.slice(at, from) + mask
    at = to
  }
  return left + text.slice(at)
}

/** In their order, with those joined that meet. */
const merged = (spans: ReadonlyArray<Span>): ReadonlyArray<Span> => {
  const joined: Array<Span> = []
  for (const [from, to] of spans.toSorted((a, b) => a[0] - b[0])) {
    const [start, end] = joined.at(-1) ?? [0, -1]
    if (from > end) joined.push([from, to])
    else if (to > end) joined[joined.length - 1] = [start, to]
  }
  return joined
}
