import { assert, describe, it } from "@effect/vitest"
import { Cause, Clock, Effect } from "effect"
import { inspect } from "node:util"
import { failure, type SageAuthError } from "../../src/errors/SageAuthError.ts"
import { runPromise, toRejection } from "../../src/application/promise.ts"
import { openApplication } from "./openApplication.ts"

const canary = "hunter2-canary"

/** What a promise rejects with. */
const rejection = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    await promise
  } catch (thrown) {
    return thrown
  }
  throw new Error("it did not reject")
}

describe("toRejection", () => {
  it("is the failure itself", () => {
    const error = failure("client.closed")
    assert.strictEqual(toRejection(Cause.fail(error)), error)
    assert.strictEqual(toRejection(Cause.combine(Cause.die(new Error(canary)), Cause.fail(error))), error)
  })

  it.each([
    ["a defect", Cause.die(new Error(canary))],
    ["an interruption", Cause.interrupt()]
  ])("is client.defect for %s, without its text", (_, cause) => {
    const error = toRejection(cause) as SageAuthError
    assert.strictEqual(error.id, "client.defect")
    assert.notInclude(inspect(error, { depth: 10, showHidden: true }) + JSON.stringify(error) + error.stack, canary)
  })
})

describe("runPromise", () => {
  it.effect("resolves and rejects as the effect ends, under the clock of the application", () =>
    Effect.gen(function* () {
      const { application } = yield* openApplication({ clock: { now: () => 42 } })
      assert.strictEqual(yield* Effect.promise(() => runPromise(application, Clock.currentTimeMillis, undefined)), 42)
      const error = failure("client.closed")
      assert.strictEqual(
        yield* Effect.promise(() => rejection(runPromise(application, Effect.fail(error), undefined))),
        error
      )
    })
  )

  it.effect("rejects with the reason of a signal that is aborted, before and while it runs", () =>
    Effect.gen(function* () {
      const { application } = yield* openApplication()
      const reason = new Error("the request was cancelled")
      let ran = false
      const effect = Effect.sync(() => {
        ran = true
      })
      assert.strictEqual(
        yield* Effect.promise(() => rejection(runPromise(application, effect, AbortSignal.abort(reason)))),
        reason
      )
      assert.isFalse(ran)
      const controller = new AbortController()
      let interrupted = false
      const waiting = runPromise(
        application,
        Effect.onInterrupt(Effect.never, () =>
          Effect.sync(() => {
            interrupted = true
          })
        ),
        controller.signal
      )
      const rejected = rejection(waiting)
      controller.abort(reason)
      assert.strictEqual(yield* Effect.promise(() => rejected), reason)
      assert.isTrue(interrupted)
    })
  )

  it.effect("tells a failure that came before the abort", () =>
    Effect.gen(function* () {
      const { application } = yield* openApplication()
      const controller = new AbortController()
      const error = failure("client.closed")
      const failing = Effect.suspend(() => {
        controller.abort()
        return Effect.fail(error)
      })
      assert.strictEqual(
        yield* Effect.promise(() => rejection(runPromise(application, failing, controller.signal))),
        error
      )
    })
  )
})
