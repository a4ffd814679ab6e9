import type { Identity } from "../intacct-xml/sessions.ts"
import { claimsOf } from "../oauth/jwt.ts"
import type { SurfaceRequest } from "../surface.ts"
import { EarlyAnswer } from "../oauth/answers.ts"
import { gatewayError, rejectedToken } from "./errors.ts"
import type { AccessToken } from "./grants.ts"
import type { RestState } from "./state.ts"

/** Who an API request acts for. */
export interface Access {
  readonly identity: Identity
  readonly token: AccessToken
}

/** The access token that a request carries, good or not. */
export const presentedToken = (state: RestState, request: SurfaceRequest): AccessToken | undefined =>
  state.grants.accessTokens.get(bearerOf(request) ?? "")

const bearerOf = (request: SurfaceRequest): string | undefined =>
  /^Bearer +(\S+) *$/i.exec(request.headers["authorization"] ?? "")?.[1]

/**
 * Finds out who a request acts for, and in which entity.
 *
 * @throws `EarlyAnswer` when it acts for no user.
 */
export const accessOf = (state: RestState, request: SurfaceRequest): Access => {
  const options = state.options()
  const bearer = bearerOf(request)
  if (bearer === undefined) throw new EarlyAnswer(gatewayError(401, "GW-0034"))
  const token = state.grants.accessTokens.get(bearer)
  if (token === undefined) {
    const claims = claimsOf(bearer)
    const complete = ["clientId", "cnyId", "userId", "sessionId"].every((name) => typeof claims?.[name] === "string")
    throw new EarlyAnswer(complete ? rejectedToken(options.rejectedToken, options) : gatewayError(400, "GW-0031"))
  }
  switch (state.grants.stateOf(token)) {
    case "expired":
      throw new EarlyAnswer(rejectedToken(options.expiredToken, options))
    case "ended":
      throw new EarlyAnswer(rejectedToken(options.rejectedToken, options))
    case "good":
      break
  }
  const { company, home, user } = token.family
  if (company.expired) throw new EarlyAnswer(gatewayError(400, "GW-0011"))
  return { token, identity: { company, home, user, entity: entityOf(state, request, token) } }
}

/** The headers that name an entity, as the sandbox was told to spell them. */
export const entityHeaders = (state: RestState): ReadonlyArray<string> => {
  const { entityHeader } = state.options()
  return [
    ...(entityHeader === "joined" ? [] : ["x-ia-api-param-entity"]),
    ...(entityHeader === "hyphenated" ? [] : ["x-ia-api-paramentity"])
  ]
}

/** @throws `EarlyAnswer` for an entity that the token cannot go to. */
const entityOf = (state: RestState, request: SurfaceRequest, token: AccessToken): string | undefined => {
  const { restrictedEntity } = state.options()
  const [asked] = entityHeaders(state).flatMap((name) => request.headers[name] ?? [])
  if (asked === undefined || asked === "" || asked === token.entity) return token.entity
  const { company, user } = token.family
  const outside = user.entities !== undefined && !user.entities.includes(asked)
  if (token.entity !== undefined || !company.entities.includes(asked) || (outside && restrictedEntity === "refused")) {
    throw new EarlyAnswer(gatewayError(403, "GW-0042"))
  }
  return asked
}
