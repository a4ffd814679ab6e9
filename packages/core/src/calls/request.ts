// What one request is: its address, which decides where a credential goes, its options, and its headers.

import { builtin } from "../config/builtin.ts"
import * as Result from "../config/Result.ts"
import type { FetchOptions } from "./HttpClient.ts"

/**
 * A path that stands in a URL as it is written: no scheme, no host, and no character that is written in another way. No
 * segment begins with a dot, or with `%2e` for one, which may climb.
 */
const asWritten =
  /^\/?(?:[\w~$-][\w.~$%()*!+,;=&'-]*(?:\/[\w~$-][\w.~$%()*!+,;=&'-]*)*\/?)?(?:\?[\w.~$%()*!+,;=&:/-]*)?$/

/** What is said of a path from JavaScript that is none. `called` is what its caller called. */
export const noPath = (called: string): string => `${called} is no text: give a path below the connection's base`

/** What is known of a base. */
interface KnownBase {
  /** the base with its slash, if paths can simply be written behind it */
  readonly root: string | undefined
  /** the last path that was, and what it came to: calls in a row often go to the same one */
  path: string | undefined
  target: Result.Result<string> | undefined
}

const bases = new Map<string, KnownBase>()

/** as many as are used at a time; bases may differ by tenant */
const mostBases = 100

const knownBase = (base: string): KnownBase => {
  const known = bases.get(base)
  if (known !== undefined) return known
  const root = base.endsWith("/") ? base : `${base}/`
  const simple = /^https?:\/\/[^?#@\\]+$/.test(root) && URL.parse(root)?.href === root
  const made = { root: simple ? root : undefined, path: undefined, target: undefined }
  if (bases.size >= mostBases) bases.clear()
  bases.set(base, made)
  return made
}

/**
 * The URL of a call. A path counts from the surface's base, with or without its slash. A URL must be on the base's own
 * origin, since a credential goes nowhere else.
 */
export const targetOf = (base: string, path: string): Result.Result<string, "another host" | "not a URL"> => {
  // nearly every call: to parse URLs takes as long as all else that is done for it
  const known = knownBase(base)
  if (known.target !== undefined && known.path === path) return known.target
  if (known.root !== undefined && asWritten.test(path)) {
    const target = Result.succeed(known.root + (path.startsWith("/") ? path.slice(1) : path))
    known.path = path
    known.target = target
    return target
  }
  const root = base.endsWith("/") ? base : `${base}/`
  // a scheme, or two slashes of either kind: the caller means a whole URL
  const whole = /^[a-z][a-z0-9+.-]*:/i.test(path) || /^[/\\]{2}/.test(path)
  // `/a:b` is a path: without its slash it would be read as an address with a scheme
  const relative = whole ? path : path.replace(/^\/+/, "./")
  const url = URL.parse(relative, root)
  if (url === null) return Result.fail("not a URL")
  // `..` climbs no higher than the base, and a whole URL is one below it
  return url.origin === new URL(root).origin && url.href.startsWith(root) && url.username === "" && url.password === ""
    ? Result.succeed(url.href)
    : Result.fail("another host")
}

/** Methods whose requests may be sent twice. */
export const replayableMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"])

/** What the platform is given of a call's options as it is. */
export type Init = Omit<FetchOptions, "deadline" | "headers" | "signal">

/** What a call without options is given. */
export const noOptions: Readonly<FetchOptions> = {}

/** The headers of a request. Without those of the caller's own, they are the credential's. */
export type SentHeaders = Headers | Readonly<Record<string, string>>

/** Whether a request had a header. */
export const wasSent = (sent: SentHeaders, name: string): boolean =>
  sent instanceof Headers ? sent.has(name) : Object.hasOwn(sent, name)

/** RFC 9110, section 9.1: a token. The platform refuses three of them. */
const methods = /^[\w!#$%&'*+.^`|~-]{1,64}$/
const refusedMethods = /^(?:connect|trace|track)$/i

/** What no platform can send, and no retry betters; undefined: nothing. */
export const wrongIn = (path: unknown, init: FetchOptions, called: string): string | undefined => {
  const { body, method } = init
  if (typeof path !== "string") return noPath(called)
  if (method !== undefined && (typeof method !== "string" || !methods.test(method) || refusedMethods.test(method))) {
    return "fetch(path, { method }) is no method that can be sent"
  }
  for (const name in init) {
    if (!ownOptions.has(name) && !isTaken(method, name, init[name as keyof FetchOptions])) {
      return `fetch(path, { ${name} }) has a value that fetch does not take`
    }
  }
  if (body === undefined || body === null) return undefined
  if (typeof body === "symbol") return "fetch(path, { body }) is a symbol, which cannot be sent"
  if (method === undefined || /^(?:get|head)$/i.test(method)) {
    return `fetch(path, { body }) goes with POST, PUT, PATCH and the like, and not with ${method?.toUpperCase() ?? "GET"}, which is what a call without method is`
  }
  return body instanceof ReadableStream && (body.locked || builtin("node:stream").Readable.isDisturbed(body as never))
    ? "fetch(path, { body }) is a stream that was read already, or that somebody else is reading"
    : undefined
}

/** What is checked by name; everything else is the platform's to check. */
const ownOptions: ReadonlySet<string> = new Set(["body", "deadline", "headers", "method", "signal"])

/** Whether the platform takes an option of a request. It throws for one that it does not, and has sent nothing then. */
const isTaken = (method: string | undefined, name: string, value: unknown): boolean => {
  if (value === undefined) return true
  try {
    void new Request("https://host.invalid/", { ...(method === undefined ? {} : { method }), [name]: value })
    return true
  } catch {
    return false
  }
}

/** What the platform is given as it is. */
export const initOf = (given: Readonly<FetchOptions>): Init => {
  const { deadline: _, headers: __, signal: ___, ...init } = given
  return init
}

/** Whether a body can be sent again. */
export const isRepeatable = (body: RequestInit["body"]): boolean =>
  body === undefined ||
  body === null ||
  typeof body === "string" ||
  body instanceof URLSearchParams ||
  body instanceof ArrayBuffer ||
  ArrayBuffer.isView(body) ||
  body instanceof Blob ||
  body instanceof FormData

/** The caller's headers over those that every request carries, but for the credential itself. */
export const merged = (
  own: Headers | undefined,
  credential: Readonly<Record<string, string>>,
  defaults: Readonly<Record<string, string>> | undefined
): SentHeaders => {
  // the credential's as they are: they are frozen, and never written to
  if (own === undefined) return defaults === undefined ? credential : { ...defaults, ...credential }
  const headers = new Headers(own)
  for (const name in defaults) if (!headers.has(name)) headers.set(name, defaults[name] as string)
  for (const name in credential) {
    if (name === "authorization" || !headers.has(name)) headers.set(name, credential[name] as string)
  }
  return headers
}
