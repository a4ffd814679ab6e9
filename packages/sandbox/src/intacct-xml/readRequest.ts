import { functionShapes } from "./functionShapes.ts"
import { intacctFunctions, intacctLists } from "./knownNames.ts"
import { checkShape, type Refuse } from "./schema.ts"
import { child, childText, isProblem, parse, type XmlElement } from "./xml.ts"

/** How a request says who it is. */
export type RequestAuthentication =
  | {
      readonly kind: "login"
      readonly userId: string
      /** As sent: `company`, `company|entity`, `console|client` or `console|client|entity`. */
      readonly companyId: string
      readonly password: string
      readonly clientId: string | undefined
      readonly entityId: string | undefined
    }
  | { readonly kind: "session"; readonly sessionId: string }

/** The control block. */
export interface RequestControl {
  readonly senderId: string
  readonly password: string
  readonly controlId: string
  /** The server's default is true. */
  readonly uniqueId: boolean
  readonly dtdVersion: string
  readonly policyId: string | undefined
  /** The server's default is true. */
  readonly includeWhitespace: boolean
  readonly showAdditionalErrorInfo: boolean
}

/** One function of a request. */
export interface RequestFunction {
  readonly name: string
  readonly controlId: string
  readonly element: XmlElement
}

/** A request that passed the schema. */
export interface GatewayRequest {
  readonly control: RequestControl
  readonly transaction: boolean
  readonly authentication: RequestAuthentication
  readonly functions: ReadonlyArray<RequestFunction>
}

/** A request that did not: one message for each thing that is wrong. */
export interface SchemaFailure {
  readonly problems: ReadonlyArray<string>
  /** The functions as far as they could be read, for the log. */
  readonly functions: ReadonlyArray<string>
}

/** What a company has beyond what every one has: functions and lists that a test has defined. */
export interface RequestScope {
  readonly isFunction: (name: string) => boolean
  readonly isList: (name: string) => boolean
}

/**
 * Reads a document into a request, or says what the schema has against it. `scopeOf` finds what has been defined for
 * those that a request comes from.
 */
export const readRequest = (
  document: string,
  utf8: boolean,
  scopeOf: (authentication: RequestAuthentication | undefined) => RequestScope
): GatewayRequest | SchemaFailure => {
  if (!utf8) {
    return {
      problems: [
        "XML Parse schema error: Fatal Error 81: Input is not proper UTF-8, indicate encoding !. Line: 1, column: 1."
      ],
      functions: []
    }
  }
  const root = parse(document)
  if (isProblem(root)) {
    const { number, message, line, column } = root
    return {
      problems: [`XML Parse schema error: Fatal Error ${number}: ${message}. Line: ${line}, column: ${column}.`],
      functions: []
    }
  }
  const problems: Array<string> = []
  const refuse: Refuse = (at, message, number = 1871) => {
    if (problems.length >= mostProblems) return
    problems.push(
      `XML Parse schema error: Error ${number}: Element '${at.name}': ${message} Line: ${at.line}, column: ${at.column}.`
    )
  }
  const request = readRoot(root, refuse, problems, scopeOf)
  if (request !== undefined && problems.length === 0) return request
  const content = child(child(root, "operation"), "content")
  return {
    problems,
    functions: (content?.children ?? []).flatMap((each) => each.children.slice(0, 1).map((f) => f.name))
  }
}

// A document can be wrong at every element; a reader needs no thousand mistakes.
const mostProblems = 20

const readRoot = (
  root: XmlElement,
  refuse: Refuse,
  problems: Array<string>,
  scopeOf: (authentication: RequestAuthentication | undefined) => RequestScope
): GatewayRequest | undefined => {
  if (root.name !== "request") {
    refuse(root, "No matching global declaration available for the validation root.")
    return undefined
  }
  refuseOthers(root, ["control", "operation"], [], refuse)
  const control = readControl(required(root, "control", refuse), refuse)
  const operation = required(root, "operation", refuse)
  if (operation === undefined) return undefined
  refuseOthers(operation, ["authentication", "content"], ["transaction"], refuse)
  const transaction = operation.attributes.get("transaction") ?? "false"
  if (transaction !== "true" && transaction !== "false") {
    refuse(operation, "The attribute 'transaction' is neither 'true' nor 'false'.")
  }
  const authentication = readAuthentication(required(operation, "authentication", refuse), refuse)
  const scope = scopeOf(authentication)
  const functions = readFunctions(required(operation, "content", refuse), refuse, problems, scope)
  if (control === undefined || authentication === undefined) return undefined
  return { control, transaction: transaction === "true", authentication, functions }
}

const required = (parent: XmlElement, name: string, refuse: Refuse): XmlElement | undefined => {
  const found = child(parent, name)
  if (found === undefined) refuse(parent, `Missing child element(s). Expected is ( ${name} ).`)
  return found
}

/** Refuses what an element of the envelope does not have, and what it has once and is there twice. */
const refuseOthers = (
  element: XmlElement,
  children: ReadonlyArray<string>,
  attributes: ReadonlyArray<string>,
  refuse: Refuse
): void => {
  for (const name of element.attributes.keys()) {
    // Namespaces and the address of a schema say nothing that could be ignored.
    if (attributes.includes(name) || name === "xmlns" || name.startsWith("xmlns:") || name.startsWith("xsi:")) continue
    refuse(element, `The attribute '${name}' is not allowed.`, 1866)
  }
  for (const [index, each] of element.children.entries()) {
    if (children.includes(each.name) && element.children.findIndex(({ name }) => name === each.name) === index) continue
    refuse(each, `This element is not expected. Expected is one of ( ${children.join(", ")} ).`)
  }
}

const controlElements: ReadonlyArray<string> = [
  "senderid",
  "password",
  "controlid",
  "uniqueid",
  "dtdversion",
  "policyid",
  "includewhitespace",
  "showadditionalerrorinfo"
]

const readControl = (element: XmlElement | undefined, refuse: Refuse): RequestControl | undefined => {
  if (element === undefined) return undefined
  refuseOthers(element, controlElements, [], refuse)
  const texts = ["senderid", "password", "controlid", "dtdversion"].map((name) => required(element, name, refuse)?.text)
  const [senderId, password, controlId, dtdVersion] = texts
  if (senderId === undefined || password === undefined || controlId === undefined || dtdVersion === undefined)
    return undefined
  if (!fitsControlId(controlId))
    refuse(child(element, "controlid") ?? element, "The value must have 1 to 256 characters.")
  if (dtdVersion !== "3.0" && dtdVersion !== "2.1") {
    refuse(child(element, "dtdversion") ?? element, "The value is not an element of the set {'2.1', '3.0'}.")
  }
  return {
    senderId,
    password,
    controlId,
    dtdVersion,
    uniqueId: readBoolean(element, "uniqueid", true, refuse),
    policyId: childText(element, "policyid"),
    includeWhitespace: readBoolean(element, "includewhitespace", true, refuse),
    showAdditionalErrorInfo: readBoolean(element, "showadditionalerrorinfo", false, refuse)
  }
}

const readBoolean = (parent: XmlElement, name: string, absent: boolean, refuse: Refuse): boolean => {
  const element = child(parent, name)
  if (element === undefined) return absent
  if (element.text === "true" || element.text === "false") return element.text === "true"
  refuse(element, "The value is not an element of the set {'true', 'false'}.")
  return absent
}

const fitsControlId = (value: string): boolean => value.length >= 1 && value.length <= 256

const loginOrder: ReadonlyArray<string> = ["userid", "companyid", "password", "clientid", "locationid"]

const readAuthentication = (element: XmlElement | undefined, refuse: Refuse): RequestAuthentication | undefined => {
  if (element === undefined) return undefined
  const [only, second] = element.children
  if (only === undefined) {
    refuse(element, "Missing child element(s). Expected is one of ( login, sessionid ).")
    return undefined
  }
  if (second !== undefined) {
    refuse(second, "This element is not expected.")
    return undefined
  }
  if (only.name === "sessionid") return { kind: "session", sessionId: only.text }
  if (only.name !== "login") {
    refuse(only, "This element is not expected. Expected is one of ( login, sessionid ).")
    return undefined
  }
  return readLogin(only, refuse)
}

const readLogin = (login: XmlElement, refuse: Refuse): RequestAuthentication | undefined => {
  let next = 0
  for (const each of login.children) {
    const place = loginOrder.indexOf(each.name)
    // The first three are mandatory and none may be skipped; the last two may be absent.
    if (place < next || (place > next && next < 3)) {
      const expected = next < 3 ? loginOrder.slice(next, next + 1) : loginOrder.slice(next)
      const hint = expected.length === 0 ? "" : ` Expected is ( ${expected.join(", ")} ).`
      refuse(each, `This element is not expected.${hint}`)
      return undefined
    }
    next = place + 1
  }
  const userId = childText(login, "userid")
  const companyId = childText(login, "companyid")
  const password = childText(login, "password")
  if (userId === undefined || companyId === undefined || password === undefined) {
    refuse(login, `Missing child element(s). Expected is ( ${loginOrder[next] ?? "password"} ).`)
    return undefined
  }
  return {
    kind: "login",
    userId,
    companyId,
    password,
    clientId: childText(login, "clientid"),
    entityId: childText(login, "locationid")
  }
}

const readFunctions = (
  content: XmlElement | undefined,
  refuse: Refuse,
  problems: Array<string>,
  scope: RequestScope
): ReadonlyArray<RequestFunction> => {
  if (content === undefined) return []
  if (content.children.length === 0) refuse(content, "Missing child element(s). Expected is ( function ).")
  return content.children.flatMap((each) => {
    if (each.name !== "function") {
      refuse(each, "This element is not expected. Expected is ( function ).")
      return []
    }
    const controlId = each.attributes.get("controlid")
    if (controlId === undefined) refuse(each, "The attribute 'controlid' is required but missing.")
    else if (!fitsControlId(controlId)) refuse(each, "The attribute 'controlid' must have 1 to 256 characters.")
    const [element] = each.children
    if (element === undefined) {
      refuse(each, "Missing child element(s).")
      return []
    }
    refuseOthers(each, [element.name], ["controlid"], refuse)
    checkFunction(element, refuse, problems, scope)
    return controlId === undefined ? [] : [{ name: element.name, controlId, element }]
  })
}

const checkFunction = (element: XmlElement, refuse: Refuse, problems: Array<string>, scope: RequestScope): void => {
  const { name } = element
  if (scope.isFunction(name)) return
  const shape = functionShapes.get(name)
  if (shape !== undefined) checkShape(element, shape, refuse)
  // One of Intacct's that is not played is refused for that, and not for what is in it.
  else if (!intacctFunctions.has(name)) refuse(element, "This element is not expected.")
  const listed = element.attributes.get("object")
  if (name === "get_list" && listed !== undefined && !intacctLists.has(listed) && !scope.isList(listed)) {
    problems.push(
      `XML Parse error: Error 502: Value "${listed}" for attribute object of get_list is not among the enumerated set. Line: ${element.line}, column: ${element.column}.`
    )
  }
}
