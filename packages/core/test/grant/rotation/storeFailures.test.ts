import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { answerOf, call, isServed, only, refusalOf } from "./callers.ts"
import type { Process, StoreFault } from "./Process.ts"
import { tenant } from "./Process.ts"
import { expire, openWorld, pass, settle, type WorldOptions } from "./World.ts"

/** the store of a process fails at the steps of that name, until it is told to work again */
const failAt = (process: Process, name: string, fault: StoreFault = "away", times = Number.POSITIVE_INFINITY) => {
  let left = times
  process.storeFault = (operation) => (operation === name && left-- > 0 ? fault : undefined)
}

const repair = (process: Process) => {
  process.storeFault = () => undefined
}

const openExpired = Effect.fnUntraced(function* (options: WorldOptions = {}) {
  const world = yield* openWorld(options)
  yield* expire(world)
  const { version } = (yield* world.stored).row
  return { world, process: yield* world.start(), other: yield* world.start(), version }
})

describe("an intent that cannot be written", () => {
  for (const fault of ["away", "untold"] as const) {
    it.effect(`sends nothing and is told: ${fault}`, () =>
      Effect.gen(function* () {
        const { other, process, world } = yield* openExpired()
        failAt(process, "write lease and intent", fault)
        const caller = yield* call(process.acquire())
        yield* pass(100)
        assert.strictEqual(yield* refusalOf(caller), "StoreUnavailable")
        assert.strictEqual(world.server.sends.length, 0)
        assert.strictEqual((yield* world.stored).row.lease, undefined)
        const next = yield* call(other.acquire())
        yield* pass(100)
        assert.isTrue(isServed(next))
        assert.strictEqual(only(world.server.sends).outcome, "pair")
      })
    )
  }

  it.effect("for a replay sends nothing more, and the doubt stays", () =>
    Effect.gen(function* () {
      const { other, process, world } = yield* openExpired()
      world.server.faults.push("lost-before")
      failAt(process, "write doubt")
      const caller = yield* call(process.acquire())
      yield* pass(100)
      assert.strictEqual(yield* refusalOf(caller), "StoreUnavailable")
      assert.strictEqual(world.server.sends.length, 1)
      assert.isDefined((yield* world.stored).row.intent)
      const next = yield* call(other.acquire())
      yield* pass(100)
      assert.isTrue(isServed(next))
      assert.strictEqual((yield* world.stored).row.state, "connected")
    })
  )
})

describe("a lease", () => {
  for (const seesDeath of [true, false]) {
    const store = seesDeath ? "a store that sees who lives" : "leases that beat"
    it.effect(`that was taken without being told is given back, with ${store}`, () =>
      Effect.gen(function* () {
        const { other, process, world } = yield* openExpired({ seesDeath })
        failAt(process, "write lease and intent", "untold", 1)
        const caller = yield* call(process.acquire())
        yield* pass(1)
        assert.strictEqual(yield* refusalOf(caller), "StoreUnavailable")
        assert.strictEqual((yield* world.stored).row.lease, undefined)
        const next = yield* call(other.acquire())
        yield* pass(100)
        assert.isTrue(isServed(next))
      })
    )

    it.effect(`that cannot be given back is given back as soon as it can be, with ${store}`, () =>
      Effect.gen(function* () {
        const { other, process, world } = yield* openExpired({ seesDeath })
        world.server.faults.push("unavailable")
        // nothing can be written after the request was answered
        process.storeFault = () => (process.steps.includes("read answer") ? "away" : undefined)
        const caller = yield* call(process.acquire())
        yield* pass(100)
        assert.strictEqual(yield* refusalOf(caller), "ServiceUnavailable")
        assert.isDefined((yield* world.stored).row.lease)
        repair(process)
        const next = yield* call(other.acquire())
        yield* pass(1_100)
        assert.isTrue(isServed(next))
        assert.strictEqual(process.detached, 0)
        assert.strictEqual((yield* world.stored).row.state, "connected")
      })
    )
  }

  it.effect("that can never be given back does not keep the process from ending", () =>
    Effect.gen(function* () {
      const { process, world } = yield* openExpired()
      world.server.faults.push("unavailable")
      process.storeFault = () => (process.steps.includes("read answer") ? "away" : undefined)
      yield* call(process.acquire())
      yield* pass(100)
      assert.strictEqual(process.detached, 1)
      const closing = yield* call(process.close())
      yield* pass(20_250)
      assert.isTrue(isServed(closing))
      assert.strictEqual(process.detached, 0)
    })
  )
})

describe("a store that fails after the rotation", () => {
  for (const seesDeath of [true, false]) {
    const store = seesDeath ? "a store that sees who lives" : "leases that beat"

    it.effect(`loses nothing: the access token is used, the pair is written when it is back, with ${store}`, () =>
      Effect.gen(function* () {
        const { other, process, world } = yield* openExpired({ seesDeath })
        failAt(process, "write")
        const caller = yield* call(process.acquire())
        yield* pass(50)
        const held = (yield* answerOf(caller)).value
        assert.strictEqual(held.age, 0)
        // nobody rotates meanwhile: not this process, and no other
        const again = yield* call(process.renew({ replaces: held.credential.id, rejected: true }))
        const elsewhere = yield* call(other.acquire())
        yield* pass(60_000)
        assert.strictEqual(yield* refusalOf(again), "waits")
        assert.strictEqual(yield* refusalOf(elsewhere), "waits")
        assert.strictEqual(world.server.sends.length, 1)
        repair(process)
        yield* pass(300)
        assert.strictEqual((yield* answerOf(elsewhere)).value.credential.id, held.credential.id)
        // as old as it really is
        assert.isAtLeast((yield* answerOf(elsewhere)).value.age, 60_000)
        yield* pass(1_100)
        assert.notStrictEqual((yield* answerOf(again)).credential.id, held.credential.id)
        assert.strictEqual(world.server.sends.length, 2)
        const { refreshToken, row } = yield* world.stored
        assert.strictEqual(refreshToken, world.server.live)
        assert.strictEqual(row.lease, undefined)
        assert.strictEqual(row.intent, undefined)
        assert.strictEqual(process.detached, 0)
        assert.notInclude(process.types(), "rotation-in-doubt")
      })
    )
  }

  it.effect("does not rotate in that process, even if its lease was taken away meanwhile", () =>
    Effect.gen(function* () {
      const { other, process, world } = yield* openExpired()
      process.storeFault = (operation) =>
        operation.startsWith("write") && world.server.sends.length > 0 ? "away" : undefined
      const caller = yield* call(process.acquire())
      yield* pass(50)
      const held = (yield* answerOf(caller)).value
      world.server.faults.push("unavailable")
      const replaying = yield* call(other.acquire())
      yield* pass(22_000)
      assert.strictEqual(yield* refusalOf(replaying), "ServiceUnavailable")
      assert.strictEqual((yield* world.stored).row.lease, undefined)
      failAt(process, "write")
      const again = yield* call(process.renew({ replaces: held.credential.id, rejected: true }))
      yield* pass(1_000)
      assert.strictEqual(yield* refusalOf(again), "waits")
      assert.strictEqual(world.server.sends.length, 2)
      repair(process)
      yield* pass(1_000)
      assert.isTrue(isServed(again))
      assert.strictEqual((yield* world.stored).refreshToken, world.server.live)
    })
  )

  it.effect("and has written all the same is not written to again", () =>
    Effect.gen(function* () {
      const { process, version, world } = yield* openExpired()
      failAt(process, "write", "untold", 1)
      const caller = yield* call(process.acquire())
      yield* pass(50)
      const held = (yield* answerOf(caller)).value
      yield* pass(1_000)
      const { contents, refreshToken, row } = yield* world.stored
      assert.strictEqual(contents.credentials[""]?.id, held.credential.id)
      assert.strictEqual(refreshToken, world.server.live)
      assert.strictEqual(row.version, version + 1)
      assert.strictEqual(process.detached, 0)
      assert.deepStrictEqual(process.types(), ["rotation-done"])
    })
  )

  it.effect("and is sealed again meanwhile is read and written again", () =>
    Effect.gen(function* () {
      const { process, version, world } = yield* openExpired()
      failAt(process, "write")
      const caller = yield* call(process.acquire())
      yield* pass(50)
      yield* world.resealed
      repair(process)
      yield* pass(1_000)
      const { contents, refreshToken, row } = yield* world.stored
      assert.strictEqual(contents.credentials[""]?.id, (yield* answerOf(caller)).value.credential.id)
      assert.strictEqual(refreshToken, world.server.live)
      assert.strictEqual(row.version, version + 2)
    })
  )

  it.effect("and is sealed again between its look and its write is read and written again", () =>
    Effect.gen(function* () {
      const { process, version, world } = yield* openExpired()
      process.pauseBefore = "write"
      const caller = yield* call(process.acquire())
      yield* pass(50)
      yield* world.resealed
      process.resume()
      yield* pass(1)
      assert.isTrue(isServed(caller))
      const { refreshToken, row } = yield* world.stored
      assert.strictEqual(refreshToken, world.server.live)
      assert.strictEqual(row.version, version + 2)
    })
  )

  it.effect("gives way to a consent that came meanwhile", () =>
    Effect.gen(function* () {
      const { other, process, world } = yield* openExpired({ familyRevocation: false })
      failAt(process, "write")
      yield* call(process.acquire())
      yield* pass(50)
      yield* other.grants.consent(tenant, world.server.consent())
      repair(process)
      yield* pass(1_000)
      assert.strictEqual((yield* world.stored).refreshToken, world.server.live)
      assert.strictEqual(process.detached, 0)
    })
  )

  it.effect("gives way to a disconnection that came meanwhile, and the pair is revoked once", () =>
    Effect.gen(function* () {
      const { other, process, world } = yield* openExpired()
      failAt(process, "write")
      yield* call(process.acquire())
      yield* pass(50)
      const fresh = world.server.live
      yield* other.grants.forget(tenant)
      yield* pass(10_000)
      assert.deepStrictEqual(world.server.revoked, [fresh])
      assert.strictEqual(process.detached, 0)
      assert.strictEqual(yield* world.row, undefined)
    })
  )

  it.effect("is waited for when the application closes", () =>
    Effect.gen(function* () {
      const { process, world } = yield* openExpired()
      failAt(process, "write")
      yield* call(process.acquire())
      yield* pass(50)
      const closing = yield* call(process.close())
      yield* pass(10_000)
      assert.isFalse(isServed(closing))
      repair(process)
      yield* pass(300)
      assert.isTrue(isServed(closing))
      assert.strictEqual((yield* world.stored).refreshToken, world.server.live)
    })
  )

  it.effect("for good loses the pair only when the process must end, and says so", () =>
    Effect.gen(function* () {
      const { other, process } = yield* openExpired({ seesDeath: true })
      failAt(process, "write")
      yield* call(process.acquire())
      yield* pass(50)
      const closing = yield* call(process.close())
      yield* pass(20_500)
      assert.isTrue(isServed(closing))
      assert.strictEqual(process.detached, 0)
      assert.strictEqual(process.types().at(-1), "rotation-in-doubt")
      process.kill()
      // the intent stays: the next one replays, and says exactly why it cannot go on
      const next = yield* call(other.acquire())
      yield* pass(1_100)
      assert.strictEqual(yield* refusalOf(next), "RotationInDoubt")
    })
  )
})

describe("a store that is away", () => {
  it.effect("is told to the caller, and nothing is lost", () =>
    Effect.gen(function* () {
      for (const operation of ["read", "owner", "alive", "write lease and intent"]) {
        const { other, process, world } = yield* openExpired()
        if (operation === "alive") {
          other.pauseBefore = "send"
          yield* call(other.acquire())
          yield* pass(1)
        }
        failAt(process, operation)
        const caller = yield* call(process.acquire())
        yield* pass(100)
        assert.strictEqual(yield* refusalOf(caller), "StoreUnavailable", operation)
        assert.strictEqual(world.server.sends.length, 0)
        repair(process)
        if (operation === "alive") other.resume()
        const again = yield* call(process.acquire())
        yield* pass(1_500)
        assert.isTrue(isServed(again), operation)
      }
    })
  )

  it.effect("when a grant is found dead leaves it to the next one to say so", () =>
    Effect.gen(function* () {
      const { other, process, world } = yield* openExpired()
      world.server.revokeAll()
      failAt(process, "write dead")
      const caller = yield* call(process.acquire())
      yield* pass(100)
      assert.strictEqual(yield* refusalOf(caller), "StoreUnavailable")
      assert.deepStrictEqual(process.types(), ["renewal-failed"])
      repair(process)
      const next = yield* call(other.acquire())
      yield* pass(100)
      assert.strictEqual(yield* refusalOf(next), "RotationInDoubt")
      assert.strictEqual((yield* world.stored).row.state, "reauthorization-required")
    })
  )
  it.effect("leaves nothing running", () =>
    Effect.gen(function* () {
      const { process } = yield* openExpired()
      failAt(process, "write lease and intent")
      yield* call(process.acquire())
      yield* pass(1_000)
      const steps = process.steps.length
      yield* pass(60_000)
      yield* settle
      assert.strictEqual(process.steps.length, steps)
    })
  )
})
