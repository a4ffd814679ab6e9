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
