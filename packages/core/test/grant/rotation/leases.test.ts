import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import type { SageAuthError } from "../../../src/errors/SageAuthError.ts"
import { answerOf, call, isServed, only, refusalOf } from "./callers.ts"
import { expire, openWorld, pass } from "./World.ts"

/** a process that holds the lease of an ended credential, stopped before its step of that name */
const withHolder = Effect.fnUntraced(function* (stopsBefore: string, seesDeath: boolean) {
  const world = yield* openWorld({ seesDeath })
  yield* expire(world)
  const holder = yield* world.start()
  holder.pauseBefore = stopsBefore
  const held = yield* call<unknown, SageAuthError>(stopsBefore === "ask" ? holder.ask() : holder.acquire())
  yield* pass(100)
  assert.isDefined((yield* world.stored).row.lease)
  const watcher = yield* world.start()
  return { world, holder, held, watcher }
})

describe("a fresh credential is adopted", () => {
  it.effect("when it is found before the lease is asked for", () =>
    Effect.gen(function* () {
      const world = yield* openWorld()
      const process = yield* world.start()
      const { contents, row } = yield* world.stored
      const held = yield* process.renew()
      assert.strictEqual(held.credential.id, contents.credentials[""]?.id)
      assert.strictEqual(world.server.sends.length, 0)
      assert.strictEqual((yield* world.stored).row.revision, row.revision)
    })
  )

  it.effect("with its age, and not when it is about to end", () =>
    Effect.gen(function* () {
      const world = yield* openWorld()
      const process = yield* world.start()
      yield* pass(284_999)
      assert.strictEqual((yield* process.renew()).age, 284_999)
      yield* pass(1)
      const caller = yield* call(process.renew())
      yield* pass(50)
      assert.strictEqual((yield* answerOf(caller)).age, 0)
      assert.strictEqual(world.server.sends.length, 1)
    })
  )

  it.effect("when somebody was faster between the look and the lease", () =>
    Effect.gen(function* () {
      const world = yield* openWorld()
      yield* expire(world)
      const slow = yield* world.start()
      slow.pauseBefore = "write lease and intent"
      const waiting = yield* call(slow.acquire())
      yield* pass(1)
      const fast = yield* world.start()
      const served = yield* call(fast.acquire())
      yield* pass(50)
      slow.resume()
      yield* pass(1)
      const adopted = (yield* answerOf(waiting)).value.credential.id
      assert.strictEqual(adopted, (yield* answerOf(served)).value.credential.id)
      assert.strictEqual(only(world.server.sends).by, fast.name)
    })
  )

  it.effect("while its owner renews it, as soon as it is there", () =>
    Effect.gen(function* () {
      const { held, holder, watcher, world } = yield* withHolder("send", false)
      const waiting = yield* call(watcher.acquire())
      yield* pass(900)
      holder.resume()
      yield* pass(50)
      assert.isTrue(isServed(held))
      assert.isTrue(isServed(waiting))
      assert.strictEqual(world.server.sends.length, 1)
    })
  )

  it.effect("unless it is the one that was rejected", () =>
    Effect.gen(function* () {
      const world = yield* openWorld()
      const process = yield* world.start()
      const { credential } = yield* process.renew()
      const caller = yield* call(process.renew({ replaces: credential.id, rejected: true }))
      yield* pass(50)
      assert.notStrictEqual((yield* answerOf(caller)).credential.id, credential.id)
    })
  )
})

describe("a lease", () => {
  it.effect("is taken from an owner that was silent for 5 seconds", () =>
    Effect.gen(function* () {
      const { held, holder, watcher, world } = yield* withHolder("ask", false)
      const waiting = yield* call(watcher.acquire())
      yield* pass(4_999)
      assert.strictEqual(world.server.sends.length, 0)
      yield* pass(51)
      assert.isTrue(isServed(waiting))
      assert.strictEqual(only(world.server.sends).by, watcher.name)
      // it comes back, and has nothing to give back
      holder.resume()
      yield* pass(50)
      assert.isTrue(isServed(held))
      const { refreshToken, row } = yield* world.stored
      assert.strictEqual(refreshToken, world.server.live)
      assert.strictEqual(row.lease, undefined)
    })
  )

  it.effect("is taken at once from an owner that is seen to be dead", () =>
    Effect.gen(function* () {
      const { holder, watcher, world } = yield* withHolder("send", true)
      holder.kill()
      const waiting = yield* call(watcher.acquire())
      yield* pass(50)
      assert.isTrue(isServed(waiting))
      assert.strictEqual(only(world.server.sends).by, watcher.name)
    })
  )

  it.effect("is taken within a second from an owner that dies while somebody waits", () =>
    Effect.gen(function* () {
      const { holder, watcher } = yield* withHolder("send", true)
      const waiting = yield* call(watcher.acquire())
      yield* pass(10_000)
      holder.kill()
      yield* pass(1_050)
      assert.isTrue(isServed(waiting))
    })
  )

  it.effect("is never taken from an owner that is seen to live, however long it is silent", () =>
    Effect.gen(function* () {
      const { held, holder, watcher, world } = yield* withHolder("read answer", true)
      const waiting = yield* call(watcher.acquire())
      yield* pass(600_000)
      assert.strictEqual(yield* refusalOf(waiting), "waits")
      holder.resume()
      yield* pass(1)
      assert.isTrue(isServed(waiting))
      assert.isTrue(isServed(held))
      assert.strictEqual(world.server.sends.length, 1)
    })
  )

  it.effect("is never taken from an owner that beats, however slow the server is", () =>
    Effect.gen(function* () {
      const world = yield* openWorld({ latency: 59_000 })
      yield* expire(world)
      const owner = yield* world.start()
      const held = yield* call(owner.acquire())
      yield* pass(1)
      const watcher = yield* world.start()
      const waiting = yield* call(watcher.acquire())
      yield* pass(59_000)
      assert.isTrue(isServed(held))
      assert.isTrue(isServed(waiting))
      assert.strictEqual(world.server.sends.length, 1)
    })
  )

  it.effect("goes on beating when the store could once not tell who lives", () =>
    Effect.gen(function* () {
      const world = yield* openWorld({ latency: 40_000 })
      yield* expire(world)
      const owner = yield* world.start()
      let asked = 0
      owner.storeFault = (operation) => (operation === "alive" && ++asked === 1 ? "away" : undefined)
      const held = yield* call(owner.acquire())
      yield* pass(1)
      const waiting = yield* call((yield* world.start()).acquire())
      yield* pass(40_000)
      assert.isAbove(asked, 1)
      assert.isTrue(isServed(held))
      assert.isTrue(isServed(waiting))
      assert.strictEqual(world.server.sends.length, 1)
    })
  )

  it.effect("is not taken for gaps in the watcher's own polling", () =>
    Effect.gen(function* () {
      const { holder, watcher, world } = yield* withHolder("send", false)
      const waiting = yield* call(watcher.acquire())
      yield* pass(2_000)
      // both were stopped, as on a machine that slept, and the watcher wakes up first
      watcher.pause()
      yield* pass(3_600_000)
      watcher.resume()
      yield* pass(1)
      assert.strictEqual(yield* refusalOf(waiting), "waits")
      holder.resume()
      yield* pass(50)
      assert.isTrue(isServed(waiting))
      assert.strictEqual(only(world.server.sends).by, holder.name)
    })
  )

  it.effect("of a consent before is not mistaken for one of today", () =>
    Effect.gen(function* () {
      // an owner falls silent, and the same tenant connects anew
      const { holder, watcher, world } = yield* withHolder("send", false)
      yield* watcher.grants.forget("acme")
      yield* watcher.grants.consent("acme", world.server.consent())
      yield* expire(world)
      const second = yield* world.start()
      second.pauseBefore = "send"
      const renewing = yield* call(second.acquire())
      yield* pass(1)
      const lease = (yield* world.stored).row.lease
      // the first one comes back: it has nothing to give back
      holder.resume()
      yield* pass(1)
      assert.deepStrictEqual((yield* world.stored).row.lease, lease)
      second.resume()
      yield* pass(50)
      assert.isTrue(isServed(renewing))
      assert.strictEqual(world.server.sends.filter(({ by }) => by === second.name).length, 1)
    })
  )

  it.effect("is held by one of two contexts of a process at a time", () =>
    Effect.gen(function* () {
      const world = yield* openWorld()
      yield* expire(world)
      const process = yield* world.start()
      const top = yield* call(process.acquire(""))
      const entity = yield* call(process.acquire("E1"))
      yield* pass(25)
      assert.strictEqual(world.server.sends.length, 1)
      yield* pass(100)
      assert.isTrue(isServed(top))
      assert.isTrue(isServed(entity))
      assert.deepStrictEqual(
        world.server.sends.map(({ outcome }) => outcome),
        ["pair", "pair"]
      )
    })
  )

  it.effect("is waited for by several of one process, who do not wake each other for ever", () =>
    Effect.gen(function* () {
      const world = yield* openWorld({ seesDeath: true })
      yield* expire(world)
      world.server.faults.push("unavailable")
      const process = yield* world.start()
      const callers = yield* Effect.forEach(["", "E1", "E2", "E3"], (context) => call(process.acquire(context)))
      yield* pass(1_000)
      assert.deepStrictEqual(callers.map(isServed), [false, true, true, true])
      assert.isBelow(process.steps.length, 300)
    })
  )

  it.effect("stays with a renewal whose caller has left", () =>
    Effect.gen(function* () {
      const world = yield* openWorld()
      yield* expire(world)
      const process = yield* world.start()
      const caller = yield* call(process.renew())
      yield* pass(10)
      caller.interruptUnsafe()
      yield* pass(100)
      const { contents, refreshToken, row } = yield* world.stored
      assert.strictEqual(refreshToken, world.server.live)
      assert.strictEqual(Redacted.value(contents.refreshToken ?? Redacted.make("")), world.server.live)
      assert.strictEqual(row.lease, undefined)
      assert.strictEqual(process.detached, 0)
    })
  )
})
