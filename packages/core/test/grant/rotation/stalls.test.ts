import { hostname } from "node:os"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { waitingFor, withCallOptions } from "../../../src/application/Application.ts"
import type { SageAuthError } from "../../../src/errors/SageAuthError.ts"
import { answerOf, call, isServed, only, refusalOf } from "./callers.ts"
import type { Process } from "./Process.ts"
import { expire, openWorld, pass, type World } from "./World.ts"

/** the steps of a request for what can be asked for again */
const unsent = ["write lease, done", "ask"]
/** the refresh token's intent is written with the lease: from then on, nobody else can tell whether it left */
const sent = ["write lease and intent, done", "send", "read answer", "write"]

/** a living process that stops before its step of that name, and another one that wants the same grant */
const withHung = Effect.fnUntraced(function* (before: string, seesDeath = true) {
  const world = yield* openWorld({ seesDeath, latency: 1_500 })
  yield* expire(world)
  const hung = yield* world.start()
  hung.pauseBefore = before
  const held = yield* call<unknown, SageAuthError>(unsent.includes(before) ? hung.ask() : hung.acquire())
  yield* pass(2_000)
  const watcher = yield* world.start()
  return { world, hung, held, watcher }
})

const stallsOf = ({ events }: Process) => events.filter((event) => event.type === "renewal-stalled")

const stateOf = ({ grants }: Process) => Effect.map(grants.look("acme"), (seen) => seen?.stall)

const noLoss = (world: World) =>
  Effect.gen(function* () {
    const { refreshToken, row } = yield* world.stored
    assert.strictEqual(refreshToken, world.server.live)
    assert.isUndefined(row.lease)
    assert.isUndefined(row.intent)
    assert.strictEqual(row.state, "connected")
  })

describe("an owner that hangs, and lives", () => {
  for (const before of unsent) {
    it.effect(`is overtaken after 15 seconds when it hangs before "${before}"`, () =>
      Effect.gen(function* () {
        const { held, hung, watcher, world } = yield* withHung(before)
        const waiting = yield* call(watcher.acquire())
        yield* pass(14_900)
        assert.deepStrictEqual(world.server.sends, [])
        assert.deepStrictEqual(stallsOf(watcher), [])
        yield* pass(1_700)
        assert.isTrue(isServed(waiting))
        assert.strictEqual(only(world.server.sends).by, watcher.name)
        const stall = only(stallsOf(watcher))
        assert.strictEqual(stall.processId, process.pid)
        assert.strictEqual(stall.host, hostname().replace(/[^\w.-]/g, "_"))
        assert.isAtLeast(stall.heldFor, 15_000)
        assert.isTrue(stall.overtaken)
        // it comes back, however late, and does no harm
        hung.resume()
        yield* pass(2_000)
        assert.isTrue(isServed(held))
        assert.strictEqual(only(world.server.sends).by, watcher.name)
        yield* noLoss(world)
        assert.isUndefined(yield* stateOf(watcher))
      })
    )
  }

  for (const before of sent) {
    it.effect(`is named and not overtaken when it hangs before "${before}"`, () =>
      Effect.gen(function* () {
        const { held, hung, watcher, world } = yield* withHung(before)
        const sends = world.server.sends.length
        const waiting = yield* call(watcher.acquire())
        yield* pass(600_000)
        assert.strictEqual(yield* refusalOf(waiting), "waits")
        assert.strictEqual(world.server.sends.length, sends)
        const stall = only(stallsOf(watcher))
        assert.isFalse(stall.overtaken)
        assert.strictEqual((yield* stateOf(watcher))?.processId, process.pid)
        assert.isAtLeast((yield* stateOf(watcher))?.heldFor ?? 0, 500_000)
        hung.resume()
        yield* pass(2_000)
        assert.isTrue(isServed(held))
        assert.isTrue(isServed(waiting))
        assert.strictEqual(world.server.sends.length, 1)
        yield* noLoss(world)
        assert.isUndefined(yield* stateOf(watcher))
      })
    )

    it.effect(`is replaced at once when it is ended while it hangs before "${before}"`, () =>
      Effect.gen(function* () {
        const { hung, watcher, world } = yield* withHung(before)
        const waiting = yield* call(watcher.acquire())
        yield* pass(20_000)
        assert.strictEqual(yield* refusalOf(waiting), "waits")
        hung.kill()
        yield* pass(4_000)
        assert.notStrictEqual(yield* refusalOf(waiting), "waits")
        assert.strictEqual(stallsOf(watcher).length, 1)
        assert.isUndefined((yield* world.stored).row.lease)
      })
    )
  }

  it.effect("is announced once for each lease, by however many wait for it", () =>
    Effect.gen(function* () {
      const { hung, watcher } = yield* withHung("send")
      yield* Effect.forEach(["", "E1", "E2"], (context) => call(watcher.acquire(context)))
      yield* pass(120_000)
      assert.strictEqual(stallsOf(watcher).length, 1)
      hung.resume()
      yield* pass(10_000)
      assert.strictEqual(stallsOf(watcher).length, 1)
    })
  )

  it.effect("is not said to hang while it gives signs of life and its server is slow", () =>
    Effect.gen(function* () {
      const world = yield* openWorld({ seesDeath: true, latency: 59_000 })
      yield* expire(world)
      const owner = yield* world.start()
      yield* call(owner.acquire())
      yield* pass(1)
      const watcher = yield* world.start()
      const waiting = yield* call(watcher.acquire())
      yield* pass(59_100)
      assert.isTrue(isServed(waiting))
      assert.deepStrictEqual(stallsOf(watcher), [])
      assert.strictEqual(world.server.sends.length, 1)
    })
  )

  it.effect("is announced when its signs of life go on for longer than any token request", () =>
    Effect.gen(function* () {
      const world = yield* openWorld({ seesDeath: true, latency: 3_600_000 })
      yield* expire(world)
      yield* call((yield* world.start()).acquire())
      yield* pass(1)
      const watcher = yield* world.start()
      yield* call(watcher.acquire())
      yield* pass(62_000)
      assert.isFalse(only(stallsOf(watcher)).overtaken)
      assert.strictEqual(world.server.sends.length, 1)
    })
  )

  it.effect("is named to a caller whose deadline passes, and to nobody else", () =>
    Effect.gen(function* () {
      const { watcher, world } = yield* withHung("read answer")
      const place = world.key
      const waiting = yield* call(
        watcher.acquire().pipe(withCallOptions(undefined, 30_000, place, watcher.application))
      )
      yield* pass(31_000)
      const error = yield* Effect.flip(answerOf(waiting))
      if (error === "waits") return assert.fail("it still waits")
      assert.strictEqual(error.id, "client.lease-held")
      assert.strictEqual(error.reason._tag, "DeadlineExceeded")
      assert.include(error.message, String(process.pid))
      assert.include(error.message, hostname().replace(/[^\w.-]/g, "_"))
      assert.match(error.message, /at least (29|30) s/)
      assert.notMatch(error.remedy, /^Raise/)
      const other = yield* call(
        Effect.never.pipe(withCallOptions(undefined, 1, { ...place, tenant: "b" }, watcher.application))
      )
      yield* pass(2)
      const plain = yield* Effect.flip(answerOf(other))
      assert.strictEqual(plain === "waits" ? plain : plain.id, "client.deadline-exceeded")
    })
  )

  it.effect("leaves nothing behind in those who waited", () =>
    Effect.gen(function* () {
      const { hung, watcher, world } = yield* withHung("read answer")
      yield* call(watcher.acquire())
      yield* pass(20_000)
      assert.isTrue(watcher.application.waiting.has(waitingFor(world.key)))
      hung.resume()
      yield* pass(2_000)
      assert.strictEqual(watcher.application.waiting.size, 0)
    })
  )
})
