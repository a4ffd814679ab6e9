// A file of its own: in `Transport.ts` it would close a circle, since that imports `TransportFailure.ts`, which needs it.

/**
 * Whether a server has processed a request that brought no answer of use.
 *
 * - `no`: surely not. It never left, or the server itself refused it unread. It may be sent again, whatever it does.
 * - `unknown`: it left, and no answer came, or one from something in front of the server. Only what is idempotent may
 *   be sent again.
 * - `yes`: it was processed, and the answer is no. Sending it again changes nothing.
 *
 * Source: RFC 9110, section 9.2.2, Idempotent Methods; RFC 9113, section 8.7, Request Reliability in HTTP/2.
 */
export type Processed = "no" | "unknown" | "yes"

/** Whether a request may be sent again. `idempotent`: processing it twice is the same as once. */
export const mayRepeat = (processed: Processed, idempotent: boolean): boolean =>
  processed === "no" || (processed === "unknown" && idempotent)

/** Whether a status says that a server is away for a moment: the same request may succeed later. */
export const isAway = (status: number): boolean => status === 502 || status === 503 || status === 504

/** What a server answered, read whole and within its limit. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** when the answer's head arrived, in milliseconds since the epoch, by the application's clock */
  readonly arrivedAt: number
}

/** The platform's fetch, or the caller's own. */
export type Fetch = typeof globalThis.fetch
