/**
 * Records by fast-xml-parser, for callers who want its shapes: numbers, prefixes, arrays of their own choice. Loaded at
 * first use, and shown nothing that this library's own reader has not found well-formed and within its limits.
 */
import type { X2jOptions } from "fast-xml-parser"
import { unescapeText } from "./XmlText.ts"
import type { ListingError } from "./parseRecords.ts"
import { XmlReader } from "./XmlReader.ts"

/**
 * The options of fast-xml-parser.
 *
 * @category configuration
 */
export type XmlParseOptions = { readonly [K in keyof X2jOptions]?: X2jOptions[K] | undefined }

/**
 * Why there are no records:
 *
 * - `malformed`: the document is broken, or over a limit
 * - `options`: fast-xml-parser does not take these options; `expected` says what would do
 * - `refused`: it does not take a name in this document, such as `constructor`
 *
 * @category errors
 */
export type ParseFailure =
  | { readonly _tag: "malformed"; readonly error: ListingError }
  | { readonly _tag: "options"; readonly option: string; readonly expected: string }
  | { readonly _tag: "refused" }

/**
 * @category models
 */
export type Parsed = { readonly _tag: "parsed"; readonly value: unknown } | ParseFailure

/** The parser calls itself for each level, so there is an end to what a caller may ask for. */
const mostLevels = 1_000

const defaultLevels = 100

/** It takes some microseconds for each element, and nothing else runs meanwhile. In UTF-16 code units. */
const mostLength = 16 * 1024 * 1024

/**
 * Reads the content of one element.
 *
 * **Details**
 *
 * Where the caller says nothing, fast-xml-parser's own defaults count, with three differences:
 *
 * - Every child of the element is an array, so that one record and many read alike.
 * - A text becomes a number only where nothing is lost: `007`, `1e5`, `0x1F` and `+44` stay as they are.
 * - The five references of XML and those by number are decoded, and no other. A document that declares entities, or
 *   uses any, is refused before the parser sees it.
 *
 * **Gotchas**
 *
 * Rejects with what a function of the caller's throws, and with nothing else.
 */
export const parseWith = async (xml: string, options: XmlParseOptions = {}): Promise<Parsed> => {
  if (typeof options !== "object" || options === null) return wrong("parse(options)", "an object")
  const levels = options.maxNestedTags ?? defaultLevels
  if (!Number.isInteger(levels) || levels < 1 || levels > mostLevels) {
    return wrong("parse({ maxNestedTags })", `a whole number from 1 to ${mostLevels}`)
  }
  const malformed = check(xml, levels)
  if (malformed !== undefined) return malformed
  const { XMLParser } = await import("./fastXmlParser.ts")
  const own: CallerErrors = { thrown: [] }
  let step: ParseFailure = wrong("parse(options)", "options that fast-xml-parser takes")
  try {
    const parser = new XMLParser(completed(options, levels, own))
    step = { _tag: "refused" }
    return { _tag: "parsed", value: contentOf(parser.parse(xml), options) }
  } catch {
    if (own.thrown.length > 0) throw own.thrown[0]
    return step
  }
}

const wrong = (option: string, expected: string): ParseFailure => ({ _tag: "options", option, expected })

/** fast-xml-parser guesses what broken documents mean. */
const check = (xml: string, maxDepth: number): ParseFailure | undefined => {
  const reader = new XmlReader(xml, { maxDepth, maxLength: mostLength })
  let event = reader.next()
  while (event !== "eof" && event !== "error") event = reader.next()
  const { error } = reader
  return error === undefined ? undefined : { _tag: "malformed", error: { ...error, path: [...reader.path] } }
}

/** What the caller's functions threw. */
interface CallerErrors {
  readonly thrown: Array<unknown>
}

type CallerFunction = (...input: ReadonlyArray<unknown>) => unknown

const noted =
  (callback: CallerFunction, { thrown }: CallerErrors): CallerFunction =>
  (...input) => {
    try {
      return callback(...input)
    } catch (error) {
      thrown.push(error)
      throw error
    }
  }

const completed = (options: XmlParseOptions, maxNestedTags: number, own: CallerErrors): X2jOptions => {
  const given = Object.entries(options)
    // to the parser an option that is undefined is one that was given
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, typeof value === "function" ? noted(value as CallerFunction, own) : value] as const)
  const { entityDecoder, htmlEntities, processEntities } = options
  const theirs = entityDecoder !== undefined || htmlEntities === true || typeof processEntities === "object"
  return {
    isArray,
    numberParseOptions: { hex: false, leadingZeros: false, eNotation: false, skipLike: /^\+/ },
    ...(theirs ? {} : { entityDecoder: references }),
    ...Object.fromEntries(given),
    maxNestedTags
  }
}

/** The children of the root, attributes left out. */
const isArray: NonNullable<X2jOptions["isArray"]> = (name, path, _isLeaf, isAttribute) =>
  !isAttribute &&
  // a name may hold a dot, that of the root does not
  (typeof path === "string" ? path.includes(".") && path.slice(path.indexOf(".") + 1) === name : path.getDepth() === 2)

const nothing = () => {}

/** The references of XML; the parser's own decoder leaves those by number as they are. */
const references: NonNullable<X2jOptions["entityDecoder"]> = {
  setExternalEntities: nothing,
  addInputEntities: nothing,
  reset: nothing,
  setXmlVersion: nothing,
  decode: (text) => {
    const decoded = unescapeText(text)
    // read before, and found to hold references only
    return typeof decoded === "string" ? decoded : text
  }
}

/** What is inside of the root: an object, or with `preserveOrder` an array, whatever is there. */
const contentOf = (document: unknown, { preserveOrder, textNodeName }: XmlParseOptions): unknown => {
  const root: unknown = Array.isArray(document) ? document[0] : document
  const content: unknown =
    typeof root === "object" && root !== null ? Object.entries(root).find(([name]) => name !== ":@")?.[1] : undefined
  if (preserveOrder === true) return content ?? []
  if (typeof content === "object" && content !== null) return content
  // a text alone, or what the parser made of one
  const empty = content === undefined || (typeof content === "string" && content.trim() === "")
  return empty ? {} : { [textNodeName ?? "#text"]: content }
}
