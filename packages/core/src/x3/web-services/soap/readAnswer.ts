import type * as Redacted from "effect/Redacted"
import * as Result from "../../../config/Result.ts"
import type { XmlError } from "../../../xml/XmlText.ts"
import { parseRecords, type XmlNode, type XmlValue } from "../../../xml/parseRecords.ts"
import type { SoapMessage, SoapRefusal, SoapResult, TechnicalInfos } from "./SoapCall.ts"
import { failure, type Place, type SageAuthError } from "../../../errors/SageAuthError.ts"
import type { CatalogueId } from "../../../errors/catalogue.ts"
import { errorOf, parseBody, wordsOf } from "../../../oauth2/errorBody.ts"
import type { Processed } from "../../../transport/Answer.ts"

/** What the body of an answer says. */
export type SoapAnswer =
  | {
      readonly _tag: "Result"
      /** 1: it ran and succeeded; 0: it did not */
      readonly status: number
      readonly messages: ReadonlyArray<SoapMessage>
      /** `resultXml` as it came */
      readonly result: string
      readonly technicalInfos: TechnicalInfos
    }
  | { readonly _tag: "Fault"; readonly code: string; readonly text: string }
  /** no SOAP, or none that can be read */
  | { readonly _tag: "Unreadable"; readonly kind: XmlError["kind"] | "foreign" }

/** what an envelope of X3's is far below; a result is a text inside */
const limits = { maxDepth: 32 }

const isNode = (value: XmlValue | undefined): value is XmlNode =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const localName = (name: string): string => name.slice(name.lastIndexOf(":") + 1)

/** the children of a node by local name: each server writes prefixes of its own */
const children = (value: XmlValue | undefined, wanted: (local: string) => boolean): ReadonlyArray<XmlValue> => {
  if (!isNode(value)) return []
  return Object.keys(value)
    .filter((name) => !name.startsWith("@") && name !== "#text" && wanted(localName(name)))
    .flatMap((name): ReadonlyArray<XmlValue> => {
      const found = value[name] as XmlValue
      return Array.isArray(found) ? found : [found]
    })
}

const child = (value: XmlValue | undefined, name: string): XmlValue | undefined =>
  children(value, (local) => local === name)[0]

const textOf = (value: XmlValue | undefined): string => {
  if (typeof value === "string") return value
  const text = isNode(value) && Object.hasOwn(value, "#text") ? value["#text"] : undefined
  return typeof text === "string" ? text : ""
}

/** all texts inside of an element, as a fault's detail has them */
const wordsIn = (value: XmlValue | undefined): string => {
  if (value === undefined) return ""
  if (typeof value === "string") return value.trim()
  if (Array.isArray(value)) return value.map((item: XmlValue) => wordsIn(item)).join(" ")
  return Object.entries(value)
    .filter(([name]) => !name.startsWith("@"))
    .map(([, inside]) => wordsIn(inside))
    .join(" ")
}

const attributeOf = (value: XmlValue | undefined, name: string): string | undefined => {
  if (!isNode(value)) return undefined
  const key = Object.keys(value).find((each) => each.startsWith("@") && localName(each.slice(1)) === name)
  const found = key === undefined ? undefined : value[key]
  return typeof found === "string" ? found : undefined
}

type Follow = (value: XmlValue) => XmlValue

/** RPC encoding may put a value beside the answer and only name it there; one step, so that no circle is followed */
const references = (body: XmlValue | undefined): Follow => {
  const outside = new Map<string, XmlValue>()
  for (const value of children(body, () => true)) {
    const id = attributeOf(value, "id")
    if (id !== undefined) outside.set(id, value)
  }
  return (value) => {
    const href = attributeOf(value, "href")
    return (href?.startsWith("#") === true ? outside.get(href.slice(1)) : undefined) ?? value
  }
}

const messageOf = (value: XmlValue): SoapMessage => {
  const type = textOf(child(value, "type")).trim()
  return { type: /^\d{1,4}$/.test(type) ? Number(type) : undefined, message: textOf(child(value, "message")) }
}

/** of one answer: one that has more is none of X3's, and may name the same ones again and again */
const mostMessages = 10_000

/**
 * `messages` is an array of messages, or is repeated as one. Undefined: there are too many. What several of them name
 * is read once.
 */
const messagesOf = (all: ReadonlyArray<XmlValue>, follow: Follow): ReadonlyArray<SoapMessage> | undefined => {
  const one = new Map<XmlValue, SoapMessage | undefined>()
  const oneOf = (value: XmlValue): SoapMessage | undefined => {
    if (!one.has(value)) one.set(value, child(value, "message") === undefined ? undefined : messageOf(value))
    return one.get(value)
  }
  const several = new Map<XmlValue, ReadonlyArray<SoapMessage>>()
  const severalOf = (value: XmlValue): ReadonlyArray<SoapMessage> => {
    const known = several.get(value)
    if (known !== undefined) return known
    const items = children(value, () => true).map((item) => oneOf(follow(item)))
    // each of them is a message by itself, or this is one
    const whole = items.filter((item) => item !== undefined)
    const own = whole.length > 0 ? undefined : oneOf(value)
    const found = own === undefined ? whole : [own]
    several.set(value, found)
    return found
  }
  const messages: Array<SoapMessage> = []
  for (const value of all) {
    const found = severalOf(follow(value))
    if (messages.length + found.length > mostMessages) return undefined
    messages.push(...found)
  }
  return messages
}

const infoOf = (text: string): string | number | boolean => {
  if (text === "true" || text === "false") return text === "true"
  return /^-?\d{1,15}(?:\.\d{1,15})?$/.test(text) ? Number(text) : text
}

/** each is read once: an answer may have as many as it likes */
const infosOf = (value: XmlValue | undefined): TechnicalInfos => {
  const infos = new Map<string, string | number | boolean>()
  for (const [name, found] of isNode(value) ? Object.entries(value) : []) {
    const local = localName(name)
    if (name.startsWith("@") || name === "#text" || infos.has(local)) continue
    const info = (Array.isArray(found) ? found[0] : found) as XmlValue | undefined
    if (attributeOf(info, "nil") !== "true") infos.set(local, infoOf(textOf(info).trim()))
  }
  return Object.fromEntries(infos)
}

const foreign: SoapAnswer = { _tag: "Unreadable", kind: "foreign" }

const envelopeStart = /^\ufeff?\s*(?:<\?[^>]*\?>\s*)?<(?:[\w.-]+:)?Envelope[\s>]/

/**
 * Reads the body of an answer. It never fails, whatever the text is. Document type declarations and entities of one's
 * own are refused, and so is what is deeper or larger than any answer.
 *
 * Source: SOAP 1.1, sections 4.4 and 7; `CAdxWebServiceXmlCC?wsdl` (`CAdxResultXml`).
 */
export const readAnswer = (text: string): SoapAnswer => {
  // a proxy's page is no envelope, and need not be read
  if (!envelopeStart.test(text.slice(0, 2_000))) return foreign
  const parsed = parseRecords(text.startsWith("\ufeff") ? text.slice(1) : text, limits)
  if (Result.isFailure(parsed)) return { _tag: "Unreadable", kind: parsed.failure.kind }
  const body = child(parsed.success, "Body")
  const fault = child(body, "Fault")
  if (fault !== undefined) {
    const words = [textOf(child(fault, "faultstring")), wordsIn(child(fault, "detail"))]
    return {
      _tag: "Fault",
      code: textOf(child(fault, "faultcode")).trim(),
      text: words.filter((part) => part.trim() !== "").join(" ")
    }
  }
  const response = children(body, (local) => local.endsWith("Response"))[0]
  const follow = references(body)
  const inside = children(response, (local) => local.endsWith("Return"))[0]
  const returned = inside === undefined ? undefined : follow(inside)
  const status = textOf(child(returned, "status")).trim()
  if (!/^-?\d{1,4}$/.test(status)) return foreign
  const messages = messagesOf(
    children(returned, (local) => local === "messages"),
    follow
  )
  if (messages === undefined) return { _tag: "Unreadable", kind: "too-many" }
  return {
    _tag: "Result",
    status: Number(status),
    messages,
    result: textOf(child(returned, "resultXml")),
    technicalInfos: infosOf(children(returned, (local) => local === "technicalInfos").map(follow)[0])
  }
}

/** An answer, read whole. */
export interface ReceivedAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** What is known of the call that was answered. */
export interface SoapContext {
  /** the call asked for JSON */
  readonly json: boolean
  readonly channelsBusy: (refusal: SoapRefusal) => boolean
  /** what 401 means for the credential that was sent */
  readonly unauthorized: CatalogueId
  /** milliseconds */
  readonly retryAfter: number | undefined
  readonly secrets: ReadonlyArray<Redacted.Redacted>
  readonly place: Place
}

/** What an answer comes to. */
export type Interpreted =
  | { readonly _tag: "Done"; readonly result: SoapResult }
  | { readonly _tag: "Failed"; readonly error: SageAuthError; readonly processed: Processed }

const aboutChannels = /\b(?:queue[ds]?|channels?|fil(?:e|les) d['’]attente|canal|canaux)\b/i
const areBusy = /time[\s-]?d?\s?out|busy|full|satur|exceed|no (?:free|available)|not available|occup|expir|dépass/i

const words = (messages: ReadonlyArray<SoapMessage>): string => messages.map(({ message }) => message).join("\n")

/**
 * The default of `channelsBusy`. No page of Sage's gives the text, so this goes by what it has to be about. A call of
 * which X3 says how long it executed did run, and is never taken for one that waited in vain.
 */
export const saysChannelsBusy = ({ messages, technicalInfos }: SoapRefusal): boolean => {
  const executed = technicalInfos["poolExecDuration"]
  if (typeof executed === "number" && executed > 0) return false
  return messages.some(({ message }) => aboutChannels.test(message) && areBusy.test(message))
}

const noPool = /no classic web service pool match/i
const noProcess = /no web services accepted/i
const noBadge = /does not have any badge/i

const parsedIfJson = (text: string, json: boolean): unknown => {
  const body = json ? parseBody(text) : undefined
  return body?.kind === "json" ? body.value : text
}

/** the words of a body that is no SOAP: JSON, a sentence or a page */
const wordsOfMessage = (text: string): string => {
  const body = parseBody(text)
  // the masker is who cuts: it knows what a cut leaves of a secret
  return body.kind === "json" ? errorOf(body).texts.join("\n") : body.text.trim()
}

/** What a refusal says, whatever shape it came in. */
export const refusalOf = (status: number, text: string, answer: SoapAnswer = readAnswer(text)): SoapRefusal => {
  if (answer._tag === "Result") {
    return { status, messages: answer.messages, technicalInfos: answer.technicalInfos }
  }
  const faultText = answer._tag === "Fault" ? answer.text : wordsOfMessage(text)
  return { status, messages: faultText === "" ? [] : [{ type: undefined, message: faultText }], technicalInfos: {} }
}

const idOf = (status: number, answer: SoapAnswer, refusal: SoapRefusal, asked: SoapContext): CatalogueId => {
  const refusalText = words(refusal.messages)
  if (status === 401 || (status >= 300 && status < 400)) {
    return status === 401 ? asked.unauthorized : "x3-web-services.unreadable-answer"
  }
  if (status === 429) return "x3-web-services.rate-limited"
  if (noProcess.test(refusalText)) return "x3-web-services.no-web-services"
  if (noPool.test(refusalText)) return "x3-web-services.pool-unknown"
  if (asked.channelsBusy(refusal)) return "x3-web-services.channels-busy"
  if (noBadge.test(refusalText)) return "x3-web-services.no-badge"
  if (status === 403) return "x3-web-services.forbidden"
  if (answer._tag === "Result") return "x3-web-services.soap-failed"
  if (answer._tag === "Fault") {
    return /client$/i.test(answer.code) ? "x3-web-services.request-rejected" : "x3-web-services.soap-failed"
  }
  if (status >= 500) return "x3-web-services.service-unavailable"
  return status >= 400 ? "x3-web-services.request-rejected" : "x3-web-services.unreadable-answer"
}

const codeOf = (status: number, answer: SoapAnswer): string | undefined => {
  if (answer._tag === "Result") return String(answer.status)
  return answer._tag === "Fault" && /^[\w.:-]{1,60}$/.test(answer.code) ? answer.code : `HTTP ${status}`
}

const soapRemedy =
  "Check the operation, its arguments and `publicName` against the WSDL of the server (`/soap-wsdl/syracuse/collaboration/syracuse/CAdxWebServiceXmlCC?wsdl`)."

/**
 * Says what an answer comes to. Status 1 is the only success; everything else is a failure by what it means, whatever
 * the status of HTTP.
 *
 * Source: online-help.sagex3.com, SOAP web services; developer.sage.com, X3, SOAP guide.
 */
export const interpret = ({ headers, status, text }: ReceivedAnswer, asked: SoapContext): Interpreted => {
  const answer = readAnswer(text)
  if (answer._tag === "Result" && answer.status === 1 && status >= 200 && status < 300) {
    const { messages, result, technicalInfos } = answer
    return {
      _tag: "Done",
      result: { status: 1, messages, result: parsedIfJson(result, asked.json), technicalInfos }
    }
  }
  const { place, retryAfter, secrets } = asked
  // it was cut off on its way: what it said is unknown
  if (answer._tag === "Unreadable" && answer.kind === "truncated" && status >= 200 && status < 300) {
    const error = failure("client.answer-lost", { ...place, message: "the answer was cut off" })
    return { _tag: "Failed", error, processed: "unknown" }
  }
  const refusal = refusalOf(status, text, answer)
  const id = idOf(status, answer, refusal, asked)
  const texts = refusal.messages.map(({ message }) => message)
  const { code, text: serverText } = wordsOf(
    { codes: [codeOf(status, answer) ?? ""], texts, supportId: undefined },
    secrets
  )
  const message = id === "x3-web-services.unreadable-answer" ? unreadable(status, answer) : serverText
  return {
    _tag: "Failed",
    // one that waited in vain for a channel
    processed: id === "x3-web-services.channels-busy" ? "no" : "yes",
    error: failure(id, {
      ...place,
      message,
      code,
      retryAfter,
      remedy: id === "x3-web-services.request-rejected" ? soapRemedy : undefined,
      response: answer._tag === "Result" ? new Response(text, { status, headers: plainHeaders(headers) }) : undefined
    })
  }
}

const unreadable = (status: number, answer: SoapAnswer): string => {
  if (status >= 300 && status < 400) return `the server answered with a redirect (HTTP ${status})`
  const kind = answer._tag === "Unreadable" && answer.kind !== "foreign" ? ` (${answer.kind})` : ""
  return `the call was answered with HTTP ${status} and no SOAP that can be read${kind}`
}

/** the body is text by now, of another length */
const plainHeaders = (headers: Headers): Headers => {
  const kept = new Headers(headers)
  for (const name of ["content-encoding", "content-length", "transfer-encoding"]) kept.delete(name)
  return kept
}
