import { type Connections, definitionOf, type Status } from "../Connection.ts"
import type { HttpClient, Interactive } from "../calls/HttpClient.ts"
import * as Predicate from "effect/Predicate"
import * as Result from "../config/Result.ts"
import type { Sage } from "../createSageAuth.ts"
import type { Issue, Surface } from "../errors/Reason.ts"
import { isSageAuthError, misconfigured, type SageAuthError } from "../errors/SageAuthError.ts"
import { nowhereAsked, readReturnTo } from "../oauth2/returnTo.ts"
import { type Caller, callerOf, type DeferredClients, deferredClients, tenantOf } from "./Caller.ts"
import { kindOf, type PageKind, type Problem, textsFor } from "./pages.ts"
import {
  isForeignStart,
  isForeignWrite,
  isUnopened,
  prefersPage,
  type WebReply,
  type WebRequest
} from "./WebRequest.ts"
import { type CookieScope, findTransaction, keepTransaction } from "./cookies.ts"
import {
  type CallbackAddress,
  failureCodeOf,
  isReading,
  isWebAddress,
  makeRoutes,
  pathOf,
  queryOf,
  returnToOf,
  type WebRoute,
  withError,
  withoutError
} from "./routes.ts"
import { json, kindOfCode, type PageParts, pageReply, problemOf, problemReply, seeOther } from "./problems.ts"

import { checkWebOptions, type OwnOptions, type WebOptions } from "./webOptions.ts"

/** One connection as `GET /connections` shows it, for the tenant who asks. */
export interface ListedConnection {
  /** the connection's name */
  readonly name: string
  /** the surface that it speaks */
  readonly surface: Surface
  /** whether a human consents in a browser */
  readonly interactive: boolean
  /** null where it cannot be told, and `code` says why */
  readonly state: Status["state"] | null
  /** the entry of the error catalogue */
  readonly code?: string | undefined
  /** whether a new credential can be had without a human */
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
  /** the client of the one who is asking; see `deferredClients` */
  readonly client: DeferredClients<C>
  /**
   * Answers the adapter's own routes: connect, callback, disconnect, connections. Undefined: it is none of them.
   * Rejects with failures, which belong into the framework's handling of errors and from there to `failed`.
   */
  handle(request: WebRequest): Promise<WebReply | undefined>
  /**
   * Answers a failure of this library. A browser that was about to see a page is sent to consent where that is missing,
   * or back to where it came from. An API's client gets a problem. A reply with a `problem` is for the application's
   * `render`. Undefined: it is not this library's. `given` is the framework's request.
   */
  failed(error: unknown, request: WebRequest, given?: R): Promise<WebReply | undefined>
  /**
   * whether a path, as the client sent it, may be one of the routes. It is asked of every request, so it costs little
   */
  mayHandle(path: string): boolean
  /** the path below the mount that a request means, which may have come by an address that is configured elsewhere */
  ownPath(request: WebRequest): string | undefined
  /**
   * Refuses a path at which callbacks could never come to the routes.
   *
   * @throws `SageAuthError` with reason `Misconfigured`
   */
  checkMount(mount: string): void
  /**
   * Resolves when a connection can be used for the caller.
   *
   * @throws `SageAuthError`: `ReauthorizationRequired` where a human has to consent first, or why no credential was had
   */
  ensureConnected(name: keyof C & string, caller: Caller): Promise<void>
}

/** whether the request's tenant is the one whose connection failed: a user is never sent to connect another tenant */
const isOfCaller = async (error: SageAuthError, { caller }: WebRequest): Promise<boolean> => {
  if (error.tenant === undefined) return true
  try {
    return (await tenantOf(caller)) === error.tenant
  } catch {
    return false
  }
}

/** what is wrong with what should be an application: its configuration, most of the time */
const issuesOfSage = (sage: unknown): ReadonlyArray<Issue> =>
  // an application of the entry for effects has clients as well, and is no promise to be ready
  Predicate.hasProperty(sage, "client") &&
  Predicate.isFunction(sage.client) &&
  Predicate.hasProperty(sage, "ready") &&
  Predicate.isFunction(sage.ready) &&
  Predicate.isObject(connectionsOf(sage))
    ? []
    : [
        {
          option: "sage",
          expected:
            'the application that createSageAuth({ connections }) of "@sage-auth/core" returns. The options of the routes come after it, as the second argument'
        }
      ]

const connectionsOf = (sage: object): unknown => (sage as { readonly connections?: unknown }).connections

/**
 * What adapters for web frameworks have in common.
 *
 * @param own the options that an adapter has beside these, which it has looked at
 * @throws `SageAuthError` with reason `Misconfigured`, which lists every mistake of the options at once
 *
 * @category web
 */
export const webOf = <C extends Connections, R, W = never>(
  sage: Sage<C>,
  options: WebOptions<R, W> = {},
  own: OwnOptions = {}
): Web<C, R> => {
  const issues = [...issuesOfSage(sage), ...(own.issues ?? [])]
  const { basePath, origins, strippedPrefix } = checkWebOptions(options, { ...own, issues })
  const { loginUrl, render, routes: served = true, tenant: resolve } = options
  const connections: Connections = sage.connections
  const textsOf = textsFor(options.texts)

  const isConnection = (name: string): boolean => Object.hasOwn(connections, name)
  const isInteractive = (name: string): boolean => isConnection(name) && connections[name]?.interactive === true
  /** whether its callback is sent by the server itself, by POST and from another site, and not by the user's browser */
  const isServers = (name: string): boolean => definitionOf(connections[name])?.callbackPosted === true

  const addresses = new Map<string, CallbackAddress>()
  const ownOrigins = new Set(origins)
  for (const name of Object.keys(connections)) {
    const address = definitionOf(connections[name])?.redirectUri?.()
    if (address === undefined) continue
    const redirectUri = new URL(address)
    addresses.set(name, { connection: name, redirectUri, posted: isServers(name) })
    ownOrigins.add(redirectUri.origin)
  }

  const callbackPath = (name: string): string => `${basePath}/callback/${encodeURIComponent(name)}`

  /** what a proxy takes off the path of a callback; undefined: its redirect address does not tell */
  const prefixBy = (name: string, mount: string): string | undefined => {
    const path = addresses.get(name)?.redirectUri.pathname.replace(/\/$/, "")
    const callback = `${mount}${callbackPath(name)}`
    return path?.endsWith(callback) === true ? path.slice(0, -callback.length) : undefined
  }

  const prefixes = [
    ...new Set(
      strippedPrefix === undefined
        ? Array.from(addresses.keys(), (name) => prefixBy(name, "")).filter((prefix) => prefix !== undefined)
        : [strippedPrefix]
    )
  ].filter((prefix) => prefix !== "")
  const routes = makeRoutes(basePath, [...addresses.values()], prefixes)
  const routeOf = (request: WebRequest): WebRoute | undefined => (served ? routes.find(request) : undefined)

  /** what the proxy in front of this request took off, if it says what a redirect address begins with */
  const forwardedPrefix = ({ header }: WebRequest): string | undefined => {
    const prefix = header("x-forwarded-prefix")?.replace(/\/$/, "")
    if (prefix === undefined || !prefix.startsWith("/")) return undefined
    const known = [...addresses.values()].some(({ redirectUri }) => redirectUri.pathname.startsWith(`${prefix}/`))
    return known ? prefix : undefined
  }

  const hiddenPrefix = (name: string | undefined, request: WebRequest): string => {
    if (strippedPrefix !== undefined) return strippedPrefix
    const { mount = "" } = request
    const own = name === undefined ? undefined : prefixBy(name, mount)
    if (own !== undefined) return own
    const forwarded = forwardedPrefix(request)
    if (forwarded !== undefined) return forwarded
    for (const other of addresses.keys()) {
      const prefix = prefixBy(other, mount)
      if (prefix !== undefined) return prefix
    }
    return ""
  }

  const pathTo = (route: "connect" | "disconnect", name: string, request: WebRequest): string =>
    `${hiddenPrefix(name, request)}${request.mount ?? ""}${basePath}/${route}/${encodeURIComponent(name)}`

  /** the path of a request as its browser knows it, if that is one to come back to; undefined: it is none */
  const pageOf = (name: string | undefined, request: WebRequest): string | undefined => {
    const prefix = request.mount === undefined ? "" : hiddenPrefix(name, request)
    const url = withoutError(request.url)
    const wanted = prefix !== "" && pathOf(url).startsWith(`${prefix}/`) ? url : `${prefix}${url}`
    return [wanted, pathOf(wanted)].map(readReturnTo).find(Result.isSuccess)?.success
  }

  /**
   * where both the beginning of a consent and every callback are: what is kept is seen, and counted, at the beginning
   */
  const cookieScope = (name: string, request: WebRequest): CookieScope => {
    const { redirectUri } = addresses.get(name) ?? {}
    const root = `${hiddenPrefix(name, request)}${request.mount ?? ""}${basePath}/`
    let path = root
    for (const { redirectUri: other } of addresses.values()) {
      while (!other.pathname.startsWith(path)) path = path.slice(0, path.lastIndexOf("/", path.length - 2) + 1)
    }
    return {
      path: path.length > 1 ? path.slice(0, -1) : "/",
      secure: request.secure || redirectUri?.protocol === "https:"
    }
  }

  const clientFor = (name: string, tenant: string) => sage.client(name, { tenant })

  /** an answer for the caller: a page for a human, a problem for a program */
  const answerWith = (
    request: WebRequest,
    problem: Problem,
    page: Pick<PageParts, "kind"> & Partial<PageParts>,
    headers: WebReply["headers"] = {}
  ): WebReply => {
    if (!prefersPage(request)) return problemReply(problem, headers)
    const parts = { returnTo: undefined, back: undefined, retry: undefined, again: false, ...textsOf(request), ...page }
    return pageReply(problem, parts, render !== undefined, headers)
  }

  const refusal = (
    request: WebRequest,
    kind: PageKind,
    fields: Pick<Problem, "status" | "title" | "detail" | "connectUrl" | "remedy">,
    headers: WebReply["headers"] = {}
  ): WebReply => answerWith(request, { type: "about:blank", ...fields }, { kind }, headers)

  const badReturnTo = (request: WebRequest, expected: string): WebReply =>
    refusal(request, "unknown", {
      status: 400,
      title: "Bad Request",
      detail: `returnTo has to be ${expected}.`,
      remedy: "Send the browser to this route with a path of your own application, or without returnTo."
    })

  /** what keeps a callback from ever coming here: the middleware is somewhere else than its redirect address */
  const mountIssues = (mount: string) =>
    mount === "" || !served
      ? []
      : [...addresses].flatMap(([name, { redirectUri }]) =>
          `${redirectUri.pathname}/`.includes(`${mount}/`)
            ? []
            : [
                {
                  option: `connections.${name}.redirectUri`,
                  expected: `an address whose path is ${mount}${callbackPath(name)}: these routes are mounted at ${mount}, and no other path comes to them`
                }
              ]
        )

  const connect = async (name: string, request: WebRequest): Promise<WebReply> => {
    const returnTo = returnToOf(request)
    if (Result.isFailure(returnTo)) return badReturnTo(request, returnTo.failure)
    if (isForeignStart(request)) {
      const path = pathTo("connect", name, request)
      const goOn = returnTo.success === undefined ? path : `${path}?returnTo=${encodeURIComponent(returnTo.success)}`
      return refusal(request, "confirm", {
        status: 403,
        title: "Connect to Sage?",
        detail: "Another site began this. Go on only if you want to connect this application to Sage.",
        remedy: "Send browsers here by a link or a redirect of your own pages.",
        connectUrl: goOn
      })
    }
    if (request.confined === true) {
      const own = `connections.${name}.redirectUri`
      const wrong = mountIssues(request.mount ?? "").filter(({ option }) => option === own)
      if (wrong.length > 0) throw misconfigured(wrong, { connection: name })
    }
    const tenant = await tenantOf(request.caller)
    const client = clientFor(name, tenant) as unknown as Interactive
    const { success: wanted } = returnTo
    const nowhere = { returnTo: "/", [nowhereAsked]: true }
    const { cookie, url } = await client.authorize(wanted === undefined ? nowhere : { returnTo: wanted })
    const state = new URL(url).searchParams.get("state") ?? ""
    // a transaction that lives in the store alone has none
    if (cookie === undefined || cookie === "") return seeOther(url)
    const kept = keepTransaction(request.header("cookie"), state, cookie, cookieScope(name, request))
    if (Result.isFailure(kept)) throw misconfigured([kept.failure], { connection: name, tenant })
    return seeOther(url, { "set-cookie": kept.success })
  }

  const transactionOf = (name: string, request: WebRequest) =>
    findTransaction(request.header("cookie"), queryOf(request).get("state") ?? undefined, cookieScope(name, request))

  /** the callbacks that are at work, by what their browser sent and for whom */
  const running = new Map<string, Promise<{ readonly returnTo: string }>>()

  /** A page that is loaded again while its code is on its way comes to the same end: a code is sent once. */
  const complete = (received: {
    readonly url: string
    readonly cookie: string | undefined
    readonly tenant: string
  }): Promise<{ readonly returnTo: string }> => {
    if (received.cookie === undefined) return sage.completeAuthorization(received)
    const key = JSON.stringify([received.url, received.cookie, received.tenant])
    const same = running.get(key)
    if (same !== undefined) return same
    const completing = sage.completeAuthorization(received).finally(() => running.delete(key))
    running.set(key, completing)
    return completing
  }

  const callback = async (name: string, request: WebRequest): Promise<WebReply> => {
    if (isServers(name)) {
      // no cookie and no session comes with it: the transaction in the store knows for whom it is, and is used once
      const body = request.method === "POST" ? await request.body() : undefined
      return seeOther((await sage.completeAuthorization({ url: request.url, body })).returnTo)
    }
    const { cleared, cookie } = transactionOf(name, request)
    const received = { url: request.url, cookie, tenant: await tenantOf(request.caller) }
    // once the code is on its way nothing that the browser does stops it
    const { returnTo } = await complete(received).catch((error: unknown) => {
      // loaded again, where another process has completed it: its user sees what is
      const { authorization } = isSageAuthError(error) ? error : {}
      if (authorization?.connected !== true) throw error
      return { returnTo: authorization.returnTo ?? "/" }
    })
    return seeOther(returnTo, cleared.length > 0 ? { "set-cookie": cleared } : {})
  }

  const disconnect = async (name: string, request: WebRequest): Promise<WebReply> => {
    if (isForeignWrite(request, ownOrigins)) {
      return refusal(request, "refused", {
        status: 403,
        title: "Forbidden",
        detail: "Another site asked for this. Nothing was disconnected.",
        remedy: "Send the request from a page of the application itself, or name the page's origin in `origins`."
      })
    }
    const returnTo = returnToOf(request)
    if (Result.isFailure(returnTo)) return badReturnTo(request, returnTo.failure)
    const client = clientFor(name, await tenantOf(request.caller)) as unknown as HttpClient<"promise", Surface>
    const { revoked } = await client.disconnect()
    return prefersPage(request) ? seeOther(returnTo.success ?? "/") : json(200, { connection: name, revoked })
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

  const methodsOf = (route: WebRoute): ReadonlyArray<string> => {
    if (route.to === "connections") return ["GET", "HEAD"]
    if (route.to === "disconnect") return ["POST"]
    return route.to === "callback" && isServers(route.connection) ? ["GET", "POST"] : ["GET"]
  }

  const notFound = (request: WebRequest, detail: string, remedy: string): WebReply =>
    refusal(request, "unknown", { status: 404, title: "Not Found", detail, remedy })

  const handle = async (request: WebRequest): Promise<WebReply | undefined> => {
    const route = routeOf(request)
    // what answers preflights for the application answers these too
    if (route === undefined || request.method === "OPTIONS") return undefined
    if (route.to !== "connections" && !isConnection(route.connection)) {
      const remedy = "Name a connection as it is named in the application's configuration."
      return notFound(request, "There is no connection of this name.", remedy)
    }
    if ((route.to === "connect" || route.to === "callback") && !isInteractive(route.connection)) {
      const remedy = "Use the connection as it is: its credentials are in the configuration."
      return notFound(request, "This connection needs no consent.", remedy)
    }
    const methods = methodsOf(route)
    if (!methods.includes(request.method)) {
      const allow = methods.join(", ")
      const detail = `This takes ${allow}.`
      const remedy = "Send the request with a method that the header `allow` names."
      return refusal(request, "unknown", { status: 405, title: "Method Not Allowed", detail, remedy }, { allow })
    }
    if (route.to === "connections") return list(request)
    // a program that only looks ahead, such as a scanner of mails, changes nothing
    if (isUnopened(request)) {
      const detail = "Nothing is begun, completed or ended before somebody opens it."
      const remedy = "Send the request when somebody asks for it: not ahead of time, and not as an image or the like."
      return refusal(request, "busy", { status: 503, title: "Not now", detail, remedy })
    }
    return { connect, callback, disconnect }[route.to](route.connection, request)
  }

  /** where a visitor signs in, to come back to a page */
  const loginFor = (given: R | undefined, returnTo: string | undefined): string | undefined => {
    if (loginUrl === undefined) return undefined
    if (typeof loginUrl === "function") {
      const address: unknown = given === undefined ? undefined : loginUrl(given, returnTo ?? "/")
      // what a header cannot carry, a script, or an address that is none, leads nowhere
      return typeof address === "string" && /^[\x21-\x7e]+$/.test(address) && isWebAddress(address)
        ? address
        : undefined
    }
    if (returnTo === undefined) return loginUrl
    // the page itself has no tenant either
    if (pathOf(loginUrl) === pathOf(returnTo)) return undefined
    const [address = "", ...hash] = loginUrl.split("#")
    const separator = address.includes("?") ? "&" : "?"
    return [`${address}${separator}returnTo=${encodeURIComponent(returnTo)}`, ...hash].join("#")
  }

  const failed = async (error: unknown, request: WebRequest, given?: R): Promise<WebReply | undefined> => {
    if (!isSageAuthError(error)) return undefined
    const route = routeOf(request)
    const calledBack = route?.to === "callback" && isInteractive(route.connection) ? route.connection : undefined
    const { authorization } = error
    const { _tag } = error.reason
    const human = prefersPage(request)
    const opens = human && request.method === "GET" && !isUnopened(request)
    const missing = _tag === "ReauthorizationRequired"

    const name = calledBack ?? error.connection
    const connectUrl =
      served &&
      (missing || _tag === "CallbackRejected") &&
      name !== undefined &&
      isInteractive(name) &&
      (await isOfCaller(error, request))
        ? pathTo("connect", name, request)
        : undefined

    if (error.id === "client.tenant-refused") {
      // a code is not carried through the pages of a login: its consent is begun once more
      const again = calledBack === undefined ? undefined : pathTo("connect", calledBack, request)
      const login = loginFor(given, opens ? (again ?? pageOf(name, request)) : undefined)
      if (login !== undefined && opens) return seeOther(login, { vary: "accept, sec-fetch-mode" })
      return answerWith(request, { ...problemOf(error, undefined), loginUrl: login }, { kind: "signed-out" })
    }

    const sentBack = failureCodeOf(request)
    const page = isReading(request) ? pageOf(name, request) : undefined
    // a page that came back with a failure is not sent away once more: its user would go round in circles
    if (missing && connectUrl !== undefined && opens && sentBack === undefined) {
      return seeOther(`${connectUrl}?returnTo=${encodeURIComponent(page ?? "/")}`, { vary: "accept, sec-fetch-mode" })
    }

    // only what surely belongs to a consent that is over takes its cookie along
    const cleared =
      calledBack !== undefined && authorization?.ended === true ? transactionOf(calledBack, request).cleared : []
    const headers = cleared.length > 0 ? { "set-cookie": cleared } : undefined
    const asked = route?.to === "connect" || route?.to === "disconnect" ? returnToOf(request) : undefined
    const returnTo =
      calledBack === undefined
        ? asked !== undefined && Result.isSuccess(asked)
          ? asked.success
          : undefined
        : authorization?.returnTo
    // a form is left by this as well: that of the application, or that of a server which posts its callback
    if (returnTo !== undefined && human && render === undefined && (opens || request.method === "POST")) {
      return seeOther(withError(returnTo, error.id), headers)
    }
    const kind = (missing ? kindOfCode(sentBack) : undefined) ?? kindOf(error.id, _tag)
    return answerWith(
      request,
      problemOf(error, connectUrl),
      {
        kind,
        returnTo: missing ? page : returnTo,
        back: route === undefined ? undefined : (returnTo ?? `${hiddenPrefix(name, request)}/`),
        retry: kind === "busy" && route === undefined && opens ? page : undefined,
        again: kind === "declined" || kind === "interrupted"
      },
      headers
    )
  }

  return {
    basePath,
    caller: (request, signal) => callerOf(resolve === undefined ? undefined : () => resolve(request), signal),
    client: deferredClients(sage),
    mayHandle: (path) => served && routes.mayBe(path),
    ownPath: (request) => {
      const route = routeOf(request)
      if (route === undefined) return undefined
      return route.to === "connections"
        ? `${basePath}/connections`
        : `${basePath}/${route.to}/${encodeURIComponent(route.connection)}`
    },
    checkMount: (mount) => {
      const issues = mountIssues(mount)
      if (issues.length > 0) throw misconfigured(issues)
    },
    handle,
    failed,
    ensureConnected: async (name, caller) => {
      const tenant = await tenantOf(caller)
      const client = clientFor(name, tenant) as unknown as HttpClient<"promise", Surface>
      // where no consent is needed, the call itself says best what is wrong
      if (isInteractive(name)) await client.headers({ signal: caller.signal })
    }
  }
}
