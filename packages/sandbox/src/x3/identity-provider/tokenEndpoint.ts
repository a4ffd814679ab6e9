import { EarlyAnswer, retryAfterOf, tokenAnswer } from "../../oauth/answers.ts"
import { type OAuthClient, presentedClient } from "../../oauth/clients.ts"
import type { RefreshToken } from "../../oauth/grants.ts"
import { type Params, readBody } from "../../oauth/params.ts"
import { fulfils } from "../../oauth/pkce.ts"
import type { SurfaceRequest, SurfaceResponse } from "../../surface.ts"
import { scopeOf } from "./authorize.ts"
import type { Family } from "./grants.ts"
import { issuerOf } from "./paths.ts"
import type { IdentityProviderState } from "./state.ts"

/** An error code of the token endpoint (RFC 6749, section 5.2; the last two as many products answer). */
export type TokenErrorCode =
  | "invalid_request"
  | "invalid_client"
  | "invalid_grant"
  | "invalid_scope"
  | "unauthorized_client"
  | "unsupported_grant_type"
  | "temporarily_unavailable"
  | "too_many_requests"

const statuses: { readonly [code in TokenErrorCode]?: number } = {
  invalid_client: 401,
  temporarily_unavailable: 503,
  too_many_requests: 429
}

/** An error of the token endpoint or the revocation endpoint. */
export const tokenError = (
  state: IdentityProviderState,
  error: TokenErrorCode,
  error_description: string,
  headers: Readonly<Record<string, string>> = {}
): SurfaceResponse => {
  const body = state.options().errorDescription ? { error, error_description } : { error }
  const answer = tokenAnswer(statuses[error] ?? 400, body)
  return { ...answer, headers: { ...answer.headers, ...headers } }
}

/** The answer to an application over its limit. */
export const rateLimited = (state: IdentityProviderState, status = 429): SurfaceResponse => {
  const wait = retryAfterOf(state.options(), state.clock.now())
  const answer = tokenError(
    state,
    "too_many_requests",
    "Too many token requests",
    wait === undefined ? {} : { "retry-after": wait }
  )
  return { ...answer, status }
}

/** The token endpoint. */
export const token = (state: IdentityProviderState, request: SurfaceRequest): SurfaceResponse => {
  const params = payload(state, request)
  const grantType = params.get("grant_type")
  if (grantType === undefined) return tokenError(state, "invalid_request", "grant_type is missing")
  const client = clientOf(state, request, params)
  if (!state.countTokenRequest(client.clientId)) return rateLimited(state)
  switch (grantType) {
    case "authorization_code":
      return exchangeCode(state, params, client)
    case "refresh_token":
      return refresh(state, params, client)
    case "client_credentials":
      return clientCredentials(state, request, params, client)
    default:
      return tokenError(state, "unsupported_grant_type", "The grant type is not supported")
  }
}

/** @throws `EarlyAnswer` for a request that is none of this endpoint's. */
const payload = (state: IdentityProviderState, request: SurfaceRequest): Params => {
  if (request.method !== "POST") throw new EarlyAnswer({ status: 405, headers: { allow: "POST" }, body: "" })
  const read = readBody(request.headers["content-type"], request.body, false)
  if (read.problem !== undefined) {
    throw new EarlyAnswer(tokenError(state, "invalid_request", `The body has a problem: ${read.problem}`))
  }
  if (read.params.repeated !== undefined) {
    throw new EarlyAnswer(tokenError(state, "invalid_request", "A parameter was sent twice"))
  }
  return read.params
}

/** @throws `EarlyAnswer` for a client that is missing, unknown, or did not prove itself as it has to. */
const clientOf = (state: IdentityProviderState, request: SurfaceRequest, params: Params): OAuthClient => {
  const { clientAuthentication } = state.options()
  const authorization = request.headers["authorization"]
  const presented = presentedClient(params, authorization, clientAuthentication !== "body")
  // RFC 6749, section 5.2: who tried a header is answered with its scheme.
  const challenge = authorization === undefined ? {} : { "www-authenticate": 'Basic realm="x3-idp"' }
  const refuse = (description: string) => new EarlyAnswer(tokenError(state, "invalid_client", description, challenge))
  if (presented.several) throw new EarlyAnswer(tokenError(state, "invalid_request", "The client named itself twice"))
  if (presented.clientId === undefined) throw refuse("client_id is missing")
  const client = state.clients.get(presented.clientId)
  if (client === undefined || client.secret !== presented.secret) {
    throw refuse("The client id or its secret is missing or wrong")
  }
  if (client.secret !== undefined && clientAuthentication === "basic" && params.has("client_secret")) {
    throw refuse("The secret belongs into a Basic header")
  }
  return client
}

const exchangeCode = (state: IdentityProviderState, params: Params, client: OAuthClient): SurfaceResponse => {
  const options = state.options()
  const given = params.get("code")
  const redirectUri = params.get("redirect_uri")
  if (given === undefined || redirectUri === undefined) {
    return tokenError(state, "invalid_request", "code or redirect_uri is missing")
  }
  const refused = (): SurfaceResponse =>
    tokenError(state, "invalid_grant", "The code, its redirect_uri or its code_verifier cannot be used")
  const code = state.grants.codes.get(given)
  if (code === undefined || code.client !== client) return refused()
  if (code.family !== undefined) {
    const { family } = code
    if (options.codeReuse === "revoke-family") state.grants.endFamilies((each) => each === family, true)
    return refused()
  }
  if (state.clock.now() >= code.expiresAt || code.redirectUri !== redirectUri) return refused()
  const verifier = params.get("code_verifier")
  if (code.challenge !== undefined) {
    if (verifier === undefined) return tokenError(state, "invalid_request", "code_verifier is missing")
    if (!fulfils(code.challenge, verifier)) return refused()
  } else if (verifier !== undefined) {
    // RFC 9700, section 4.8.2: a verifier without a challenge is a downgrade.
    return refused()
  }
  const { user, scope, issuer, nonce } = code
  code.family = { client, user, scope, issuer, nonce, ended: false }
  const offline = options.offlineAccess === "always" || scope.includes("offline_access")
  return tokenAnswer(200, state.grants.issue(code.family, scope, offline ? undefined : "omitted"))
}

const refresh = (state: IdentityProviderState, params: Params, client: OAuthClient): SurfaceResponse => {
  const given = params.get("refresh_token")
  if (given === undefined) return tokenError(state, "invalid_request", "refresh_token is missing")
  const known = state.grants.refreshTokens.get(given)
  if (known === undefined || known.family.client !== client || !isGood(state, known)) {
    return tokenError(state, "invalid_grant", "The refresh token cannot be used")
  }
  const scope = narrowed(params, known.family)
  if (scope === undefined) return tokenError(state, "invalid_scope", "The scope is more than was granted")
  switch (state.options().refreshToken) {
    case "rotated":
      known.used = true
      return tokenAnswer(200, state.grants.issue(known.family, scope))
    case "same":
      return tokenAnswer(200, state.grants.issue(known.family, scope, { repeated: given }))
    case "omitted":
      return tokenAnswer(200, state.grants.issue(known.family, scope, "omitted"))
  }
}

/** What a refresh asks for, which may be less than was granted (RFC 6749, section 6). */
const narrowed = (params: Params, family: Family): ReadonlyArray<string> | undefined => {
  const asked = scopeOf(params)
  if (asked === undefined) return undefined
  if (asked.length === 0) return family.scope
  return asked.every((each) => family.scope.includes(each)) ? asked : undefined
}

/** Whether a refresh token can be used; one that was used before may end its family. */
const isGood = (state: IdentityProviderState, known: RefreshToken<Family>): boolean => {
  const { refreshReuse } = state.options()
  const { family } = known
  if (family.ended || known.ended || state.clock.now() >= known.expiresAt) return false
  if (!known.used) return true
  if (refreshReuse === "revoke-family") state.grants.endFamilies((each) => each === family, true)
  return refreshReuse === "accepted"
}

const clientCredentials = (
  state: IdentityProviderState,
  request: SurfaceRequest,
  params: Params,
  client: OAuthClient
): SurfaceResponse => {
  if (!state.options().clientCredentials || client.secret === undefined) {
    return tokenError(state, "unauthorized_client", "The application may not use client_credentials")
  }
  const scope = scopeOf(params)
  if (scope === undefined) return tokenError(state, "invalid_scope", "The scope is unknown")
  const family: Family = {
    client,
    user: undefined,
    scope,
    issuer: issuerOf(request),
    nonce: undefined,
    ended: false
  }
  return tokenAnswer(200, state.grants.issue(family, scope, "omitted"))
}

/** The revocation endpoint (RFC 7009). */
export const revoke = (state: IdentityProviderState, request: SurfaceRequest): SurfaceResponse => {
  const params = payload(state, request)
  const client = clientOf(state, request, params)
  const given = params.get("token")
  if (given === undefined) return tokenError(state, "invalid_request", "token is missing")
  const { grants } = state
  const accessToken = grants.accessTokens.get(given)
  if (accessToken?.family.client === client) accessToken.ended = true
  const family = grants.refreshTokens.get(given)?.family
  if (family?.client === client) {
    grants.endFamilies((each) => each === family, state.options().revocationEndsAccessTokens)
  }
  return { status: 200, headers: { "cache-control": "no-store" }, body: "" }
}
