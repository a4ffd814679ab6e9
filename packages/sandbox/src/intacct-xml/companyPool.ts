import type { SystemClock } from "../clock.ts"

/** The connections of every company: so many are served at a time, the others wait in order. */
export class CompanyPool {
  readonly #clock: SystemClock
  readonly #serving = new Map<string, number>()
  readonly #waiting = new Map<string, Array<() => void>>()

  constructor(clock: SystemClock) {
    this.#clock = clock
  }

  /** How many connections of a company are taken. */
  serving(company: string): number {
    return this.#serving.get(company) ?? 0
  }

  /** Resolves with the function that gives the connection back, or with undefined when the wait is over. */
  async acquire(company: string, size: number, wait: number, signal: AbortSignal): Promise<(() => void) | undefined> {
    const serving = this.#serving.get(company) ?? 0
    if (serving < size) {
      this.#serving.set(company, serving + 1)
      return this.#releaser(company)
    }
    const queue = this.#waiting.get(company) ?? []
    this.#waiting.set(company, queue)
    const over = new AbortController()
    let admit: (() => void) | undefined
    const admitted = new Promise<true>((resolve) => {
      admit = () => resolve(true)
      queue.push(admit)
    })
    const waited = this.#clock
      .sleep(wait, AbortSignal.any([signal, over.signal]))
      .then(() => false)
      .catch(() => false)
    const got = await Promise.race([admitted, waited])
    over.abort()
    const place = admit === undefined ? -1 : queue.indexOf(admit)
    if (place >= 0) queue.splice(place, 1)
    // Admitted in the same turn as the wait ended: the connection is ours, whichever won the race.
    return got || place < 0 ? this.#releaser(company) : undefined
  }

  #releaser(company: string): () => void {
    let released = false
    return () => {
      if (released) return
      released = true
      const next = this.#waiting.get(company)?.shift()
      if (next !== undefined) return next()
      this.#waiting.delete(company)
      const left = (this.#serving.get(company) ?? 1) - 1
      if (left > 0) this.#serving.set(company, left)
      else this.#serving.delete(company)
    }
  }
}
