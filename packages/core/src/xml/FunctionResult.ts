import type { StandardSchema } from "../schema/StandardSchema.ts"
import type { XmlValue } from "./parseRecords.ts"
import type { XmlParseOptions } from "./parseWith.ts"

/**
 * One record: its fields by name, all values text as they came. A field with fields or attributes (`@name`) of its own
 * is an object. One that is repeated is an array.
 */
export interface XmlRecord {
  /** a field by its name */
  readonly [field: string]: XmlValue
}

/**
 * What became of one function of a call.
 *
 * @typeParam E what a function fails with
 */
export interface FunctionResult<out E> {
  /** the control id that the function was sent with */
  readonly controlId: string
  /**
   * what Intacct says. `aborted`: it was rolled back with its transaction; its `error` tells whether it was the one
   * that failed. `acknowledged`: it was queued, because the request names a `policyid`
   */
  readonly status: "success" | "failure" | "aborted" | "acknowledged"
  /** why it failed; undefined for a success */
  readonly error: E | undefined
  /** the key of the record that a legacy function such as `create_invoice` made */
  readonly key: string | undefined
  /** what is listed, such as `vendor` */
  readonly listtype: string | undefined
  /** `get_list`: the first record that is here, counted from 0 */
  readonly start: number | undefined
  /** `get_list`: the last record that is here, counted from 0 */
  readonly end: number | undefined
  /** `get_list`: how many records there are */
  readonly total: number | undefined
  /** how many records are here */
  readonly count: number | undefined
  /** how many records there are */
  readonly totalcount: number | undefined
  /** how many records are still to be read, by `readMore` or with a larger `offset` */
  readonly numremaining: number | undefined
  /** what `readMore` continues from; undefined where there is no more */
  readonly resultId: string | undefined
  /**
   * The content of `<data>`, parsed when it is asked for. It is an object, `{}` where there is none. Attributes are
   * under `@name`, every element right below `<data>` is an array, and all values are text. The JSON of a `readByQuery`
   * that asked for JSON is the array that came. Rejects with `error` where the function failed.
   *
   * The type is the caller's word for it. With a schema of Valibot, Zod or any other library that follows Standard
   * Schema it is what the schema makes of it. Rejects with `ProtocolViolation` where it does not fit: the error names
   * the places in it, and no value.
   */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- only the caller knows what was asked for
  data<T = unknown>(schema?: StandardSchema<T>): Promise<T>
  /**
   * The records right below `<data>`, in order: an array, whether there are none, one or many, and each an object. The
   * type is the caller's word for what was asked for, or what the schema of a record makes of it, as for `data`. Rejects
   * with `error` where the function failed.
   */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- only the caller knows which fields were asked for
  records<R = XmlRecord>(schema?: StandardSchema<R>): Promise<ReadonlyArray<R>>
  /**
   * The content of `<data>` by fast-xml-parser, which is loaded at the first call. It takes that parser's options, for
   * those who want numbers, prefixes or arrays of their own choice. Its defaults count, with three differences:
   *
   * - every element right below `<data>` is an array
   * - a text becomes a number only where nothing of it is lost
   * - references of XML are decoded, and no entities
   *
   * Up to 16 MiB of text are parsed. The type is the caller's word for what comes out. Rejects with `error` where the
   * function failed, and with what a function among the options throws.
   */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- only the caller knows what the options make of it
  parse<T = Readonly<Record<string, unknown>>>(options?: XmlParseOptions): Promise<T>
  /**
   * the `<result>` element as it came, or the JSON of a `readByQuery` that asked for JSON. Where the function failed,
   * secrets that Intacct quotes are masked
   */
  readonly raw: string
}
