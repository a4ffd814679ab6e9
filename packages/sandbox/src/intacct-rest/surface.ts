import type { GatewayState } from "../intacct-xml/call.ts"
import { type Company, companyKey } from "../intacct-xml/companies.ts"
import { answeredAfterLatency, json, tokenAnswer } from "../oauth/answers.ts"
import { type AuthorizationRefusal, PendingAuthorizations } from "../oauth/authorizationRequests.ts"
import type { OAuthClient } from "../oauth/clients.ts"
import { oauthControl } from "../oauth/control.ts"
import { BoundedMap } from "../BoundedMap.ts"
import { maskerFor } from "../maskSecrets.ts"
import { pageAnswer } from "../oauth/pages.ts"
import type { SurfaceRequest, SurfaceResponse } from "../surface.ts"
import type { Admission, Arrival, SurfaceModule } from "../SurfaceModule.ts"
import { presentedToken } from "./access.ts"
import { accounts, type IntacctRestAccounts } from "./accounts.ts"
import { api } from "./api.ts"
import { authorize } from "./authorize.ts"
import { Clients } from "./directory.ts"
import { gatewayError, versionError } from "./errors.ts"
import { type Family, Grants } from "./grants.ts"
import { Idempotency, keyOfCompany, poolLimits, RateCounters, type RestState } from "./state.ts"
import { defaultOptions, type IntacctRestOptions, mergeOptions } from "./options.ts"
import { basePath, type Route, routeOf } from "./paths.ts"
import { rateLimited } from "./rateHeaders.ts"
import { readTokenRequest, revoke, token } from "./tokenEndpoint.ts"

/** Whose tokens something happens to. Without members: those of every user. */
export interface IntacctRestSelection {
  /** The user's company. */
  readonly companyId?: string | undefined
  /** The user. */
  readonly userId?: string | undefined
  /** The application's. */
  readonly clientId?: string | undefined
}

/** What tests do to the REST API and its authorization server that no client can. */
export interface IntacctRestControl {
  /** Ends the time of access tokens now, as if it had gone by; returns how many were good. */
  expireAccessTokens(of?: IntacctRestSelection): number
  /** Rejects access tokens from now on, as a sign-in of their user to the web application does; returns how many. */
  rejectAccessTokens(of?: IntacctRestSelection): number
  /** Ends refresh tokens and leaves access tokens alone; returns how many were good. */
  endRefreshTokens(of?: IntacctRestSelection): number
  /** Ends grants with all their tokens and sessions, as an administrator does; returns how many were alive. */
  endGrants(of?: IntacctRestSelection): number
  /** Changes the secret of an application; tokens stay good. */
  setClientSecret(clientId: string, secret: string): void
  /** Puts an application and a user on a company's list of authorised client applications. */
  authoriseClient(clientId: string, companyId: string, userId: string): void
  /** Takes them off it. */
  withdrawClient(clientId: string, companyId: string, userId: string): void
  /** Registers a further callback of an application. */
  registerRedirectUri(clientId: string, redirectUri: string): void
  /** Sends the next authorization request that is right back to its application with this error. */
  refuseNextAuthorization(refusal: AuthorizationRefusal): void
  /** Lays these options over those that hold. */
  configure(options: IntacctRestOptions): void
}

/** The REST API with what the sandbox needs of it. */
export interface IntacctRestSurface {
  readonly module: SurfaceModule
  readonly control: IntacctRestControl
  readonly accounts: IntacctRestAccounts
}

/** Makes the REST API of the companies of an XML gateway. */
export const makeIntacctRest = (xml: GatewayState, given: IntacctRestOptions | undefined): IntacctRestSurface => {
  let options = mergeOptions(defaultOptions, given)
  const secrets = new Set([accounts.client.clientSecret, accounts.unknownToCompanies.clientSecret])
  for (const account of Object.values(xml.directory.accounts)) {
    if (typeof account === "object" && "password" in account) secrets.add(account.password)
  }
  const state: RestState = {
    xml,
    clients: new Clients(xml.directory),
    grants: new Grants(xml.clock.now, xml.sessions, () => options),
    pending: new PendingAuthorizations(xml.clock.now),
    idempotency: new Idempotency(),
    bulkJobs: new BoundedMap(1000),
    rates: new RateCounters(),
    options: () => options,
    refusals: []
  }
  return {
    accounts,
    module: {
      surface: "intacct-rest",
      accepts: (path) => routeOf(path) !== undefined,
      receive: (request) => receive(state, request),
      mask: maskerFor(secrets)
    },
    control: {
      ...oauthControl({
        grants: state.grants,
        selects: (of: IntacctRestSelection | undefined, family: Family) => selects(state, of, family),
        client: (clientId) => knownClient(state, clientId),
        secrets,
        refusals: state.refusals
      }),
      rejectAccessTokens: (of) => state.grants.endAccessTokens((family) => selects(state, of, family)),
      authoriseClient: (clientId, companyId, userId) =>
        state.clients.authorise(knownClient(state, clientId).clientId, knownCompany(state, companyId), userId),
      withdrawClient: (clientId, companyId, userId) =>
        state.clients.withdraw(knownClient(state, clientId).clientId, knownCompany(state, companyId), userId),
      configure: (more) => {
        options = mergeOptions(options, more)
      }
    }
  }
}

const selects = (state: RestState, of: IntacctRestSelection | undefined, family: Family): boolean =>
  (of?.companyId === undefined || companyKey(of.companyId) === keyOfCompany(family.company)) &&
  (of?.userId === undefined || of.userId === family.user.userId) &&
  (of?.clientId === undefined || state.clients.find(of.clientId) === family.client)

const knownClient = (state: RestState, clientId: string): OAuthClient => {
  const client = state.clients.find(clientId)
  if (client === undefined) throw new TypeError("clientId must name an application of the sandbox")
  return client
}

const knownCompany = (state: RestState, companyId: string): Company => {
  const company = state.xml.directory.company(companyId)
  if (company === undefined) throw new TypeError("companyId must name a company of the sandbox")
  return company
}

const receive = (state: RestState, request: SurfaceRequest): Arrival => {
  const route = routeOf(request.path)
  if (route === undefined || (route.alias && !state.options().alias)) {
    return arrival(state, "api", undefined, () => gatewayError(404, "GW-0033"))
  }
  switch (route.kind) {
    case "authorize":
      return arrival(state, "authorize", undefined, () => authorize(state, request), {
        faults: { unavailable: awayPage, "service-offline": awayPage }
      })
    case "token":
    case "revoke":
      return tokenArrival(state, request, route.kind)
    case "unknown endpoint":
      return arrival(state, "token", undefined, () => gatewayError(404, "GW-0033"))
    case "version":
      return arrival(state, "api", undefined, versionError)
    case "configuration":
      return arrival(state, "discovery", undefined, () => configuration(request))
    case "keys":
      return arrival(state, "discovery", undefined, () => json(200, { keys: [] }))
    case "api":
      return apiArrival(state, request, route)
  }
}

const tokenArrival = (state: RestState, request: SurfaceRequest, kind: "token" | "revoke"): Arrival => {
  const { params, grantType, company } = readTokenRequest(state, request)
  const endpoint = kind === "token" ? token : revoke
  return arrival(state, kind, company, () => endpoint(state, request), {
    admitted: state.options().tokenTakesConnection,
    authentication:
      params?.has("client_id") === true || request.headers["authorization"] !== undefined ? "client" : undefined,
    ...(kind === "token" && grantType !== undefined ? { grantType, also: [grantType] } : {}),
    faults: { unavailable: awayToken, "service-offline": awayToken }
  })
}

const apiArrival = (state: RestState, request: SurfaceRequest, route: Route & { readonly kind: "api" }): Arrival => {
  const presented = presentedToken(state, request)
  const company = presented === undefined ? undefined : keyOfCompany(presented.family.company)
  return arrival(state, "api", company, () => api(state, request, route.rest), {
    admitted: true,
    authentication: request.headers["authorization"] === undefined ? undefined : "bearer",
    also: [route.rest]
  })
}

interface ArrivalParts {
  /** Whether it takes one of its company's connections. */
  readonly admitted?: boolean
  readonly authentication?: Arrival["authentication"]
  readonly grantType?: string
  readonly also?: ReadonlyArray<string>
  readonly faults?: Arrival["faults"]
}

const arrival = (
  state: RestState,
  step: string,
  company: string | undefined,
  work: () => SurfaceResponse,
  parts: ArrivalParts = {}
): Arrival => ({
  steps: [step],
  also: parts.also,
  company,
  authentication: parts.authentication,
  grantType: parts.grantType,
  admit: (signal) =>
    parts.admitted === true && company !== undefined && state.xml.directory.company(company) !== undefined
      ? admit(state, company, signal)
      : Promise.resolve({ release: () => {} }),
  answer: (signal) => answeredAfterLatency(state.xml.clock, state.options, work, signal),
  faults: {
    "rate-limited": () => rateLimited(state, company, 429),
    "rate-limited-200": () => rateLimited(state, company, 200),
    unavailable: away,
    "service-offline": away,
    ...parts.faults
  }
})

const admit = async (state: RestState, company: string, signal: AbortSignal): Promise<Admission> => {
  const { size, wait } = poolLimits(state)
  const release = await state.xml.pool.acquire(company, size, wait, signal)
  return release === undefined ? { refused: rateLimited(state, company, 429) } : { release }
}

const away = (): SurfaceResponse => gatewayError(503, "GW-0001")

const awayToken = (): SurfaceResponse => tokenAnswer(503, { error: "temporarily_unavailable" })

const awayPage = (): SurfaceResponse =>
  pageAnswer({
    status: 503,
    language: "en",
    title: "Sage Intacct (sandbox) is away",
    paragraphs: ["Try again in a few minutes."]
  })

/** The discovery document, with the sandbox's own origin in Sage's place. */
const configuration = (request: SurfaceRequest): SurfaceResponse => {
  const origin = `http://${request.host}`
  return json(200, {
    issuer: origin,
    authorization_endpoint: `${origin}/ia/authorize`,
    token_endpoint: `${origin}${basePath}/oauth2/token`,
    jwks_uri: `${origin}/.well-known/jwks.json`,
    scopes_supported: ["openid", "offline_access", "sage/ai-agents", "token-exchange"],
    response_types_supported: ["code", "token", "id_token"],
    subject_types_supported: ["public"],
    token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post", "private_key_jwt"],
    token_endpoint_auth_signing_alg_values_supported: ["RS256"],
    claims_supported: [
      "aud",
      "exp",
      "iat",
      "iss",
      "sub",
      "agentId",
      "clientId",
      "cnyId",
      "cnyKey",
      "userId",
      "userKey",
      "entityId",
      "sessionId",
      "oid",
      "aiEnabled"
    ],
    request_uri_parameter_supported: false,
    request_parameter_supported: false,
    id_token_signing_alg_values_supported: ["RS256"],
    grant_types_supported: [
      "authorization_code",
      "client_credentials",
      "urn:ietf:params:oauth:grant-type:token-exchange"
    ]
  })
}
