/**
 * Reads XML text one token at a time, so that the head of an answer can be read and the rest left alone.
 *
 * **When to use**
 *
 * Use where the offsets of an element are needed, or where most of a document is of no interest. Records that a
 * caller wants as objects are read by `parseRecords`.
 *
 * **Details**
 *
 * - Never throws: an error is an event, and it is the last one.
 * - The five predefined entities and numeric references are decoded; any other entity is refused. A document type
 *   declaration is refused. Comments and processing instructions are skipped.
 * - Time is linear in the length of the text, whatever the text.
 *
 * **Gotchas**
 *
 * Characters that XML 1.0 forbids are refused as references and let through as themselves. They cannot change the
 * structure, and a stray control character in a memo field should not cost the whole answer.
 *
 * @see https://www.w3.org/TR/xml/ Extensible Markup Language (XML) 1.0
 */
import { decode, lineEnds, nameEnd, xmlError, type XmlError, type XmlErrorKind } from "./XmlText.ts"

/**
 * @category configuration
 */
export interface XmlLimits {
  /** Length of the text in UTF-16 code units. Default 67,108,864. */
  readonly maxLength?: number | undefined
  /** Levels of nested elements. Default 100. */
  readonly maxDepth?: number | undefined
  /** Attributes of one element. Default 64. */
  readonly maxAttributes?: number | undefined
  /** Length of the name of an element or attribute in UTF-16 code units. Default 256. */
  readonly maxNameLength?: number | undefined
}

/**
 * `"end"` follows `"start"` for an empty element too. After `"eof"` or `"error"` nothing else comes.
 */
export type XmlEvent = "start" | "end" | "text" | "eof" | "error"

const tab = 0x09
const lineFeed = 0x0a
const carriageReturn = 0x0d
const space = 0x20
const exclamation = 0x21
const doubleQuote = 0x22
const ampersand = 0x26
const singleQuote = 0x27
const hyphen = 0x2d
const slash = 0x2f
const lessThan = 0x3c
const equals = 0x3d
const greaterThan = 0x3e
const question = 0x3f

const isSpace = (code: number): boolean =>
  code === space || code === lineFeed || code === carriageReturn || code === tab

/**
 * A pull reader over one text.
 *
 * ```ts
 * const reader = new XmlReader("<a><b>1</b></a>")
 * reader.next() // => "start", reader.name === "a"
 * reader.next() // => "start", reader.name === "b"
 * reader.skip() // => true: `<b>1</b>` lies between reader.start and reader.end
 * reader.next() // => "end"
 * reader.next() // => "eof"
 * ```
 */
export class XmlReader {
  /** Name of the element that started or ended last. */
  name = ""
  /** Offset of the first character of the last token; after {@link skip}, of the element. */
  start = 0
  /** Offset after the last token; after {@link skip}, after the element. */
  end = 0
  /** Set once `next` gave `"error"` or `skip` gave `false`. */
  error: XmlError | undefined

  readonly #text: string
  readonly #maxDepth: number
  readonly #maxAttributes: number
  readonly #maxNameLength: number
  readonly #open: Array<string> = []
  #rootSeen = false
  #emptyElement = false
  #event: XmlEvent | "none" = "none"
  #attributes: Array<readonly [name: string, value: string]> = []
  #value: string | undefined
  #valueStart = 0
  #valueEnd = 0

  constructor(text: string, limits: XmlLimits = {}) {
    this.#text = text
    this.#maxDepth = limits.maxDepth ?? 100
    this.#maxAttributes = limits.maxAttributes ?? 64
    this.#maxNameLength = limits.maxNameLength ?? 256
    const maxLength = limits.maxLength ?? 67_108_864
    if (text.length > maxLength) this.#fail("too-large", maxLength)
    // The byte order mark is no part of the document.
    else if (text.charCodeAt(0) === 0xfeff) this.end = 1
  }

  /** How many elements are open. */
  get depth(): number {
    return this.#open.length
  }

  /** Names of the elements that are open, the outermost first. */
  get path(): ReadonlyArray<string> {
    return this.#open
  }

  /** Text of the last `"text"` event, references decoded and line ends normalised. */
  get text(): string {
    return (this.#value ??= this.#text.slice(this.#valueStart, this.#valueEnd))
  }

  /** Value of an attribute of the element that started last. */
  attribute(name: string): string | undefined {
    return this.#attributes.find((attribute) => attribute[0] === name)?.[1]
  }

  /** Attributes of the element that started last, in their order. */
  attributes(): ReadonlyArray<readonly [name: string, value: string]> {
    return this.#attributes
  }

  /** Moves to the next token. */
  next(): XmlEvent {
    if (this.#event === "error" || this.#event === "eof") return this.#event
    if (this.#emptyElement) {
      this.#emptyElement = false
      this.start = this.end
      this.name = this.#open.pop()!
      return (this.#event = "end")
    }
    const text = this.#text
    for (;;) {
      const at = this.end
      if (at >= text.length) {
        if (this.#open.length > 0 || !this.#rootSeen) return this.#fail("truncated", at)
        return (this.#event = "eof")
      }
      if (text.charCodeAt(at) !== lessThan) {
        const event = this.#characters(at)
        if (event !== undefined) return event
        continue
      }
      switch (text.charCodeAt(at + 1)) {
        case slash:
          return this.#endTag(at)
        case question:
          if (!this.#instruction(at)) return "error"
          continue
        case exclamation:
          if (this.#comment(at)) continue
          if (this.error !== undefined) return "error"
          return this.#cdata(at)
        default:
          return this.#startTag(at)
      }
    }
  }

  /**
   * Right after `"start"`: moves behind the end of this element without reading what is inside, which is checked only
   * as far as finding the end needs. `false` when there is no end.
   */
  skip(): boolean {
    if (this.#event !== "start") return false
    const name = this.#open.pop()!
    const from = this.start
    if (this.#emptyElement) {
      this.#emptyElement = false
    } else {
      const end = this.#closingEnd(name, this.end)
      if (end < 0) return false
      this.end = end
    }
    this.name = name
    this.start = from
    this.#event = "end"
    return true
  }

  /**
   * Right after `"start"`: goes on at `end`, inside of an element whose start tag was read in another way before there.
   * `false` for an empty element, which has nothing inside.
   */
  enter(name: string, end: number): boolean {
    if (this.#event !== "start" || this.#emptyElement) return false
    this.#open.push(name)
    this.name = name
    this.end = end
    this.#event = "text"
    return true
  }

  /**
   * Right after `"start"`: the text of an element that holds nothing else, and nothing to decode. The reader is at the
   * element's end then. `undefined` for every other one, which `next` reads.
   */
  plainText(): string | undefined {
    if (this.#event !== "start" || this.#emptyElement) return undefined
    const text = this.#text
    const at = text.indexOf("<", this.end)
    if (at < 0 || text.charCodeAt(at + 1) !== slash) return undefined
    const end = closingTag(text, at, this.name)
    if (end < 0) return undefined
    const value = text.slice(this.end, at)
    if (value.includes("&") || value.includes("\r")) return undefined
    this.#open.pop()
    this.start = at
    this.end = end
    this.#event = "end"
    return value
  }

  /** `undefined` for white space outside the root. */
  #characters(at: number): XmlEvent | undefined {
    const text = this.#text
    const outside = this.#open.length === 0
    let special = false
    let end = at
    for (; end < text.length; end++) {
      const code = text.charCodeAt(end)
      if (code === lessThan) break
      if (outside && !isSpace(code)) return this.#fail("malformed", end)
      if (code === ampersand || code === carriageReturn) special = true
    }
    this.start = at
    this.end = end
    if (outside) return undefined
    if (end >= text.length) return this.#fail("truncated", end)
    this.#value = undefined
    this.#valueStart = at
    this.#valueEnd = end
    if (special) {
      const value = decode(text, at, end, false)
      if (typeof value !== "string") return this.#fail(value.kind, value.offset)
      this.#value = value
    }
    return (this.#event = "text")
  }

  #startTag(at: number): XmlEvent {
    const text = this.#text
    if (this.#rootSeen && this.#open.length === 0) return this.#fail("malformed", at)
    let i = nameEnd(text, at + 1)
    if (i === at + 1) return this.#broken(at, i)
    if (i - at - 1 > this.#maxNameLength) return this.#fail("too-large", at)
    if (this.#open.length >= this.#maxDepth) return this.#fail("too-deep", at)
    const name = text.slice(at + 1, i)
    if (this.#attributes.length > 0) this.#attributes = []
    let code = text.charCodeAt(i)
    while (code !== greaterThan) {
      if (code === slash) {
        if (text.charCodeAt(i + 1) !== greaterThan) return this.#broken(at, i + 1)
        this.#emptyElement = true
        i++
        break
      }
      if (!isSpace(code)) return this.#broken(at, i)
      do code = text.charCodeAt(++i)
      while (isSpace(code))
      if (code === greaterThan || code === slash) continue
      i = this.#readAttribute(at, i)
      if (i < 0) return "error"
      code = text.charCodeAt(i)
    }
    this.#rootSeen = true
    this.#open.push(name)
    this.name = name
    this.start = at
    this.end = i + 1
    return (this.#event = "start")
  }

  /** The offset after the attribute at `from`, or -1. */
  #readAttribute(tag: number, from: number): number {
    const text = this.#text
    const to = nameEnd(text, from)
    if (to === from) return this.#brokenAt(tag, to)
    if (to - from > this.#maxNameLength || this.#attributes.length >= this.#maxAttributes) {
      this.#fail("too-large", from)
      return -1
    }
    let i = to
    while (isSpace(text.charCodeAt(i))) i++
    if (text.charCodeAt(i) !== equals) return this.#brokenAt(tag, i)
    i++
    while (isSpace(text.charCodeAt(i))) i++
    const quote = text.charCodeAt(i)
    if (quote !== doubleQuote && quote !== singleQuote) return this.#brokenAt(tag, i)
    const valueStart = i + 1
    let special = false
    for (i = valueStart; ; i++) {
      const code = text.charCodeAt(i)
      if (code === quote) break
      if (code === ampersand || code === carriageReturn || code === lineFeed || code === tab) special = true
      if (code === lessThan) return this.#failAt("malformed", i)
      if (i >= text.length) return this.#failAt("truncated", i)
    }
    const value = special ? decode(text, valueStart, i, true) : text.slice(valueStart, i)
    if (typeof value !== "string") return this.#failAt(value.kind, value.offset)
    const name = text.slice(from, to)
    if (this.attribute(name) !== undefined) return this.#failAt("malformed", from)
    this.#attributes.push([name, value])
    return i + 1
  }

  #endTag(at: number): XmlEvent {
    const name = this.#open.at(-1)
    if (name === undefined) return this.#fail("malformed", at)
    const end = closingTag(this.#text, at, name)
    if (end < 0) return this.#otherEndTag(at)
    this.#open.pop()
    this.name = name
    this.start = at
    this.end = end
    return (this.#event = "end")
  }

  #instruction(at: number): boolean {
    const text = this.#text
    const end = text.indexOf("?>", at + 2)
    if (end < 0) {
      this.#fail("truncated", text.length)
      return false
    }
    const target = text.slice(at + 2, Math.min(nameEnd(text, at + 2), end))
    const declaration = target.toLowerCase() === "xml"
    const first = at === 0 || (at === 1 && text.charCodeAt(0) === 0xfeff)
    if (target === "" || (declaration && !(first && target === "xml"))) {
      this.#fail("malformed", at)
      return false
    }
    this.end = end + 2
    return true
  }

  /** `false` when there is no comment here, or when it is broken: then there is an error. */
  #comment(at: number): boolean {
    const end = commentEnd(this.#text, at)
    if (end === undefined) return false
    if (typeof end !== "number") {
      this.#fail(end.kind, end.offset)
      return false
    }
    this.end = end
    return true
  }

  #cdata(at: number): XmlEvent {
    const text = this.#text
    if (!text.startsWith("<![CDATA[", at)) return this.#declaration(at)
    if (this.#open.length === 0) return this.#fail("malformed", at)
    const end = text.indexOf("]]>", at + 9)
    if (end < 0) return this.#fail("truncated", text.length)
    const value = text.slice(at + 9, end)
    this.#value = value.includes("\r") ? value.replace(lineEnds, "\n") : value
    this.start = at
    this.end = end + 3
    return (this.#event = "text")
  }

  /** Something that begins with `<!` and is neither a comment nor character data. */
  #declaration(at: number): XmlEvent {
    const rest = this.#text.slice(at, at + 9)
    if (rest.toUpperCase() === "<!DOCTYPE") return this.#fail("dtd-refused", at)
    const cut = ["<!--", "<![CDATA[", "<!DOCTYPE"].some((opening) => opening.startsWith(rest))
    return this.#fail(cut ? "truncated" : "malformed", cut ? this.#text.length : at)
  }

  /** The offset after the end tag that closes the element `name` whose content begins at `from`, or -1. */
  #closingEnd(name: string, from: number): number {
    const text = this.#text
    let levels = 1
    let i = from
    for (;;) {
      const at = text.indexOf("<", i)
      if (at < 0) return this.#failAt("truncated", text.length)
      const code = text.charCodeAt(at + 1)
      if (code === slash) {
        if (--levels === 0) {
          const end = closingTag(text, at, name)
          if (end < 0) this.#otherEndTag(at)
          return end
        }
        i = text.indexOf(">", at + 2) + 1
        if (i === 0) return this.#failAt("truncated", text.length)
      } else if (code === exclamation) {
        const end = commentEnd(text, at)
        if (typeof end === "number") {
          i = end
        } else if (end !== undefined) {
          return this.#failAt(end.kind, end.offset)
        } else if (text.startsWith("<![CDATA[", at)) {
          i = text.indexOf("]]>", at + 9) + 3
          if (i === 2) return this.#failAt("truncated", text.length)
        } else {
          this.#declaration(at)
          return -1
        }
      } else if (code === question) {
        i = text.indexOf("?>", at + 2) + 2
        if (i === 1) return this.#failAt("truncated", text.length)
      } else {
        if (this.#open.length + levels >= this.#maxDepth) return this.#failAt("too-deep", at)
        i = this.#tagEnd(at + 1)
        if (i < 0) return -1
        if (text.charCodeAt(i - 2) !== slash) levels++
      }
    }
  }

  /** The offset after the start tag whose name begins at `from`, or -1. */
  #tagEnd(from: number): number {
    const text = this.#text
    for (let i = from; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code === greaterThan) return i + 1
      if (code === lessThan) return this.#failAt("malformed", i)
      if (code === doubleQuote || code === singleQuote) {
        i = text.indexOf(code === doubleQuote ? '"' : "'", i + 1)
        if (i < 0) break
      }
    }
    return this.#failAt("truncated", text.length)
  }

  /** Ends reading here, because a limit was passed. */
  refuse(): void {
    this.#fail("too-many", this.start)
  }

  #fail(kind: XmlErrorKind, offset: number): "error" {
    this.error = xmlError(kind, offset)
    return (this.#event = "error")
  }

  #failAt(kind: XmlErrorKind, offset: number): -1 {
    this.#fail(kind, offset)
    return -1
  }

  /** A start tag that makes no sense where the reader stopped: cut off at the end of the text, malformed before. */
  #broken(at: number, stopped: number): "error" {
    const cut = stopped >= this.#text.length
    return this.#fail(cut ? "truncated" : "malformed", cut ? this.#text.length : at)
  }

  #brokenAt(at: number, stopped: number): -1 {
    this.#broken(at, stopped)
    return -1
  }

  #otherEndTag(at: number): "error" {
    const closed = this.#text.indexOf(">", at) >= 0
    return this.#fail(closed ? "malformed" : "truncated", closed ? at : this.#text.length)
  }
}

/** The offset after the end tag of `name` at `at`, or -1 when there is another one or none. */
const closingTag = (text: string, at: number, name: string): number => {
  let i = at + 2 + name.length
  if (!text.startsWith(name, at + 2)) return -1
  while (isSpace(text.charCodeAt(i))) i++
  return text.charCodeAt(i) === greaterThan ? i + 1 : -1
}

/** The offset after the comment at `at`; `undefined` when there is no comment. */
const commentEnd = (text: string, at: number): number | XmlError | undefined => {
  if (text.charCodeAt(at + 2) !== hyphen || text.charCodeAt(at + 3) !== hyphen) return undefined
  const end = text.indexOf("--", at + 4)
  if (end < 0 || end + 2 >= text.length) return xmlError("truncated", text.length)
  return text.charCodeAt(end + 2) === greaterThan ? end + 3 : xmlError("malformed", end)
}
