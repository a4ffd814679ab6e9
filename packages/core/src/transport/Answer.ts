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
