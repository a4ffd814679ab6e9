// A file of its own: it needs Effect, which `options.ts` must not bring to the front.

import * as Effect from "effect/Effect"
import type { Issue, Misconfigured } from "../errors/Reason.ts"
import { misconfigured, type SageAuthError, type TenantPlace } from "../errors/SageAuthError.ts"
import { decode, type Decoder } from "./decoder.ts"
import { isTenantFunction, madeByEffect } from "./options.ts"
import type * as Result from "./Result.ts"

/** The effect that succeeds or fails as a result does. */
export const effectOf = <A, E>(result: Result.Result<A, E>): Effect.Effect<A, E> =>
  result._tag === "Success" ? Effect.succeed(result.success) : Effect.fail(result.failure)

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
  if (!isTenantFunction(option)) return effectOf(decode(option, at))
  const failed = (what: string) => (): ReadonlyArray<Issue> => [
    { option: at, expected: `a function that answers for every tenant: it ${what}` }
  ]
  return Effect.try({ try: () => option(tenant), catch: failed("threw") }).pipe(
    Effect.flatMap((answer) => Effect.tryPromise({ try: () => Promise.resolve(answer), catch: failed("rejected") })),
    Effect.timeoutOrElse({
      duration: answersWithin,
      orElse: () => Effect.fail([{ option: at, expected: "a function that answers within a minute" }])
    }),
    Effect.flatMap((value) =>
      madeByEffect("Effect", value) === undefined
        ? effectOf(decode(value, at))
        : Effect.fail([{ option: at, expected: notRun }])
    )
  )
}

const notRun = "a function that returns a value, or a promise of one: run the effect, such as by Effect.runPromise"

/** Checks what an option is, or what its function answered. */
export type ReadOption<A> = Decoder<A> | ((value: unknown, at: string) => Result.Result<A, ReadonlyArray<Issue>>)

/**
 * The option of a connection for the tenant of `place`; a function is asked. `name` is its path below the connection.
 */
export const resolveOption = <A>(
  place: TenantPlace,
  name: string,
  option: unknown,
  read: ReadOption<A>
): Effect.Effect<A, SageAuthError<Misconfigured>> =>
  Effect.mapError(
    resolve(
      option,
      place.tenant,
      typeof read === "function" ? read : (value, at) => decode(read, value, at),
      `connections.${place.connection}.${name}`
    ),
    (issues) => misconfigured(issues, place)
  )
