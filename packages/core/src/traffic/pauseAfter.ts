import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schedule from "effect/Schedule"
import type { SageAuthError } from "../errors/SageAuthError.ts"
import type { RetrySchedule } from "./RetrySchedules.ts"

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
