import { XMLParser, XMLValidator } from "fast-xml-parser"
import { escapeXml } from "../markup.ts"

/** An element of a request. Text is what stands in it directly, references resolved. */
export interface XmlElement {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: ReadonlyArray<XmlElement>
  readonly text: string
  readonly line: number
  readonly column: number
}

/** Why a document is not well-formed, with the number and words that libxml2 has for it: Intacct shows those. */
export interface XmlProblem {
  readonly number: number
  readonly message: string
  readonly line: number
  readonly column: number
}

/** An element of an answer. */
export interface XmlNode {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly content: string | ReadonlyArray<XmlNode>
}

/** Builds an element of an answer. */
export const node = (
  name: string,
  content: string | ReadonlyArray<XmlNode> = "",
  attributes: Readonly<Record<string, string>> = {}
): XmlNode => ({ name, attributes, content })

/** A whole document, indented or on one line. */
export const print = (root: XmlNode, whitespace: boolean): string => {
  const newline = whitespace ? "\n" : ""
  return `<?xml version="1.0" encoding="UTF-8"?>${newline}${printNode(root, whitespace ? 0 : undefined)}${newline}`
}

/** With apostrophes as Intacct writes them. */
const escape = (text: string): string => escapeXml(text).replaceAll("'", "&#039;")

const printNode = (element: XmlNode, depth: number | undefined): string => {
  const indent = depth === undefined ? "" : "  ".repeat(depth)
  const attributes = Object.entries(element.attributes)
    .map(([name, value]) => ` ${name}="${escape(value)}"`)
    .join("")
  if (typeof element.content === "string") {
    return `${indent}<${element.name}${attributes}>${escape(element.content)}</${element.name}>`
  }
  const newline = depth === undefined ? "" : "\n"
  const inner = element.content.map((child) => printNode(child, depth === undefined ? undefined : depth + 1) + newline)
  return `${indent}<${element.name}${attributes}>${newline}${inner.join("")}${indent}</${element.name}>`
}

const metaData = XMLParser.getMetaDataSymbol().valueOf()

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: "",
  // References are resolved below: only the five predefined and the numeric ones, and none inside CDATA.
  processEntities: false,
  trimValues: false,
  parseTagValue: false,
  parseAttributeValue: false,
  cdataPropName: "#cdata",
  captureMetaData: true,
  ignoreDeclaration: true,
  ignorePiTags: true
})

class Broken extends Error {
  readonly number: number
  constructor(number: number, message: string) {
    super(message)
    this.number = number
  }
}

/** Reads a document: well-formed, without a document type, with no more than the predefined entities. */
export const parse = (document: string): XmlElement | XmlProblem => {
  const text = document.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n")
  const malformed = validate(text)
  if (malformed !== undefined) return malformed
  const lines = lineStarts(text)
  try {
    refuseCharacters(text)
    const parsed: ReadonlyArray<RawNode> = parser.parse(text)
    const roots = parsed.filter((raw) => nameOf(raw) !== "#text")
    const root = roots[0]
    if (root === undefined) throw new Broken(4, "Start tag expected, '<' not found")
    if (roots.length > 1 || hasTextAround(root, text)) throw new Broken(5, "Extra content at the end of the document")
    return toElement(root, lines)
  } catch (error) {
    if (error instanceof Broken) return { number: error.number, message: error.message, line: 1, column: 1 }
    return { number: 1, message: "internal error: the document cannot be read", line: 1, column: 1 }
  }
}

/** Whether {@link parse} failed. */
export const isProblem = (value: XmlElement | XmlProblem): value is XmlProblem => "number" in value

/** A text without what stands from an opening to the next closing, in time that is linear in its length. */
const withoutParts = (text: string, closings: Readonly<Record<string, string>>): string => {
  const open = new Map(Object.entries(closings))
  let left = ""
  let from = 0
  for (let at = text.indexOf("<"); at >= 0; ) {
    let end = -1
    for (const [opening, closing] of open) {
      if (!text.startsWith(opening, at)) continue
      end = text.indexOf(closing, at + opening.length)
      // nor will there be one further on
      if (end < 0) open.delete(opening)
      else end += closing.length
    }
    if (end >= 0) {
      left += text.slice(from, at)
      from = end
    }
    at = text.indexOf("<", end >= 0 ? end : at + 1)
  }
  return left + text.slice(from)
}

const validate = (text: string): XmlProblem | undefined => {
  if (/<!DOCTYPE/i.test(withoutParts(text, { "<!--": "-->", "<![CDATA[": "]]>" }))) {
    return { number: 1, message: "internal error: a document type declaration is not accepted", line: 1, column: 1 }
  }
  let outcome: ReturnType<typeof XMLValidator.validate>
  try {
    outcome = XMLValidator.validate(text)
  } catch {
    return { number: 1, message: "internal error: the document cannot be read", line: 1, column: 1 }
  }
  if (outcome === true) return undefined
  const { code, msg, line } = outcome.err
  const column = columnOf(outcome.err)
  const mismatch = /^Expected closing tag '(.+)' \(opened in line (\d+), col \d+\) instead of closing tag '(.+)'/.exec(
    msg
  )
  if (mismatch !== null) {
    const [, opened, from, closed] = mismatch
    return {
      number: 76,
      message: `Opening and ending tag mismatch: ${opened} line ${from} and ${closed}`,
      line,
      column
    }
  }
  if (code === "InvalidXml" && msg.startsWith("Start")) {
    return { number: 4, message: "Start tag expected, '<' not found", line, column }
  }
  if (code === "InvalidAttr") return { number: 65, message: "attributes construct error", line, column }
  if (code === "InvalidChar") return { number: 4, message: "Start tag expected, '<' not found", line, column }
  return { number: 77, message: "Premature end of data in tag", line, column }
}

// Left out of the validator's declarations, and absent from some of its answers.
const columnOf = (error: { readonly col?: number }): number => error.col ?? 1

// What XML 1.0 allows nowhere, not even as a reference.
// oxlint-disable-next-line no-control-regex
const forbidden = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/

const refuseCharacters = (text: string): void => {
  const found = forbidden.exec(text)
  if (found !== null) throw new Broken(9, `PCDATA invalid Char value ${found[0].charCodeAt(0)}`)
}

/** What the parser makes of a node: its content under its name, its attributes under `:@`, its position. */
interface RawNode {
  readonly [name: string]: ReadonlyArray<RawNode> | Readonly<Record<string, string>> | string
  readonly [position: symbol]: { readonly startIndex: number; readonly endIndex: number }
}

const isContent = (value: RawNode[string] | undefined): value is ReadonlyArray<RawNode> => Array.isArray(value)

// The parser passes over what stands before and after the root, and so does the validator.
const hasTextAround = (root: RawNode, text: string): boolean => {
  const place = root[metaData]
  const around = place === undefined ? "" : text.slice(0, place.startIndex) + text.slice(place.endIndex)
  return withoutParts(around, { "<!--": "-->", "<?": "?>" }).trim() !== ""
}

const textOf = (raw: RawNode): string => {
  const text = raw["#text"]
  return typeof text === "string" ? text : ""
}

const contentOf = (raw: RawNode, name: string): ReadonlyArray<RawNode> => {
  const content = raw[name]
  return isContent(content) ? content : []
}

const nameOf = (raw: RawNode): string => Object.keys(raw).find((key) => key !== ":@") ?? "#text"

const toElement = (raw: RawNode, lines: ReadonlyArray<number>): XmlElement => {
  const name = nameOf(raw)
  const children: Array<XmlElement> = []
  let text = ""
  for (const child of contentOf(raw, name)) {
    const childName = nameOf(child)
    if (childName === "#text") text += resolve(textOf(child))
    else if (childName === "#cdata") text += contentOf(child, "#cdata").map(textOf).join("")
    else children.push(toElement(child, lines))
  }
  const attributes = new Map<string, string>()
  for (const [key, value] of Object.entries(raw[":@"] ?? {})) {
    attributes.set(key, resolve(String(value)))
  }
  return {
    name,
    attributes,
    children,
    text,
    ...positionOf(raw[metaData]?.startIndex ?? 0, lines)
  }
}

const predefined: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" }

const resolve = (text: string): string =>
  text.replace(/&([^;&\s]*;?)/g, (_, reference: string) => {
    if (!reference.endsWith(";")) throw new Broken(23, "EntityRef: expecting ';'")
    const name = reference.slice(0, -1)
    const numeric = /^#(?:x([0-9a-fA-F]+)|(\d+))$/.exec(name)
    if (numeric !== null) {
      const code = numeric[1] === undefined ? Number(numeric[2]) : Number.parseInt(numeric[1], 16)
      const valid = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)
      const character = valid ? String.fromCodePoint(code) : ""
      if (!valid || forbidden.test(character)) throw new Broken(9, `xmlParseCharRef: invalid xmlChar value ${code}`)
      return character
    }
    const character = Object.hasOwn(predefined, name) ? predefined[name] : undefined
    if (character === undefined) throw new Broken(26, `Entity '${name}' not defined`)
    return character
  })

const lineStarts = (text: string): ReadonlyArray<number> => {
  const starts = [0]
  for (let index = text.indexOf("\n"); index >= 0; index = text.indexOf("\n", index + 1)) starts.push(index + 1)
  return starts
}

const positionOf = (
  index: number,
  starts: ReadonlyArray<number>
): { readonly line: number; readonly column: number } => {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((starts[middle] ?? 0) <= index) low = middle
    else high = middle - 1
  }
  return { line: low + 1, column: index - (starts[low] ?? 0) + 1 }
}

/** The first child of that name. */
export const child = (element: XmlElement | undefined, name: string): XmlElement | undefined =>
  element?.children.find((candidate) => candidate.name === name)

/** The text of the first child of that name. */
export const childText = (element: XmlElement | undefined, name: string): string | undefined =>
  child(element, name)?.text
