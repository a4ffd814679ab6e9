import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { answerOf, call, isServed, only, refusalOf } from "./callers.ts"
import type { ProcessOptions } from "./Process.ts"
import { catalogue } from "../../../src/errors/catalogue.ts"
import type { Fault } from "./TokenServer.ts"
import { expire, openWorld, pass, type WorldOptions } from "./World.ts"

/** one process whose next requests meet these faults; its credential has ended */
const withFaults = Effect.fnUntraced(function* (
  faults: ReadonlyArray<Fault>,
  options: WorldOptions = {},
  process: ProcessOptions = {}
) {
  const world = yield* openWorld(options)
  yield* expire(world)
  world.server.faults.push(...faults)
  return { world, process: yield* world.start(process) }
})

/** a process that has sent a rotation and was stopped before it read the answer; its credential is still valid */
const withPausedOwner = Effect.fnUntraced(function* ({
  faults = [],
  ...options
}: WorldOptions & { readonly faults?: ReadonlyArray<Fault> } = {}) {
  const world = yield* openWorld({ familyRevocation: false, ...options })
  world.server.faults.push(...faults)
  yield* pass(200_000)
  const owner = yield* world.start()
  const { contents } = yield* world.stored
  const replaces = contents.credentials[""]?.id
  owner.pauseBefore = "read answer"
  const owning = yield* call(owner.renew({ replaces }))
  yield* pass(50)
  return { world, owner, owning, replaces, other: yield* world.start() }
})

describe("the process that lost the answer", () => {
  it.effect("replays at once, and saves a request that never arrived", () =>
    Effect.gen(function* () {
      const { process, world } = yield* withFaults(["lost-before"])
      const caller = yield* call(process.acquire())
      yield* pass(100)
      assert.isTrue(isServed(caller))
      assert.strictEqual(world.server.sends.length, 2)
      const { refreshToken, row } = yield* world.stored
      assert.strictEqual(refreshToken, world.server.live)
      assert.strictEqual(row.state, "connected")
      assert.strictEqual(row.intent, undefined)
      assert.deepStrictEqual(process.types(), ["rotation-in-doubt", "rotation-done"])
    })
  )

  it.effect("is saved by a server with a period of grace", () =>
    Effect.gen(function* () {
      const { process, world } = yield* withFaults(["lost-after"], { grace: 10_000 })
      const caller = yield* call(process.acquire())
      yield* pass(100)
      assert.isTrue(isServed(caller))
      assert.strictEqual((yield* world.stored).refreshToken, world.server.live)
    })
  )

  it.effect("says that the rotation is in doubt when a strict server refuses the replay", () =>
    Effect.gen(function* () {
      const { process, world } = yield* withFaults(["lost-after"])
      const caller = yield* call(process.acquire())
      yield* pass(100)
      assert.strictEqual(yield* refusalOf(caller), "RotationInDoubt")
      assert.strictEqual(world.server.sends.length, 2)
      const { row } = yield* world.stored
      assert.strictEqual(row.state, "reauthorization-required")
      assert.strictEqual(row.cause, "RotationInDoubt")
      assert.strictEqual(row.dueAt, undefined)
      assert.deepStrictEqual(process.types(), ["rotation-in-doubt", "reauthorization-required", "renewal-failed"])
    })
  )

  it.effect("sends a dead token no more, and announces it once", () =>
    Effect.gen(function* () {
      const { process, world } = yield* withFaults(["lost-after"])
      yield* call(process.acquire())
      yield* pass(100)
      for (const asking of [process, yield* world.start()]) {
        const again = yield* call(asking.acquire())
        yield* pass(100)
        assert.strictEqual(yield* refusalOf(again), "RotationInDoubt")
      }
      assert.strictEqual(world.server.sends.length, 2)
      const announced = world.processes
        .flatMap((one) => one.types())
        .filter((type) => type !== "renewal-failed" && type !== "connected")
      assert.deepStrictEqual(announced, ["rotation-in-doubt", "reauthorization-required"])
    })
  )

  it.effect("replays exactly once in each flight", () =>
    Effect.gen(function* () {
      const { process, world } = yield* withFaults(Array.from({ length: 4 }, (): Fault => "lost-before"))
      const sent = [2, 3, 4]
      for (const total of sent) {
        const caller = yield* call(process.acquire())
        yield* pass(100)
        assert.strictEqual(yield* refusalOf(caller), "ServiceUnavailable")
        assert.strictEqual(world.server.sends.length, total)
        assert.strictEqual((yield* world.stored).row.state, "in-doubt")
        assert.strictEqual((yield* world.stored).row.lease, undefined)
      }
      const doubts = process.types().filter((type) => type === "rotation-in-doubt")
      assert.strictEqual(doubts.length, 1)
    })
  )

  it.effect("is healed by a later success", () =>
    Effect.gen(function* () {
      const { process, world } = yield* withFaults(["lost-before", "lost-before"])
      yield* call(process.acquire())
      yield* pass(100)
      const caller = yield* call(process.acquire())
      yield* pass(50)
      assert.isTrue(isServed(caller))
      const { refreshToken, row } = yield* world.stored
      assert.strictEqual(row.state, "connected")
      assert.strictEqual(row.intent, undefined)
      assert.strictEqual(refreshToken, world.server.live)
      assert.strictEqual(process.types().filter((type) => type === "reauthorization-required").length, 0)
    })
  )

  it.effect("learns from a later refusal that the rotation had happened", () =>
    Effect.gen(function* () {
      const { process, world } = yield* withFaults(["lost-before", "lost-after"])
      yield* call(process.acquire())
      yield* pass(100)
      const caller = yield* call(process.acquire())
      yield* pass(50)
      assert.strictEqual(yield* refusalOf(caller), "RotationInDoubt")
      assert.strictEqual(world.server.sends.length, 3)
    })
  )

  it.effect("keeps the doubt when the replay was not run", () =>
    Effect.gen(function* () {
      for (const fault of ["never-sent", "unavailable", "rate-limited"] as const) {
        const { process, world } = yield* withFaults(["lost-after", fault])
        const caller = yield* call(process.acquire())
        yield* pass(100)
        const refusal = fault === "rate-limited" ? "RateLimited" : "ServiceUnavailable"
        assert.strictEqual(yield* refusalOf(caller), refusal)
        const { row } = yield* world.stored
        assert.strictEqual(row.state, "in-doubt")
        assert.isTrue(row.intent?.replayed)
        const again = yield* call(process.acquire())
        yield* pass(100)
        assert.strictEqual(yield* refusalOf(again), "RotationInDoubt")
      }
    })
  )

  it.effect("starts a new incident with the next doubt", () =>
    Effect.gen(function* () {
      const { process, world } = yield* withFaults(["lost-before"])
      yield* call(process.acquire())
      yield* pass(100)
      yield* expire(world)
      world.server.faults.push("lost-before")
      yield* call(process.acquire())
      yield* pass(100)
      const told = process.types().filter((type) => type.startsWith("rotation"))
      assert.deepStrictEqual(told, ["rotation-in-doubt", "rotation-done", "rotation-in-doubt", "rotation-done"])
    })
  )
})

describe("a connection that reports what is in doubt", () => {
  const report = { inDoubt: "report" } as const

  it.effect("never replays its own lost answer", () =>
    Effect.gen(function* () {
      const { process, world } = yield* withFaults(["lost-before"], {}, report)
      const caller = yield* call(process.acquire())
      yield* pass(100)
      assert.strictEqual(yield* refusalOf(caller), "RotationInDoubt")
      const again = yield* call(process.acquire())
      yield* pass(100)
      assert.strictEqual(yield* refusalOf(again), "RotationInDoubt")
      assert.strictEqual(world.server.sends.length, 1)
      const told = process.types().filter((type) => type !== "renewal-failed")
      assert.deepStrictEqual(told, ["rotation-in-doubt", "reauthorization-required"])
    })
  )

  it.effect("never replays what a dead process may have sent", () =>
    Effect.gen(function* () {
      for (const step of ["send", "read answer"]) {
        const world = yield* openWorld({ seesDeath: true })
        yield* expire(world)
        const victim = yield* world.start(report)
        victim.pauseBefore = step
        yield* call(victim.acquire())
        yield* pass(100)
        victim.kill()
        const sent = world.server.sends.length
        const next = yield* world.start(report)
        const caller = yield* call(next.acquire())
        yield* pass(100)
        assert.strictEqual(yield* refusalOf(caller), "RotationInDoubt")
        assert.strictEqual(world.server.sends.length, sent)
      }
    })
  )

  it.effect("still tries again what surely did not run", () =>
    Effect.gen(function* () {
      const { process, world } = yield* withFaults(["unavailable"], {}, report)
      yield* call(process.acquire())
      yield* pass(100)
      const caller = yield* call(process.acquire())
      yield* pass(100)
      assert.isTrue(isServed(caller))
      assert.strictEqual(world.server.sends.length, 2)
    })
  )
})

describe("a takeover in doubt", () => {
  it.effect("waits while the credential in hand is valid, and replays once it has ended", () =>
    Effect.gen(function* () {
      const { other, owner, replaces, world } = yield* withPausedOwner({ seesDeath: true })
      owner.kill()
      const early = yield* call(other.renew({ replaces }))
      yield* pass(1)
      const held = yield* answerOf(early)
      assert.strictEqual(held.credential.id, replaces)
      assert.strictEqual(world.server.sends.length, 1)
      assert.strictEqual((yield* world.stored).row.state, "in-doubt")
      assert.strictEqual((yield* world.stored).row.lease, undefined)
      // somebody who asks for a new one gets it no sooner
      const asking = yield* call(other.renew({ force: "always" }))
      yield* pass(1)
      assert.strictEqual((yield* answerOf(asking)).credential.id, replaces)
      assert.deepStrictEqual(other.types(), ["rotation-in-doubt"])
      yield* pass(100_000)
      const late = yield* call(other.renew({ replaces }))
      yield* pass(50)
      assert.strictEqual(yield* refusalOf(late), "RotationInDoubt")
      assert.strictEqual(world.server.sends.length, 2)
      assert.deepStrictEqual(other.types(), ["rotation-in-doubt", "reauthorization-required"])
    })
  )

  it.effect("replays at once when the credential in hand was rejected", () =>
    Effect.gen(function* () {
      const { other, owner, replaces, world } = yield* withPausedOwner({ seesDeath: true, grace: 600_000 })
      owner.kill()
      const caller = yield* call(other.renew({ replaces, rejected: true }))
      yield* pass(50)
      assert.notStrictEqual((yield* answerOf(caller)).credential.id, replaces)
      assert.strictEqual(world.server.sends.length, 2)
      assert.strictEqual((yield* world.stored).refreshToken, world.server.live)
    })
  )

  it.effect("begins after 20 seconds of silence where nobody sees who lives", () =>
    Effect.gen(function* () {
      const { other, owner, replaces, world } = yield* withPausedOwner({ grace: 600_000 })
      owner.kill()
      const caller = yield* call(other.renew({ replaces, rejected: true }))
      yield* pass(19_999)
      assert.strictEqual(world.server.sends.length, 1)
      yield* pass(100)
      assert.isTrue(isServed(caller))
      assert.strictEqual(world.server.sends.length, 2)
    })
  )

  it.effect("lets a process that was stopped for 12 seconds finish", () =>
    Effect.gen(function* () {
      const { other, owner, owning, replaces, world } = yield* withPausedOwner({ familyRevocation: true })
      const caller = yield* call(other.renew({ replaces, rejected: true }))
      yield* pass(12_000)
      owner.resume()
      yield* pass(1)
      assert.strictEqual((yield* answerOf(caller)).credential.id, (yield* answerOf(owning)).credential.id)
      assert.strictEqual(world.server.sends.length, 1)
    })
  )
})

describe("a late answer", () => {
  /** the owner is stopped for so long that its rotation is called in doubt */
  const calledDead = Effect.fnUntraced(function* () {
    const started = yield* withPausedOwner()
    const caller = yield* call(started.other.renew({ replaces: started.replaces, rejected: true }))
    yield* pass(21_000)
    assert.strictEqual(yield* refusalOf(caller), "RotationInDoubt")
    return started
  })

  it.effect("heals a grant that was called in doubt without it", () =>
    Effect.gen(function* () {
      const { other, owner, owning, replaces, world } = yield* calledDead()
      owner.resume()
      yield* pass(1)
      const brought = yield* answerOf(owning)
      const { refreshToken, row } = yield* world.stored
      assert.strictEqual(refreshToken, world.server.live)
      assert.strictEqual(row.state, "connected")
      assert.strictEqual(row.cause, undefined)
      assert.isDefined(row.dueAt)
      assert.deepStrictEqual(owner.types(), ["rotation-done", "recovered"])
      const caller = yield* call(other.renew({ replaces }))
      yield* pass(1)
      assert.strictEqual((yield* answerOf(caller)).credential.id, brought.credential.id)
    })
  )

  it.effect("loses against a newer consent", () =>
    Effect.gen(function* () {
      const { other, owner, owning, world } = yield* calledDead()
      const consented = yield* other.grants.consent("acme", world.server.consent())
      const { refreshToken } = yield* world.stored
      owner.resume()
      yield* pass(1)
      assert.strictEqual((yield* answerOf(owning)).credential.id, consented.credential.id)
      assert.strictEqual((yield* world.stored).refreshToken, refreshToken)
      assert.deepStrictEqual(owner.types(), [])
      assert.strictEqual(other.types().at(-1), "recovered")
    })
  )

  it.effect("is revoked when the grant was disconnected meanwhile", () =>
    Effect.gen(function* () {
      const { other, owner, owning, world } = yield* calledDead()
      const fresh = world.server.live
      yield* other.grants.forget("acme")
      owner.resume()
      yield* pass(1_000)
      assert.strictEqual(yield* refusalOf(owning), "NeverAuthorized")
      assert.deepStrictEqual(world.server.revoked, [fresh])
      assert.strictEqual(yield* world.row, undefined)
      assert.strictEqual(owner.detached, 0)
    })
  )

  it.effect("does not take the lease from whoever took over", () =>
    Effect.gen(function* () {
      const { other, owner, owning, replaces, world } = yield* withPausedOwner({ grace: 600_000 })
      other.pauseBefore = "send"
      const taking = yield* call(other.renew({ replaces, rejected: true }))
      yield* pass(21_000)
      const { lease } = (yield* world.stored).row
      owner.resume()
      yield* pass(1)
      assert.isTrue(isServed(owning))
      const { row } = yield* world.stored
      assert.strictEqual(row.lease?.owner, lease?.owner)
      assert.strictEqual(row.intent, undefined)
      other.resume()
      yield* pass(50)
      assert.strictEqual((yield* answerOf(taking)).credential.id, (yield* answerOf(owning)).credential.id)
      const { refreshToken, row: end } = yield* world.stored
      assert.strictEqual(refreshToken, world.server.live)
      assert.strictEqual(end.lease, undefined)
    })
  )

  it.effect("of a rotation that somebody else has replayed and stored is dropped for the newer pair", () =>
    Effect.gen(function* () {
      const { other, owner, owning, replaces, world } = yield* withPausedOwner({ grace: 600_000 })
      const taking = yield* call(other.renew({ replaces, rejected: true }))
      yield* pass(21_000)
      const taken = yield* answerOf(taking)
      owner.resume()
      yield* pass(1)
      assert.strictEqual((yield* answerOf(owning)).credential.id, taken.credential.id)
      assert.strictEqual((yield* world.stored).refreshToken, world.server.live)
      assert.deepStrictEqual(owner.types(), [])
    })
  )
})

describe("an answer that is lost", () => {
  it.effect("is not asked for again by a process whose lease somebody else has taken meanwhile", () =>
    Effect.gen(function* () {
      const { other, owner, owning, replaces, world } = yield* withPausedOwner({ faults: ["lost-before"] })
      other.pauseBefore = "send"
      const taking = yield* call(other.renew({ replaces, rejected: true }))
      yield* pass(21_000)
      assert.isTrue(other.paused)
      owner.resume()
      yield* pass(100)
      // the token is in the hands of the other one, who sends it
      assert.deepStrictEqual(
        world.server.sends.map(({ by }) => by),
        [owner.name]
      )
      other.resume()
      yield* pass(100)
      const taken = yield* answerOf(taking)
      assert.strictEqual((yield* answerOf(owning)).credential.id, taken.credential.id)
      assert.strictEqual((yield* world.stored).refreshToken, world.server.live)
      assert.lengthOf(world.server.sends, 2)
    })
  )
})

describe("an invalid grant", () => {
  it.effect("is adopted away when somebody else has rotated meanwhile", () =>
    Effect.gen(function* () {
      // stopped after the intent; another takes over and rotates; then the old token is sent
      const world = yield* openWorld({ familyRevocation: false })
      yield* expire(world)
      const slow = yield* world.start()
      slow.pauseBefore = "send"
      const waiting = yield* call(slow.acquire())
      const fast = yield* call((yield* world.start()).acquire())
      yield* pass(21_000)
      const rotated = yield* answerOf(fast)
      slow.resume()
      yield* pass(50)
      assert.strictEqual((yield* answerOf(waiting)).value.credential.id, rotated.value.credential.id)
      const { refreshToken, row } = yield* world.stored
      assert.strictEqual(row.state, "connected")
      assert.strictEqual(refreshToken, world.server.live)
      assert.deepStrictEqual(slow.types(), [])
    })
  )

  it.effect("is left to whoever has taken over and is still at it", () =>
    Effect.gen(function* () {
      const world = yield* openWorld({ familyRevocation: false })
      yield* expire(world)
      const slow = yield* world.start()
      slow.pauseBefore = "send"
      const waiting = yield* call(slow.acquire())
      const fast = yield* world.start()
      fast.pauseBefore = "read answer"
      const taking = yield* call(fast.acquire())
      yield* pass(21_000)
      slow.resume()
      yield* pass(50)
      assert.strictEqual((yield* world.stored).row.state, "in-doubt")
      fast.resume()
      yield* pass(1)
      assert.isTrue(isServed(taking))
      assert.isTrue(isServed(waiting))
      assert.strictEqual((yield* world.stored).refreshToken, world.server.live)
      const told = world.processes.flatMap((one) => one.types())
      assert.notInclude(told, "reauthorization-required")
    })
  )

  it.effect("is `Revoked`, and announced once", () =>
    Effect.gen(function* () {
      const world = yield* openWorld()
      yield* expire(world)
      world.server.revokeAll()
      const process = yield* world.start()
      const other = yield* world.start()
      const callers = yield* Effect.forEach([process, other, other], (one) => call(one.acquire()))
      yield* pass(100)
      for (const caller of callers) assert.strictEqual(yield* refusalOf(caller), "Revoked")
      assert.strictEqual(world.server.sends.length, 1)
      const told = world.processes
        .flatMap((one) => one.types())
        .filter((type) => type !== "renewal-failed" && type !== "connected")
      assert.deepStrictEqual(told, ["reauthorization-required"])
      const later = yield* call(other.renew({ force: "always" }))
      yield* pass(100)
      const error = yield* Effect.flip(answerOf(later))
      if (error === "waits") throw new Error("waits")
      // the entry and its cause, and not that nobody has consented
      assert.strictEqual(error.id, "business-cloud.grant-ended")
      assert.include(error.message, catalogue["business-cloud.grant-ended"].cause)
    })
  )

  it.effect("is `Expired` after the end of the refresh token", () =>
    Effect.gen(function* () {
      const world = yield* openWorld({ grantLifetime: 86_400_000 })
      yield* pass(86_400_000)
      world.server.faults.push("invalid-grant")
      const caller = yield* call((yield* world.start()).acquire())
      yield* pass(100)
      assert.strictEqual(yield* refusalOf(caller), "Expired")
      assert.strictEqual(only(world.server.sends).outcome, "refused")
    })
  )

  it.effect("recovers with a new consent, announced once", () =>
    Effect.gen(function* () {
      const world = yield* openWorld()
      yield* expire(world)
      world.server.revokeAll()
      const process = yield* world.start()
      yield* call(process.acquire())
      yield* pass(100)
      yield* process.grants.consent("acme", world.server.consent())
      yield* process.grants.consent("acme", world.server.consent())
      assert.strictEqual(process.types().filter((type) => type === "recovered").length, 1)
      const caller = yield* call(process.acquire())
      yield* pass(1)
      assert.isTrue(isServed(caller))
    })
  )
})
