import * as Effect from "effect/Effect"
import { effectOf } from "./effectOf.ts"
import type * as Result from "./Result.ts"
import type { Issue } from "./issues.ts"
import { isFunction } from "./PerTenant.ts"

/** A function that has not answered by then is taken for broken, in milliseconds: a renewal waits for it. */
const answersWithin = 60_000

/**
 * The option's value for one tenant, decoded the same way as the plain form. What a function throws or rejects with may
 * quote secrets and is dropped: the issue says no more than that it did, under `at`.
 */
export const resolve = <A>(
  option: unknown,
  tenant: string,
  decode: (value: unknown, at: string) => Result.Result<A, ReadonlyArray<Issue>>,
  at: string
): Effect.Effect<A, ReadonlyArray<Issue>> => {
  if (!isFunction(option)) return effectOf(decode(option, at))
  const failed = (what: string) => (): ReadonlyArray<Issue> => [
    { option: at, expected: `a function that answers for every tenant: it ${what}` }
  ]
  return Effect.try({ try: () => option(tenant), catch: failed("threw") }).pipe(
    Effect.flatMap((answer) => Effect.tryPromise({ try: () => Promise.resolve(answer), catch: failed("rejected") })),
    Effect.timeoutOrElse({
      duration: answersWithin,
      orElse: () => Effect.fail([{ option: at, expected: "a function that answers within a minute" }])
    }),
    Effect.flatMap((value) => effectOf(decode(value, at)))
  )
}
