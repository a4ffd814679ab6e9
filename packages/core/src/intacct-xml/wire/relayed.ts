/**
 * Reads a request document that another XML client wrote, and writes the document that answers it.
 *
 * @see https://developer.intacct.com/web-services/requests/ Web Services, Requests
 */
import * as Result from "../../config/Result.ts"
import { XmlReader } from "../../xml/XmlReader.ts"
import { element, refuse, type XmlRefusal } from "../../xml/XmlWriter.ts"
import { escapeText } from "../../xml/escape.ts"
import { children, leafText } from "./response.ts"

/**
 * What is taken from a request document. Its sender, login or session are read over: they are not sent.
 *
 * @category models
 */
export interface RelayedRequest {
  /** Each `<function>` as it came. */
  readonly functions: ReadonlyArray<string>
  readonly transaction: boolean
  readonly uniqueId: boolean
  readonly policyId: string | undefined
  /** What the answer repeats: the client looks for it. */
  readonly senderId: string
  readonly controlId: string
  /** The entity that its login names; `undefined` where it names none. */
  readonly entityId: string | undefined
}

const document = "document"

/** Intacct's answers to it have another shape. */
const readVersion = "3.0"

/**
 * Reads a request document. What cannot be relayed is refused by the name of its element.
 */
export const readRequest = (text: unknown): Result.Result<RelayedRequest, XmlRefusal> => {
  // from JavaScript it may be anything
  if (typeof text !== "string") return Result.fail(refuse(document, "is no text"))
  const reader = new XmlReader(text)
  let refusal: XmlRefusal | undefined
  const no = (path: string, problem: string): void => {
    refusal ??= refuse(path, problem)
  }
  const control = new Map<string, string>()
  const functions: Array<string> = []
  let operations = 0
  let transaction = false
  let entityId: string | undefined
  const flag = (path: string, written: string | undefined): boolean => {
    const value = written?.trim().toLowerCase() ?? ""
    if (!["", "true", "false"].includes(value)) no(path, "is neither true nor false")
    return value === "true"
  }
  const readOperation = (): void => {
    if (++operations > 1) no("operation", "is there more than once: send a request for each")
    transaction = flag("operation.transaction", reader.attribute("transaction"))
    children(reader, (name) => {
      if (name === "authentication") {
        children(reader, (way) => {
          if (way !== "login") return void reader.skip()
          children(reader, (part) => {
            if (part === "locationid") entityId = leafText(reader) || undefined
            else reader.skip()
          })
        })
      } else if (name === "content") {
        children(reader, (child) => {
          if (child !== "function") no("content", "has an element that is no function")
          if (reader.skip()) functions.push(text.slice(reader.start, reader.end))
        })
      } else reader.skip()
    })
  }
  if (reader.next() === "start") {
    if (reader.name !== "request") {
      return Result.fail(refuse(document, "is no request of Intacct's XML API: its root is not <request>"))
    }
    children(reader, (name) => {
      if (name === "control") children(reader, (part) => void control.set(part, leafText(reader)))
      else if (name === "operation") readOperation()
      else reader.skip()
    })
    reader.next()
  }
  if (reader.error !== undefined) {
    const { kind, offset } = reader.error
    return Result.fail(refuse(document, `is not XML that is read (${kind} at offset ${offset})`))
  }
  const uniqueId = flag("control.uniqueid", control.get("uniqueid"))
  const version = control.get("dtdversion") ?? readVersion
  if (version !== readVersion) no("control.dtdversion", `is not ${readVersion}, the only one that is relayed`)
  if (functions.length === 0) no("content", "has no function: give at least one")
  if (refusal !== undefined) return Result.fail(refusal)
  return Result.succeed({
    functions,
    transaction,
    uniqueId,
    policyId: control.get("policyid") || undefined,
    senderId: control.get("senderid") ?? "",
    controlId: control.get("controlid") ?? "",
    entityId
  })
}

/** Who the functions ran as. */
export interface RelayedAs {
  readonly userId: string
  readonly companyId: string
}

/**
 * The document that answers a relayed request.
 *
 * @param results each `<result>` as it came; `undefined` where the request was queued
 */
export const writeAnswer = (
  { controlId, entityId, senderId, uniqueId }: RelayedRequest,
  { companyId, userId }: RelayedAs,
  results: ReadonlyArray<string> | undefined
): string => {
  const status = element("status", "success")
  const control = element(
    "control",
    status +
      element("senderid", escapeText(senderId)) +
      element("controlid", escapeText(controlId)) +
      element("uniqueid", String(uniqueId)) +
      element("dtdversion", readVersion)
  )
  const authentication = element(
    "authentication",
    status +
      element("userid", escapeText(userId)) +
      element("companyid", escapeText(companyId)) +
      element("locationid", escapeText(entityId ?? ""))
  )
  const body =
    results === undefined
      ? element("acknowledgement", status) + control
      : control + element("operation", authentication + results.join(""))
  return `<?xml version="1.0" encoding="UTF-8"?>${element("response", body)}`
}
