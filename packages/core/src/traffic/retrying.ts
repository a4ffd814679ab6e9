import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Result from "../config/Result.ts"
import * as Schedule from "effect/Schedule"
import type { SageAuthError } from "../errors/SageAuthError.ts"
import type { RetrySchedule } from "./RetrySchedules.ts"

/** Ends the pauses of retries, and with them the retries: an application that has closed sends nothing any more. */
export const RetriesEnd = Context.Reference<Effect.Effect<void>>("@sage-auth/core/RetriesEnd", {
  defaultValue: () => Effect.never
})

/** A failure that may know more than its error: whether a write may have been carried out, for example. */
export interface Failure {
  readonly error: SageAuthError
}

/**
 * Repeats an effect by a schedule over its error while `again` says so. When the schedule ends, the last failure is
 * the result.
 */
export const retrying =
  <E extends Failure>(schedule: RetrySchedule, again: (failure: E) => boolean) =>
  <A, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    // most calls succeed at once, and never need the schedule
    Effect.catchIf(effect, again, (first) => repeat(schedule, again, effect, first))

const repeat = <A, E extends Failure, R>(
  schedule: RetrySchedule,
  again: (failure: E) => boolean,
  effect: Effect.Effect<A, E, R>,
  first: E
): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    const over = Effect.andThen(yield* RetriesEnd, Effect.fail("over" as const))
    const pause = yield* Schedule.toStepWithSleep(schedule)
    let last = first
    while (true) {
      const ended = yield* Effect.isFailure(Effect.raceFirst(over, pause(last.error)))
      if (ended) return yield* Effect.fail(last)
      const next = yield* Effect.result(effect)
      if (Result.isSuccess(next)) return next.success
      last = next.failure
      if (!again(last)) return yield* Effect.fail(last)
    }
  })
