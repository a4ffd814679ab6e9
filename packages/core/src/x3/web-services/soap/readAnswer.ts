import * as Result from "../../../config/Result.ts"
import { parseRecords, type XmlNode, type XmlValue } from "../../../xml/parseRecords.ts"
import type { XmlError } from "../../../xml/XmlReader.ts"
import type { SoapMessage, TechnicalInfos } from "./SoapCall.ts"

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
