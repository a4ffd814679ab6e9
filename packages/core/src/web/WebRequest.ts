import type { IncomingMessage } from "node:http"
import type { Caller } from "./Caller.ts"
import type { ShownProblem } from "./pages.ts"

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
