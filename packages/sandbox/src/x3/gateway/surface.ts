import { randomUUID } from "node:crypto"
import type { SystemClock } from "../../clock.ts"
import { answeredAfterLatency } from "../../oauth/answers.ts"
import { clientControl } from "../../oauth/clients.ts"
import { maskerFor } from "../../maskSecrets.ts"
import { readBody } from "../../oauth/params.ts"
import { playHuman } from "../../oauth/playHuman.ts"
import type { SurfaceRequest, SurfaceResponse } from "../../surface.ts"
import type { Arrival, SurfaceModule } from "../../SurfaceModule.ts"
import { accounts, type X3GatewayAccounts, type X3GatewayClient } from "./accounts.ts"
import { api, presentedToken, root } from "./api.ts"
import { accept, authorise, decline } from "./authorise.ts"
import { answer, internalError, notImplemented } from "./errors.ts"
import { type CloudGatewayOptions, defaultOptions, mergeOptions } from "./options.ts"
import { type Application, type Customer, type Pairing, type PairingCallback, Pairings } from "./pairings.ts"
import { routeOf, prefixes } from "./paths.ts"
import type { CloudGatewayState } from "./state.ts"
import { deleteRefreshToken, nowhere, token } from "./tokenEndpoint.ts"

/** Which pairings something happens to; all of them without members. */
export interface PairingSelection {
  /** The application's. */
  readonly clientId?: string | undefined
  /** The URL of the customer's X3. */
  readonly customer?: string | undefined
  /** The `state` of the pairing request. */
  readonly state?: string | undefined
}

/** How an X3 user accepts a pairing request. */
export interface PairingAcceptance {
  /** The login of who accepts, which stands for the `?` of the scope `user.?`. Default that of the accounts. */
  readonly user?: string | undefined
  /** The folders that the application may use. Default all of the customer's. */
  readonly folders?: ReadonlyArray<string> | undefined
}

/** What the people of {@link PairingControl.pairingCallback} do. */
export interface PairingCallbackOptions {
  /** Whether the X3 user declines. Default false. */
  readonly deny?: boolean | undefined
  /**
   * Whether the X3 user decides at all. False leaves the request waiting, which gives a callback only with
   * `callbackOrder: "before-acceptance"`. Default true.
   */
  readonly decide?: boolean | undefined
  /** The X3 user who signs in on the page. Default that of the accounts. */
  readonly login?: { readonly user: string; readonly password: string } | undefined
  /** The folders that the application may use. Default all of the customer's. */
  readonly folders?: ReadonlyArray<string> | undefined
}

/** A pairing as tests see it. */
export interface PairingView {
  /** The application that asked for it. */
  readonly clientId: string
  /** The URL of the customer's X3. */
  readonly customer: string
  /** The `state` of the pairing request. */
  readonly state: string
  /** What became of it. */
  readonly status: "waiting" | "accepted" | "declined" | "expired" | "ended"
  /** The folders that were chosen; empty before it was accepted. */
  readonly folders: ReadonlyArray<string>
  /** What was granted, joined by spaces; empty before that. */
  readonly scope: string
}

/** What happens to pairings with the cloud gateway inside a customer's X3. */
export interface PairingControl {
  /**
   * Accepts the newest request that waits, as an X3 user does in X3. With `callbackSender: "server"` it resolves when
   * the application has answered.
   *
   * @returns the callback, which goes out now or went out before
   * @throws `TypeError` when none waits
   */
  acceptPairing(how?: PairingAcceptance & PairingSelection): Promise<PairingCallback>
  /**
   * Declines the newest request that waits.
   *
   * @returns the callback, with `declinedCallback` alone
   * @throws `TypeError` when none waits
   */
  declinePairing(of?: PairingSelection): Promise<PairingCallback | undefined>
  /** Lets requests that wait, and codes that were not exchanged, expire now; returns how many. */
  expirePairing(of?: PairingSelection): number
  /** Ends accepted pairings, as a customer does; access tokens live on. Returns how many were alive. */
  endPairings(of?: PairingSelection): number
  /** Every pairing request, oldest first. */
  pairings(of?: PairingSelection): ReadonlyArray<PairingView>
  /**
   * Plays all parts on an authorization URL of the gateway: the browser, and the X3 user who decides. It gives the
   * callback that the application gets. Only with `callbackSender: "server"` has it been called when this resolves.
   *
   * @throws `Error` with the gateway's words when it goes no further
   */
  pairingCallback(url: string | URL, options?: PairingCallbackOptions): Promise<PairingCallback>
}

/** What tests do to the cloud gateway that no client can. */
export interface CloudGatewayControl {
  /** Ends the time of access tokens now, as if it had gone by; returns how many were good. */
  expireAccessTokens(of?: PairingSelection): number
  /** Ends refresh tokens and leaves access tokens alone; returns how many were good. */
  endRefreshTokens(of?: PairingSelection): number
  /** Disables an application in Sage's App Registry, or enables it again. */
  disableApplication(clientId: string, disabled?: boolean): void
  /** Changes the secret of an application; tokens stay good. */
  setClientSecret(clientId: string, secret: string): void
  /** Registers a further callback of an application. */
  registerRedirectUri(clientId: string, redirectUri: string): void
  /** Lays these options over those that hold. */
  configure(options: CloudGatewayOptions): void
}

/** The cloud gateway with what the sandbox needs of it. */
export interface CloudGateway {
  readonly module: SurfaceModule
  readonly control: CloudGatewayControl
  readonly pairings: PairingControl
  readonly accounts: X3GatewayAccounts
}

/** Makes the cloud gateway with its customers and applications; `graphql` runs what it lets through. */
export const makeCloudGateway = (
  clock: SystemClock,
  given: CloudGatewayOptions | undefined,
  graphql: CloudGatewayState["graphql"]
): CloudGateway => {
  let options = mergeOptions(defaultOptions, given)
  const state: CloudGatewayState = {
    clock,
    applications: new Map([application("Sandbox Application", accounts), application("Second", accounts.otherClient)]),
    customers: new Map([accounts.customer, accounts.secondCustomer].map((url) => [url, customer(url)])),
    reviewers: [
      { ...accounts.user, thirdParties: true },
      { ...accounts.clerk, thirdParties: false }
    ],
    pairings: new Pairings(clock.now, () => options),
    graphql,
    options: () => options
  }
  const secrets = new Set<string>(state.reviewers.map(({ password }) => password))
  for (const { secret } of state.applications.values()) if (secret !== undefined) secrets.add(secret)
  const { pairings } = state
  const knownApplication = (clientId: string): Application => {
    const known = state.applications.get(clientId)
    if (known === undefined) throw new TypeError("clientId must name an application of the sandbox")
    return known
  }
  const pairingControl: PairingControl = {
    acceptPairing: async (how) => {
      const pairing = newestWaiting(state, how)
      const folders = how?.folders ?? pairing.customer.folders
      if (folders.length === 0 || !folders.every((each) => pairing.customer.folders.includes(each))) {
        throw new TypeError("folders must name folders of the customer")
      }
      return accept(state, pairing, how?.user ?? accounts.user.user, folders)
    },
    declinePairing: async (of) => decline(state, newestWaiting(state, of)),
    expirePairing: (of) => {
      const open = [...pairings.byTicket.values()].filter(
        (each) => selects(of, each) && !each.used && each.status !== "declined" && clock.now() < each.expiresAt
      )
      for (const pairing of open) pairing.expiresAt = clock.now()
      return open.length
    },
    endPairings: (of) => pairings.endPairings((pairing) => selects(of, pairing)),
    pairings: (of) =>
      [...pairings.byTicket.values()].filter((each) => selects(of, each)).map((each) => viewOf(each, clock.now())),
    pairingCallback: (url, how) => pairingCallback(state, pairingControl, String(url), how)
  }
  const control: CloudGatewayControl = {
    expireAccessTokens: (of) => pairings.expireAccessTokens((pairing) => selects(of, pairing)),
    endRefreshTokens: (of) => pairings.endRefreshTokens((pairing) => selects(of, pairing)),
    disableApplication: (clientId, disabled = true) => {
      knownApplication(clientId).disabled = disabled
    },
    ...clientControl(knownApplication, secrets),
    configure: (more) => {
      options = mergeOptions(options, more)
    }
  }
  return {
    accounts,
    control,
    pairings: pairingControl,
    module: {
      surface: "x3-gateway",
      accepts: (path) => prefixes.some((prefix) => path === prefix || path.startsWith(`${prefix}/`)),
      receive: (request) => receive(state, request),
      mask: maskerFor(secrets)
    }
  }
}

const application = (name: string, given: X3GatewayClient): readonly [string, Application] => {
  const { clientId, clientSecret, redirectUri } = given
  return [clientId, { clientId, name, secret: clientSecret, redirectUris: new Set([redirectUri]), disabled: false }]
}

const customer = (url: string): Customer => ({ url, id: randomUUID(), folders: accounts.folders })

const selects = (of: PairingSelection | undefined, pairing: Pairing): boolean =>
  (of?.clientId === undefined || of.clientId === pairing.application.clientId) &&
  (of?.customer === undefined || of.customer === pairing.customer.url) &&
  (of?.state === undefined || of.state === pairing.state)

const newestWaiting = (state: CloudGatewayState, of: PairingSelection | undefined): Pairing => {
  const found = [...state.pairings.byTicket.values()].findLast(
    (each) => selects(of, each) && state.pairings.isWaiting(each)
  )
  if (found === undefined) throw new TypeError("No pairing request waits to be accepted")
  return found
}

const viewOf = (pairing: Pairing, now: number): PairingView => {
  const expired = pairing.status !== "declined" && !pairing.used && now >= pairing.expiresAt
  return {
    clientId: pairing.application.clientId,
    customer: pairing.customer.url,
    state: pairing.state,
    status: pairing.ended ? "ended" : expired ? "expired" : pairing.status,
    folders: pairing.folders,
    scope: pairing.scope.join(" ")
  }
}

const pairingCallback = async (
  state: CloudGatewayState,
  control: PairingControl,
  url: string,
  { deny = false, decide = true, login = accounts.user, folders }: PairingCallbackOptions = {}
): Promise<PairingCallback> => {
  const { callbackOrder, callbackSender } = state.options()
  if (callbackSender === "browser" && callbackOrder === "after-acceptance" && decide) {
    const fields = { user: login.user, password: login.password }
    const landing = await playHuman(url, { fields, deny, choices: folders })
    const body = landing.form === undefined ? undefined : formText(landing.form)
    const pairing = [...state.pairings.byTicket.values()].find(
      ({ callback }) => callback?.url === landing.url && callback.body === body
    )
    if (pairing?.callback === undefined) throw new Error("approve goes no further: no application is called back")
    return pairing.callback
  }
  const known = new Set(state.pairings.byTicket.values())
  const page = await fetch(url, { redirect: "manual" })
  const text = await page.text()
  const asked = new URL(url).searchParams.get("state")
  const pairing = [...state.pairings.byTicket.values()].find((each) => !known.has(each) && each.state === asked)
  if (page.status >= 400 || pairing === undefined) {
    throw new Error(`approve goes no further (HTTP ${page.status}): ${text}`)
  }
  const of = { clientId: pairing.application.clientId, customer: pairing.customer.url, state: pairing.state }
  if (decide && deny) await control.declinePairing(of)
  else if (decide) await control.acceptPairing({ ...of, user: login.user, folders })
  if (pairing.callback === undefined) {
    throw new Error(`approve goes no further: the request was ${deny ? "declined" : "left waiting"}`)
  }
  return pairing.callback
}

const receive = (state: CloudGatewayState, request: SurfaceRequest): Arrival => {
  const route = routeOf(request)
  const deletion = state.options().deleteRefreshToken
  if (
    deletion !== null &&
    request.method === deletion.method.toUpperCase() &&
    route.rest === deletion.path.replaceAll(/^\/+|\/+$/g, "")
  ) {
    return tokenArrival(state, request, "revoke", () => deleteRefreshToken(state, request))
  }
  switch (route.rest) {
    case "":
      return arrival(state, "root", () => (request.method === "GET" ? root(route) : nowhere()))
    case "token/authorise":
      return arrival(state, "authorize", () => authorise(state, request))
    case "token":
      return tokenArrival(state, request, "token", () => token(state, request))
    default: {
      const clientId = presentedToken(state, request)?.pairing.application.clientId
      return arrival(state, "api", () => api(state, request), {
        clientId,
        authentication: request.headers["authorization"] === undefined ? undefined : "bearer",
        also: [route.rest]
      })
    }
  }
}

const tokenArrival = (
  state: CloudGatewayState,
  request: SurfaceRequest,
  step: "token" | "revoke",
  work: () => SurfaceResponse
): Arrival => {
  const { params } = readBody(request.headers["content-type"], request.body, true)
  const grantType = step === "token" ? params?.get("grant_type") : undefined
  const clientId = params?.get("client_id")
  return arrival(state, step, work, {
    clientId,
    authentication: clientId === undefined ? undefined : "client",
    grantType,
    also: grantType === undefined ? undefined : [grantType]
  })
}

interface ArrivalParts {
  /** The application that it comes from, when that is known. */
  readonly clientId?: string | undefined
  readonly authentication?: Arrival["authentication"]
  readonly grantType?: string | undefined
  readonly also?: ReadonlyArray<string> | undefined
}

const arrival = (
  state: CloudGatewayState,
  step: string,
  work: () => SurfaceResponse | Promise<SurfaceResponse>,
  parts: ArrivalParts = {}
): Arrival => ({
  steps: [step],
  also: parts.also,
  company: parts.clientId === undefined ? undefined : `x3-gateway ${parts.clientId}`,
  authentication: parts.authentication,
  grantType: parts.grantType,
  admit: async () => ({ release: () => {} }),
  answer: (signal) => answeredAfterLatency(state.clock, state.options, work, signal),
  faults: {
    // No page shows a limit of requests.
    "rate-limited": () => answer(429, "Too Many Requests"),
    "rate-limited-200": () => answer(200, "Too Many Requests"),
    unavailable: internalError,
    "service-offline": () => notImplemented("the service is off-line")
  }
})

const formText = (fields: ReadonlyArray<readonly [string, string]>): string =>
  new URLSearchParams(fields.map(([name, value]): [string, string] => [name, value])).toString()
