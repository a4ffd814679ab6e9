import { failure, type Place, type SageAuthError } from "../errors/SageAuthError.ts"
import type { FunctionFailed, PermissionDenied } from "../errors/Reason.ts"
import { parseRecords } from "../xml/parseRecords.ts"
import type { ResponseResult } from "./wire/response.ts"

/** What became of one function. */
export interface XmlResult {
  /** the control id that the function was sent with */
  readonly controlId: string
  /** `aborted`: it was rolled back because another function of the transaction failed */
  readonly status: "success" | "failure" | "aborted"
  /** why it failed; undefined for a success */
  readonly error: SageAuthError<FunctionFailed | PermissionDenied> | undefined
  /**
   * The content of `<data>` as plain objects, parsed when it is asked for: attributes under `@name`, every element
   * right below `<data>` an array, all values text. Rejects with `error` where the function failed.
   */
  data(): Promise<unknown>
  /** the `<result>` element as it came, or the JSON of a `readByQuery` that asked for JSON */
  readonly raw: string
}

const parse = async (data: string, place: Place): Promise<unknown> => {
  const parsed = parseRecords(data)
  if (parsed._tag === "Failure") {
    throw failure("intacct.unreadable-answer", { ...place, message: "the data of a result is not well-formed XML" })
  }
  return parsed.success
}

/** A result of the envelope. */
export const fromResult = (
  result: ResponseResult,
  controlId: string,
  error: SageAuthError<FunctionFailed | PermissionDenied> | undefined,
  place: Place
): XmlResult => {
  let parsed: Promise<unknown> | undefined
  return {
    controlId,
    status: error === undefined ? "success" : result.status === "aborted" ? "aborted" : "failure",
    error,
    data: () => {
      if (error !== undefined) return Promise.reject(error)
      return (parsed ??= result.data === undefined ? Promise.resolve({}) : parse(result.data, place))
    },
    raw: result.raw
  }
}

/** The answer of a function that asked for JSON. */
export const fromJson = (text: string, controlId: string, place: Place): XmlResult => ({
  controlId,
  status: "success",
  error: undefined,
  data: async () => {
    try {
      return JSON.parse(text) as unknown
    } catch {
      // the platform's error quotes the text
      throw failure("intacct.unreadable-answer", { ...place, message: "the data of a result is not well-formed JSON" })
    }
  },
  raw: text
})
