// A file of its own: in `AuthorizedCalls.ts` it would close a circle, since that imports `Admission.ts`, which needs it.

/** The least time in which an answer may come, in parts of a deadline and in milliseconds. */
const leastPart = 0.02
const leastTime = 20

/** How long the caller of one call waits. */
export class Patience {
  readonly signal: AbortSignal | undefined
  readonly #now: () => number
  /** in milliseconds since the epoch */
  readonly #ends: number
  readonly #lastStart: number

  constructor(now: () => number, deadline: number, signal: AbortSignal | undefined) {
    this.signal = signal
    this.#now = now
    this.#ends = now() + deadline
    this.#lastStart = this.#ends - Math.min(deadline * leastPart, leastTime)
  }

  /**
   * whether a request is still worth sending. `hung`: the server left another one without an answer, so the last moment
   * will not do
   */
  lasts(hung = false): boolean {
    return this.signal?.aborted !== true && this.#now() <= (hung ? this.#lastStart : this.#ends)
  }

  /** milliseconds until the deadline passes, at least 1 */
  get left(): number {
    return Math.max(1, this.#ends - this.#now())
  }
}
