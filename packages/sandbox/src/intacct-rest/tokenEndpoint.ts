import { companyKey } from "../intacct-xml/companies.ts"
import { EarlyAnswer, tokenAnswer } from "../oauth/answers.ts"
import { type OAuthClient, presentedClient } from "../oauth/clients.ts"
import type { RefreshToken } from "../oauth/grants.ts"
import { mediaType, type Params, readBody } from "../oauth/params.ts"
import { fulfils } from "../oauth/pkce.ts"
import type { SurfaceRequest, SurfaceResponse } from "../surface.ts"
import { gatewayError, invalidGrant, missingAttribute, refusedClient, rejectedToken } from "./errors.ts"
import type { Family } from "./grants.ts"
import { entityFor, type RestState } from "./state.ts"

/** What can be read of a token or revocation request before it is worked on. */
export interface TokenRequest {
  readonly params: Params | undefined
  readonly grantType: string | undefined
  /** The key of the company whose connections it takes up. */
  readonly company: string | undefined
}

/** Reads a token request as far as it can be read. */
export const readTokenRequest = (state: RestState, request: SurfaceRequest): TokenRequest => {
  const { params } = readBody(request.headers["content-type"], request.body, true)
  return {
    params,
    grantType: params?.get("grant_type"),
    company: params === undefined ? undefined : companyOf(state, params)
  }
}

const companyOf = (state: RestState, params: Params): string | undefined => {
  const sessionId = params.get("session_id")
  const refreshToken = params.get("refresh_token") ?? params.get("token")
  const code = params.get("code")
  const username = params.get("username")
  const byName = username === undefined ? undefined : parseUsername(username)?.companyId
  const company =
    state.grants.refreshTokens.get(refreshToken ?? "")?.family.company ??
    state.grants.accessTokens.get(refreshToken ?? "")?.family.company ??
    state.grants.codes.get(code ?? "")?.company
  if (company !== undefined) return companyKey(company.companyId)
  if (byName !== undefined) return companyKey(byName)
  return sessionId === undefined ? undefined : state.xml.sessions.companyOf(sessionId)
}

interface Username {
  readonly userId: string
  readonly companyId: string
  readonly entityId: string | undefined
}

/** Takes `user@company|entity` apart; a user id may hold an `@` of its own. */
const parseUsername = (username: string): Username | undefined => {
  const [address = "", entityId] = username.split("|", 2)
  const at = address.lastIndexOf("@")
  const companyId = address.slice(at + 1)
  if (at <= 0 || companyId === "") return undefined
  return { userId: address.slice(0, at), companyId, entityId: entityId === "" ? undefined : entityId }
}

/** The token endpoint. */
export const token = (state: RestState, request: SurfaceRequest): SurfaceResponse => {
  if (request.method !== "POST") return gatewayError(405, "GW-0033", { allow: "POST" })
  const params = payload(request)
  const grantType = params.get("grant_type")
  if (grantType === undefined) return missingAttribute("grant_type")
  const client = clientOf(state, request, params)
  switch (grantType) {
    case "authorization_code":
      return exchangeCode(state, request, params, client)
    case "refresh_token":
      return refresh(state, request, params, client)
    case "client_credentials":
      return clientCredentials(state, request, params, client)
    default:
      return gatewayError(400, "GW-0032")
  }
}

/** @throws `EarlyAnswer` for a body that is none of a token request. */
const payload = (request: SurfaceRequest): Params => {
  const read = readBody(request.headers["content-type"], request.body, true)
  switch (read.problem) {
    case undefined:
      break
    case "content type":
      // A body that is not there has no type either.
      throw new EarlyAnswer(
        request.body === "" && mediaType(request.headers["content-type"]) === ""
          ? gatewayError(400, "GW-0035")
          : gatewayError(400, "GW-0014")
      )
    case "empty":
      throw new EarlyAnswer(gatewayError(400, "GW-0035"))
    case "malformed":
      throw new EarlyAnswer(gatewayError(400, "GW-0032"))
  }
  if (read.params.count("client_id") > 1) throw new EarlyAnswer(gatewayError(400, "GW-0038"))
  if (read.params.count("username") > 1) throw new EarlyAnswer(gatewayError(400, "GW-0039"))
  if (read.params.repeated !== undefined) throw new EarlyAnswer(gatewayError(400, "GW-0032"))
  return read.params
}

interface Presented {
  readonly client: OAuthClient
  /** Whether it showed its secret. */
  readonly proven: boolean
}

/** @throws `EarlyAnswer` for a client that is missing, there twice, unknown or has another secret. */
const clientOf = (state: RestState, request: SurfaceRequest, params: Params): Presented => {
  const options = state.options()
  const authorization = request.headers["authorization"]
  const { basicAuthentication } = options
  const isBasic = /^basic /i.test(authorization ?? "")
  if (isBasic && basicAuthentication === "except-refresh" && params.get("grant_type") === "refresh_token") {
    throw new EarlyAnswer(tokenAnswer(400, { error: "invalid_client" }))
  }
  const presented = presentedClient(params, authorization, basicAuthentication !== "nowhere")
  if (presented.several) throw new EarlyAnswer(gatewayError(400, "GW-0038"))
  if (presented.clientId === undefined) throw new EarlyAnswer(gatewayError(400, "GW-0037"))
  const client = state.clients.find(presented.clientId)
  if (client === undefined) throw new EarlyAnswer(refusedClient("unknown", options))
  if (presented.secret !== undefined && presented.secret !== client.secret) {
    throw new EarlyAnswer(refusedClient("wrong", options))
  }
  return { client, proven: presented.secret !== undefined }
}

const exchangeCode = (
  state: RestState,
  request: SurfaceRequest,
  params: Params,
  { client, proven }: Presented
): SurfaceResponse => {
  const options = state.options()
  const given = params.get("code")
  const redirectUri = params.get("redirect_uri")
  if (given === undefined) return missingAttribute("code")
  if (redirectUri === undefined) return missingAttribute("redirect_uri")
  const code = state.grants.codes.get(given)
  if (code === undefined || code.client !== client) return invalidGrant(options)
  if (code.family !== undefined) {
    const { family } = code
    if (options.codeReuse === "revoke-family") state.grants.endFamilies((each) => each === family)
    return invalidGrant(options)
  }
  if (!proven && (code.challenge === undefined || (client.secret !== undefined && !options.pkceReplacesSecret))) {
    return refusedClient("wrong", options)
  }
  if (state.xml.clock.now() >= code.expiresAt || code.redirectUri !== redirectUri) return invalidGrant(options)
  if (code.challenge !== undefined) {
    const verifier = params.get("code_verifier")
    if (verifier === undefined || !fulfils(code.challenge, verifier)) return invalidGrant(options)
  }
  const { company, user } = code
  const entity = entityFor(state, company, user, undefined)
  if (entity === "refused") return invalidGrant(options)
  const offline = !options.offlineAccess || code.scope.split(" ").includes("offline_access")
  const kind = "authorization_code"
  if (options.supersede) {
    state.grants.endFamilies((each) => each.kind === kind && each.company === company && each.user === user)
  }
  const family = state.grants.family({
    kind,
    client,
    company,
    home: company,
    user,
    entity: entity.entity,
    offline,
    secretless: !proven
  })
  code.family = family
  return tokenAnswer(200, state.grants.issue(family, entity.entity, request.host))
}

const refresh = (
  state: RestState,
  request: SurfaceRequest,
  params: Params,
  { client, proven }: Presented
): SurfaceResponse => {
  const options = state.options()
  const given = params.get("refresh_token")
  if (given === undefined) return missingAttribute("refresh_token")
  const known = state.grants.refreshTokens.get(given)
  if (known === undefined || known.family.client !== client) return invalidGrant(options)
  const { family } = known
  if (!proven && (options.refreshNeedsSecret || !family.secretless)) return refusedClient("wrong", options)
  if (!isGood(state, known)) return invalidGrant(options)
  const entity = entityFor(state, family.company, family.user, askedEntity(state, params, family))
  if (entity === "refused") return invalidGrant(options)
  switch (options.refreshToken) {
    case "rotated":
      known.used = true
      return tokenAnswer(200, state.grants.issue(family, entity.entity, request.host))
    case "same":
      return tokenAnswer(200, state.grants.issue(family, entity.entity, request.host, { repeated: given }))
    case "omitted":
      return tokenAnswer(200, state.grants.issue(family, entity.entity, request.host, "omitted"))
  }
}

/** Whether a refresh token can be used; one that was used before may end its family. */
const isGood = (state: RestState, known: RefreshToken<Family>): boolean => {
  const { refreshReuse } = state.options()
  const { family } = known
  if (family.ended || known.ended || state.xml.clock.now() >= known.expiresAt || family.company.expired) return false
  if (!known.used || refreshReuse === "accepted") return true
  if (refreshReuse === "revoke-family") state.grants.endFamilies((each) => each === family)
  return false
}

const askedEntity = (state: RestState, params: Params, family: Family): string | undefined => {
  const { entityParameter, refreshKeepsEntity } = state.options()
  const kept = refreshKeepsEntity ? family.entity : undefined
  const read = (name: "entity_id" | "location_id"): string | undefined =>
    entityParameter === "both" || entityParameter === name ? params.get(name) : undefined
  return read("entity_id") ?? read("location_id") ?? kept
}

const clientCredentials = (
  state: RestState,
  request: SurfaceRequest,
  params: Params,
  { client, proven }: Presented
): SurfaceResponse => {
  const options = state.options()
  const sessionId = options.interchangeable ? params.get("session_id") : undefined
  if (!proven) return refusedClient("wrong", options)
  const subject =
    params.has("username") || sessionId === undefined ? byUsername(state, params) : bySession(state, sessionId)
  const { company, home, userId } = subject
  const user = home.users.get(userId)
  if (company.expired) return gatewayError(400, "GW-0011")
  if (user === undefined || !state.clients.isAuthorised(client, home, userId)) return refusedClient("wrong", options)
  const entity = entityFor(state, company, user, subject.entityId)
  if (entity === "refused") return invalidGrant(options)
  const family = state.grants.family({
    kind: "client_credentials",
    client,
    company,
    home,
    user,
    entity: entity.entity,
    offline: options.clientCredentialsRefreshToken,
    secretless: false
  })
  return tokenAnswer(200, state.grants.issue(family, entity.entity, request.host))
}

type Asked = Pick<Family, "company" | "home"> & { readonly userId: string; readonly entityId: string | undefined }

/** @throws `EarlyAnswer` for a username that names no user and company. */
const byUsername = (state: RestState, params: Params): Asked => {
  const username = params.get("username")
  if (username === undefined) throw new EarlyAnswer(gatewayError(400, "GW-0036"))
  const parsed = parseUsername(username)
  if (parsed === undefined) throw new EarlyAnswer(gatewayError(400, username.startsWith("@") ? "GW-0036" : "GW-0012"))
  const company = state.xml.directory.company(parsed.companyId)
  if (company === undefined) throw new EarlyAnswer(gatewayError(400, "GW-0011"))
  return { company, home: company, userId: parsed.userId, entityId: parsed.entityId }
}

/** @throws `EarlyAnswer` for a session that has ended or never was. */
const bySession = (state: RestState, sessionId: string): Asked => {
  const session = state.xml.sessions.find(sessionId)
  if (session !== undefined) {
    state.xml.sessions.touch(session)
    return { company: session.company, home: session.home, userId: session.user.userId, entityId: session.entity }
  }
  const options = state.options()
  throw new EarlyAnswer(
    options.deadSession === "invalid_grant" ? invalidGrant(options) : rejectedToken(options.deadSession, options)
  )
}

/** The revocation endpoint, which ends every token of the user and company of the one that it is given. */
export const revoke = (state: RestState, request: SurfaceRequest): SurfaceResponse => {
  if (request.method !== "POST") return gatewayError(405, "GW-0033", { allow: "POST" })
  const options = state.options()
  const params = payload(request)
  const { client, proven } = clientOf(state, request, params)
  const given = params.get("token")
  if (given === undefined) return missingAttribute("token")
  const family = state.grants.refreshTokens.get(given)?.family ?? state.grants.accessTokens.get(given)?.family
  if (!proven && client.secret !== undefined && family?.secretless !== true) return refusedClient("wrong", options)
  if (family === undefined || family.client !== client) {
    return options.revokeUnknown === "refused" ? invalidGrant(options) : revoked(state)
  }
  state.grants.endFamilies((each) => each.company === family.company && each.user === family.user)
  return revoked(state)
}

const revoked = (state: RestState): SurfaceResponse =>
  state.options().revokeAnswer === 200 ? tokenAnswer(200, {}) : { status: 204, headers: {}, body: "" }
