import * as Result from "../config/Result.ts"
import { readReturnTo } from "../oauth2/returnTo.ts"
import type { WebRequest } from "./WebRequest.ts"
import { findTransaction } from "./cookies.ts"

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

/** A path of the application, or an address of HTTP. */
export const isWebAddress = (address: string): boolean =>
  /^https?:$/.test(URL.parse(address, anyOrigin)?.protocol ?? "")

/** Whether a request changes nothing. */
export const isReading = ({ method }: WebRequest): boolean => method === "GET" || method === "HEAD"

/** The path of the application that a request names to go on with; undefined: none */
export const returnToOf = (request: WebRequest): Result.Result<string | undefined, string> => {
  const [asked, ...more] = queryOf(request).getAll("returnTo")
  if (more.length > 0) return Result.fail("one address")
  return asked === undefined ? Result.succeed(undefined) : Result.map(readReturnTo(asked), withoutError)
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
