import type { WebRequest } from "./WebRequest.ts"

type Headers = Pick<WebRequest, "header">

const hostOf = (origin: string): string | undefined => (URL.canParse(origin) ? new URL(origin).host : undefined)

/**
 * Whether another site has a browser make a request that changes something.
 *
 * An origin of the application's own passes. Otherwise `Sec-Fetch-Site` decides, which no page can forge; browsers leave
 * it out over plain http, where `Origin` is compared with the host that was asked. A request with neither is no
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
  return host === undefined || hostOf(origin) !== host.toLowerCase()
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
  // a frame, an image, a script: nobody would see the consent
  if (destination !== undefined && destination !== "document" && destination !== "empty") return true
  if (site === "same-site") return false
  return header("sec-fetch-mode") !== "navigate" || header("sec-fetch-user") !== "?1"
}

/** Where browsers, and what preloads for them, say that they fetch ahead. */
const aheadHeaders = ["sec-purpose", "x-sec-purpose", "purpose", "x-purpose", "x-moz"]

/** What a request can be for that shows an answer to somebody: a page, a frame, or whatever a script does with it. */
const shown: ReadonlySet<string> = new Set(["document", "empty", "iframe", "frame", "embed", "object", "fencedframe"])

/**
 * Whether a request is made without its user's opening anything: a browser, or a script, fetches ahead what may never be
 * opened, or an image or a stylesheet of a page has this address. What redeems a code or begins a consent waits until
 * somebody opens it.
 *
 * Source: Prefetch (W3C), section 4 (`Sec-Purpose`); `Purpose` of older Chromium, `X-Purpose` of Safari, `X-Moz` of
 * Firefox, `X-Sec-Purpose` of Turbo, `Next-Router-Prefetch` of Next.js; Fetch Metadata Request Headers (W3C), section
 * 2.1 (`Sec-Fetch-Dest`).
 */
export const isUnopened = ({ header }: Headers): boolean =>
  aheadHeaders.some((name) => /prefetch|prerender|preview/i.test(header(name) ?? "")) ||
  header("next-router-prefetch") !== undefined ||
  !shown.has(header("sec-fetch-dest") ?? "document")
