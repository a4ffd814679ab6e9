import { authenticationFailure, controlFailure, type Failure, gatewayFailure } from "./answers.ts"
import type { Call } from "./call.ts"
import type { UndocumentedSituation } from "./options.ts"
import type { Identity } from "./sessions.ts"
import type { XmlNode } from "./xml.ts"

/** A whole answer that ends a call before, or in place of, its functions. */
export class Refusal extends Error {
  readonly root: XmlNode
  readonly status: number
  constructor(root: XmlNode, status = 200) {
    super("refused")
    this.root = root
    this.status = status
  }
}

/** A failure at control level. */
export const controlRefusal = (call: Call, failure: Failure, echo = call.echo): Refusal =>
  new Refusal(controlFailure(echo, [failure], call.read.control.showAdditionalErrorInfo))

/** A failure at authentication level. */
export const authenticationRefusal = (call: Call, userId: string, companyId: string, failure: Failure): Refusal =>
  new Refusal(authenticationFailure(call.echo, userId, companyId, failure, call.read.control.showAdditionalErrorInfo))

/** The gateway's own refusal of a user, with HTTP 401. */
export const signInRefusal = (errorno: "XMLGW_JPP0002" | "UJPP0002"): Refusal =>
  new Refusal(gatewayFailure(errorno, "Sign-in information is incorrect. Please check your request."), 401)

/** The failure configured for an unpublished situation, its placeholders filled in. */
export const undocumentedFailure = (
  call: Call,
  situation: UndocumentedSituation,
  identity: Identity,
  names: Readonly<Record<string, string>> = {}
): Failure => {
  const { errorno, description, description2, correction } = call.state.options().undocumented[situation]
  const values: Readonly<Record<string, string>> = {
    senderId: call.read.control.senderId,
    userId: identity.user.userId,
    ...names
  }
  const fill = (text: string | undefined): string | undefined =>
    text?.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole)
  return { errorno, description: fill(description), description2: fill(description2), correction: fill(correction) }
}

/**
 * The failure of a function in such a situation, when it is configured at that level.
 *
 * @throws `Refusal` when it is configured at another.
 */
export const undocumentedFunctionFailure = (
  call: Call,
  situation: Exclude<UndocumentedSituation, "isolation">,
  identity: Identity,
  names: Readonly<Record<string, string>>
): Failure => {
  const failure = undocumentedFailure(call, situation, identity, names)
  const { level } = call.state.options().undocumented[situation]
  if (level === "function") return failure
  throw undocumentedRefusal(call, level, identity, failure)
}

/** The refusal of the whole call in such a situation. */
export const undocumentedRefusal = (
  call: Call,
  level: "control" | "authentication",
  identity: Identity,
  failure: Failure
): Refusal =>
  level === "control"
    ? controlRefusal(call, failure)
    : authenticationRefusal(call, identity.user.userId, identity.home.companyId, failure)
