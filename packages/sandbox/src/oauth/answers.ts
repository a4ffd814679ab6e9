import { setImmediate as nextTurn } from "node:timers/promises"
import { type DurationInput, type SystemClock, toMilliseconds } from "../clock.ts"
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

/** An answer that ends the work on a request from anywhere within it. */
export class EarlyAnswer extends Error {
  readonly response: SurfaceResponse
  constructor(response: SurfaceResponse) {
    super("answered early")
    this.response = response
  }
}

/** The answer that the work ends with, or is ended with by a {@link EarlyAnswer}. */
export const answered = async (work: () => SurfaceResponse | Promise<SurfaceResponse>): Promise<SurfaceResponse> => {
  try {
    return await work()
  } catch (error) {
    if (error instanceof EarlyAnswer) return error.response
    throw error
  }
}

/** Does the work once the latency has gone by, and dates its answer by the server's own clock. */
export const answeredAfterLatency = async (
  clock: SystemClock,
  options: () => { readonly latency: DurationInput; readonly clockSkew: number },
  work: () => SurfaceResponse | Promise<SurfaceResponse>,
  signal: AbortSignal
): Promise<SurfaceResponse> => {
  const latency = toMilliseconds(options().latency, "latency")
  // Even without latency one turn passes, so that requests that arrive together are seen together.
  await (latency > 0 ? clock.sleep(latency, signal) : nextTurn())
  return dated(await answered(work), clock.now(), options().clockSkew)
}
