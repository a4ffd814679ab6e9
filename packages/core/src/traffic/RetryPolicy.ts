import type { World } from "../Connection.ts"

/**
 * When something is tried again: pauses that grow, and an end. Spans are milliseconds, or texts such as `"5 seconds"`.
 */
export interface RetryPolicy {
  /** the first pause */
  readonly first: number | string
  /** each pause is so many times the one before; default 2 */
  readonly factor?: number | undefined
  /** no pause is longer; default: none is cut */
  readonly longest?: number | string | undefined
  /**
   * whether a pause is 80 to 120 % of what it would be, which keeps callers from coming back all at once; default true
   */
  readonly jitter?: boolean | undefined
  /** whether a longer `Retry-After` of the server is obeyed; the caller's deadline ends that wait, too. Default true */
  readonly retryAfter?: boolean | undefined
  /** retries at most; default: as many as there is time for */
  readonly times?: number | undefined
  /** nothing is tried again after so long */
  readonly within: number | string
}

/** What a retry may be given as, by world: `@sage-auth/core/effect` also takes a `Schedule`. */
export interface Retries {
  /** of the promise API */
  readonly promise: RetryPolicy
}

/** When something is tried again. */
export type Retry<W extends World = World> = Retries[W]
