import type { DurationInput } from "../clock.ts"
import { toMilliseconds } from "../clock.ts"
import type { SurfaceResponse } from "../surface.ts"

/** What an answer of an authorization server is sent with, so that nothing keeps it (RFC 6749, section 5.1). */
const unkept = { "cache-control": "no-store", pragma: "no-cache" }

/** A JSON answer. */
export const json = (
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {}
): SurfaceResponse => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(body)
})

/** A JSON answer of a token endpoint. */
export const tokenAnswer = (status: number, body: unknown): SurfaceResponse => json(status, body, unkept)

/** Sends the browser elsewhere. */
export const redirect = (location: string): SurfaceResponse => ({
  status: 303,
  headers: { location, "referrer-policy": "no-referrer", ...unkept },
  body: ""
})

/** A URI with further parameters in its query, each encoded once; those that are undefined are left out. */
export const withQuery = (uri: string, params: Readonly<Record<string, string | undefined>>): string => {
  const query = Object.entries(params).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`]
  )
  return query.length === 0 ? uri : `${uri}${uri.includes("?") ? "&" : "?"}${query.join("&")}`
}

/** How a limit says when to come back: after seconds, at a date, or not at all. */
export interface RetryAfterOptions {
  readonly retryAfter: DurationInput | null
  readonly retryAfterForm: "seconds" | "date"
}

/** The value of `Retry-After`; undefined for none. */
export const retryAfterOf = (options: RetryAfterOptions, now: number): string | undefined => {
  if (options.retryAfter === null) return undefined
  const wait = toMilliseconds(options.retryAfter, "retryAfter")
  return options.retryAfterForm === "seconds" ? String(Math.ceil(wait / 1000)) : new Date(now + wait).toUTCString()
}

/** Where the browser goes back to. */
export interface WayBack {
  readonly redirectUri: string
  readonly state: string | undefined
}

/** Sends the browser back to the client with the result of the consent, and with the issuer as `iss` (RFC 9207). */
export const comeBack = (
  issuer: string | undefined,
  to: WayBack,
  params: Readonly<Record<string, string | undefined>>
): SurfaceResponse => redirect(withQuery(to.redirectUri, { ...params, state: to.state, iss: issuer }))

/** The date by the server's own clock, which may be wrong by `skew` milliseconds. */
export const dated = (answer: SurfaceResponse, now: number, skew: number): SurfaceResponse =>
  skew === 0 ? answer : { ...answer, headers: { ...answer.headers, date: new Date(now + skew).toUTCString() } }
