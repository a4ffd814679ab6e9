import { mostLevels, tooDeepAt } from "../transport/Answer.ts"
import type { CatalogueId } from "../errors/catalogue.ts"
import type { FunctionFailed, PermissionDenied } from "../errors/Reason.ts"
import { failure, misconfigured, type Place, type SageAuthError } from "../errors/SageAuthError.ts"
import type { XmlErrorKind } from "../xml/XmlText.ts"
import {
  type Listing,
  type ListingError,
  nodeOf,
  parseListing,
  type XmlNode,
  type XmlValue
} from "../xml/parseRecords.ts"
import { isSchema, validated } from "../schema/validated.ts"
import type { StandardSchema } from "../schema/StandardSchema.ts"
import { parseWith, type XmlParseOptions } from "../xml/parseWith.ts"
import type { FunctionResult } from "../xml/FunctionResult.ts"
import type { ResponseResult } from "./wire/response.ts"

/** What became of one function. */
export type XmlResult = FunctionResult<ResultError>

type ResultError = SageAuthError<FunctionFailed | PermissionDenied>

/** What stands beside the records. */
type Beside = Pick<
  XmlResult,
  "key" | "listtype" | "start" | "end" | "total" | "count" | "totalcount" | "numremaining" | "resultId"
>

const nothingBeside: Beside = {
  key: undefined,
  listtype: undefined,
  start: undefined,
  end: undefined,
  total: undefined,
  count: undefined,
  totalcount: undefined,
  numremaining: undefined,
  resultId: undefined
}

const given = (text: string | undefined): string | undefined => (text === "" ? undefined : text)

const numberIn = (text: string): number | undefined => {
  const digits = text.trim()
  return /^-?\d{1,15}$/.test(digits) ? Number(digits) : undefined
}

/** Fills in what the attributes of a result say. */
const fillIn = (
  beside: { -readonly [Name in keyof Beside]: Beside[Name] },
  attributes: ResponseResult["attributes"]
): void => {
  // of several with one name, the first one counts
  for (let at = attributes.length - 1; at >= 0; at--) {
    const [written, value] = attributes[at] as ResponseResult["attributes"][number]
    const name = written.toLowerCase()
    switch (name) {
      case "start":
      case "end":
      case "total":
      case "count":
      case "totalcount":
      case "numremaining":
        beside[name] = numberIn(value)
        break
      case "resultid":
        beside.resultId = given(value)
    }
  }
}

/** What is wrong with data that cannot be read, in words. */
const faults: Readonly<Record<XmlErrorKind, string>> = {
  malformed: "is not well-formed XML",
  truncated: "ends too early",
  "too-deep": "is nested deeper than is read",
  "too-many": "has more of something than is read",
  "too-large": "is larger than is read, or has a name or a list of attributes that is",
  "dtd-refused": "has a document type declaration, which is refused",
  "entity-refused": "has an entity that XML does not know"
}

const overLimit: ReadonlySet<XmlErrorKind> = new Set(["too-deep", "too-large", "too-many"])

/** As many elements as say where, and no more of a name than a reader needs. */
const shownPath = (path: ReadonlyArray<string>): string =>
  path
    .slice(-4)
    .map((name) => `<${name.length > 40 ? `${name.slice(0, 40)}…` : name}>`)
    .join("")

const linesBefore = (text: string, offset: number): number => {
  let lines = 1
  for (let at = text.indexOf("\n"); at >= 0 && at < offset; at = text.indexOf("\n", at + 1)) lines++
  return lines
}

/** What is asked of a result that an answer holds. */
export interface ResultContext {
  readonly place: Place
  /** takes secrets out of a text of the server's */
  readonly mask: (text: string) => string
}

const unreadable = (
  { kind, offset, path }: ListingError,
  { dataStart, raw }: ResponseResult,
  { mask, place }: ResultContext
): SageAuthError => {
  const id: CatalogueId = overLimit.has(kind) ? "intacct-xml.data-over-limit" : "intacct-xml.data-malformed"
  const at = dataStart + offset
  const inside = path.length === 0 ? "behind <data>" : `in ${mask(shownPath(path))}`
  const where = `offset ${at} of raw, line ${linesBefore(raw, at)}, ${inside}`
  return failure(id, { ...place, message: `the data of a result ${faults[kind]} (${where})` })
}

const emptyListing: Listing = { data: {}, records: [] }

const reportParts: ReadonlySet<string> = new Set(["data", "STATUS", "status"])

/**
 * The dimensions of `getDimensions`, which stand in one element:
 * `<data><dimensions><dimension>…</dimension></dimensions></data>`.
 */
const dimensionsOf = (dimensions: XmlNode): ReadonlyArray<XmlNode> | undefined => {
  const names = Object.keys(dimensions).filter((name) => !name.startsWith("@"))
  const only = names.every((name) => name === "dimension")
  if (!only) return undefined
  const rows = dimensions["dimension"] ?? []
  return (Array.isArray(rows) ? (rows as ReadonlyArray<XmlValue>) : [rows]).map(nodeOf)
}

/**
 * The records of a listing. `readReport` puts its rows one level deeper, as `<data>` elements with a status behind
 * them: `<data><report><data>…</data><data>…</data><STATUS>DONE</STATUS></report></data>`.
 */
const recordsOf = ({ data, records }: Listing): ReadonlyArray<XmlNode> => {
  const [report, more] = records
  if (report === undefined || more !== undefined) return records
  if (Object.hasOwn(data, "dimensions")) return dimensionsOf(report) ?? records
  if (!Object.hasOwn(data, "report")) return records
  const names = Object.keys(report).filter((name) => !name.startsWith("@"))
  if (names.length === 0 || !names.every((name) => reportParts.has(name))) return records
  const rows = report["data"] ?? []
  return (Array.isArray(rows) ? (rows as ReadonlyArray<XmlValue>) : [rows]).map(nodeOf)
}

const parsed = async (
  result: ResponseResult,
  options: XmlParseOptions | undefined,
  context: ResultContext
): Promise<unknown> => {
  const { place } = context
  const outcome = await parseWith(result.data ?? "<data/>", options)
  switch (outcome._tag) {
    case "parsed":
      return outcome.value
    case "malformed":
      throw unreadable(outcome.error, result, context)
    case "options":
      throw misconfigured([outcome], place)
    case "refused":
      throw failure("intacct-xml.data-refused", place)
  }
}

const checked = (schema: unknown, place: Place, member: string): void => {
  if (schema === undefined || isSchema(schema)) return
  const expected = "a schema of a library that follows Standard Schema, such as Valibot or Zod"
  throw misconfigured([{ option: `${member}(schema)`, expected }], place)
}

/** What `data` and `records` give: as it was read, or what a schema makes of it. */
const typedReading = (
  place: Place,
  read: () => Promise<{ readonly data: unknown; readonly records: ReadonlyArray<unknown> }>
): Pick<XmlResult, "data" | "records"> => ({
  data: async <T>(schema?: StandardSchema<T>) => {
    checked(schema, place, "data")
    const { data } = await read()
    return schema === undefined ? (data as T) : validated(schema, data, "the data of a result", place)
  },
  records: async <R>(schema?: StandardSchema<R>) => {
    checked(schema, place, "records")
    const { records } = await read()
    if (schema === undefined) return records as ReadonlyArray<R>
    const made: Array<R> = []
    for (const [index, record] of records.entries()) {
      made.push(await validated(schema, record, `record ${index + 1} of a result`, place))
    }
    return made
  }
})

const listingOf = async (
  result: ResponseResult,
  error: ResultError | undefined,
  context: ResultContext
): Promise<Listing> => {
  if (error !== undefined) throw error
  if (result.data === undefined) return emptyListing
  const parsed = parseListing(result.data)
  if (parsed._tag === "Failure") throw unreadable(parsed.failure, result, context)
  return { data: parsed.success.data, records: recordsOf(parsed.success) }
}

/** A result of the envelope. */
export const fromResult = (
  result: ResponseResult,
  controlId: string,
  error: ResultError | undefined,
  context: ResultContext
): XmlResult => {
  let listing: Promise<Listing> | undefined
  const { data, records } = typedReading(context.place, () => (listing ??= listingOf(result, error, context)))
  const { attributes, key, listType, raw } = result
  // no spread and no getter: they take longer than all else here, and nearly every result is a success
  const made = {
    controlId,
    status: error === undefined ? "success" : result.status === "aborted" ? "aborted" : "failure",
    error,
    key: given(key),
    listtype: given(listType),
    start: undefined,
    end: undefined,
    total: undefined,
    count: undefined,
    totalcount: undefined,
    numremaining: undefined,
    resultId: undefined,
    data,
    records,
    parse: async <T>(options?: XmlParseOptions) => {
      if (error !== undefined) throw error
      return (await parsed(result, options, context)) as T
    },
    raw
  } satisfies XmlResult
  fillIn(made, attributes)
  if (error !== undefined) {
    Object.defineProperty(made, "raw", { configurable: true, enumerable: true, get: () => context.mask(raw) })
  }
  return made
}

/** The answer of a function that asked for JSON. */
export const fromJson = (text: string, controlId: string, { place }: ResultContext): XmlResult => {
  let parsed: ReadonlyArray<unknown> | undefined
  const read = (): ReadonlyArray<unknown> => {
    const deep = parsed === undefined ? tooDeepAt(text) : undefined
    if (deep !== undefined) {
      const where = `(offset ${deep} of raw, line ${linesBefore(text, deep)})`
      const message = `the data of a result nests deeper than ${mostLevels} levels ${where}`
      throw failure("intacct-xml.data-over-limit", { ...place, message })
    }
    try {
      return (parsed ??= JSON.parse(text) as ReadonlyArray<unknown>)
    } catch (thrown) {
      // the platform's error quotes the text; where is all that is taken from it
      const at = / position (\d{1,15})\b/.exec((thrown as Error).message)?.[1]
      const where = at === undefined ? "" : ` (offset ${at} of raw, line ${linesBefore(text, Number(at))})`
      const message = `the data of a result is not well-formed JSON${where}`
      throw failure("intacct-xml.data-malformed", { ...place, message })
    }
  }
  return {
    controlId,
    status: "success",
    error: undefined,
    ...nothingBeside,
    ...typedReading(place, async () => {
      const data = read()
      return {
        data,
        get records() {
          return data.map((record) => (isRecord(record) ? record : { "#text": String(record) }))
        }
      }
    }),
    parse: async () => {
      const expected = "an answer in XML; this one is JSON, as the function asked for: data() and records() read it"
      throw misconfigured([{ option: "parse()", expected }], place)
    },
    raw: text
  }
}

const isRecord = (value: unknown): value is XmlNode => typeof value === "object" && value !== null

/** A function of a request that was queued. */
export const acknowledged = (text: string, controlId: string): XmlResult => ({
  controlId,
  status: "acknowledged",
  error: undefined,
  ...nothingBeside,
  // nothing is known of what the function will bring: no schema is asked
  data: async <T>() => ({}) as T,
  records: async () => [],
  parse: async <T>() => ({}) as T,
  raw: text
})
