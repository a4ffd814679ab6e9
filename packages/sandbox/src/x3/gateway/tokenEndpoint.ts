import { EarlyAnswer, tokenAnswer } from "../../oauth/answers.ts"
import { formParams, mediaType, type Params, readBody } from "../../oauth/params.ts"
import type { SurfaceRequest, SurfaceResponse } from "../../surface.ts"
import { answer, refusal } from "./errors.ts"
import type { Application, Pairing, RefreshToken } from "./pairings.ts"
import { routeOf } from "./paths.ts"
import type { CloudGatewayState } from "./state.ts"

/** The token endpoint. */
export const token = (state: CloudGatewayState, request: SurfaceRequest): SurfaceResponse => {
  if (request.method !== "POST") return { status: 405, headers: { allow: "POST" }, body: "" }
  const params = paramsOf(state, request)
  switch (params.get("grant_type")) {
    case undefined:
      return refusal("missing")
    case "authorization_code":
      return exchangeCode(state, request, params)
    case "refresh_token":
      return refresh(state, request, params)
    default:
      return refusal("grantType")
  }
}

/** @throws `EarlyAnswer` for a body that holds no parameters this endpoint reads. */
const paramsOf = (state: CloudGatewayState, request: SurfaceRequest): Params => {
  const json = mediaType(request.headers["content-type"]) === "application/json"
  const read =
    json || state.options().formBody ? readBody(request.headers["content-type"], request.body, true) : undefined
  if (read?.params === undefined || read.params.repeated !== undefined) throw new EarlyAnswer(refusal("missing"))
  return read.params
}

/** @throws `EarlyAnswer` when one of them is missing. */
const required = <const Name extends string>(
  params: Params,
  names: ReadonlyArray<Name>
): { readonly [key in Name]: string } => {
  const found = names.map((name) => [name, params.get(name)] as const)
  if (found.some(([, value]) => value === undefined)) throw new EarlyAnswer(refusal("missing"))
  return Object.fromEntries(found) as { readonly [key in Name]: string }
}

/** @throws `EarlyAnswer` for an application that is unknown, has another secret or is disabled. */
const applicationOf = (
  state: CloudGatewayState,
  given: { readonly client_id: string; readonly client_secret: string }
): Application => {
  const application = state.applications.get(given.client_id)
  if (application === undefined) throw new EarlyAnswer(refusal("client"))
  if (application.secret !== given.client_secret) {
    throw new EarlyAnswer(refusal(state.options().wrongSecret === 401 ? "unauthorised" : "client"))
  }
  if (application.disabled) throw new EarlyAnswer(refusal("disabled"))
  return application
}

/** Whether a request came to the region that a pairing lives in. */
export const isAtHome = (state: CloudGatewayState, request: SurfaceRequest, pairing: Pairing): boolean => {
  const { base, own } = routeOf(request)
  return state.options().servesOtherRegions || (pairing.endpoint === undefined ? own : base === pairing.endpoint)
}

const exchangeCode = (state: CloudGatewayState, request: SurfaceRequest, params: Params): SurfaceResponse => {
  const options = state.options()
  const given = required(params, ["code", "client_id", "client_secret", "redirect_uri"])
  const application = applicationOf(state, given)
  if (!application.redirectUris.has(given.redirect_uri) && !options.redirectUris.includes(given.redirect_uri)) {
    return refusal("redirectUri")
  }
  const pairing = state.pairings.byCode.get(given.code)
  if (
    pairing === undefined ||
    pairing.application !== application ||
    pairing.redirectUri !== given.redirect_uri ||
    // A code that was not given out yet.
    pairing.callback === undefined ||
    !isAtHome(state, request, pairing)
  ) {
    return refusal("notFound")
  }
  if (pairing.used || pairing.ended) {
    if (options.codeReuse === "end-pairing") pairing.ended = true
    return refusal("notFound")
  }
  if (pairing.status === "declined") {
    return refusal(options.declinedAnswer === "not-found" ? "notFound" : "notAccepted")
  }
  if (state.clock.now() >= pairing.expiresAt) return refusal("expired")
  if (pairing.status === "waiting") return refusal("notAccepted")
  pairing.used = true
  return tokenAnswer(200, state.pairings.issue(pairing))
}

const refresh = (state: CloudGatewayState, request: SurfaceRequest, params: Params): SurfaceResponse => {
  const given = required(params, ["refresh_token", "client_id", "client_secret"])
  const application = applicationOf(state, given)
  const known = state.pairings.refreshTokens.get(given.refresh_token)
  const dead = (kind: "notFound" | "expired"): SurfaceResponse =>
    refusal(state.options().deadRefreshToken === 401 ? "unauthorised" : kind)
  if (known === undefined || known.pairing.application !== application || !isAtHome(state, request, known.pairing)) {
    return dead("notFound")
  }
  if (state.clock.now() >= known.expiresAt) return dead("expired")
  if (!isGood(state, known)) return dead("notFound")
  known.used = true
  return tokenAnswer(200, state.pairings.issue(known.pairing))
}

/** Whether a refresh token can be used; one that was used before may end its pairing. */
const isGood = (state: CloudGatewayState, known: RefreshToken): boolean => {
  const { refreshReuse } = state.options()
  if (known.pairing.ended || known.ended) return false
  if (!known.used) return true
  if (refreshReuse === "end-pairing") known.pairing.ended = true
  return refreshReuse === "accepted"
}

/** Deletes a refresh token; access tokens live on to their own end. */
export const deleteRefreshToken = (state: CloudGatewayState, request: SurfaceRequest): SurfaceResponse => {
  const params = request.body === "" ? formParams(request.query) : paramsOf(state, request)
  const given = required(params, ["refresh_token", "client_id", "client_secret"])
  const application = applicationOf(state, given)
  const known = state.pairings.refreshTokens.get(given.refresh_token)
  if (known === undefined || known.pairing.application !== application || known.used || known.pairing.ended) {
    return refusal("unauthorised")
  }
  known.pairing.ended = true
  return { status: 204, headers: {}, body: "" }
}

/** 404 for what is nowhere; its body is the sandbox's own. */
export const nowhere = (): SurfaceResponse => answer(404, "Not Found")
