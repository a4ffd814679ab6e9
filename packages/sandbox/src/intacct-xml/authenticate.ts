import { toMilliseconds } from "../clock.ts"
import { type Failure, gatewayFailure, timestamp, withRequestId } from "./answers.ts"
import type { Call, GatewayState } from "./call.ts"
import { type Company, companyKey } from "./companies.ts"
import type { RequestAuthentication } from "./readRequest.ts"
import { authenticationRefusal, controlRefusal, Refusal, signInRefusal } from "./refusal.ts"
import type { Identity, Session } from "./sessions.ts"
import { node, type XmlNode } from "./xml.ts"

type LoginAuthentication = Extract<RequestAuthentication, { readonly kind: "login" }>

/** Who a call was found to come from. */
export interface Authenticated {
  readonly identity: Identity
  readonly session: Session | undefined
  /** What the authentication block repeats. */
  readonly companyId: string
}

/**
 * Finds out who a call comes from.
 *
 * @throws `Refusal` when it comes from no user who may.
 */
export const authenticate = (call: Call): Authenticated => {
  const { authentication } = call.read
  return authentication.kind === "session" ? bySession(call, authentication.sessionId) : byLogin(call, authentication)
}

/** The key of the company whose connections a call takes up, whether there is such a company or not. */
export const companyOf = (state: GatewayState, authentication: RequestAuthentication): string | undefined => {
  if (authentication.kind === "session") return state.sessions.companyOf(authentication.sessionId)
  const address = addressOf(state, authentication)
  return companyKey(address.clientId ?? address.companyId)
}

/** The authentication block of a call that was let in. */
export const authenticationBlock = (call: Call, authenticated: Authenticated): XmlNode => {
  const { showSessionTimeout, utcOffset, sessionTimeout } = call.state.options()
  const { identity, session, companyId } = authenticated
  const now = call.state.clock.now()
  const until = now + toMilliseconds(sessionTimeout, "sessionTimeout")
  const slidesIn = identity.home !== identity.company
  return node("authentication", [
    node("status", "success"),
    node("userid", identity.user.userId),
    node("companyid", companyId),
    ...(slidesIn ? [node("clientstatus", "success"), node("clientid", identity.company.companyId)] : []),
    node("locationid", identity.entity ?? ""),
    node("sessiontimestamp", timestamp(session?.openedAt ?? now, utcOffset)),
    ...(showSessionTimeout ? [node("sessiontimeout", timestamp(until, utcOffset))] : [])
  ])
}

const bySession = (call: Call, sessionId: string): Authenticated => {
  const { state, request } = call
  const session = state.sessions.find(sessionId)
  if (session === undefined || session.endpoint !== `http://${request.host}${request.path}`) {
    if (state.options().deadSession === "XMLGW_JPP0002") throw signInRefusal("XMLGW_JPP0002")
    const failure = { errorno: "XL03000006", description2: `Invalid session ${sessionId}` }
    throw authenticationRefusal(call, "", "", failure)
  }
  refuseExpired(call, session.company)
  refuseSender(call, session.company, session.user.userId, session.home.companyId)
  state.sessions.touch(session)
  return { identity: session, session, companyId: session.home.companyId }
}

interface Address {
  readonly companyId: string
  readonly clientId: string | undefined
  readonly entityId: string | undefined
}

/** Takes the packed company id apart: `company|entity`, `console|client` and `console|client|entity`. */
const addressOf = (state: GatewayState, login: LoginAuthentication): Address => {
  const [companyId = "", second = "", third = ""] = login.companyId.split("|")
  const clients = state.directory.company(companyId)?.clients ?? []
  const isClient = third !== "" || clients.some((client) => companyKey(client) === companyKey(second))
  return {
    companyId,
    clientId: notEmpty(login.clientId) ?? notEmpty(isClient ? second : ""),
    entityId: notEmpty(login.entityId) ?? notEmpty(isClient ? third : second)
  }
}

const notEmpty = (text: string | undefined): string | undefined => (text === "" ? undefined : text)

const wrongLogin: Failure = { errorno: "XL03000006", description2: "Sign-in information is incorrect" }

const byLogin = (call: Call, login: LoginAuthentication): Authenticated => {
  const { directory } = call.state
  const options = call.state.options()
  const address = addressOf(call.state, login)
  const home = directory.company(address.companyId)
  const company = address.clientId === undefined ? home : directory.company(address.clientId)
  if (home === undefined || company === undefined) throw wrongCompany(call)
  refuseExpired(call, company)
  refuseSender(call, company, login.userId, login.companyId)

  const user = home.users.get(login.userId)
  const slidesIn = company !== home
  const maySlideIn = home.clients.some((client) => companyKey(client) === companyKey(company.companyId))
  const entity = address.entityId
  const restricted = user?.entities
  const outside = entity !== undefined && restricted !== undefined && !restricted.includes(entity)
  if (
    user === undefined ||
    user.password !== login.password ||
    (slidesIn && !maySlideIn) ||
    (entity !== undefined && !company.entities.includes(entity)) ||
    (outside && options.restrictedEntity === "refused")
  ) {
    if (options.wrongLogin !== "XL03000006") throw signInRefusal(options.wrongLogin)
    throw authenticationRefusal(call, login.userId, login.companyId, wrongLogin)
  }
  // Who may not see the top level and names no entity lands in the entity that is theirs.
  const landed = entity ?? (options.restrictedTopLevel === "refused" ? restricted?.[0] : undefined)
  return { identity: { company, home, user, entity: landed }, session: undefined, companyId: login.companyId }
}

const wrongCompany = (call: Call): Refusal =>
  call.state.options().wrongCompany === "GW-0011"
    ? new Refusal(gatewayFailure("GW-0011", withRequestId("Invalid Request")), 400)
    : new Refusal(gatewayFailure("invalidRequest", "Invalid Request"), 400)

const refuseExpired = (call: Call, company: Company): void => {
  if (!company.expired) return
  const failure = { errorno: "PL04000055", description2: "This company is a demo company and has expired." }
  throw controlRefusal(call, failure, { ...call.echo, senderId: "", controlId: "" })
}

const refuseSender = (call: Call, company: Company, userId: string, companyId: string): void => {
  const { senderId } = call.read.control
  if (company.senders.has(senderId)) return
  throw authenticationRefusal(call, userId, companyId, {
    errorno: "XL03000006",
    description: "Invalid Web Services Authorization",
    description2: `The sender ID '${senderId}' is not authorized to make Web Services requests to company ID '${company.companyId}'.`,
    correction: "Contact the company administrator to grant Web Services authorization to this sender ID."
  })
}
