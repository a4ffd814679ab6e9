import { EarlyAnswer, tokenAnswer } from "../oauth/answers.ts"
import { type OAuthClient, presentedClient } from "../oauth/clients.ts"
import type { RefreshToken } from "../oauth/grants.ts"
import { type Params, readBody } from "../oauth/params.ts"
import { fulfils } from "../oauth/pkce.ts"
import type { SurfaceRequest, SurfaceResponse } from "../surface.ts"
import { tokenError } from "./errors.ts"
import type { Family } from "./grants.ts"
import type { BusinessCloudState } from "./state.ts"

/** The token endpoint. */
export const token = (state: BusinessCloudState, request: SurfaceRequest): SurfaceResponse => {
  const options = state.options()
  const params = payload(state, request)
  const grantType = params.get("grant_type")
  if (grantType === undefined) return tokenError("invalid_request", "grant_type is missing", options)
  const client = clientOf(state, request, params)
  switch (grantType) {
    case "authorization_code":
      return exchangeCode(state, params, client)
    case "refresh_token":
      return refresh(state, params, client)
    default:
      return tokenError(options.unknownGrantType, "The authorization grant type is not supported", options)
  }
}

/** @throws `EarlyAnswer` for a request that is none of this endpoint's. */
const payload = (state: BusinessCloudState, request: SurfaceRequest): Params => {
  const options = state.options()
  if (request.method !== "POST") throw new EarlyAnswer({ status: 405, headers: { allow: "POST" }, body: "" })
  const read = readBody(request.headers["content-type"], request.body, options.jsonBody)
  if (read.problem !== undefined)
    throw new EarlyAnswer(tokenError("invalid_request", `The body has a problem: ${read.problem}`, options))
  if (read.params.repeated !== undefined) {
    throw new EarlyAnswer(tokenError("invalid_request", "A parameter was sent twice", options))
  }
  return read.params
}

/** @throws `EarlyAnswer` for a client that is missing, unknown or has another secret. */
const clientOf = (state: BusinessCloudState, request: SurfaceRequest, params: Params): OAuthClient => {
  const options = state.options()
  const presented = presentedClient(params, request.headers["authorization"], options.basicAuthentication)
  if (presented.several) throw new EarlyAnswer(tokenError("invalid_request", "The client named itself twice", options))
  if (presented.clientId === undefined || presented.secret === undefined) {
    const missing = presented.clientId === undefined ? "client_id" : "client_secret"
    throw new EarlyAnswer(tokenError("invalid_client", `${missing} is missing`, options))
  }
  const client = state.directory.clients.get(presented.clientId)
  if (client === undefined || client.secret !== presented.secret) {
    throw new EarlyAnswer(tokenError("invalid_client", "The client id or its secret is wrong", options))
  }
  return client
}

const exchangeCode = (state: BusinessCloudState, params: Params, client: OAuthClient): SurfaceResponse => {
  const options = state.options()
  const given = params.get("code")
  const redirectUri = params.get("redirect_uri")
  if (given === undefined || redirectUri === undefined) {
    return tokenError("invalid_request", "code or redirect_uri is missing", options)
  }
  const refused = tokenError("invalid_grant", "The code or its redirect_uri cannot be used", options)
  const code = state.grants.codeOf(given)
  if (code === undefined || code.client !== client) return refused
  if (code.family !== undefined) {
    const { family } = code
    if (options.codeReuse === "revoke-family") state.grants.endFamilies((each) => each === family)
    return refused
  }
  if (state.clock.now() >= code.expiresAt || code.redirectUri !== redirectUri) return refused
  if (code.challenge !== undefined) {
    const verifier = params.get("code_verifier")
    if (verifier === undefined) return tokenError("invalid_request", "code_verifier is missing", options)
    if (!fulfils(code.challenge, verifier)) return refused
  }
  code.family = state.grants.family(code)
  return tokenAnswer(200, state.grants.issue(code.family))
}

const refresh = (state: BusinessCloudState, params: Params, client: OAuthClient): SurfaceResponse => {
  const options = state.options()
  const given = params.get("refresh_token")
  if (given === undefined) return tokenError("invalid_request", "refresh_token is missing", options)
  const known = state.grants.refreshTokens.get(given)
  if (known === undefined || known.family.client !== client || !isGood(state, given, known)) {
    return tokenError("invalid_grant", "The refresh token cannot be used", options)
  }
  switch (options.refreshToken) {
    case "rotated":
      known.used = true
      return tokenAnswer(200, state.grants.issue(known.family))
    case "same":
      return tokenAnswer(200, state.grants.issue(known.family, { repeated: given }))
    case "omitted":
      return tokenAnswer(200, state.grants.issue(known.family, "omitted"))
  }
}

/** Whether a refresh token can be used; one that was used before may end its family. */
const isGood = (state: BusinessCloudState, given: string, known: RefreshToken<Family>): boolean => {
  const { refreshReuse, mostRecentOnly } = state.options()
  const { family } = known
  if (family.ended || known.ended || state.clock.now() >= known.expiresAt) return false
  if (!known.used) return !mostRecentOnly || state.grants.isNewest(given, family)
  if (refreshReuse === "revoke-family") state.grants.endFamilies((each) => each === family)
  return refreshReuse === "accepted"
}

/** The revocation endpoint: it takes refresh tokens, and access tokens live on to their own end. */
export const revoke = (state: BusinessCloudState, request: SurfaceRequest): SurfaceResponse => {
  const options = state.options()
  const params = payload(state, request)
  const client = clientOf(state, request, params)
  const given = params.get("token")
  if (given === undefined) return tokenError("invalid_request", "token is missing", options)
  const family = state.grants.refreshTokens.get(given)?.family
  if (family?.client === client) family.ended = true
  return tokenAnswer(200, { success: "ok" })
}
