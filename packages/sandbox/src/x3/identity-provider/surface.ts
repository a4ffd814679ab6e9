import type { SystemClock } from "../../clock.ts"
import { answeredAfterLatency, json } from "../../oauth/answers.ts"
import { type AuthorizationRefusal, PendingAuthorizations } from "../../oauth/authorizationRequests.ts"
import type { OAuthClient } from "../../oauth/clients.ts"
import { oauthControl } from "../../oauth/control.ts"
import { BoundedMap } from "../../BoundedMap.ts"
import { maskerFor } from "../../maskSecrets.ts"
import { pageAnswer } from "../../oauth/pages.ts"
import { readBody } from "../../oauth/params.ts"
import type { SurfaceRequest, SurfaceResponse } from "../../surface.ts"
import type { Arrival, SurfaceModule } from "../../SurfaceModule.ts"
import { accounts, type IdentityProviderAccounts, type IdentityProviderUser } from "./accounts.ts"
import { authorize, scopes } from "./authorize.ts"
import { type AccessToken, type Family, Grants, publicKeys, subjectOf, type User, userKey } from "./grants.ts"
import { defaultOptions, type IdentityProviderOptions, mergeOptions } from "./options.ts"
import { issuerOf, paths } from "./paths.ts"
import type { IdentityProviderState } from "./state.ts"
import { rateLimited, revoke, token, tokenError } from "./tokenEndpoint.ts"

/** Whose tokens something happens to. Without members: those of every user. */
export interface IdentityProviderSelection {
  /** The user's. */
  readonly email?: string | undefined
  /** The application's. */
  readonly clientId?: string | undefined
}

/** What tests do to the customer's identity provider that no client can. */
export interface IdentityProviderControl {
  /** Ends the time of access tokens now, as if it had gone by; returns how many were good. */
  expireAccessTokens(of?: IdentityProviderSelection): number
  /** Ends refresh tokens and leaves access tokens alone; returns how many were good. */
  endRefreshTokens(of?: IdentityProviderSelection): number
  /** Ends grants with all of their tokens, as an administrator does; returns how many were alive. */
  endGrants(of?: IdentityProviderSelection): number
  /** Changes the secret of an application; tokens stay good. */
  setClientSecret(clientId: string, secret: string): void
  /** Registers a further callback of an application. */
  registerRedirectUri(clientId: string, redirectUri: string): void
  /** Sends the next authorization request that is right back to its application with this error. */
  refuseNextAuthorization(refusal: AuthorizationRefusal): void
  /** Adds a person who can sign in. */
  addUser(user: IdentityProviderUser): void
  /** Lays these options over those that hold. */
  configure(options: IdentityProviderOptions): void
}

/** Whom an access token stands for. */
export interface TokenIdentity {
  /** What X3 finds its user by; undefined when the token stands for no user, or does not show the address. */
  readonly email: string | undefined
  readonly clientId: string
  /** The person's name; undefined without a user or without the scope `profile`. */
  readonly userName: string | undefined
}

/** The customer's identity provider with what the sandbox needs of it. */
export interface IdentityProvider {
  readonly module: SurfaceModule
  readonly control: IdentityProviderControl
  readonly accounts: IdentityProviderAccounts
  /** Whom an access token stands for, as its userinfo would say; undefined for one that is not good. */
  whoIs(accessToken: string): TokenIdentity | undefined
}

/** Makes the identity provider of an X3 customer with its people and applications. */
export const makeIdentityProvider = (
  clock: SystemClock,
  given: IdentityProviderOptions | undefined
): IdentityProvider => {
  let options = mergeOptions(defaultOptions, given)
  const clients = seedClients()
  const users = new Map<string, User>()
  const secrets = new Set<string>()
  const addUser = ({ email, password, name }: IdentityProviderUser): void => {
    if (users.has(userKey(email))) throw new TypeError("email names a user of the identity provider already")
    users.set(userKey(email), { id: subjectOf(email), email, password, name })
    secrets.add(password)
  }
  for (const user of [accounts.user, accounts.second, accounts.stranger]) addUser(user)
  for (const { secret } of clients.values()) if (secret !== undefined) secrets.add(secret)
  const minutes = new BoundedMap<{ readonly index: number; count: number }>(1000)
  const state: IdentityProviderState = {
    clock,
    clients,
    users,
    grants: new Grants(clock.now, () => options),
    pending: new PendingAuthorizations(clock.now),
    options: () => options,
    refusals: [],
    countTokenRequest: (clientId) => {
      if (options.tokenRequestsPerMinute === null) return true
      const index = Math.floor(clock.now() / 60_000)
      const known = minutes.get(clientId)
      const minute = known?.index === index ? known : { index, count: 0 }
      minutes.set(clientId, minute)
      return ++minute.count <= options.tokenRequestsPerMinute
    }
  }
  const { grants } = state
  const knownClient = (clientId: string): OAuthClient => {
    const client = clients.get(clientId)
    if (client === undefined) throw new TypeError("clientId must name an application of the identity provider")
    return client
  }
  return {
    accounts,
    whoIs: (accessToken) => {
      const known = grants.goodAccessToken(accessToken)
      return known === undefined ? undefined : identityOf(state, known)
    },
    module: {
      surface: "x3-web-services",
      accepts: (path) => path.startsWith(paths.prefix),
      receive: (request) => receive(state, request),
      mask: maskerFor(secrets)
    },
    control: {
      ...oauthControl({ grants, selects, client: knownClient, secrets, refusals: state.refusals }),
      endGrants: (of) => grants.endFamilies((family) => selects(of, family), true),
      addUser,
      configure: (more) => {
        options = mergeOptions(options, more)
      }
    }
  }
}

const seedClients = (): Map<string, OAuthClient> =>
  new Map(
    [
      { name: "Sandbox Application", secret: accounts.client.clientSecret, of: accounts.client },
      { name: "Second Sandbox Application", secret: accounts.otherClient.clientSecret, of: accounts.otherClient },
      { name: "Sandbox Desktop Application", secret: undefined, of: accounts.publicClient }
    ].map(({ name, secret, of: { clientId, redirectUri } }) => [
      clientId,
      { clientId, name, secret, redirectUris: new Set([redirectUri]) }
    ])
  )

const selects = (of: IdentityProviderSelection | undefined, family: Family): boolean =>
  (of?.email === undefined || (family.user !== undefined && userKey(of.email) === userKey(family.user.email))) &&
  (of?.clientId === undefined || of.clientId === family.client.clientId)

const identityOf = (state: IdentityProviderState, { family, scope }: AccessToken): TokenIdentity => {
  const shown = { scope: scope.includes("email"), always: true, never: false }[state.options().email]
  return {
    email: shown ? family.user?.email : undefined,
    clientId: family.client.clientId,
    userName: scope.includes("profile") ? family.user?.name : undefined
  }
}

const receive = (state: IdentityProviderState, request: SurfaceRequest): Arrival => {
  switch (request.path) {
    case paths.authorize:
      return arrival(state, "authorize", () => authorize(state, request), {
        faults: { unavailable: awayPage, "service-offline": awayPage }
      })
    case paths.token:
    case paths.revoke:
      return tokenArrival(state, request)
    case paths.userinfo:
      return arrival(state, "userinfo", () => userinfo(state, request), {
        authentication: request.headers["authorization"] === undefined ? undefined : "bearer"
      })
    case paths.discovery:
      return arrival(state, "discovery", () => json(200, discovery(request)))
    case paths.keys:
      return arrival(state, "keys", () => json(200, publicKeys()))
    default:
      return arrival(state, "nothing", () => json(404, { error: "not_found" }))
  }
}

const tokenArrival = (state: IdentityProviderState, request: SurfaceRequest): Arrival => {
  const kind = request.path === paths.token ? "token" : "revoke"
  const { params } = readBody(request.headers["content-type"], request.body, true)
  const grantType = kind === "token" ? params?.get("grant_type") : undefined
  return arrival(state, kind, () => (kind === "token" ? token(state, request) : revoke(state, request)), {
    authentication:
      params?.has("client_id") === true || request.headers["authorization"] !== undefined ? "client" : undefined,
    grantType
  })
}

/** An error of a resource that takes access tokens (RFC 6750, section 3.1). */
const bearerError = (status: 401 | 403, error: string): SurfaceResponse =>
  json(status, { error }, { "www-authenticate": `Bearer error="${error}"` })

/** The userinfo endpoint (OpenID Connect Core, section 5.3). */
const userinfo = (state: IdentityProviderState, request: SurfaceRequest): SurfaceResponse => {
  if (request.method !== "GET" && request.method !== "POST") {
    return { status: 405, headers: { allow: "GET, POST" }, body: "" }
  }
  const authorization = request.headers["authorization"]
  if (authorization === undefined) return { status: 401, headers: { "www-authenticate": "Bearer" }, body: "" }
  const presented = /^Bearer +(\S+) *$/i.exec(authorization)?.[1]
  const known = presented === undefined ? undefined : state.grants.goodAccessToken(presented)
  if (known === undefined) return bearerError(401, "invalid_token")
  const { user } = known.family
  // With client credentials there is no user to tell about.
  if (user === undefined) return bearerError(403, "insufficient_scope")
  const { email, userName } = identityOf(state, known)
  return json(
    200,
    {
      sub: user.id,
      ...(email === undefined ? {} : { email, email_verified: true }),
      ...(userName === undefined ? {} : { name: userName })
    },
    { "cache-control": "no-store" }
  )
}

/** What a client can learn by itself (OpenID Connect Discovery, section 3). */
const discovery = (request: SurfaceRequest): object => {
  const issuer = issuerOf(request)
  const at = (path: string): string => `${request.scheme}://${request.host}${path}`
  return {
    issuer,
    authorization_endpoint: at(paths.authorize),
    token_endpoint: at(paths.token),
    userinfo_endpoint: at(paths.userinfo),
    revocation_endpoint: at(paths.revoke),
    jwks_uri: at(paths.keys),
    response_types_supported: ["code"],
    grant_types_supported: ["authorization_code", "refresh_token", "client_credentials"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
    scopes_supported: [...scopes],
    code_challenge_methods_supported: ["S256"],
    token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post", "none"]
  }
}

interface ArrivalParts {
  readonly authentication?: Arrival["authentication"]
  readonly grantType?: string | undefined
  readonly faults?: Arrival["faults"]
}

const arrival = (
  state: IdentityProviderState,
  step: string,
  work: () => SurfaceResponse,
  parts: ArrivalParts = {}
): Arrival => {
  const away = (): SurfaceResponse => tokenError(state, "temporarily_unavailable", "The server is away")
  return {
    steps: [step],
    also: parts.grantType === undefined ? undefined : [parts.grantType],
    company: undefined,
    authentication: parts.authentication,
    grantType: parts.grantType,
    admit: async () => ({ release: () => {} }),
    answer: (signal) => answeredAfterLatency(state.clock, state.options, work, signal),
    faults: {
      "rate-limited": () => rateLimited(state),
      "rate-limited-200": () => rateLimited(state, 200),
      unavailable: away,
      "service-offline": away,
      ...parts.faults
    }
  }
}

const awayPage = (): SurfaceResponse =>
  pageAnswer({
    status: 503,
    language: "en",
    title: "Acme's identity provider (sandbox) is away",
    paragraphs: ["Try again in ten minutes."]
  })
