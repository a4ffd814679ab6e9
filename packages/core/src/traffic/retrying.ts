import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schedule from "effect/Schedule"
import * as Result from "../config/Result.ts"
import type { SageAuthError } from "../errors/SageAuthError.ts"
import type { RetrySchedule, RetrySchedules } from "./RetrySchedules.ts"
import type { Processed } from "../transport/Answer.ts"

/** Ends the pauses of retries, and with them the retries: an application that has closed sends nothing any more. */
export const RetriesEnd = Context.Reference<Effect.Effect<void>>("@sage-auth/core/RetriesEnd", {
  defaultValue: () => Effect.never
})

/** A failure that may know more than its error: whether a write may have been carried out, for example. */
export interface FailedTry {
  readonly error: SageAuthError
}

/** A request that failed. */
export interface FailedRequest extends FailedTry {
  /** whether the server has processed it */
  readonly processed: Processed
  /** a limit of the server's was reached, whatever the reason of its error. Default: by its reason */
  readonly limited?: boolean | undefined
  /** it was tried again where it failed, as often as the schedules say, and is not repeated once more. Default false */
  readonly settled?: boolean | undefined
}

/** Whether a request was refused for a limit, and can be tried again. */
export const isLimited = ({ error, limited, settled }: FailedRequest): boolean =>
  settled !== true && (limited ?? error.reason._tag === "RateLimited")

/**
 * Tries a request again by the application's schedules. It does so after a limit, since a request over it was not
 * processed, and after what passes by itself where `mayRepeat` says that sending it twice does no harm. A `Retry-After`
 * above `longestWait`, in milliseconds, is not waited for: it is what the request fails with.
 */
export const retryingRequest =
  <E extends FailedRequest>(
    { rateLimited, transient }: RetrySchedules,
    mayRepeat: (failed: E) => boolean,
    longestWait = Number.POSITIVE_INFINITY
  ) =>
  <A, R>(request: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    request.pipe(
      retrying(rateLimited, (failed) => isLimited(failed) && waitOf(failed) <= longestWait),
      retrying(
        transient,
        (failed) => failed.error.retryable && failed.settled !== true && !isLimited(failed) && mayRepeat(failed)
      )
    )

const waitOf = ({ error: { reason } }: FailedTry): number =>
  (reason._tag === "RateLimited" ? reason.retryAfter : undefined) ?? 0

/**
 * Repeats an effect by a schedule over its error while `again` says so. When the schedule ends, the last failure is
 * the result.
 */
export const retrying =
  <E extends FailedTry>(schedule: RetrySchedule, mayRetry: (failure: E) => boolean) =>
  <A, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    // most calls succeed at once, and never need the schedule
    Effect.catchIf(effect, mayRetry, (first) => repeat(schedule, mayRetry, effect, first))

const repeat = <A, E extends FailedTry, R>(
  schedule: RetrySchedule,
  mayRetry: (failure: E) => boolean,
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
      if (!mayRetry(last)) return yield* Effect.fail(last)
    }
  })

/**
 * The pause that a schedule makes after that many failures, in milliseconds; undefined when it has ended. For retries
 * that outlive a process: what is remembered of them is their number, so the schedule is played up to it.
 */
export const pauseAfter = (
  schedule: RetrySchedule,
  failures: number,
  error: SageAuthError
): Effect.Effect<number | undefined> =>
  Effect.gen(function* () {
    const step = yield* Schedule.toStep(schedule)
    let at = 0
    let pause = 0
    for (let played = 0; played < failures; played++) {
      const exit = yield* Effect.exit(step(at, error))
      if (Exit.isFailure(exit)) return undefined
      pause = Duration.toMillis(exit.value[1])
      at += pause
    }
    return pause
  })
