/**
 * Builds the request of the XML gateway. What goes inside one `<function>` is an object or XML that the caller wrote.
 *
 * @see https://developer.intacct.com/web-services/requests/ Web Services, Requests
 */
import * as Result from "../../config/Result.ts"
import { element, refuse, characterData, uncarriable, writeObject, type XmlRefusal } from "../../xml/XmlWriter.ts"
import { escapeAttribute, escapeText } from "../../xml/escape.ts"
import { isXmlName } from "../../xml/XmlText.ts"
import { XmlReader } from "../../xml/XmlReader.ts"

/**
 * One function as an object with a single key, its name, and optionally `@controlid`.
 *
 * ```ts
 * const vendors: XmlFunction = { readByQuery: { object: "VENDOR", fields: "*", query: "", pagesize: 100 } }
 * ```
 *
 * @category models
 */
export interface XmlFunction {
  /** the function by its name, with its arguments */
  readonly [name: string]: unknown
}

/**
 * @category models
 */
export interface FunctionBody {
  /** The name of the function, such as `readByQuery`. */
  readonly name: string
  /** The control id that the caller gave it, if any. */
  readonly controlId: string | undefined
  /** The function's element as XML. */
  readonly body: string
}

/**
 * Prepares one function.
 *
 * **Details**
 *
 * A string is either the function's own element, `<readByQuery>…</readByQuery>`, or a whole
 * `<function controlid="…">…</function>`. It must be well-formed with one root, and without a document type
 * declaration; what stands outside its root is dropped.
 *
 * @param path what to call the function in a refusal, such as `functions[0]`
 */
export const functionBody = (fn: XmlFunction | string, path = "function"): Result.Result<FunctionBody, XmlRefusal> =>
  typeof fn === "string" ? fromText(fn, path) : fromObject(fn, path)

const fromObject = (fn: XmlFunction, path: string): Result.Result<FunctionBody, XmlRefusal> => {
  if (typeof fn !== "object" || fn === null || Array.isArray(fn)) {
    return Result.fail(refuse(path, "is neither an object nor a string: give { <name of the function>: { … } } or XML"))
  }
  const names = Object.keys(fn).filter((key) => key !== "@controlid" && fn[key] !== undefined)
  const name = names[0]
  if (name === undefined || names.length > 1) {
    return Result.fail(
      refuse(path, `has ${names.length} elements: give one key, the name of the function, and at most @controlid`)
    )
  }
  if (!isXmlName(name)) return Result.fail(refuse(path, "has a key that is not the name of a function"))
  const controlId = fn["@controlid"]
  if (controlId !== undefined && typeof controlId !== "string") {
    return Result.fail(refuse(`${path}.@controlid`, "is not a string"))
  }
  const argument = fn[name]
  if (Array.isArray(argument)) {
    return Result.fail(refuse(`${path}.${name}`, "is an array: give each function an object of its own"))
  }
  return Result.map(writeObject(argument, `${path}.${name}`), ({ attributes, content }) => ({
    name,
    controlId,
    body: element(name, content, attributes)
  }))
}

const fromText = (xml: string, path: string): Result.Result<FunctionBody, XmlRefusal> => {
  const problem = uncarriable(xml)
  if (problem !== undefined) return Result.fail(refuse(path, problem))
  const reader = new XmlReader(xml)
  const root = readRoot(reader)
  if (typeof root === "string") return Result.fail(refuse(path, root))
  if (reader.error !== undefined) {
    const { kind, offset } = reader.error
    return Result.fail(refuse(path, `is not XML that can be sent (${kind} at offset ${offset})`))
  }
  const [start, end] = root.body
  return Result.succeed({ name: root.name, controlId: root.controlId, body: xml.slice(start, end) })
}

interface Root {
  name: string
  controlId: string | undefined
  body: readonly [start: number, end: number]
}

/** Reads the whole text; what is well-formed but no function is described, and a syntax error left to the reader. */
const readRoot = (reader: XmlReader): Root | string => {
  const root: Root = { name: "", controlId: undefined, body: [0, 0] }
  if (reader.next() !== "start") return root
  const wrapped = reader.name === "function"
  let level = 0
  let functions = 0
  let start = reader.start
  let wrong: string | undefined
  if (wrapped) {
    root.controlId = reader.attribute("controlid")
    if (reader.attributes().length > (root.controlId === undefined ? 0 : 1)) {
      wrong = "has a <function> with an attribute other than controlid"
    }
    level = -1
  } else {
    root.name = reader.name
  }
  for (let event = "start"; event !== "eof" && event !== "error"; event = reader.next()) {
    if (event === "start") {
      if (level === 0) {
        functions++
        root.name = reader.name
        start = reader.start
      }
      level++
    } else if (event === "end") {
      level--
      if (level === 0) root.body = [start, reader.end]
    } else if (wrapped && level === 0 && reader.text.trim() !== "") {
      wrong ??= "has text beside the element of its function"
    }
  }
  if (functions !== 1) wrong ??= `has a <function> with ${functions} elements: give exactly one`
  return reader.error === undefined && wrong !== undefined ? wrong : root
}

/**
 * `<getAPISession>`: a session for the context that the request is authenticated in, or for another one.
 *
 * It must travel alone: Intacct wants it isolated in one request.
 *
 * @param locationId an entity; `null` or `""` for the top level. Left out for the context of the request
 * @see https://developer.intacct.com/api/company-console/api-sessions/ API Sessions
 */
export const getAPISession = (locationId?: string | null): Result.Result<string, XmlRefusal> => {
  if (locationId === undefined) return Result.succeed(element("getAPISession", ""))
  return Result.map(characterData(locationId ?? "", "entityId"), (id) =>
    element("getAPISession", element("locationid", id))
  )
}

/**
 * @category models
 */
export interface SenderCredentials {
  readonly id: string
  readonly password: string
}

/**
 * @category models
 */
export interface LoginElement {
  readonly userId: string
  /** The company, or the packed form `console|client|entity`. */
  readonly companyId: string
  readonly password: string
  /** The client company that a console user slides into. */
  readonly clientId?: string | undefined
  /** The entity to work in; left out or empty for the top level. */
  readonly entityId?: string | undefined
}

/**
 * @category models
 */
export type AuthenticationElement = { readonly login: LoginElement } | { readonly sessionId: string }

/**
 * @category models
 */
export interface RequestFunction {
  /** 1 to 256 characters; comes back with the result. */
  readonly controlId: string
  /** The function's element, XML already: from `functionBody` or `getAPISession`. */
  readonly body: string
}

/**
 * @category models
 */
export interface RequestParts {
  readonly sender: SenderCredentials
  /** 1 to 256 characters; comes back in the answer. */
  readonly controlId: string
  /** Whether Intacct refuses a function whose control id it has seen, which makes sending it again safe. */
  readonly uniqueId: boolean
  readonly authentication: AuthenticationElement
  /** Whether the functions succeed or are rolled back together. */
  readonly transaction: boolean
  /** At least one. */
  readonly functions: ReadonlyArray<RequestFunction>
  /** Whether Intacct lays out its answer. Default `false`; Intacct's own default is `true`. */
  readonly includeWhitespace?: boolean | undefined
  /** A transport policy, which makes the request asynchronous. */
  readonly policyId?: string | undefined
}

const maxControlId = 256

/**
 * The XML of a request, or the refusal of the first option that XML cannot carry, by its name.
 *
 * The XML holds the secrets of the request in the clear: it goes to the gateway and nowhere else.
 */
export const buildRequest = (parts: RequestParts): Result.Result<string, XmlRefusal> => {
  let refusal: XmlRefusal | undefined
  const checked = (value: string, path: string): string => {
    const problem = uncarriable(value)
    if (problem !== undefined) refusal ??= refuse(path, problem)
    return value
  }
  const field = (name: string, value: string, path: string): string =>
    value === "" ? `<${name} />` : `<${name}>${escapeText(checked(value, path))}</${name}>`
  const optional = (name: string, value: string | undefined, path: string): string =>
    value === undefined || value === "" ? "" : field(name, value, path)
  const controlId = (value: string, path: string): string => {
    if (value.length === 0 || value.length > maxControlId) {
      refusal ??= refuse(path, `is ${value.length} characters long: give 1 to ${maxControlId}`)
    }
    return checked(value, path)
  }

  const control =
    field("senderid", parts.sender.id, "sender.id") +
    field("password", parts.sender.password, "sender.password") +
    field("controlid", controlId(parts.controlId, "controlId"), "controlId") +
    `<uniqueid>${parts.uniqueId}</uniqueid><dtdversion>3.0</dtdversion>` +
    optional("policyid", parts.policyId, "policyid") +
    `<includewhitespace>${parts.includeWhitespace ?? false}</includewhitespace>`
  let authentication: string
  if ("login" in parts.authentication) {
    const { clientId, companyId, entityId, password, userId } = parts.authentication.login
    // The gateway checks the order of these against a schema.
    const login =
      field("userid", userId, "login.userId") +
      field("companyid", companyId, "login.companyId") +
      field("password", password, "login.password") +
      optional("clientid", clientId, "login.clientId") +
      optional("locationid", entityId, "login.entityId")
    authentication = `<login>${login}</login>`
  } else {
    authentication = field("sessionid", parts.authentication.sessionId, "sessionId")
  }
  if (parts.functions.length === 0) refusal ??= refuse("functions", "is empty: give at least one function")
  let functions = ""
  for (const [index, fn] of parts.functions.entries()) {
    const id = escapeAttribute(controlId(fn.controlId, `functions[${index}].controlId`))
    functions += element("function", fn.body, ` controlid="${id}"`)
  }
  const operation =
    `<operation transaction="${parts.transaction}"><authentication>${authentication}</authentication>` +
    `${element("content", functions)}</operation>`
  if (refusal !== undefined) return Result.fail(refusal)
  return Result.succeed(
    `<?xml version="1.0" encoding="utf-8" ?><request><control>${control}</control>${operation}</request>`
  )
}
