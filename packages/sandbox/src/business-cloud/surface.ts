import { randomUUID } from "node:crypto"
import type { SystemClock } from "../clock.ts"
import { type AuthorizationRefusal, PendingAuthorizations } from "../oauth/authorizationRequests.ts"
import type { OAuthClient } from "../oauth/clients.ts"
import { oauthControl } from "../oauth/control.ts"
import { maskerFor } from "../maskSecrets.ts"
import { pageAnswer } from "../oauth/pages.ts"
import { readBody } from "../oauth/params.ts"
import { answeredAfterLatency } from "../oauth/answers.ts"
import type { SurfaceRequest, SurfaceResponse } from "../surface.ts"
import type { Admission, Arrival, SurfaceModule } from "../SurfaceModule.ts"
import { accounts, type BusinessCloudAccounts } from "./accounts.ts"
import { api, presentedToken } from "./api.ts"
import { authorize } from "./authorize.ts"
import { type Business, seedDirectory, type User, userKey } from "./directory.ts"
import { notFound, tokenError, unavailable } from "./errors.ts"
import { type Family, Grants } from "./grants.ts"
import { Limits, rateLimited } from "./limits.ts"
import { type BusinessCloudOptions, defaultOptions, mergeOptions } from "./options.ts"
import { paths, type Route, routeOf } from "./paths.ts"
import type { BusinessCloudState } from "./state.ts"
import { revoke, token } from "./tokenEndpoint.ts"

/** Whose tokens something happens to. Without members: those of every user. */
export interface BusinessCloudSelection {
  /** The user's. */
  readonly email?: string | undefined
  /** The application's. */
  readonly clientId?: string | undefined
}

/** What tests do to Business Cloud Accounting and its authorization server that no client can. */
export interface BusinessCloudControl {
  /** Ends the time of access tokens now, as if it had gone by; returns how many were good. */
  expireAccessTokens(of?: BusinessCloudSelection): number
  /** Ends refresh tokens and leaves access tokens alone; returns how many were good. */
  endRefreshTokens(of?: BusinessCloudSelection): number
  /** Ends grants, as a user does who takes a consent back; access tokens live on. Returns how many were alive. */
  endGrants(of?: BusinessCloudSelection): number
  /** Changes the secret of an application; tokens stay good. */
  setClientSecret(clientId: string, secret: string): void
  /** Registers a further callback of an application. */
  registerRedirectUri(clientId: string, redirectUri: string): void
  /** Sends the next authorization request that is right back to its application with this error. */
  refuseNextAuthorization(refusal: AuthorizationRefusal): void
  /** Lets the subscription of a business lapse, or renews it. */
  setSubscription(businessId: string, active: boolean): void
  /** Makes one of a user's businesses the lead business. */
  setLeadBusiness(email: string, businessId: string): void
  /** Adds contacts to a business: as many as there are names. */
  addContacts(businessId: string, names: ReadonlyArray<string>): void
  /** Adds a user with businesses of their own, so that several tenants can consent as different people. */
  addUser(user: {
    readonly email: string
    readonly password: string
    readonly country?: "GB" | "CA" | "IE" | undefined
    readonly businesses: ReadonlyArray<{ readonly id: string; readonly name: string }>
  }): void
  /** Lays these options over those that hold. */
  configure(options: BusinessCloudOptions): void
}

/** Business Cloud Accounting with what the sandbox needs of it. */
export interface BusinessCloudSurface {
  readonly module: SurfaceModule
  readonly control: BusinessCloudControl
  readonly accounts: BusinessCloudAccounts
  /** Whether version 3.1 wants three headers now. */
  readonly threeHeaders: () => boolean
}

/** Makes Business Cloud Accounting with its users and businesses. */
export const makeBusinessCloud = (
  clock: SystemClock,
  given: BusinessCloudOptions | undefined
): BusinessCloudSurface => {
  let options = mergeOptions(defaultOptions, given)
  const directory = seedDirectory()
  const secrets = new Set<string>([accounts.v3.subscriptionId, accounts.v3.resourceOwnerId])
  for (const client of directory.clients.values()) if (client.secret !== undefined) secrets.add(client.secret)
  for (const user of directory.users.values()) secrets.add(user.password)
  const state: BusinessCloudState = {
    clock,
    directory,
    grants: new Grants(clock.now, () => options),
    pending: new PendingAuthorizations(clock.now),
    limits: new Limits(),
    options: () => options,
    refusals: []
  }
  return {
    accounts,
    threeHeaders: () => options.threeHeaders,
    module: {
      surface: "business-cloud",
      accepts: (path) => path.startsWith(paths.prefix),
      receive: (request) => receive(state, request),
      mask: maskerFor(secrets)
    },
    control: {
      ...oauthControl({
        grants: state.grants,
        selects,
        client: (clientId) => knownClient(state, clientId),
        secrets,
        refusals: state.refusals
      }),
      setSubscription: (businessId, active) => {
        knownBusiness(state, businessId).active = active
      },
      setLeadBusiness: (email, businessId) => {
        const user = knownUser(state, email)
        const lead = user.businesses.find((each) => each.id === businessId)
        if (lead === undefined) throw new TypeError("businessId must name a business that the user sees")
        user.businesses = [lead, ...user.businesses.filter((each) => each !== lead)]
      },
      addContacts: (businessId, names) => {
        const { contacts } = knownBusiness(state, businessId)
        const now = new Date(clock.now()).toISOString()
        for (const name of names) {
          const id = randomUUID().replaceAll("-", "")
          const reference = `C${String(contacts.size + 1).padStart(3, "0")}`
          contacts.set(id, { id, name, reference, email: "", typeIds: ["CUSTOMER"], createdAt: now, updatedAt: now })
        }
      },
      addUser: (user) => {
        addUser(state, user)
        secrets.add(user.password)
      },
      configure: (more) => {
        options = mergeOptions(options, more)
      }
    }
  }
}

const selects = (of: BusinessCloudSelection | undefined, family: Family): boolean =>
  (of?.email === undefined || userKey(of.email) === userKey(family.user.email)) &&
  (of?.clientId === undefined || of.clientId === family.client.clientId)

const knownClient = (state: BusinessCloudState, clientId: string): OAuthClient => {
  const client = state.directory.clients.get(clientId)
  if (client === undefined) throw new TypeError("clientId must name an application of the sandbox")
  return client
}

const knownUser = (state: BusinessCloudState, email: string): User => {
  const user = state.directory.users.get(userKey(email))
  if (user === undefined) throw new TypeError("email must name a user of the sandbox")
  return user
}

const knownBusiness = (state: BusinessCloudState, id: string): Business => {
  const business = state.directory.businesses.get(id)
  if (business === undefined) throw new TypeError("businessId must name a business of the sandbox")
  return business
}

const addUser = (state: BusinessCloudState, given: Parameters<BusinessCloudControl["addUser"]>[0]): void => {
  const { directory } = state
  const { email, password, country = "GB" } = given
  if (directory.users.has(userKey(email))) throw new TypeError("email names a user of the sandbox already")
  const businesses = given.businesses.map(({ id, name }): Business => {
    const business = directory.businesses.get(id) ?? { id, name, country, active: true, contacts: new Map() }
    directory.businesses.set(id, business)
    return business
  })
  directory.users.set(userKey(email), { id: randomUUID(), email, password, country, rights: "write", businesses })
}

const receive = (state: BusinessCloudState, request: SurfaceRequest): Arrival => {
  const route = routeOf(request.path)
  switch (route.kind) {
    case "authorize":
      return arrival(state, "authorize", () => authorize(state, request, route.edition), {
        faults: { unavailable: awayPage, "service-offline": awayPage }
      })
    case "token":
    case "revoke":
      return tokenArrival(state, request, route.kind)
    case "api":
      return apiArrival(state, request, route)
    case "nothing":
      return arrival(state, "api", notFound)
  }
}

const tokenArrival = (state: BusinessCloudState, request: SurfaceRequest, kind: "token" | "revoke"): Arrival => {
  const { params } = readBody(request.headers["content-type"], request.body, true)
  const grantType = kind === "token" ? params?.get("grant_type") : undefined
  const clientId = params?.get("client_id")
  const away = (): SurfaceResponse => tokenError("temporarily_unavailable", "Try again in ten minutes", state.options())
  return arrival(state, kind, () => (kind === "token" ? token(state, request) : revoke(state, request)), {
    clientId,
    authentication: clientId !== undefined || request.headers["authorization"] !== undefined ? "client" : undefined,
    grantType,
    also: grantType === undefined ? undefined : [grantType],
    faults: { unavailable: away, "service-offline": away }
  })
}

const apiArrival = (
  state: BusinessCloudState,
  request: SurfaceRequest,
  route: Route & { readonly kind: "api" }
): Arrival => {
  const clientId = presentedToken(state, request)?.family.client.clientId
  return arrival(state, "api", () => api(state, request, route.edition, route.rest), {
    clientId,
    admitted: true,
    authentication: request.headers["authorization"] === undefined ? undefined : "bearer",
    also: [route.rest]
  })
}

interface ArrivalParts {
  /** The application that it comes from, when that is known. */
  readonly clientId?: string | undefined
  /** Whether it takes one of the application's places. */
  readonly admitted?: boolean
  readonly authentication?: Arrival["authentication"]
  readonly grantType?: string | undefined
  readonly also?: ReadonlyArray<string> | undefined
  readonly faults?: Arrival["faults"]
}

const arrival = (
  state: BusinessCloudState,
  step: string,
  work: () => SurfaceResponse,
  parts: ArrivalParts = {}
): Arrival => ({
  steps: [step],
  also: parts.also,
  // Requests are counted by application here: a company in the sense of Intacct does not exist.
  company: parts.clientId === undefined ? undefined : `business-cloud ${parts.clientId}`,
  authentication: parts.authentication,
  grantType: parts.grantType,
  admit: async () =>
    parts.admitted === true && parts.clientId !== undefined ? admit(state, parts.clientId) : { release: () => {} },
  answer: (signal) => answeredAfterLatency(state.clock, state.options, work, signal),
  faults: {
    "rate-limited": () => rateLimited(state.options(), state.clock.now(), 429),
    "rate-limited-200": () => rateLimited(state.options(), state.clock.now(), 200),
    unavailable,
    "service-offline": unavailable,
    ...parts.faults
  }
})

const admit = (state: BusinessCloudState, clientId: string): Admission => {
  const options = state.options()
  const release = state.limits.enter(clientId, options.concurrentRequests)
  return release === undefined ? { refused: rateLimited(options, state.clock.now(), 429) } : { release }
}

const awayPage = (): SurfaceResponse =>
  pageAnswer({
    status: 503,
    language: "en",
    title: "Sage Business Cloud Accounting (sandbox) is away",
    paragraphs: ["Try again in ten minutes."]
  })
