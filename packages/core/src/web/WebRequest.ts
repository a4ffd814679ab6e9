import type { IncomingMessage, ServerResponse } from "node:http"
import { type Caller, goneSignal } from "./Caller.ts"
import type { ShownProblem } from "./pages.ts"
import { builtin } from "../config/builtin.ts"
import { misconfigured } from "../errors/SageAuthError.ts"

/** A request as an adapter has it from its framework. */
export interface WebRequest {
  /** of HTTP, in upper case */
  readonly method: string
  /** path and query as the client sent them, whatever the framework has cut off since */
  readonly url: string
  /** the path without the query, counted from where the adapter is mounted */
  readonly path: string
  /** where the adapter is mounted: what `url` has in front of `path`; undefined where it is not known */
  readonly mount?: string | undefined
  /** whether nothing comes to the adapter but what is below its mount */
  readonly confined?: boolean | undefined
  /** a header by its name in lower case; several of one name joined as HTTP does */
  readonly header: (name: string) => string | undefined
  /** whether the client came over TLS, as the framework knows it with its settings for proxies */
  readonly secure: boolean
  /** who is asking, and whether it still waits */
  readonly caller: Caller
  /**
   * the body of a posted callback, as text or as a framework has read it. It is only asked for where there may be one
   */
  readonly body: () => Promise<string | Readonly<Record<string, unknown>> | undefined>
}

/** What an adapter answers. */
export interface WebReply {
  /** of HTTP */
  readonly status: number
  /** names in lower case; a list is sent as several headers */
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string>>>
  /** undefined: none */
  readonly body: string | undefined
  /** what the application's own `render` shows in the place of a body */
  readonly problem?: ShownProblem | undefined
}

/**
 * Reads the headers of Node's requests by their names in lower case.
 *
 * @category web
 */
export const headersOf =
  (headers: IncomingMessage["headers"]): WebRequest["header"] =>
  (name) => {
    const value = headers[name]
    return Array.isArray(value) ? value.join(", ") : value
  }

/** more than the callback of any server has, in bytes */
export const longest = 64 * 1024

const readUnread = async (request: IncomingMessage): Promise<string | undefined> => {
  const parts: Array<Buffer> = []
  let length = 0
  try {
    // an answer is still owed: the connection has to stay open
    for await (const part of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      length += part.length
      if (length > longest) return undefined
      parts.push(part)
    }
  } catch {
    return undefined
  }
  return Buffer.concat(parts).toString("utf8")
}

/**
 * The body of a posted callback: what a parser of the framework made of it. Where none has read it, its text. Undefined
 * when that is longer than 64 KiB, or cannot be read: nothing of it is then believed.
 *
 * @category web
 */
export const readBody = async (
  request: IncomingMessage,
  parsed?: unknown
): Promise<string | Readonly<Record<string, unknown>> | undefined> => {
  // some parsers leave an empty object where they read nothing
  if (!request.readableEnded) return readUnread(request)
  if (Buffer.isBuffer(parsed)) return parsed.toString("utf8")
  if (typeof parsed === "string") return parsed
  return typeof parsed === "object" && parsed !== null ? (parsed as Readonly<Record<string, unknown>>) : undefined
}

type Headers = Pick<WebRequest, "header">

/**
 * Whether another site has a browser make a request that changes something.
 *
 * An origin of the application's own passes. Otherwise `Sec-Fetch-Site` decides, which no page can forge; browsers
 * leave it out over plain http, where `Origin` is compared with the host that was asked. A request with neither is no
 * browser's: all of them have sent `Origin` with a POST since 2020.
 *
 * Source: Fetch Metadata Request Headers (W3C), section 2.4; OWASP, Cross-Site Request Forgery Prevention Cheat Sheet.
 */
export const isForeignWrite = ({ header }: Headers, own: ReadonlySet<string>): boolean => {
  const origin = header("origin")
  if (origin !== undefined && own.has(origin)) return false
  const site = header("sec-fetch-site")
  if (site !== undefined) return site !== "same-origin" && site !== "none"
  if (origin === undefined) return false
  const host = header("host") ?? header(":authority")
  return host === undefined || URL.parse(origin)?.host !== host.toLowerCase()
}

/**
 * Whether another site has a browser begin a consent without anybody having clicked, or inside one of its own pages.
 * Links and redirects of the application and of its sister sites are not foreign, nor is a link in a mail.
 *
 * Source: Fetch Metadata Request Headers (W3C), sections 2.1 to 2.4.
 */
export const isForeignStart = ({ header }: Headers): boolean => {
  const site = header("sec-fetch-site")
  if (site === undefined || site === "same-origin" || site === "none") return false
  const destination = header("sec-fetch-dest")
  // a frame, an image, a script: no user would see the consent
  if (destination !== undefined && destination !== "document" && destination !== "empty") return true
  if (site === "same-site") return false
  return header("sec-fetch-mode") !== "navigate" || header("sec-fetch-user") !== "?1"
}

/** Where browsers, and what preloads for them, say that they fetch ahead. */
const aheadHeaders = ["sec-purpose", "x-sec-purpose", "purpose", "x-purpose", "x-moz"]

/** What a request can be for that shows an answer to somebody: a page, a frame, or whatever a script does with it. */
const shown: ReadonlySet<string> = new Set(["document", "empty", "iframe", "frame", "embed", "object", "fencedframe"])

/**
 * Whether a request is made without its user's opening anything. A browser, or a script, fetches ahead what may never
 * be opened, or an image or a stylesheet of a page has this address. What redeems a code or begins a consent waits
 * until somebody opens it.
 *
 * Source: Prefetch (W3C), section 4 (`Sec-Purpose`); `Purpose` of older Chromium, `X-Purpose` of Safari, `X-Moz` of
 * Firefox, `X-Sec-Purpose` of Turbo, `Next-Router-Prefetch` of Next.js; Fetch Metadata Request Headers (W3C), section
 * 2.1 (`Sec-Fetch-Dest`).
 */
export const isUnopened = ({ header }: Headers): boolean =>
  aheadHeaders.some((name) => /prefetch|prerender|preview/i.test(header(name) ?? "")) ||
  header("next-router-prefetch") !== undefined ||
  !shown.has(header("sec-fetch-dest") ?? "document")

/** what a media type is worth to the caller, and where it stands; undefined: it is not named */
const preferenceFor = (accept: string, types: RegExp): { readonly weight: number; readonly at: number } | undefined => {
  const ranges = accept.toLowerCase().split(",")
  for (const [at, range] of ranges.entries()) {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim())
    if (!types.test(type)) continue
    const quality = parameters.find((parameter) => parameter.startsWith("q="))
    const weight = quality === undefined ? 1 : Number(quality.slice(2))
    return Number.isNaN(weight) ? undefined : { weight, at }
  }
  return undefined
}

/**
 * Whether a human looks at the answer: a browser that navigates, or a client that names HTML before JSON. Every other
 * client is one of an API.
 *
 * Source: Fetch Metadata Request Headers (W3C), section 2.2; RFC 9110, section 12.5.1.
 */
export const prefersPage = ({ header }: Headers): boolean => {
  if (header("sec-fetch-mode") === "navigate") return true
  if (header("x-requested-with")?.toLowerCase() === "xmlhttprequest") return false
  const accept = header("accept") ?? ""
  const page = preferenceFor(accept, /^(?:text\/html|application\/xhtml\+xml)$/)
  if (page === undefined || page.weight === 0) return false
  const data = preferenceFor(accept, /^application\/(?:[\w.-]+\+)?json$/)
  return data === undefined || page.weight > data.weight || (page.weight === data.weight && page.at < data.at)
}

/** What of Node's requests depends on who has taken them in. */
interface Incoming extends IncomingMessage {
  /** the address before a framework has cut off where it is mounted */
  readonly originalUrl?: string
  readonly socket: IncomingMessage["socket"] & { readonly encrypted?: boolean }
}

const wrongResponse = {
  option: "requestOf(response)",
  expected: "the ServerResponse of node:http, which knows its request"
} as const

/** methods that a `Request` cannot have; none of them is a route's */
const forbidden: ReadonlySet<string> = new Set(["CONNECT", "TRACE", "TRACK"])

const urlOf = ({ headers, originalUrl, socket, url }: Incoming): string => {
  const host = headers.host ?? headers[":authority"]
  const named = typeof host === "string" && /^[\w.:[\]-]+$/.test(host) ? host : "localhost"
  const target = originalUrl ?? url ?? ""
  const scheme = socket.encrypted === true ? "https" : "http"
  const address = URL.parse(`${scheme}://${named}${target.startsWith("/") ? target : "/"}`)
  return address?.href ?? `${scheme}://localhost/`
}

/**
 * The request that a server of `node:http` is about to answer, as the web's `Request`. Its body is not touched before
 * it is read, so whatever parses bodies can still do so. Its signal fires when the client goes away before it has its
 * answer.
 *
 * @example
 * ```ts
 * const auth = webHandler(sage, { request: requestOf })
 * ```
 *
 * @param response Node's own, which knows its request. Fastify's replies have it as `reply.raw`
 * @throws `SageAuthError` with reason `Misconfigured`, when it is given something else
 * @category web
 */
export const requestOf = (response: ServerResponse): Request => {
  const incoming: Incoming | undefined = (response as Partial<ServerResponse> | undefined)?.req
  if (incoming === undefined) throw misconfigured([wrongResponse])
  const { method = "GET" } = incoming
  const header = headersOf(incoming.headers)
  const headers = new Headers()
  for (const name of Object.keys(incoming.headers)) {
    // of HTTP/2, and no headers
    if (!name.startsWith(":")) headers.set(name, header(name) ?? "")
  }
  const bare = method === "GET" || method === "HEAD" || forbidden.has(method) || incoming.readableEnded
  return new Request(urlOf(incoming), {
    method: forbidden.has(method) ? "OPTIONS" : method,
    headers,
    signal: goneSignal(response)(),
    // an answer is still owed when the body is given up: the connection has to stay open
    ...(bare ? {} : { duplex: "half", body: ReadableStream.from(incoming.iterator({ destroyOnReturn: false })) })
  })
}

/**
 * Sends a `Response` from a server of `node:http`, beside the headers that are set already. It resolves when everything
 * was sent, or the client is gone. It sends nothing where somebody else has begun to answer.
 *
 * @throws what the body of the response failed with
 *
 * @category web
 */
export const sendResponse = async (response: Response, to: ServerResponse): Promise<void> => {
  if (to.headersSent || to.destroyed) {
    await response.body?.cancel()
    return
  }
  to.statusCode = response.status
  for (const [name, value] of response.headers) {
    if (name === "set-cookie") to.appendHeader(name, value)
    else to.setHeader(name, value)
  }
  if (response.body === null) return void to.end()
  const { promises, Readable } = builtin("node:stream")
  try {
    await promises.pipeline(Readable.fromWeb(response.body as never), to)
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== "ERR_STREAM_PREMATURE_CLOSE") throw error
  }
}
