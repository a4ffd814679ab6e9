/**
 * Builds the request of the XML gateway.
 *
 * @see https://developer.intacct.com/web-services/requests/ Web Services, Requests
 */
import * as Result from "../../config/Result.ts"
import { element, refuse, uncarriable, type XmlRefusal } from "../../xml/XmlWriter.ts"
import { escapeAttribute, escapeText } from "../../xml/escape.ts"

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
export interface Login {
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
export type Authentication = { readonly login: Login } | { readonly sessionId: string }

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
  readonly authentication: Authentication
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
