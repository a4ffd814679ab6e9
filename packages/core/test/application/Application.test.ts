import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Exit, Fiber, Metric, Scope } from "effect"
import { TestClock } from "effect/testing"
import type { ApplicationClock } from "../../src/application/clock.ts"
import { iterateEvents } from "../../src/application/promise.ts"
import * as Application from "../../src/application/Application.ts"
import { makeApplication } from "../../src/application/makeApplication.ts"
import { detached } from "./probe.ts"
import { openApplication, testSettings } from "./openApplication.ts"

const place = { surface: "intacct-xml", connection: "ledger", tenant: "acme" } as const

const waiting = (options: Application.CallOptions | undefined, deadline = 30_000) =>
  Effect.never.pipe(
    Application.withCallOptions(options, deadline, place),
    Effect.flip,
    Effect.forkChild({ startImmediately: true })
  )

describe("withCallOptions", () => {
  it.effect("releases a caller at the deadline of the connection, and says where it waited", () =>
    Effect.gen(function* () {
      const fiber = yield* waiting(undefined, 30_000)
      yield* TestClock.adjust(29_999)
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust(1)
      const error = yield* Fiber.join(fiber)
      assert.strictEqual(error.reason._tag, "DeadlineExceeded")
      assert.deepInclude(error, place)
    })
  )

  it.effect.each([
    [5000, 5000],
    ["5 seconds", 5000],
    ["2 minutes", 120_000]
  ] as const)("takes a call's own deadline of %s instead", ([deadline, milliseconds]) =>
    Effect.gen(function* () {
      const fiber = yield* waiting({ deadline })
      yield* TestClock.adjust(milliseconds - 1)
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust(1)
      assert.strictEqual((yield* Fiber.join(fiber)).reason._tag, "DeadlineExceeded")
    })
  )

  it.effect("lets success and failure through untouched", () =>
    Effect.gen(function* () {
      const options = { signal: new AbortController().signal, deadline: 1000 }
      const through = Application.withCallOptions(options, 30_000, place)
      assert.strictEqual(yield* through(Effect.succeed(1)), 1)
      assert.strictEqual(yield* Effect.flip(through(Effect.fail("no"))), "no")
    })
  )

  it.effect(
    "releases a caller whose signal is aborted, before or while it waits, and listens no longer than that",
    () =>
      Effect.gen(function* () {
        const aborted = yield* Effect.exit(
          Effect.never.pipe(Application.withCallOptions({ signal: AbortSignal.abort() }, 30_000, place))
        )
        assert.isTrue(Exit.hasInterrupts(aborted))
        const controller = new AbortController()
        let listening = 0
        const { signal } = controller
        const add = signal.addEventListener.bind(signal)
        const remove = signal.removeEventListener.bind(signal)
        signal.addEventListener = (...args: Parameters<typeof add>) => {
          listening++
          add(...args)
        }
        signal.removeEventListener = (...args: Parameters<typeof remove>) => {
          listening--
          remove(...args)
        }
        yield* Effect.void.pipe(Effect.andThen(Effect.yieldNow), Application.withCallOptions({ signal }, 30_000, place))
        assert.strictEqual(listening, 0)
        const fiber = yield* Effect.never.pipe(
          Application.withCallOptions({ signal }, 30_000, place),
          Effect.forkChild({ startImmediately: true })
        )
        assert.strictEqual(listening, 1)
        controller.abort()
        assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
      })
  )
})

describe("Application.close", () => {
  it.effect("waits for everything that is detached, and only for that", () =>
    Effect.gen(function* () {
      const { application } = yield* openApplication()
      const first = detached(application)
      const second = detached(application)
      application.background(Effect.never)
      const closing = yield* application.close.pipe(Effect.forkChild({ startImmediately: true }))
      first.land()
      yield* TestClock.adjust(1000)
      assert.isUndefined(closing.pollUnsafe())
      second.land()
      yield* Fiber.join(closing)
    })
  )

  it.effect("is done at once where nothing is under way", () =>
    Effect.gen(function* () {
      const { application } = yield* openApplication()
      yield* application.close
      assert.isTrue(application.isClosed())
    })
  )

  it.effect("gives up after the shutdown setting", () =>
    Effect.gen(function* () {
      const { application } = yield* openApplication({ shutdown: 5000 })
      detached(application)
      const closing = yield* application.close.pipe(Effect.forkChild({ startImmediately: true }))
      yield* TestClock.adjust(4999)
      assert.isUndefined(closing.pollUnsafe())
      yield* TestClock.adjust(1)
      yield* Fiber.join(closing)
    })
  )

  it.effect("a second time waits for the same end", () =>
    Effect.gen(function* () {
      const { application } = yield* openApplication()
      const renewal = detached(application)
      const first = yield* application.close.pipe(Effect.forkChild({ startImmediately: true }))
      const second = yield* application.close.pipe(Effect.forkChild({ startImmediately: true }))
      yield* TestClock.adjust(1)
      assert.isUndefined(second.pollUnsafe())
      renewal.land()
      yield* Fiber.join(first)
      yield* Fiber.join(second)
    })
  )

  it.effect("ends what runs in the background, and starts nothing of it any more", () =>
    Effect.gen(function* () {
      const { application } = yield* openApplication()
      let ended = 0
      let begun = 0
      const loop = Effect.gen(function* () {
        begun++
        return yield* Effect.never
      }).pipe(Effect.onInterrupt(() => Effect.sync(() => ended++)))
      for (let loops = 0; loops < 3; loops++) application.background(loop)
      assert.strictEqual(begun, 3)
      yield* application.close
      assert.strictEqual(ended, 3)
      application.background(loop)
      assert.strictEqual(begun, 3)
    })
  )

  it.effect("is what closing the scope does, and the last events still reach their readers", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const application = yield* Scope.provide(makeApplication(testSettings), scope)
      const reader = iterateEvents(application.events)
      const answer = yield* Deferred.make<void>()
      application.detach(
        Effect.andThen(
          Deferred.await(answer),
          Effect.sync(() => application.publish({ type: "recovered", ...place, at: application.now() }))
        )
      )
      const closing = yield* Scope.close(scope, Exit.void).pipe(Effect.forkChild({ startImmediately: true }))
      assert.isTrue(application.isClosed())
      yield* Deferred.succeed(answer, undefined)
      yield* Fiber.join(closing)
      const next = yield* Effect.promise(() => reader.next())
      assert.strictEqual(next.done === true ? undefined : next.value.type, "recovered")
      assert.isTrue((yield* Effect.promise(() => reader.next())).done)
    })
  )

  it.effect("is what whileOpen asks about", () =>
    Effect.gen(function* () {
      const { application } = yield* openApplication()
      const open = Application.whileOpen(application, place)
      yield* open
      yield* application.close
      const error = yield* Effect.flip(open)
      assert.strictEqual(error.reason._tag, "Closed")
      assert.deepInclude(error, place)
    })
  )
})

describe("Application: its surroundings", () => {
  it.effect("tells time by the clock it was opened under", () =>
    Effect.gen(function* () {
      const { application } = yield* openApplication()
      yield* TestClock.setTime(1_800_000_000_000)
      assert.strictEqual(application.now(), 1_800_000_000_000)
    })
  )

  it.effect("tells time, waits and gives up waiting by the clock of its settings", () =>
    Effect.gen(function* () {
      const own = {
        now: 5_000_000,
        sleeping: new Map<number, { readonly wake: () => void; readonly signal: AbortSignal | undefined }>()
      }
      const clock: ApplicationClock = {
        now: () => own.now,
        sleep: (milliseconds, signal) =>
          new Promise((wake, leave) => {
            own.sleeping.set(milliseconds, { wake, signal })
            signal?.addEventListener("abort", () => leave(signal.reason as Error))
          })
      }
      const { application } = yield* openApplication({ clock })
      assert.strictEqual(application.now(), 5_000_000)
      const inside = <A, E>(effect: Effect.Effect<A, E>) => Effect.provideContext(effect, application.context)
      assert.strictEqual(yield* inside(Clock.currentTimeMillis), 5_000_000)
      const waiting = yield* inside(
        Effect.never.pipe(Application.withCallOptions({ deadline: 7000 }, 30_000, place), Effect.flip)
      ).pipe(Effect.forkChild({ startImmediately: true }))
      // the clock of the test says nothing here
      yield* TestClock.adjust("1 hour")
      assert.isUndefined(waiting.pollUnsafe())
      own.sleeping.get(7000)?.wake()
      assert.strictEqual((yield* Fiber.join(waiting)).reason._tag, "DeadlineExceeded")
      const leaving = yield* inside(Effect.sleep(9000)).pipe(Effect.forkChild({ startImmediately: true }))
      yield* Fiber.interrupt(leaving)
      assert.isTrue(own.sleeping.get(9000)?.signal?.aborted)
    })
  )

  it.effect("counts into the metrics it was opened with", () =>
    Effect.gen(function* () {
      const { application } = yield* openApplication()
      const counter = Metric.counter("application_test_total")
      application.count(counter, 2)
      application.count(counter, 3)
      assert.strictEqual((yield* Metric.value(counter)).count, 5)
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))
  )
})
