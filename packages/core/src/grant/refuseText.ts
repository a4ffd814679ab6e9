import * as Effect from "effect/Effect"
import type { StoreUnavailable } from "../errors/Reason.ts"
import type { SageAuthError } from "../errors/SageAuthError.ts"
import type { GrantKey, StoreEffect } from "./GrantStore.ts"
import { storeUnavailable } from "./storeUnavailable.ts"

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
