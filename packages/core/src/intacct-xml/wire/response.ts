/**
 * Reads the head of an answer of the XML gateway: everything but the records.
 *
 * **Details**
 *
 * The gateway leaves out what it does not know. A request that was refused at its door has a control block with a
 * status alone, an acknowledgement has no operation, an error may have a number and nothing else. All of it is
 * optional here, unknown elements are passed over, and what is missing is `undefined`, not an error.
 *
 * @see https://developer.intacct.com/web-services/responses/ Web Services, Responses
 */
import { type XmlLimits, XmlReader } from "../../xml/XmlReader.ts"
import type { XmlErrorKind } from "../../xml/XmlText.ts"

/**
 * `unknown` when the answer has no status or another one.
 *
 * @category models
 */
export type ResponseStatus = "success" | "failure" | "aborted" | "unknown"

/**
 * @category models
 */
export interface ResponseError {
  /** Usually a code such as `XL03000006`, sometimes a text such as `Query Failed`. */
  readonly errorno: string
  readonly description: string
  readonly description2: string
  readonly correction: string
  /** What Sage's support asks for, decoded. */
  readonly supportId: string | undefined
  readonly additionalInfo: Readonly<Record<string, string>> | undefined
}

/**
 * @category models
 */
export interface ResponseControl {
  readonly status: ResponseStatus
  readonly senderId: string | undefined
  readonly controlId: string | undefined
  readonly uniqueId: string | undefined
  readonly dtdVersion: string | undefined
}

/**
 * @category models
 */
export interface ResponseAuthentication {
  readonly status: ResponseStatus
  readonly userId: string | undefined
  readonly companyId: string | undefined
  /** Empty at the top level. */
  readonly locationId: string | undefined
  readonly clientId: string | undefined
  /** ISO 8601 with an offset. */
  readonly sessionTimestamp: string | undefined
  /** When the session ends if nothing is sent until then: ISO 8601 with an offset. */
  readonly sessionTimeout: string | undefined
}

/**
 * @category models
 */
export interface ResponseResult {
  readonly status: ResponseStatus
  readonly function: string | undefined
  readonly controlId: string | undefined
  /** The key of the record that a legacy function made. */
  readonly key: string | undefined
  readonly listType: string | undefined
  /** The attributes of `<listtype>` and of `<data>`. */
  readonly attributes: ReadonlyArray<readonly [name: string, value: string]>
  readonly errors: ReadonlyArray<ResponseError>
  /** The whole `<result>` as it came. */
  readonly raw: string
  /** The `<data>` element as it came, not parsed and not checked. */
  readonly data: string | undefined
  /** Where it begins in `raw`, in UTF-16 code units. */
  readonly dataStart: number
}

/**
 * @category models
 */
export interface ResponseHead {
  readonly _tag: "ResponseHead"
  readonly control: ResponseControl | undefined
  readonly acknowledgement: ResponseStatus | undefined
  readonly authentication: ResponseAuthentication | undefined
  /** Errors about the sender, the document or the gateway. */
  readonly controlErrors: ReadonlyArray<ResponseError>
  /** Errors about the login or the session. */
  readonly operationErrors: ReadonlyArray<ResponseError>
  readonly results: ReadonlyArray<ResponseResult>
}

/**
 * A body that is no answer of the gateway.
 *
 * @category errors
 */
export interface UnreadableResponse {
  readonly _tag: "UnreadableResponse"
  readonly kind: "empty" | "html" | "json" | "not-a-response" | XmlErrorKind
  /** Where reading stopped, in UTF-16 code units. */
  readonly offset: number
  /** A code of the API gateway, such as `GW-0010`, that stands in the body nevertheless. */
  readonly gatewayCode: string | undefined
}

/**
 * Reads the head; the data of the results is handed over as text and not looked at.
 *
 * Never throws. The text is read to its end, so that a body that was cut off is not taken for a whole one.
 */
export const readResponse = (text: string, limits: XmlLimits = {}): ResponseHead | UnreadableResponse => {
  const kind = sniff(text)
  if (kind !== undefined) return unreadable(text, kind, 0)
  const reader = new XmlReader(text, limits)
  if (reader.next() === "start") {
    if (reader.name !== "response") {
      return unreadable(text, looksLikeHtml(text) ? "html" : "not-a-response", reader.start)
    }
    const head = readHead(reader, text, limits.maxDepth === undefined)
    if (reader.next() === "eof") return head
  }
  const { kind: broken, offset } = reader.error!
  return unreadable(text, broken !== "truncated" && looksLikeHtml(text) ? "html" : broken, offset)
}

const space = String.raw`[ \t\n]*`
/** nothing that would have to be decoded */
const undecoded = String.raw`([^<&\r]*)`
const successElement = String.raw`<status>success</status>${space}`
const senderIdElement = String.raw`(?:<senderid>${undecoded}</senderid>|<senderid />)${space}`
const controlIdElement = String.raw`(?:<controlid>${undecoded}</controlid>|<controlid />)${space}`
const uniqueIdElement = String.raw`(?:<uniqueid>${undecoded}</uniqueid>|<uniqueid />)${space}`
const dtdVersionElement = String.raw`(?:<dtdversion>${undecoded}</dtdversion>|<dtdversion />)${space}`
const userIdElement = String.raw`(?:<userid>${undecoded}</userid>|<userid />)${space}`
const companyIdElement = String.raw`(?:<companyid>${undecoded}</companyid>|<companyid />)${space}`
const locationIdElement = String.raw`(?:<locationid>${undecoded}</locationid>|<locationid />)${space}`
const sessionTimestampElement = String.raw`(?:<sessiontimestamp>${undecoded}</sessiontimestamp>|<sessiontimestamp />)${space}`
const sessionTimeoutElement = String.raw`(?:<sessiontimeout>${undecoded}</sessiontimeout>|<sessiontimeout />)${space}`
const usualControl = String.raw`<control>${space}${successElement}${senderIdElement}${controlIdElement}${uniqueIdElement}${dtdVersionElement}</control>`
const usualAuthentication = String.raw`<authentication>${space}${successElement}${userIdElement}${companyIdElement}${locationIdElement}${sessionTimestampElement}${sessionTimeoutElement}</authentication>`

/**
 * What stands before the results of nearly every answer, from the start tag of the response on. One expression reads it
 * in a quarter of the reader's time, which was a fifth of what a call costs.
 */
const usualHead = new RegExp(String.raw`${space}${usualControl}${space}<operation>${space}${usualAuthentication}`, "y")

const trimmed = (value: string | undefined): string => value?.trim() ?? ""

/** Reads the usual head at once, if it is one, and leaves the reader behind it. */
const readUsualHead = (
  reader: XmlReader,
  text: string
): Pick<ResponseHead, "authentication" | "control"> | undefined => {
  usualHead.lastIndex = reader.end
  const found = usualHead.exec(text)
  if (found === null || !reader.enter("operation", usualHead.lastIndex)) return undefined
  return {
    control: {
      status: "success",
      senderId: trimmed(found[1]),
      controlId: trimmed(found[2]),
      uniqueId: trimmed(found[3]),
      dtdVersion: trimmed(found[4])
    },
    authentication: {
      status: "success",
      userId: trimmed(found[5]),
      companyId: trimmed(found[6]),
      locationId: trimmed(found[7]),
      clientId: undefined,
      sessionTimestamp: trimmed(found[8]),
      sessionTimeout: trimmed(found[9])
    }
  }
}

const readHead = (reader: XmlReader, text: string, mayBeUsual: boolean): ResponseHead => {
  const usual = mayBeUsual ? readUsualHead(reader, text) : undefined
  let control = usual?.control
  let acknowledgement: ResponseStatus | undefined
  let authentication = usual?.authentication
  const controlErrors: Array<ResponseError> = []
  const operationErrors: Array<ResponseError> = []
  const results: Array<ResponseResult> = []
  // loops, and no functions that are called back: this is on the path of every call
  let name = usual === undefined ? nextChild(reader) : "operation"
  for (; name !== undefined; name = nextChild(reader)) {
    if (name === "control") control = readControl(reader, controlErrors)
    else if (name === "errormessage") readErrors(reader, controlErrors)
    else if (name === "acknowledgement") acknowledgement = readAcknowledgement(reader)
    else if (name === "operation") {
      for (let inner = nextChild(reader); inner !== undefined; inner = nextChild(reader)) {
        if (inner === "authentication") authentication = readAuthentication(reader, operationErrors)
        else if (inner === "errormessage") readErrors(reader, operationErrors)
        else if (inner === "result") results.push(readResult(reader, text))
        else reader.skip()
      }
    } else reader.skip()
  }
  return { _tag: "ResponseHead", control, acknowledgement, authentication, controlErrors, operationErrors, results }
}

const readControl = (reader: XmlReader, errors: Array<ResponseError>): ResponseControl => {
  let status: ResponseStatus = "unknown"
  let senderId: string | undefined
  let controlId: string | undefined
  let uniqueId: string | undefined
  let dtdVersion: string | undefined
  for (let name = nextChild(reader); name !== undefined; name = nextChild(reader)) {
    if (name === "status") status = readStatus(reader)
    else if (name === "senderid") senderId = leafText(reader)
    else if (name === "controlid") controlId = leafText(reader)
    else if (name === "uniqueid") uniqueId = leafText(reader)
    else if (name === "dtdversion") dtdVersion = leafText(reader)
    else if (name === "errormessage") readErrors(reader, errors)
    else reader.skip()
  }
  return { status, senderId, controlId, uniqueId, dtdVersion }
}

const readAcknowledgement = (reader: XmlReader): ResponseStatus => {
  let status: ResponseStatus = "unknown"
  for (let name = nextChild(reader); name !== undefined; name = nextChild(reader)) {
    if (name === "status") status = readStatus(reader)
    else reader.skip()
  }
  return status
}

const readAuthentication = (reader: XmlReader, errors: Array<ResponseError>): ResponseAuthentication => {
  let status: ResponseStatus = "unknown"
  let userId: string | undefined
  let companyId: string | undefined
  let locationId: string | undefined
  let clientId: string | undefined
  let sessionTimestamp: string | undefined
  let sessionTimeout: string | undefined
  for (let name = nextChild(reader); name !== undefined; name = nextChild(reader)) {
    if (name === "status") status = readStatus(reader)
    else if (name === "userid") userId = leafText(reader)
    else if (name === "companyid") companyId = leafText(reader)
    else if (name === "locationid") locationId = leafText(reader)
    else if (name === "clientid") clientId = leafText(reader)
    else if (name === "sessiontimestamp") sessionTimestamp = leafText(reader)
    else if (name === "sessiontimeout") sessionTimeout = leafText(reader)
    else if (name === "errormessage") readErrors(reader, errors)
    else reader.skip()
  }
  return { status, userId, companyId, locationId, clientId, sessionTimestamp, sessionTimeout }
}

const readResult = (reader: XmlReader, text: string): ResponseResult => {
  const start = reader.start
  let status: ResponseStatus = "unknown"
  let name: string | undefined
  let controlId: string | undefined
  let key: string | undefined
  let listType: string | undefined
  let data: string | undefined
  let dataStart = 0
  let attributes: ResponseResult["attributes"] = none
  const errors: Array<ResponseError> = []
  for (let child = nextChild(reader); child !== undefined; child = nextChild(reader)) {
    if (attributes.length > mostOfAKind) reader.refuse()
    else if (child === "status") status = readStatus(reader)
    else if (child === "function") name = leafText(reader)
    else if (child === "controlid") controlId = leafText(reader)
    else if (child === "key") key = leafText(reader)
    else if (child === "listtype") {
      attributes = together(attributes, reader.attributes())
      listType = leafText(reader)
    } else if (child === "errormessage") readErrors(reader, errors)
    else if (child === "data") {
      attributes = together(attributes, reader.attributes())
      listType ??= reader.attribute("listtype")
      if (reader.skip()) {
        data = text.slice(reader.start, reader.end)
        dataStart = reader.start - start
      }
    } else reader.skip()
  }
  const raw = text.slice(start, reader.end)
  return { status, function: name, controlId, key, listType, attributes, errors, raw, data, dataStart }
}

const none: ResponseResult["attributes"] = []

const together = (
  before: ResponseResult["attributes"],
  more: ResponseResult["attributes"]
): ResponseResult["attributes"] => (before.length === 0 ? more : [...before, ...more])

/**
 * Of everything that an answer's head may hold several of, how many are read: errors, further information on one, and
 * attributes of a result. Where there are more, it is no answer of the gateway's.
 */
export const mostOfAKind = 1_000

const readErrors = (reader: XmlReader, errors: Array<ResponseError>): void => {
  const before = errors.length
  const text = children(reader, (name) => {
    if (errors.length >= mostOfAKind) reader.refuse()
    else if (name === "error") errors.push(readError(reader))
    else reader.skip()
  })
  // a reason without the elements that Intacct puts it into is a reason nevertheless
  if (errors.length === before && text !== "") errors.push(plainError(text))
}

const plainError = (description: string): ResponseError => ({
  errorno: "",
  description,
  description2: "",
  correction: "",
  supportId: supportIdIn(description),
  additionalInfo: undefined
})

const readError = (reader: XmlReader): ResponseError => {
  let errorno = ""
  let description = ""
  let description2 = ""
  let correction = ""
  let additionalInfo: Readonly<Record<string, string>> | undefined
  const text = children(reader, (name) => {
    if (name === "errorno") errorno = leafText(reader)
    else if (name === "description") description = leafText(reader)
    else if (name === "description2") description2 = leafText(reader)
    else if (name === "correction") correction = leafText(reader)
    else if (name === "additionalinfo") additionalInfo = readAdditionalInfo(reader)
    else reader.skip()
  })
  if (errorno + description + description2 + correction === "" && text !== "") return plainError(text)
  const supportId = supportIdIn(description2) ?? supportIdIn(description) ?? supportIdIn(correction)
  return { errorno, description, description2, correction, supportId, additionalInfo }
}

const readAdditionalInfo = (reader: XmlReader): Readonly<Record<string, string>> => {
  const entries: Array<readonly [string, string]> = []
  children(reader, (name) => {
    if (entries.length >= mostOfAKind) reader.refuse()
    else entries.push([name, leafText(reader)])
  })
  // Defines properties rather than assigning them, which matters for a name like __proto__.
  return Object.fromEntries(entries)
}

const readStatus = (reader: XmlReader): ResponseStatus => {
  const status = leafText(reader).toLowerCase()
  return status === "success" || status === "failure" || status === "aborted" ? status : "unknown"
}

/** Moves to the start of the next child, and gives its name; `undefined` at the end of the parent. */
const nextChild = (reader: XmlReader): string | undefined => {
  for (;;) {
    const event = reader.next()
    if (event === "start") return reader.name
    if (event !== "text") return undefined
  }
}

/**
 * Calls `visit` on the start of every child; `visit` must leave the reader at the end of that child. Gives the text
 * between them.
 */
export const children = (reader: XmlReader, visit: (name: string) => void): string => {
  let text = ""
  for (;;) {
    const event = reader.next()
    if (event === "start") visit(reader.name)
    else if (event === "text") text += reader.text
    else return text.trim()
  }
}

/** The text of the element that has just started, without that of its children. */
export const leafText = (reader: XmlReader): string => {
  const plain = reader.plainText()
  if (plain !== undefined) return plain.trim()
  let text = ""
  for (;;) {
    const event = reader.next()
    if (event === "text") text = text === "" ? reader.text : text + reader.text
    else if (event === "start") reader.skip()
    else return text.trim()
  }
}

const supportIdIn = (text: string): string | undefined => {
  for (const opening of ["[Support ID:", "[Request ID:"]) {
    const at = text.lastIndexOf(opening)
    const end = at < 0 ? -1 : text.indexOf("]", at)
    if (end > 0) return percentDecoded(text.slice(at + opening.length, end).trim())
  }
  return undefined
}

const percentDecoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/**
 * What `getAPISession` gave.
 *
 * @category models
 */
export interface ApiSession {
  readonly sessionId: string
  readonly endpoint: string | undefined
  /** The entity of the session: empty at the top level, `undefined` when the answer does not say. */
  readonly locationId: string | undefined
}

/**
 * The session in the data of a `getAPISession` result; `undefined` when there is none in it.
 */
export const apiSession = (result: ResponseResult): ApiSession | undefined => {
  if (result.data === undefined) return undefined
  const reader = new XmlReader(result.data)
  let sessionId: string | undefined
  let endpoint: string | undefined
  let locationId: string | undefined
  reader.next()
  children(reader, (name) => {
    if (name === "api") {
      children(reader, (inner) => {
        if (inner === "sessionid") sessionId = leafText(reader)
        else if (inner === "endpoint") endpoint = leafText(reader)
        else if (inner === "locationid") locationId = leafText(reader)
        else reader.skip()
      })
    } else reader.skip()
  })
  if (reader.error !== undefined || sessionId === undefined || sessionId === "") return undefined
  return { sessionId, endpoint: endpoint === "" ? undefined : endpoint, locationId }
}

/** How much of a body is looked at to tell what it is instead of an answer. */
const sniffed = 4096

/** What a body is when it is plainly no XML. */
const sniff = (text: string): "empty" | "html" | "json" | undefined => {
  // nearly every answer
  if (text.startsWith("<?xml")) return undefined
  const beginning = text.slice(0, sniffed)
  const first = beginning.replace(/^\ufeff/, "").trimStart()
  if (first === "") return text.length <= sniffed || text.trim() === "" ? "empty" : undefined
  if (first.startsWith("{") || first.startsWith("[")) return "json"
  return /^<(!doctype\s+html|html[\s>])/i.test(first) ? "html" : undefined
}

const looksLikeHtml = (text: string): boolean => /<html[\s>]|cf-error-details/i.test(text.slice(0, sniffed))

const unreadable = (text: string, kind: UnreadableResponse["kind"], offset: number): UnreadableResponse => {
  // A long body, or one that was cut off, may hold records, and a record may say anything.
  const gateway = kind !== "truncated" && text.length <= sniffed
  const gatewayCode = !gateway
    ? undefined
    : /API rate limit exceeded/i.test(text)
      ? "GW-0010"
      : /GW-\d{4}/.exec(text)?.[0]
  return { _tag: "UnreadableResponse", kind, offset, gatewayCode }
}
