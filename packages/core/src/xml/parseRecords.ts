/**
 * Turns the records of an answer into plain objects, for callers who ask for them.
 *
 * Brings fast-xml-parser with it: import this module when the first record is asked for, not before.
 */
import * as Result from "effect/Result"
import { XMLParser } from "fast-xml-parser"
import { unescapeText, type XmlError, xmlError, type XmlLimits, XmlReader } from "./XmlReader.ts"

/**
 * What one element reads as: its text when it has neither attributes nor children, an object otherwise, with `@name`
 * for attributes, `#text` for text, and an array where a child is repeated.
 *
 * @category models
 */
export type XmlValue = string | XmlNode | ReadonlyArray<XmlValue>

/**
 * @category models
 */
export interface XmlNode {
  readonly [name: string]: XmlValue
}

/**
 * Reads one element with all that is inside and gives its value.
 *
 * **Details**
 *
 * - The whole text is checked first and nothing is guessed: what is not well-formed, has a document type declaration
 *   or an entity of its own, or is over a limit, is an error.
 * - No value is converted: `007` stays `"007"`, an empty element is `""`, white space inside a text is kept.
 * - The children of the element are arrays even when there is one, so that one record and many read alike; further
 *   down an array appears where a name is repeated.
 * - Names such as `__proto__` or `constructor` are ordinary properties.
 *
 * **Example**
 *
 * ```ts
 * parseRecords("<data count=\"1\"><VENDOR><NAME>A &amp; B</NAME></VENDOR></data>")
 * // => succeeds with { "@count": "1", VENDOR: [{ NAME: "A & B" }] }
 * ```
 */
export const parseRecords = (xml: string, limits: XmlLimits = {}): Result.Result<XmlValue, XmlError> => {
  const checked = check(xml, limits)
  if (typeof checked !== "string") return Result.fail(checked)
  try {
    const root = nodesOf(parser.parse(checked)).find((node) => nameOf(node) !== text)
    return root === undefined ? Result.fail(xmlError("malformed", 0)) : Result.succeed(valueOf(root, true))
  } catch {
    // The text was found well-formed above, so this is the parser giving up: its message may quote the text.
    return Result.fail(xmlError("malformed", 0))
  }
}

/** The text, well-formed and without instructions, whose quotes would confuse the parser; or what is wrong with it. */
const check = (xml: string, limits: XmlLimits): string | XmlError => {
  const reader = new XmlReader(xml, limits)
  const kept: Array<string> = []
  // The byte order mark goes as well.
  let from = reader.end
  for (;;) {
    const before = reader.end
    const event = reader.next()
    if (event === "error") return reader.error!
    if (reader.sawInstruction) {
      kept.push(xml.slice(from, before))
      from = event === "eof" ? xml.length : reader.start
      reader.sawInstruction = false
    }
    if (event === "eof") return kept.join("") + xml.slice(from)
  }
}

const text = "#text"
const attributes = ":@"
const prefix = "@"

/** What the parser gives in document order: one name with its children, or `#text`, and the attributes beside it. */
interface ParsedNode {
  readonly [name: string]: unknown
  readonly [attributes]?: Readonly<Record<string, string>>
}

/** Names which the parser refuses or renames; they pass under a disguise that no XML name can be. */
const troublesome: ReadonlySet<string> = new Set([
  "__proto__",
  "constructor",
  "prototype",
  "hasOwnProperty",
  "toString",
  "valueOf",
  "__defineGetter__",
  "__defineSetter__",
  "__lookupGetter__",
  "__lookupSetter__"
])
const disguise = "!"

const entityDecoder = {
  reset: () => {},
  setXmlVersion: () => {},
  addInputEntities: () => {},
  setExternalEntities: () => {},
  decode: (value: string): string => {
    const decoded = unescapeText(value)
    if (typeof decoded === "string") return decoded
    throw new Error(decoded.kind)
  }
}

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: prefix,
  textNodeName: text,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  processEntities: true,
  entityDecoder,
  jPath: false,
  // The limit that counts is the one of the check above.
  maxNestedTags: Number.MAX_SAFE_INTEGER,
  transformTagName: (name) => (troublesome.has(name) ? disguise + name : name)
})

const nameOf = (node: ParsedNode): string => {
  for (const name in node) if (name !== attributes) return name
  return text
}

const nodesOf = (value: unknown): ReadonlyArray<ParsedNode> => (Array.isArray(value) ? value : [])

const valueOf = (node: ParsedNode, everyChildAnArray: boolean): XmlValue => {
  const children = nodesOf(node[nameOf(node)])
  const own = node[attributes]
  let characters = ""
  let object: Record<string, XmlValue> | undefined
  let elements = false
  if (own !== undefined) {
    object = {}
    for (const name of Object.keys(own)) put(object, name, own[name]!)
  }
  for (const child of children) {
    const name = nameOf(child)
    if (name === text) {
      characters += String(child[text])
      continue
    }
    elements = true
    object ??= {}
    add(object, name.startsWith(disguise) ? name.slice(1) : name, valueOf(child, false), everyChildAnArray)
  }
  if (object === undefined) return characters
  // Between elements white space is layout; beside nothing but attributes it is the value.
  if (characters !== "" && !(elements && characters.trim() === "")) put(object, text, characters)
  return object
}

const add = (object: Record<string, XmlValue>, name: string, value: XmlValue, asArray: boolean): void => {
  const present = Object.hasOwn(object, name) ? object[name] : undefined
  if (present === undefined) put(object, name, asArray ? [value] : value)
  else if (Array.isArray(present)) present.push(value)
  else put(object, name, [present, value])
}

/** Assigning to `__proto__` would change the prototype instead. */
const put = (object: Record<string, XmlValue>, name: string, value: XmlValue): void => {
  if (name === "__proto__")
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true })
  else object[name] = value
}
