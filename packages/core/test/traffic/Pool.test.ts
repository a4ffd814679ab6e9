import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Cause, Deferred, Effect, Exit, Fiber, Schema, Scheduler } from "effect"
import type { PermitRequest } from "../../src/traffic/CoordinationPort.ts"
import { Coordination, layerCoordinationMemory } from "../../src/traffic/Pool.ts"

const call: PermitRequest = { limit: 2, ahead: false }
const at = (limit: number): PermitRequest => ({ limit, ahead: false })
const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const idle = { limit: 0, inUse: 0, waiting: 0 }

/** Work in the pool "acme" that reports its start and runs until the test ends it. */
const openPool = Effect.gen(function* () {
  const { withPermit, state } = yield* Coordination
  const begun: Array<string> = []
  const start = (name: string, request: PermitRequest) =>
    Effect.gen(function* () {
      const end = yield* Deferred.make<void, string>()
      const work = Effect.andThen(
        Effect.sync(() => begun.push(name)),
        Deferred.await(end)
      )
      const fiber = yield* withPermit("acme", request)(work).pipe(Effect.forkChild({ startImmediately: true }))
      return {
        fiber,
        end: Deferred.succeed(end, undefined),
        endWith: (exit: Exit.Exit<void, string>) => Deferred.done(end, exit)
      }
    })
  return { withPermit, begun, start, state: state("acme") }
})

const test = (title: string, body: () => Effect.Effect<void, unknown, Coordination>) =>
  it.effect(title, () => Effect.provide(body(), layerCoordinationMemory))

/** Lets every other fiber run until it waits for something. */
const settle = Effect.forEach(Array.from({ length: 50 }), () => Effect.yieldNow, { discard: true })

describe("Coordination.layerCoordinationMemory", () => {
  test("grants as many permits as the pool has and lets the rest wait", () =>
    Effect.gen(function* () {
      const { begun, start, state } = yield* openPool
      const first = yield* start("1", call)
      yield* start("2", call)
      yield* start("3", call)
      yield* start("4", call)
      assert.deepStrictEqual(begun, ["1", "2"])
      assert.deepStrictEqual(yield* state, { limit: 2, inUse: 2, waiting: 2 })
      yield* first.end
      yield* Fiber.join(first.fiber)
      yield* settle
      assert.deepStrictEqual(begun, ["1", "2", "3"])
      assert.deepStrictEqual(yield* state, { limit: 2, inUse: 2, waiting: 1 })
    }))

  test("serves in order of arrival, renewals before calls", () =>
    Effect.gen(function* () {
      const { begun, start } = yield* openPool
      const one = { limit: 1 }
      const running = [yield* start("holder", { ...one, ahead: false })]
      for (const name of ["call 1", "call 2"]) running.push(yield* start(name, { ...one, ahead: false }))
      for (const name of ["renewal 1", "renewal 2"]) running.push(yield* start(name, { ...one, ahead: true }))
      running.push(yield* start("call 3", { ...one, ahead: false }))
      for (const { end } of running) yield* end
      for (const { fiber } of running) yield* Fiber.join(fiber)
      assert.deepStrictEqual(begun, ["holder", "renewal 1", "renewal 2", "call 1", "call 2", "call 3"])
    }))

  test("lets nobody overtake: a permit that comes free goes to who waits, not to who arrives then", () =>
    Effect.gen(function* () {
      const { begun, start } = yield* openPool
      const one: PermitRequest = { limit: 1, ahead: false }
      const holder = yield* start("holder", one)
      const waiting = yield* start("waiting", one)
      yield* holder.end
      const late = yield* start("late", one)
      yield* waiting.end
      yield* late.end
      yield* Fiber.join(late.fiber)
      assert.deepStrictEqual(begun, ["holder", "waiting", "late"])
    }))

  const ends: ReadonlyArray<readonly [string, Exit.Exit<void, string>]> = [
    ["success", Exit.void],
    ["failure", Exit.fail("no")],
    ["defect", Exit.die(new Error("no"))],
    ["interruption from inside", Exit.interrupt()]
  ]
  for (const [kind, exit] of ends) {
    test(`takes a permit back after ${kind}, and passes the outcome on`, () =>
      Effect.gen(function* () {
        const { start, state } = yield* openPool
        const running = yield* start("only", call)
        yield* running.endWith(exit)
        const outcome = yield* Fiber.await(running.fiber)
        assert.strictEqual(Exit.isSuccess(outcome), Exit.isSuccess(exit))
        if (Exit.isFailure(outcome) && Exit.isFailure(exit))
          assert.strictEqual(outcome.cause.reasons[0]?._tag, exit.cause.reasons[0]?._tag)
        assert.deepStrictEqual(yield* state, idle)
      }))
  }

  test("takes a permit back when its holder is interrupted, or throws while it begins", () =>
    Effect.gen(function* () {
      const { withPermit, start, state } = yield* openPool
      const running = yield* start("only", call)
      yield* Fiber.interrupt(running.fiber)
      assert.deepStrictEqual(yield* state, idle)
      yield* Effect.exit(
        withPermit(
          "acme",
          call
        )(
          Effect.suspend((): Effect.Effect<void> => {
            throw new Error("no")
          })
        )
      )
      assert.deepStrictEqual(yield* state, idle)
    }))

  test("lets go of a waiter that is interrupted, without a gap in the queue", () =>
    Effect.gen(function* () {
      const { begun, start, state } = yield* openPool
      const one: PermitRequest = { limit: 1, ahead: false }
      const holder = yield* start("holder", one)
      const leaving = yield* start("leaving", one)
      const staying = yield* start("staying", one)
      yield* Fiber.interrupt(leaving.fiber)
      assert.deepStrictEqual(yield* state, { limit: 1, inUse: 1, waiting: 1 })
      yield* holder.end
      yield* staying.end
      yield* Fiber.join(staying.fiber)
      assert.deepStrictEqual(begun, ["holder", "staying"])
      assert.deepStrictEqual(yield* state, idle)
    }))

  // with so few operations between two yields, an interruption can come between any two of them
  const moments = Array.from({ length: 40 }, (_, turns) => turns)
  const turn = (turns: number) => Effect.forEach(moments.slice(0, turns), () => Effect.yieldNow, { discard: true })

  it.effect.each([3, 4, 5, 7])(
    "loses no permit when a waiter is interrupted before it has queued, while it waits or as it is granted (%i operations)",
    (operations) =>
      Effect.gen(function* () {
        for (const turns of moments) {
          for (const order of ["interrupted", "granted, interrupted", "interrupted, granted"] as const) {
            yield* Effect.gen(function* () {
              const { start, state, withPermit } = yield* openPool
              const holder = yield* start("holder", at(1))
              const unlucky = yield* Effect.never.pipe(
                withPermit("acme", at(1)),
                Effect.provideService(Scheduler.MaxOpsBeforeYield, operations),
                Effect.forkChild
              )
              if (order === "granted, interrupted") {
                yield* settle
                yield* holder.end
                yield* turn(turns)
                unlucky.interruptUnsafe()
              } else if (order === "interrupted, granted") {
                yield* settle
                unlucky.interruptUnsafe()
                yield* turn(turns)
                yield* holder.end
              } else {
                yield* turn(turns)
                unlucky.interruptUnsafe()
              }
              const exit = yield* Fiber.await(unlucky)
              assert.isTrue(Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause))
              if (order === "interrupted") assert.deepStrictEqual(yield* state, { limit: 1, inUse: 1, waiting: 0 })
              yield* Fiber.interrupt(holder.fiber)
              assert.deepStrictEqual(yield* state, idle)
            }).pipe(Effect.provide(layerCoordinationMemory, { local: true }))
          }
        }
      })
  )

  test("follows the newest limit: raised, waiters are served; lowered, nobody new is until enough have ended", () =>
    Effect.gen(function* () {
      const { begun, start, state } = yield* openPool
      const running = [yield* start("1", at(1)), yield* start("2", at(1)), yield* start("3", at(1))]
      assert.deepStrictEqual(begun, ["1"])
      running.push(yield* start("4", at(3)))
      yield* settle
      assert.deepStrictEqual(begun, ["1", "2", "3"])
      assert.deepStrictEqual(yield* state, { limit: 3, inUse: 3, waiting: 1 })
      running.push(yield* start("5", at(1)))
      assert.deepStrictEqual(yield* state, { limit: 1, inUse: 3, waiting: 2 })
      for (const ended of [0, 1]) {
        yield* running[ended]!.end
        yield* Fiber.join(running[ended]!.fiber)
      }
      yield* settle
      assert.deepStrictEqual(begun, ["1", "2", "3"])
      yield* running[2]!.end
      yield* Fiber.join(running[2]!.fiber)
      yield* settle
      assert.deepStrictEqual(begun, ["1", "2", "3", "4"])
      assert.deepStrictEqual(yield* state, { limit: 1, inUse: 1, waiting: 1 })
    }))

  test("keeps pools apart, and nothing of a pool that nobody uses", () =>
    Effect.gen(function* () {
      const { withPermit, state } = yield* Coordination
      const inside = yield* withPermit("a", { limit: 1, ahead: false })(
        withPermit("b", { limit: 5, ahead: false })(Effect.all([state("a"), state("b"), state("c")]))
      )
      assert.deepStrictEqual(inside, [{ limit: 1, inUse: 1, waiting: 0 }, { limit: 5, inUse: 1, waiting: 0 }, idle])
      assert.deepStrictEqual(yield* Effect.all([state("a"), state("b")]), [idle, idle])
    }))

  test("takes the newest limit, also of a pool that nobody used for a while", () =>
    Effect.gen(function* () {
      const { withPermit, state } = yield* Coordination
      for (const limit of [3, 1, 2]) {
        assert.deepStrictEqual(yield* withPermit("a", at(limit))(state("a")), { limit, inUse: 1, waiting: 0 })
        assert.deepStrictEqual(yield* state("a"), idle)
      }
    }))

  test("serves more companies than it keeps pools for", () =>
    Effect.gen(function* () {
      const { withPermit, state } = yield* Coordination
      for (let company = 0; company < 250; company++) {
        const name = `company ${company}`
        assert.deepStrictEqual(yield* withPermit(name, call)(state(name)), { limit: 2, inUse: 1, waiting: 0 })
        assert.deepStrictEqual(yield* state(name), idle)
      }
    }))

  test("tells that it is saturated once, until nobody waits any more", () =>
    Effect.gen(function* () {
      const { start } = yield* openPool
      let told = 0
      const request: PermitRequest = { limit: 1, ahead: false, onSaturated: () => told++ }
      for (const episode of [1, 2]) {
        const running = [yield* start("holder", request)]
        assert.strictEqual(told, episode - 1)
        for (const name of ["waiting", "waiting too", "and me"]) {
          running.push(yield* start(name, request))
          assert.strictEqual(told, episode)
        }
        for (const { end } of running) yield* end
        for (const { fiber } of running) yield* Fiber.join(fiber)
      }
    }))

  test("survives an onSaturated that throws", () =>
    Effect.gen(function* () {
      const { start, state } = yield* openPool
      const holder = yield* start("holder", { limit: 1, ahead: false })
      const request: PermitRequest = {
        limit: 1,
        ahead: false,
        onSaturated: () => {
          throw new Error("no")
        }
      }
      const broken = yield* start("broken", request)
      assert.isTrue(Exit.isFailure(yield* Fiber.await(broken.fiber)))
      yield* holder.end
      yield* Fiber.join(holder.fiber)
      assert.deepStrictEqual(yield* state, idle)
    }))

  const step = Schema.Struct({
    kind: Schema.Literals([
      "call",
      "call",
      "renewal",
      "succeed",
      "fail",
      "die",
      "interrupt",
      "interrupt",
      "let-run",
      "let-run-a-little"
    ]),
    which: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 20 }))
  })
  it.effect.prop(
    "never grants more than it has and gets every permit back, however work ends and leaves",
    [between(1, 3), between(3, 7), Arbitrary.array(Arbitrary.schema(step), { minLength: 1, maxLength: 60 })],
    ([limit, operations, steps]) =>
      Effect.gen(function* () {
        const { withPermit, state } = yield* Coordination
        let inside = 0
        const started: Array<{
          readonly fiber: Fiber.Fiber<void, string>
          readonly end: Deferred.Deferred<void, string>
        }> = []
        const begin = (ahead: boolean) =>
          Effect.gen(function* () {
            const end = yield* Deferred.make<void, string>()
            const work = Effect.acquireUseRelease(
              Effect.sync(() => {
                inside++
                assert.isAtMost(inside, limit)
              }),
              () => Deferred.await(end),
              () => Effect.sync(() => inside--)
            )
            const fiber = yield* withPermit("acme", { limit, ahead })(work).pipe(
              Effect.provideService(Scheduler.MaxOpsBeforeYield, operations),
              Effect.forkChild
            )
            started.push({ fiber, end })
          })
        for (const { kind, which } of steps) {
          const one = started[which % Math.max(1, started.length)]
          if (kind === "call" || kind === "renewal") yield* begin(kind === "renewal")
          else if (kind === "let-run") yield* settle
          else if (kind === "let-run-a-little") {
            for (let turns = 0; turns < which; turns++) yield* Effect.yieldNow
          } else if (one !== undefined) {
            if (kind === "succeed") yield* Deferred.succeed(one.end, undefined)
            if (kind === "fail") yield* Deferred.fail(one.end, "no")
            if (kind === "die") yield* Deferred.die(one.end, "no")
            if (kind === "interrupt") one.fiber.interruptUnsafe()
          }
        }
        for (const { end } of started) yield* Deferred.succeed(end, undefined)
        for (const { fiber } of started) {
          const exit = yield* Fiber.await(fiber)
          if (Exit.isFailure(exit)) {
            for (const reason of exit.cause.reasons) {
              // what the test itself did, and no defect of the pool
              if (reason._tag === "Die") assert.strictEqual(reason.defect, "no")
            }
          }
        }
        assert.strictEqual(inside, 0)
        assert.deepStrictEqual(yield* state("acme"), idle)
        // a lost permit would leave this one waiting for good
        assert.strictEqual(yield* withPermit("acme", { limit: 1, ahead: false })(Effect.succeed("served")), "served")
      }).pipe(Effect.provide(layerCoordinationMemory, { local: true })),
    { arbitrary: { runs: 400 } }
  )
})
