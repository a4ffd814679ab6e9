import type { WebRequest } from "./WebRequest.ts"
import * as Result from "../config/Result.ts"
import { builtin } from "../config/builtin.ts"
import { transactionLife } from "../config/duration.ts"
import type { Issue } from "../errors/Reason.ts"

/** Where a transaction's cookie is sent to: the route that begins consents as well as their callbacks. */
export interface CookieScope {
  readonly path: string
  readonly secure: boolean
}

const securePrefix = "__Secure-"
const prefix = "sage-auth-"

/** consents that a browser may have under way at once: the next one gives up the oldest */
const mostKept = 5

/** bytes of all these cookies together; one of them can take half of it */
const mostBytes = 6 * 1024

/**
 * bytes of a whole Cookie header, other applications' cookies included: servers and proxies refuse a longer line, from
 * 8 KiB on
 */
const longestHeader = 7 * 1024

/** bytes of one cookie with its name and attributes: browsers drop a longer one (RFC 6265, section 6.1) */
const longestCookie = 4096

/**
 * bytes that a request has beside its cookies: the code and the state of a callback, and what browsers say of
 * themselves
 */
const besideCookies = 2 * 1024

/**
 * bytes of all cookies with which a callback still comes through: Node answers 431 to a longer head, 16 KiB by default
 */
const mostWithCallback = (): number => builtin("node:http").maxHeaderSize - besideCookies

/** of its state, which the callback brings back: so two tabs do not take each other's */
const idOf = (state: string): string =>
  builtin("node:crypto").createHash("sha256").update(state).digest("base64url").slice(0, 16)

/** One of these cookies as a request brought it. */
interface Kept {
  readonly name: string
  readonly value: string
  readonly id: string
  /** browsers number them for us: the next one has the next number */
  readonly order: number
}

const namePattern = /^(?:__Secure-)?sage-auth-(\d{1,9})-([\w-]{16})$/

const bytesOf = ({ name, value }: Pick<Kept, "name" | "value">): number => name.length + value.length + "=; ".length

/** a semicolon would end the attribute: the path above it is the next best */
const cookiePathOf = (path: string): string => {
  const end = path.indexOf(";")
  return end === -1 ? path : path.slice(0, path.lastIndexOf("/", end)) || "/"
}

const written = (name: string, value: string, maxAge: number, path: string): string =>
  [
    `${name}=${value}`,
    `Path=${cookiePathOf(path)}`,
    `Max-Age=${maxAge}`,
    "HttpOnly",
    "SameSite=Lax",
    ...(name.startsWith(securePrefix) ? ["Secure"] : [])
  ].join("; ")

/** in the order in which they were given out */
const readKept = (header: string | undefined): ReadonlyArray<Kept> =>
  (header ?? "")
    .split(";")
    .flatMap((pair): ReadonlyArray<Kept> => {
      const at = pair.indexOf("=")
      const name = pair.slice(0, at).trim()
      const [, order, id] = at === -1 ? [] : (namePattern.exec(name) ?? [])
      return order === undefined || id === undefined
        ? []
        : [{ name, value: pair.slice(at + 1).trim(), id, order: Number(order) }]
    })
    .toSorted((one, other) => one.order - other.order)

/**
 * `Set-Cookie` headers that keep a transaction in the browser for as long as it lives, and that take out the oldest
 * ones where there are too many: so abandoned consents never make a request too long for a server. It fails where this
 * one would be too long for any browser, or makes every request too long for the server.
 */
export const keepTransaction = (
  header: string | undefined,
  state: string,
  cookie: string,
  { path, secure }: CookieScope
): Result.Result<ReadonlyArray<string>, Issue> => {
  const kept = [...readKept(header)]
  const order = ((kept.at(-1)?.order ?? 0) + 1) % 1_000_000_000
  const name = `${secure ? securePrefix : ""}${prefix}${order}-${idOf(state)}`
  const own = written(name, cookie, transactionLife / 1000, path)
  if (Buffer.byteLength(own) > longestCookie) {
    const expected = "shorter texts: what a consent has to remember does not fit into a cookie of 4 KiB"
    return Result.fail({ option: "tenant, returnTo", expected })
  }
  const size = bytesOf({ name, value: cookie })
  let ours = kept.reduce((sum, each) => sum + bytesOf(each), size)
  let all = Buffer.byteLength(header ?? "") + size
  const dropped: Array<string> = []
  while (kept.length >= mostKept || ours > mostBytes || all > longestHeader) {
    const oldest = kept.shift()
    if (oldest === undefined) break
    dropped.push(oldest.name)
    ours -= bytesOf(oldest)
    all -= bytesOf(oldest)
  }
  if (all > mostWithCallback()) {
    const expected = `fewer or shorter ones: with that of a consent, all of them have ${all} bytes, and the server would refuse every request (431)`
    return Result.fail({ option: "cookies of the application", expected })
  }
  // first what makes room: some browsers count before they read on
  return Result.succeed([...dropped.map((each) => written(each, "", 0, path)), own])
}

/** A transaction's cookie as a callback brought it. */
export interface KeptTransaction {
  readonly cookie: string | undefined
  /** `Set-Cookie` headers that take it out of the browser again */
  readonly cleared: ReadonlyArray<string>
}

/**
 * Finds the cookie of the transaction that a callback claims to belong to. Without a state, which only an error may
 * come without, it is the newest one, and none is taken out: anybody may have sent that.
 */
export const findTransaction = (
  header: string | undefined,
  state: string | undefined,
  { path }: Pick<CookieScope, "path">
): KeptTransaction => {
  const kept = readKept(header)
  if (state === undefined) return { cookie: kept.at(-1)?.value, cleared: [] }
  const id = idOf(state)
  const own = kept.filter((each) => each.id === id)
  return { cookie: own.at(-1)?.value, cleared: own.map(({ name }) => written(name, "", 0, path)) }
}

/** any host would do: what counts stands behind it */
export const anyOrigin = "http://application.invalid"

/** The path of an address without its query. */
export const pathOf = (url: string): string => {
  const end = url.search(/[?#]/)
  return end === -1 ? url : url.slice(0, end)
}

/** The query of a request, empty where it cannot be read. */
export const queryOf = ({ url }: Pick<WebRequest, "url">): URLSearchParams =>
  URL.parse(url, anyOrigin)?.searchParams ?? new URLSearchParams()

const errorParameter = "sage_error"

/** The path of the application without what an earlier failure has put there, the rest as it was written. */
export const withoutError = (path: string): string => {
  const [beforeHash = "", ...hash] = path.split("#")
  const at = beforeHash.indexOf("?")
  if (at === -1) return path
  const kept = beforeHash
    .slice(at + 1)
    .split("&")
    .filter((pair) => pair.split("=", 1)[0] !== errorParameter)
    .join("&")
  const query = kept === "" ? "" : `?${kept}`
  return [beforeHash.slice(0, at) + query, ...hash].join("#")
}

/** The path of the application with the code of a failure, which takes the place of an earlier one. */
export const withError = (path: string, code: string): string => {
  const [beforeHash = "", ...hash] = withoutError(path).split("#")
  const added = `${errorParameter}=${encodeURIComponent(code)}`
  return [`${beforeHash}${beforeHash.includes("?") ? "&" : "?"}${added}`, ...hash].join("#")
}

/** The code of a failure that a request was sent back with; undefined: there is none. */
export const failureCodeOf = (request: Pick<WebRequest, "url">): string | undefined =>
  queryOf(request).get(errorParameter) ?? undefined

/** One of the adapter's routes, and the connection it names. */
export type WebRoute =
  | { readonly to: "connections" }
  | { readonly to: "connect" | "callback" | "disconnect"; readonly connection: string }

/** Where the callbacks of one connection come. */
export interface CallbackAddress {
  readonly connection: string
  readonly redirectUri: URL
  /** whether the server itself posts them, without the browser's cookie */
  readonly posted: boolean
}

const decoded = (segment: string): string | undefined => {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}

/** The segments of a path, decoded; what cannot be decoded stays as it is. */
const segmentsOf = (path: string): ReadonlyArray<string> =>
  path.split("/").flatMap((segment) => (segment === "" ? [] : [decoded(segment) ?? segment]))

const endsWith = (longer: ReadonlyArray<string>, shorter: ReadonlyArray<string>): boolean =>
  shorter.length <= longer.length && shorter.every((each, at) => each === longer[longer.length - shorter.length + at])

const standardRoute = (path: string, basePath: string): WebRoute | undefined => {
  if (!path.startsWith(`${basePath}/`)) return undefined
  const segments = path.slice(basePath.length + 1).split("/")
  if (segments.at(-1) === "") segments.pop()
  const [to, name, ...more] = segments
  if (more.length > 0) return undefined
  if (to === "connections") return name === undefined ? { to } : undefined
  const connection = name === undefined ? undefined : decoded(name)
  if (connection === undefined || connection === "") return undefined
  return to === "connect" || to === "callback" || to === "disconnect" ? { to, connection } : undefined
}

/** What tells a callback from a visit of the application's own page at the same path. */
const looksLikeCallback = (request: WebRequest): { readonly state: string | null; readonly answers: boolean } => {
  const query = queryOf(request)
  return {
    state: query.get("state"),
    answers: ["code", "authorizationCode", "error"].some((name) => query.has(name))
  }
}

/** Whether a request for the path of a callback, or for the end of it, is that callback. */
const isProven = (request: WebRequest, segments: ReadonlyArray<string>, whole: boolean, posted: boolean): boolean => {
  if (posted && request.method === "POST") return whole ? segments.length > 0 : segments.length > 1
  const { answers, state } = looksLikeCallback(request)
  if (state === null) return answers && whole && segments.length > 0
  if (whole) return answers || segments.length > 0
  if (segments.length === 0) return false
  return segments.length > 1 || findTransaction(request.header("cookie"), state, { path: "/" }).cookie !== undefined
}

/** Which routes an application has. */
export interface Routes {
  /** the route that a request asks for; undefined: none of these */
  readonly find: (request: WebRequest) => WebRoute | undefined
  /** whether a path, as the client sent it, may be one of these: asked of every request, so it costs next to nothing */
  readonly mayBe: (path: string) => boolean
}

/**
 * The routes below `basePath`, and the callbacks of addresses that are configured to be elsewhere: under another path,
 * with or without a prefix that a proxy takes off.
 *
 * Where a path is no route of ours by its name, a request has to look like a callback as well. The application may have
 * a page of its own there. Of a path that a proxy may have shortened, even a single segment is left, such as
 * `/callback`. That is ours if the browser brings the cookie of the consent.
 *
 * `prefixes` are what proxies may take off; the routes answer with them as well.
 */
export const makeRoutes = (
  basePath: string,
  addresses: ReadonlyArray<CallbackAddress>,
  prefixes: ReadonlyArray<string>
): Routes => {
  const known = addresses.map((address) => ({ ...address, segments: segmentsOf(address.redirectUri.pathname) }))
  const tails = new Set(addresses.map(({ redirectUri }) => tailOf(redirectUri.pathname)))
  const starts = ["", ...prefixes].map((prefix) => `${prefix}${basePath}/`)
  const namespace = `${basePath}/callback/`

  const callbackOf = (request: WebRequest): string | undefined => {
    const segments = segmentsOf(pathOf(request.url))
    const named = request.path.startsWith(namespace)
    let best: (typeof known)[number] | undefined
    for (const address of known) {
      if (!endsWith(address.segments, segments)) continue
      const whole = address.segments.length === segments.length
      if (!named && !isProven(request, segments, whole, address.posted)) continue
      if (whole) return address.connection
      best ??= address
    }
    return best?.connection
  }

  return {
    find: (request) => {
      const connection = callbackOf(request)
      if (connection !== undefined) return { to: "callback", connection }
      const { path } = request
      // a prefix that was not taken off after all, where nothing stands in front
      const prefix = prefixes.find((each) => path.startsWith(`${each}${basePath}/`)) ?? ""
      return standardRoute(path, basePath) ?? standardRoute(path.slice(prefix.length), basePath)
    },
    mayBe: (path) => starts.some((start) => path.startsWith(start)) || tails.has(tailOf(path))
  }
}

/** the last segment of a path, whether or not a slash follows it */
const tailOf = (path: string): string => {
  const end = path.endsWith("/") ? path.length - 1 : path.length
  return path.slice(path.lastIndexOf("/", end - 1) + 1, end)
}
