import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import type { HttpClient, Interactive } from "../calls/HttpClient.ts"
import { closest } from "../config/closest.ts"
import { type ClientOf, type Connections, definitionOf, type Status } from "../Connection.ts"
import type { Sage } from "../createSageAuth.ts"
import type { Issue } from "../errors/Reason.ts"
import { isSageAuthError, misconfigured, type SageAuthError } from "../errors/SageAuthError.ts"
import { readReturnTo } from "../oauth2/returnTo.ts"
import type { Surface } from "../Surface.ts"
import { type Caller, callerOf, type ResolvedTenant, tenantOf } from "./Caller.ts"
import { type CookieScope, findTransaction, keepTransaction } from "./cookies.ts"
import { isForeignStart, isForeignWrite, isPrefetch } from "./crossSite.ts"
import { deferredClients } from "./deferredClient.ts"
import { prefersPage } from "./prefersPage.ts"
import { plainHeaders, problemOf, problemReply } from "./problems.ts"
import { type Route, routeOf } from "./routes.ts"
import type { WebReply, WebRequest } from "./WebRequest.ts"

/** The options that every adapter has. `R` is the framework's request. */
export interface WebOptions<R> {
  /**
   * Whose data a request is about: from the application's own session, and not from what the client may choose.
   * `undefined` refuses with 401. Asked when a client is first used and by the routes, once a request. Without it the
   * tenant is `"default"`.
   */
  readonly tenant?: ((request: R) => ResolvedTenant) | undefined
  /** where the routes are, counted from where the adapter is mounted; with or without slashes. Default `"/sage"` */
  readonly basePath?: string | undefined
  /**
   * Other origins whose pages may disconnect, such as `"https://app.example"` in front of an API on another host. The
   * application's own, and those of its redirect addresses, need not be named.
   */
  readonly origins?: ReadonlyArray<string> | undefined
}

/** One connection as `GET /connections` shows it, for the tenant who asks. */
export interface ListedConnection {
  readonly name: string
  readonly surface: Surface
  /** whether a human consents in a browser */
  readonly interactive: boolean
  /** null where it cannot be told, and `code` says why */
  readonly state: Status["state"] | null
  readonly code?: string | undefined
  readonly refreshable: boolean
  /** ISO 8601 */
  readonly credentialExpiresAt: string | null
  /** ISO 8601 */
  readonly grantExpiresAt: string | null
  /** where a human goes to consent; takes `?returnTo=`. Interactive connections only */
  readonly connectUrl?: string | undefined
  /** where a POST forgets the grant */
  readonly disconnectUrl: string
}

/** What an adapter needs of an application, whatever its framework. `R` is the framework's request. */
export interface Web<C extends Connections, R> {
  /** the path of the routes, beginning with a slash and ending without; empty at the root */
  readonly basePath: string
  /** the caller of one request: its tenant, asked for once, and its signal */
  caller(request: R, signal?: () => AbortSignal | undefined): Caller
  /** the client of whoever is asking; see `deferredClients` */
  client<K extends keyof C & string>(name: K, caller: () => Caller): ClientOf<C[K]>
  /**
   * Answers the adapter's own routes: connect, callback, disconnect, connections. Undefined: it is none of them. Rejects
   * with failures, which belong into the framework's handling of errors and from there to `failed`.
   */
  handle(request: WebRequest): Promise<WebReply | undefined>
  /**
   * Answers a failure of this library: a browser that was about to see a page is sent to consent where that is what
   * is missing, an API's client gets a problem. Undefined: it is not this library's.
   */
  failed(error: unknown, request: WebRequest): Promise<WebReply | undefined>
  /**
   * Resolves when a connection can be used for the caller. Rejects with `ReauthorizationRequired` where a human has to
   * consent first, and with what else keeps a credential from being had.
   */
  ensureConnected(name: keyof C & string, caller: Caller): Promise<void>
}

const optionNames = ["tenant", "basePath", "origins"]

const pathExpected = 'a path such as "/sage", without query, dots, backslashes and encoded characters'

/** Beginning with a slash and ending without; empty for the root. */
const readBasePath = (input: unknown): Result.Result<string, string> => {
  if (input === undefined) return Result.succeed("/sage")
  if (typeof input !== "string") return Result.fail(pathExpected)
  const path = input.replaceAll(/^\/+|\/+$/g, "")
  if (path === "") return Result.succeed("")
  return /^[\w~-][\w.~-]*(?:\/[\w~-][\w.~-]*)*$/.test(path) ? Result.succeed(`/${path}`) : Result.fail(pathExpected)
}

const isOrigin = (input: unknown): input is string =>
  typeof input === "string" && URL.canParse(input) && new URL(input).origin === input

const check = <R>(options: WebOptions<R>): { readonly basePath: string; readonly origins: ReadonlyArray<string> } => {
  const issues: Array<Issue> = []
  for (const name of Object.keys(options).filter((name) => !optionNames.includes(name))) {
    const near = closest(name, optionNames)
    issues.push({
      option: name,
      expected: near === undefined ? "left out: no such option" : `no such option; did you mean ${near}?`
    })
  }
  if (options.tenant !== undefined && typeof options.tenant !== "function") {
    issues.push({ option: "tenant", expected: "a function of the request that gives a text, or undefined to refuse" })
  }
  const basePath = readBasePath(options.basePath)
  if (Result.isFailure(basePath)) issues.push({ option: "basePath", expected: basePath.failure })
  const origins = options.origins ?? []
  if (!Array.isArray(origins) || !origins.every(isOrigin)) {
    issues.push({ option: "origins", expected: 'a list of origins such as "https://app.example", without a path' })
  }
  if (Result.isFailure(basePath) || issues.length > 0) throw misconfigured(issues)
  return { basePath: basePath.success, origins }
}

const anyOrigin = "http://application.invalid"

const queryOf = ({ url }: WebRequest): URLSearchParams =>
  URL.canParse(url, anyOrigin) ? new URL(url, anyOrigin).searchParams : new URLSearchParams()

const json = (status: number, body: unknown): WebReply => ({
  status,
  headers: { ...plainHeaders, "content-type": "application/json" },
  body: JSON.stringify(body)
})

const seeOther = (location: string, headers: WebReply["headers"] = {}): WebReply => ({
  status: 303,
  headers: { ...plainHeaders, location, ...headers },
  body: undefined
})

const refusal = (
  request: WebRequest,
  status: number,
  title: string,
  detail: string,
  more: { readonly connectUrl?: string | undefined; readonly headers?: WebReply["headers"] } = {}
): WebReply =>
  problemReply(request, { type: "about:blank", title, status, detail, connectUrl: more.connectUrl }, more.headers)

/** whether the request's tenant is the one whose connection failed: nobody is sent to connect another's */
const isOfCaller = async (error: SageAuthError, { caller }: WebRequest): Promise<boolean> => {
  if (error.tenant === undefined) return true
  try {
    return (await tenantOf(caller)) === error.tenant
  } catch {
    return false
  }
}

/**
 * What adapters for web frameworks have in common.
 *
 * Throws `Misconfigured` with every mistake of the options at once.
 */
export const webOf = <C extends Connections, R>(sage: Sage<C>, options: WebOptions<R> = {}): Web<C, R> => {
  const given: unknown = options
  if (!Predicate.isObject(given)) throw misconfigured([{ option: "options", expected: "an object" }])
  const { basePath, origins } = check(options)
  const { tenant: resolve } = options
  const connections: Connections = sage.connections

  const isConnection = (name: string): boolean => Object.hasOwn(connections, name)
  const isInteractive = (name: string): boolean => isConnection(name) && connections[name]?.interactive === true
  /** whether its callback is sent by the server itself, by POST and from another site, and not by the user's browser */
  const isServers = (name: string): boolean => definitionOf(connections[name])?.callbackPosted === true

  const redirectUriOf = (name: string): URL | undefined => {
    const address = definitionOf(connections[name])?.redirectUri?.()
    return address === undefined ? undefined : new URL(address)
  }
  const ownOrigins = new Set(origins)
  for (const name of Object.keys(connections)) {
    const address = redirectUriOf(name)
    if (address !== undefined) ownOrigins.add(address.origin)
  }

  /** what a proxy took off the path, as far as the connection's redirect address tells */
  const hiddenPrefix = (name: string, { mount = "" }: WebRequest): string => {
    const path = redirectUriOf(name)?.pathname.replace(/\/$/, "")
    const callback = `${mount}${basePath}/callback/${encodeURIComponent(name)}`
    return path?.endsWith(callback) === true ? path.slice(0, -callback.length) : ""
  }
  const pathTo = (route: "connect" | "disconnect", name: string, request: WebRequest): string =>
    `${hiddenPrefix(name, request)}${request.mount ?? ""}${basePath}/${route}/${encodeURIComponent(name)}`

  const cookieScope = (name: string, request: WebRequest): CookieScope => {
    const address = redirectUriOf(name)
    const path = `${request.mount ?? ""}${basePath}/callback/${encodeURIComponent(name)}`
    // where it has to come back to, and not where it was given
    return { path: address?.pathname ?? path, secure: request.secure || address?.protocol === "https:" }
  }

  const clientFor = (name: string, tenant: string) => sage.client(name, { tenant })

  const connect = async (name: string, request: WebRequest): Promise<WebReply> => {
    if (isPrefetch(request)) return refusal(request, 503, "Not now", "A consent is not begun ahead of time.")
    const [asked = "/", ...more] = queryOf(request).getAll("returnTo")
    const returnTo = more.length > 0 ? Result.fail("one address") : readReturnTo(asked)
    if (Result.isFailure(returnTo)) {
      return refusal(request, 400, "Bad Request", `returnTo has to be ${returnTo.failure}.`)
    }
    if (isForeignStart(request)) {
      const goOn = `${pathTo("connect", name, request)}?returnTo=${encodeURIComponent(returnTo.success)}`
      const detail = "Another site began this. Go on only if you want to connect this application to Sage."
      return refusal(request, 403, "Connect to Sage?", detail, { connectUrl: goOn })
    }
    const client = clientFor(name, await tenantOf(request.caller)) as unknown as Interactive
    const { cookie, url } = await client.authorize({ returnTo: returnTo.success })
    const state = new URL(url).searchParams.get("state") ?? ""
    // a transaction that lives in the store alone has none
    return cookie === undefined || cookie === ""
      ? seeOther(url)
      : seeOther(url, { "set-cookie": keepTransaction(state, cookie, cookieScope(name, request)) })
  }

  const transactionOf = (name: string, request: WebRequest) =>
    findTransaction(request.header("cookie"), queryOf(request).get("state") ?? undefined, cookieScope(name, request))

  const callback = async (name: string, request: WebRequest): Promise<WebReply> => {
    if (isServers(name)) {
      // no cookie and no session comes with it: the transaction in the store knows for whom it is, and is used once
      const body = request.method === "POST" ? await request.body() : undefined
      return seeOther((await sage.completeAuthorization({ url: request.url, body })).returnTo)
    }
    const { cleared, cookie } = transactionOf(name, request)
    const received = { url: request.url, cookie, tenant: await tenantOf(request.caller) }
    // once the code is on its way nothing that the browser does stops it
    const { returnTo } = await sage.completeAuthorization(received)
    return seeOther(returnTo, cleared.length > 0 ? { "set-cookie": cleared } : {})
  }

  const disconnect = async (name: string, request: WebRequest): Promise<WebReply> => {
    if (isForeignWrite(request, ownOrigins)) {
      return refusal(request, 403, "Forbidden", "Another site asked for this. Nothing was disconnected.")
    }
    const [asked, ...more] = queryOf(request).getAll("returnTo")
    const returnTo = more.length > 0 ? Result.fail("one address") : readReturnTo(asked ?? "/")
    if (Result.isFailure(returnTo)) {
      return refusal(request, 400, "Bad Request", `returnTo has to be ${returnTo.failure}.`)
    }
    const client = clientFor(name, await tenantOf(request.caller)) as unknown as HttpClient<"promise", Surface>
    const { revoked } = await client.disconnect()
    return prefersPage(request) ? seeOther(returnTo.success) : json(200, { connection: name, revoked })
  }

  const listed = async (name: string, tenant: string, request: WebRequest): Promise<ListedConnection> => {
    const { interactive, surface } = connections[name] as Connections[string]
    const about = {
      name,
      surface,
      interactive,
      connectUrl: interactive ? pathTo("connect", name, request) : undefined,
      disconnectUrl: pathTo("disconnect", name, request)
    }
    try {
      const client = clientFor(name, tenant) as unknown as HttpClient<"promise", Surface>
      const { credentialExpiresAt, grantExpiresAt, refreshable, state } = await client.status()
      return {
        ...about,
        state,
        refreshable,
        credentialExpiresAt: credentialExpiresAt?.toISOString() ?? null,
        grantExpiresAt: grantExpiresAt?.toISOString() ?? null
      }
    } catch (error) {
      // an option of one connection that cannot be had does not hide the others
      if (!isSageAuthError(error) || error.reason._tag !== "Misconfigured") throw error
      const unknown = { state: null, refreshable: false, credentialExpiresAt: null, grantExpiresAt: null }
      return { ...about, ...unknown, code: error.id }
    }
  }

  const list = async (request: WebRequest): Promise<WebReply> => {
    const tenant = await tenantOf(request.caller)
    const names = Object.keys(connections)
    return json(200, { connections: await Promise.all(names.map((name) => listed(name, tenant, request))) })
  }

  const methodsOf = (route: Route): ReadonlyArray<string> => {
    if (route.to === "connections") return ["GET", "HEAD"]
    if (route.to === "disconnect") return ["POST"]
    return route.to === "callback" && isServers(route.connection) ? ["GET", "POST"] : ["GET"]
  }

  const handle = async (request: WebRequest): Promise<WebReply | undefined> => {
    const route = routeOf(request, basePath)
    // whoever answers preflights for the application answers these too
    if (route === undefined || request.method === "OPTIONS") return undefined
    if (route.to !== "connections" && !isConnection(route.connection)) {
      return refusal(request, 404, "Not Found", "There is no connection of this name.")
    }
    if ((route.to === "connect" || route.to === "callback") && !isInteractive(route.connection)) {
      return refusal(request, 404, "Not Found", "Nobody has to consent to this connection.")
    }
    const methods = methodsOf(route)
    if (!methods.includes(request.method)) {
      const allow = methods.join(", ")
      return refusal(request, 405, "Method Not Allowed", `This takes ${allow}.`, { headers: { allow } })
    }
    if (route.to === "connections") return list(request)
    return { connect, callback, disconnect }[route.to](route.connection, request)
  }

  const failed = async (error: unknown, request: WebRequest): Promise<WebReply | undefined> => {
    if (!isSageAuthError(error)) return undefined
    const route = routeOf(request, basePath)
    const calledBack =
      route?.to === "callback" && isInteractive(route.connection) && request.method === "GET"
        ? route.connection
        : undefined
    const name = calledBack ?? error.connection
    const missing = error.reason._tag === "ReauthorizationRequired"
    const helps = missing || error.reason._tag === "CallbackRejected"
    const connectUrl =
      helps && name !== undefined && isInteractive(name) && (await isOfCaller(error, request))
        ? pathTo("connect", name, request)
        : undefined
    if (missing && connectUrl !== undefined && name !== undefined && request.method === "GET" && prefersPage(request)) {
      const wanted = `${request.mount === undefined ? "" : hiddenPrefix(name, request)}${request.url}`
      const returnTo = [wanted, wanted.split("?", 1)[0]].map(readReturnTo).find(Result.isSuccess)?.success ?? "/"
      return seeOther(`${connectUrl}?returnTo=${encodeURIComponent(returnTo)}`, { vary: "accept, sec-fetch-mode" })
    }
    const cleared = calledBack === undefined ? [] : transactionOf(calledBack, request).cleared
    return problemReply(request, problemOf(error, connectUrl), cleared.length > 0 ? { "set-cookie": cleared } : {})
  }

  return {
    basePath,
    caller: (request, signal) => callerOf(resolve === undefined ? undefined : () => resolve(request), signal),
    client: deferredClients(sage),
    handle,
    failed,
    ensureConnected: async (name, caller) => {
      const tenant = await tenantOf(caller)
      const client = clientFor(name, tenant) as unknown as HttpClient<"promise", Surface>
      // where nobody has to consent, the call itself says best what is wrong
      if (isInteractive(name)) await client.headers({ signal: caller.signal })
    }
  }
}
