import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type { StoreUnavailable } from "../errors/Reason.ts"
import type { SageAuthError } from "../errors/SageAuthError.ts"
import type { GrantFilter, GrantKey, GrantPage, GrantRow, StoreEffect } from "./GrantStore.ts"
import { storeUnavailable } from "./storeUnavailable.ts"

/** One text for a key; different keys have different ones. */
export const idOf = (key: GrantKey): string => JSON.stringify([key.surface, key.connection, key.tenant])

/** Where a row stands in the order of a listing: what it is ordered by, the first thing first. */
export type ListPosition = ReadonlyArray<string | number>

/** The text that stands for a position. */
const cursorOf = (position: ListPosition): string => Buffer.from(JSON.stringify(position)).toString("base64url")

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isPart = (part: unknown): part is string | number => Predicate.isString(part) || Predicate.isNumber(part)

/** The position that a cursor stands for; undefined for anything that is not a cursor of so many parts. */
const positionOfCursor = (cursor: string, parts: number): ListPosition | undefined => {
  const position = parse(Buffer.from(cursor, "base64url").toString())
  return Array.isArray(position) && position.length === parts && position.every(isPart) ? position : undefined
}

const defaultLimit = 100
const highestLimit = 1_000

/** Where a page starts and how long it is. */
export interface Bounds {
  readonly after: ListPosition | undefined
  readonly limit: number
}

/** The bounds of the page that a filter asks for, in an order by so many things. */
export const boundsOf = (
  filter: GrantFilter,
  parts: number
): Effect.Effect<Bounds, SageAuthError<StoreUnavailable>> => {
  const limit = Math.max(1, Math.min(Math.trunc(filter.limit ?? defaultLimit), highestLimit))
  if (filter.after === undefined) return Effect.succeed({ after: undefined, limit })
  const after = positionOfCursor(filter.after, parts)
  return after === undefined
    ? Effect.fail(
        storeUnavailable({
          message: "the grants cannot be listed from there: `after` is not a cursor of an earlier page",
          remedy:
            "Pass `next` of the page before as it was given, with the same filter, or leave `after` out to start again.",
          retryable: false
        })
      )
    : Effect.succeed({ after, limit })
}

/** A page of rows that were read with one more than the limit, which tells whether there is another page. */
export const pageOf = (
  rows: ReadonlyArray<GrantRow>,
  { limit }: Bounds,
  positionOf: (row: GrantRow) => ListPosition
): GrantPage => {
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return { rows: page, next: rows.length > limit && last !== undefined ? cursorOf(positionOf(last)) : undefined }
}

// A database ends a text at NUL or refuses it, and UTF-8 has no form for half a surrogate pair. What comes back would
// be another text, and one tenant would be given another one's grant.
const unfit = /\0|\p{Cs}/u

const refused = (what: string): SageAuthError<StoreUnavailable> =>
  storeUnavailable({
    message: `${what} cannot be a key of the grant store: it is empty, or holds NUL or half of a surrogate pair`,
    remedy: `Use a non-empty text of whole characters without NUL as ${what}.`,
    retryable: false
  })

/** Does something with names that a store gives back as they were; refuses all others. */
export const withTexts = <A>(names: { readonly [what: string]: string }, use: StoreEffect<A>): StoreEffect<A> => {
  const wrong = Object.keys(names).find((what) => names[what] === "" || unfit.test(names[what] ?? ""))
  return wrong === undefined ? use : Effect.fail(refused(wrong))
}

/** Does something with a key that a store gives back as it was; refuses any other. */
export const withKey = <A>({ connection, surface, tenant }: GrantKey, use: StoreEffect<A>): StoreEffect<A> =>
  withTexts({ surface, connection, tenant }, use)

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
