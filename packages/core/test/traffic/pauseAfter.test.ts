import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { failure } from "../../src/errors/SageAuthError.ts"
import { pauseAfter } from "../../src/traffic/retrying.ts"
import * as RetrySchedules from "../../src/traffic/RetrySchedules.ts"

const pending = failure("x3-gateway.pairing-pending")

const pauses = (schedule: RetrySchedules.RetrySchedule, failures: ReadonlyArray<number>) =>
  Effect.forEach(failures, (count) => pauseAfter(schedule, count, pending))

describe("the pause after so many failures", () => {
  it.effect("is the one that the schedule makes then, whoever counted them", () =>
    Effect.gen(function* () {
      const schedule: RetrySchedules.RetrySchedule = Schedule.exponential("1 second")
      assert.deepStrictEqual(yield* pauses(schedule, [1, 2, 3, 4]), [1_000, 2_000, 4_000, 8_000])
    })
  )

  it.effect("is none when the schedule has ended", () =>
    Effect.gen(function* () {
      const schedule: RetrySchedules.RetrySchedule = Schedule.spaced("1 second").pipe(Schedule.upTo({ times: 2 }))
      assert.deepStrictEqual(yield* pauses(schedule, [1, 2, 3, 4]), [1_000, 1_000, undefined, undefined])
    })
  )
})

describe("the schedule of pairings", () => {
  it.effect("begins with seconds, never waits for much more than five minutes, and ends after 30 days", () =>
    Effect.gen(function* () {
      const [first, third, late] = yield* pauses(RetrySchedules.pairing, [1, 3, 500])
      assert.isTrue(first !== undefined && first >= 4_000 && first <= 6_000)
      assert.isTrue(third !== undefined && third >= 16_000 && third <= 24_000)
      assert.isTrue(late !== undefined && late >= 240_000 && late <= 360_000)
      assert.isUndefined(yield* pauseAfter(RetrySchedules.pairing, 12_000, pending))
    })
  )
})
