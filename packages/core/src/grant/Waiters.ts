import * as Effect from "effect/Effect"
import type { GrantKey } from "./GrantStore.ts"
import { idOf } from "./storeSupport.ts"

interface GrantWaiter {
  readonly revision: number
  readonly wake: () => void
}

interface Waited {
  readonly key: GrantKey
  readonly waiters: Set<GrantWaiter>
}

/** What happens when the first waiter comes and when the last one has left. */
export interface WaitersOptions {
  readonly onFirst?: (() => void) | undefined
  readonly onLast?: (() => void) | undefined
}

/** Who waits in this process for which row to have another revision. */
export class Waiters {
  readonly #options: WaitersOptions
  readonly #waited = new Map<string, Waited>()

  constructor(options: WaitersOptions = {}) {
    this.#options = options
  }

  /** the rows that somebody waits for */
  keys(): ReadonlyArray<GrantKey> {
    return Array.from(this.#waited.values(), ({ key }) => key)
  }

  /** wakes those who know another revision of the row than this one; a row that is not there has revision 0 */
  tell(key: GrantKey, revision: number): void {
    // only those who wait now: a woken waiter may write and wait again before this loop has ended
    for (const waiter of Array.from(this.#waited.get(idOf(key))?.waiters ?? [])) {
      if (waiter.revision !== revision) waiter.wake()
    }
  }

  /** wakes everybody */
  tellAll(): void {
    const waiting = Array.from(this.#waited.values(), ({ waiters }) => Array.from(waiters)).flat()
    for (const waiter of waiting) waiter.wake()
  }

  /**
   * Waits until the row has another revision, or so many milliseconds. `current` is asked once the waiter is in place,
   * so that a write between the caller's read and this wait is not missed.
   */
  wait(key: GrantKey, revision: number, milliseconds: number, current: () => number): Effect.Effect<void> {
    const changed = Effect.callback<void>((resume) => {
      const waiter: GrantWaiter = {
        revision,
        wake: () => {
          this.#leave(key, waiter)
          resume(Effect.void)
        }
      }
      this.#enter(key, waiter)
      if (current() !== revision) waiter.wake()
      return Effect.sync(() => this.#leave(key, waiter))
    })
    return Effect.asVoid(Effect.timeoutOption(changed, milliseconds))
  }

  #enter(key: GrantKey, waiter: GrantWaiter): void {
    const id = idOf(key)
    const found = this.#waited.get(id)
    if (found !== undefined) {
      found.waiters.add(waiter)
      return
    }
    this.#waited.set(id, { key, waiters: new Set([waiter]) })
    if (this.#waited.size === 1) this.#options.onFirst?.()
  }

  #leave(key: GrantKey, waiter: GrantWaiter): void {
    const id = idOf(key)
    const found = this.#waited.get(id)
    if (found === undefined || !found.waiters.delete(waiter) || found.waiters.size > 0) return
    this.#waited.delete(id)
    if (this.#waited.size === 0) this.#options.onLast?.()
  }
}
