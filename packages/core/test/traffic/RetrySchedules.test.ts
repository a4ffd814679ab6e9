import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Random, Schedule } from "effect"
import { TestClock } from "effect/testing"
import { failure, type SageAuthError } from "../../src/errors/SageAuthError.ts"
import * as RetrySchedules from "../../src/traffic/RetrySchedules.ts"
import { type FailedTry, retrying } from "../../src/traffic/retrying.ts"

const away = failure("client.answer-lost")
const limited = (retryAfter?: number) => failure("intacct.rate-limited", { retryAfter })

interface Attempt extends FailedTry {
  readonly attempt: number
}

const errors = (error: SageAuthError) => Array.from({ length: 20 }, () => error)

/** Runs an operation that fails with each error in turn and then succeeds; when it was tried, and how it ended. */
const attempts = (
  schedule: RetrySchedules.RetrySchedule,
  failures: ReadonlyArray<SageAuthError>,
  again: (failure: Attempt) => boolean = () => true
) =>
  Effect.gen(function* () {
    const clock = yield* TestClock.testClockWith(Effect.succeed)
    const start = clock.currentTimeMillisUnsafe()
    const at: Array<number> = []
    const operation = Effect.suspend(() => {
      const error = failures[at.length]
      at.push(clock.currentTimeMillisUnsafe() - start)
      return error === undefined ? Effect.succeed("ok") : Effect.fail<Attempt>({ error, attempt: at.length })
    })
    const fiber = yield* operation.pipe(retrying(schedule, again), Effect.forkChild({ startImmediately: true }))
    yield* TestClock.adjust("1 hour")
    return { exit: yield* Fiber.await(fiber), at, pauses: at.slice(1).map((time, index) => time - at[index]!) }
  })

const within = (pauses: ReadonlyArray<number>, nominal: ReadonlyArray<number>) => {
  assert.strictEqual(pauses.length, nominal.length)
  for (const [index, pause] of pauses.entries()) {
    assert.isAtLeast(pause, Math.floor(nominal[index]! * 0.8))
    assert.isAtMost(pause, Math.ceil(nominal[index]! * 1.2))
  }
}

/** Without jitter: the factor in the middle. */
const evenly = Effect.provideService(Random.Random, { nextDoubleUnsafe: () => 0.5, nextIntUnsafe: () => 0 })

describe("RetrySchedules.transient", () => {
  it.effect("tries four times more, after 200 ms doubled each time, give or take a fifth", () =>
    Effect.gen(function* () {
      const { exit, pauses } = yield* attempts(
        RetrySchedules.transient,
        Array.from({ length: 20 }, () => away)
      )
      assert.deepStrictEqual(exit, Exit.fail({ error: away, attempt: 5 }))
      within(pauses, [200, 400, 800, 1600])
    })
  )

  it.effect("pauses exactly so long where nothing is left to chance", () =>
    Effect.gen(function* () {
      const { pauses } = yield* attempts(RetrySchedules.transient, errors(away))
      assert.deepStrictEqual(pauses, [200, 400, 800, 1600])
      const { pauses: longer } = yield* attempts(RetrySchedules.rateLimited, errors(limited()))
      assert.deepStrictEqual(longer, [1000, 2000, 4000, 8000, 16_000, 30_000])
    }).pipe(evenly)
  )

  it.effect("starts over with every use, and pauses differ from one use to the next", () =>
    Effect.gen(function* () {
      const runs = yield* Effect.forEach(Array.from({ length: 5 }), () =>
        attempts(
          RetrySchedules.transient,
          Array.from({ length: 20 }, () => away)
        )
      )
      for (const { pauses } of runs) within(pauses, [200, 400, 800, 1600])
      assert.isAbove(new Set(runs.map(({ pauses }) => pauses.join())).size, 1)
    })
  )

  it.effect("begins no try after 30 seconds", () =>
    Effect.gen(function* () {
      const clock = yield* TestClock.testClockWith(Effect.succeed)
      let tries = 0
      const slow = Effect.suspend(() => {
        tries++
        return Effect.andThen(Effect.sleep("20 seconds"), Effect.fail<FailedTry>({ error: away }))
      })
      const fiber = yield* slow.pipe(
        retrying(RetrySchedules.transient, () => true),
        Effect.forkChild({ startImmediately: true })
      )
      yield* TestClock.adjust("1 hour")
      assert.isTrue(Exit.isFailure(yield* Fiber.await(fiber)))
      assert.isBelow(tries, 4)
      assert.isAbove(clock.currentTimeMillisUnsafe(), 0)
    })
  )
})

describe("RetrySchedules.rateLimited", () => {
  it.effect("tries six times more, after 1 second doubled up to 30, give or take a fifth", () =>
    Effect.gen(function* () {
      const { exit, pauses } = yield* attempts(
        RetrySchedules.rateLimited,
        Array.from({ length: 20 }, () => limited())
      )
      assert.isTrue(Exit.isFailure(exit))
      within(pauses, [1000, 2000, 4000, 8000, 16_000, 30_000])
    })
  )

  it.effect("waits as long as the server asks where that is longer, and not a moment less otherwise", () =>
    Effect.gen(function* () {
      const { exit, pauses } = yield* attempts(RetrySchedules.rateLimited, [
        limited(10_000),
        limited(500),
        limited(20_000)
      ])
      assert.deepStrictEqual(exit, Exit.succeed("ok"))
      assert.strictEqual(pauses[0], 10_000)
      within([pauses[1]!], [2000])
      assert.strictEqual(pauses[2], 20_000)
    })
  )

  it.effect("obeys a Retry-After that is longer than it would go on by itself", () =>
    Effect.gen(function* () {
      const { exit, at } = yield* attempts(RetrySchedules.rateLimited, [limited(600_000)])
      assert.deepStrictEqual(exit, Exit.succeed("ok"))
      assert.deepStrictEqual(at, [0, 600_000])
    })
  )
})

describe("retrying", () => {
  const twice = Schedule.recurs(2).pipe(Schedule.setInputType<SageAuthError>())

  it.effect("tries a success once", () =>
    Effect.gen(function* () {
      const { exit, at } = yield* attempts(RetrySchedules.transient, [])
      assert.deepStrictEqual(exit, Exit.succeed("ok"))
      assert.deepStrictEqual(at, [0])
    })
  )

  it.effect("passes the last failure on when the schedule ends, not the first", () =>
    Effect.gen(function* () {
      const { exit, at } = yield* attempts(twice, [away, limited(), failure("client.not-sent"), away, away])
      assert.strictEqual(at.length, 3)
      assert.isTrue(Exit.isFailure(exit))
      const last = yield* Effect.flip(exit)
      assert.strictEqual(last.attempt, 3)
      assert.strictEqual(last.error.id, "client.not-sent")
    })
  )

  it.effect("passes a failure on at once that may not be repeated, be it the first or a later one", () =>
    Effect.gen(function* () {
      const first = yield* attempts(twice, [away, away], () => false)
      assert.deepStrictEqual(first.exit, Exit.fail({ error: away, attempt: 1 }))
      assert.deepStrictEqual(first.at, [0])
      const later = yield* attempts(twice, [away, limited(), away], ({ error }) => error.reason._tag !== "RateLimited")
      assert.isTrue(Exit.isFailure(later.exit))
      assert.strictEqual((yield* Effect.flip(later.exit)).attempt, 2)
    })
  )

  it.effect("leaves a defect alone", () =>
    Effect.gen(function* () {
      let tries = 0
      const broken = Effect.suspend(() => {
        tries++
        return Effect.die("no")
      })
      assert.deepStrictEqual(yield* Effect.exit(retrying(twice, () => true)(broken)), Exit.die("no"))
      assert.strictEqual(tries, 1)
    })
  )

  it.effect("ends a pause when it is interrupted, and tries no more", () =>
    Effect.gen(function* () {
      let tries = 0
      const failing = Effect.suspend(() => {
        tries++
        return Effect.fail<FailedTry>({ error: away })
      })
      const fiber = yield* failing.pipe(
        retrying(RetrySchedules.transient, () => true),
        Effect.forkChild({ startImmediately: true })
      )
      yield* Fiber.interrupt(fiber)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(tries, 1)
    })
  )

  it.effect("gives every failure to the schedule, so that a schedule of the user's can decide", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const schedule: RetrySchedules.RetrySchedule = Schedule.forever.pipe(
        Schedule.setInputType<SageAuthError>(),
        Schedule.while(({ input }) => {
          seen.push(input.id)
          return input.reason._tag !== "RateLimited"
        })
      )
      const { exit } = yield* attempts(schedule, [away, away, limited(), away])
      assert.deepStrictEqual(seen, ["client.answer-lost", "client.answer-lost", "intacct.rate-limited"])
      assert.strictEqual((yield* Effect.flip(exit)).attempt, 3)
    })
  )
})
