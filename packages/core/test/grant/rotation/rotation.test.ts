import { randomBytes } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { make as sealingWith } from "../../../src/grant/Sealing.ts"
import { answerOf, call, isServed, only, refusalOf } from "./callers.ts"
import { tenant } from "./Process.ts"
import { expire, openWorld, pass, settle } from "./World.ts"

const day = 86_400_000

describe("one rotation, whoever asks", () => {
  for (const seesDeath of [true, false]) {
    for (const latency of [50, 20_000]) {
      const store = seesDeath ? "a store that sees who lives" : "leases that beat"
      it.effect(`serves 4 processes of 50 callers with ${store}, the server taking ${latency} ms`, () =>
        Effect.gen(function* () {
          const world = yield* openWorld({ seesDeath, latency })
          for (let more = 1; more < 4; more++) yield* world.start()
          yield* expire(world)
          const callers = yield* Effect.forEach(world.processes, (process) =>
            Effect.forEach(Array.from({ length: 50 }), () => call(process.acquire()))
          )
          yield* pass(latency)
          assert.strictEqual(callers.flat().filter(isServed).length, 200)
          assert.strictEqual(world.server.sends.length, 1)
          const { refreshToken, row } = yield* world.stored
          assert.strictEqual(refreshToken, world.server.live)
          assert.strictEqual(row.lease, undefined)
          assert.strictEqual(row.intent, undefined)
          assert.deepStrictEqual(
            world.processes.map(({ detached }) => detached),
            [0, 0, 0, 0]
          )
          assert.strictEqual(
            world.processes.flatMap((process) => process.types()).filter((type) => type === "rotation-done").length,
            1
          )
        })
      )
    }
  }

  it.effect("is written down before it is sent, and its answer before it is used", () =>
    Effect.gen(function* () {
      const world = yield* openWorld()
      yield* expire(world)
      const process = yield* world.start()
      const caller = yield* call(process.renew())
      yield* pass(50)
      assert.isTrue(isServed(caller))
      const told = process.steps.filter((step) => /^(write|send|read answer)/.test(step))
      assert.deepStrictEqual(told, [
        "write lease and intent",
        "write lease and intent, done",
        "send",
        "read answer",
        "write",
        "write, done"
      ])
      // what is in hand is not read again
      assert.lengthOf(
        process.steps.filter((step) => step === "read"),
        1
      )
    })
  )

  it.effect("names what it sends by a hash, and no secret is in the row outside the seal", () =>
    Effect.gen(function* () {
      const world = yield* openWorld()
      yield* expire(world)
      const process = yield* world.start()
      process.pauseBefore = "send"
      yield* call(process.renew())
      yield* pass(1)
      const { refreshToken, row } = yield* world.stored
      assert.match(row.intent?.hash ?? "", /^[\w-]{43}$/)
      const { sealed, ...rest } = row
      assert.include(sealed, String(refreshToken))
      assert.notInclude(JSON.stringify(rest), String(refreshToken))
    })
  )

  it.effect("works with sealed contents that are sealed again under another key meanwhile", () =>
    Effect.gen(function* () {
      const sealing = yield* sealingWith([Redacted.make(randomBytes(32).toString("base64url"))])
      const underWay = new Set<symbol>()
      const counted = <A, E>(work: Effect.Effect<A, E>) =>
        Effect.acquireUseRelease(
          Effect.sync(() => {
            const started = Symbol("sealing")
            underWay.add(started)
            return started
          }),
          () => work,
          (started) => Effect.sync(() => underWay.delete(started))
        )
      const world = yield* openWorld({
        sealer: {
          seal: (key, version, plain) => counted(sealing.seal(key, version, plain)),
          open: (key, version, sealed) => counted(sealing.open(key, version, sealed))
        },
        latency: 1_000
      })
      // sealing takes turns of the event loop, as many as it needs, in which no time of the test passes
      const turns = Effect.gen(function* () {
        yield* settle
        while (underWay.size > 0) {
          yield* Effect.promise(() => new Promise((done) => setImmediate(done)))
          yield* settle
        }
      })
      yield* expire(world)
      const { version } = (yield* world.stored).row
      const process = yield* world.start()
      const callers = [yield* call(process.acquire()), yield* call((yield* world.start()).acquire())]
      yield* turns
      assert.strictEqual(world.server.sends.length, 1)
      yield* pass(500)
      yield* world.resealed
      for (let passed = 0; passed < 4; passed++) {
        yield* pass(500)
        yield* turns
      }
      assert.deepStrictEqual(callers.map(isServed), [true, true])
      assert.strictEqual(world.server.sends.length, 1)
      const { refreshToken, row } = yield* world.stored
      assert.strictEqual(refreshToken, world.server.live)
      assert.strictEqual(row.version, version + 2)
    })
  )
})

describe("a request that was not run", () => {
  for (const fault of ["never-sent", "unavailable", "rate-limited"] as const) {
    it.effect(`withdraws its intent: ${fault}`, () =>
      Effect.gen(function* () {
        const world = yield* openWorld()
        yield* expire(world)
        world.server.faults.push(fault)
        const process = yield* world.start()
        const refused = yield* call(process.acquire())
        yield* pass(100)
        assert.strictEqual(yield* refusalOf(refused), fault === "rate-limited" ? "RateLimited" : "ServiceUnavailable")
        const { row } = yield* world.stored
        assert.strictEqual(row.intent, undefined)
        assert.strictEqual(row.lease, undefined)
        assert.strictEqual(row.state, "connected")
        const caller = yield* call(process.acquire())
        yield* pass(100)
        assert.isTrue(isServed(caller))
        assert.notInclude(process.types(), "rotation-in-doubt")
      })
    )
  }
})

describe("an answer without a refresh token", () => {
  it.effect("keeps the old one, and when it ends", () =>
    Effect.gen(function* () {
      const world = yield* openWorld({ omitsRefreshToken: true, grantLifetime: 31 * day })
      const before = yield* world.stored
      yield* expire(world)
      const process = yield* world.start()
      for (let times = 0; times < 3; times++) {
        const caller = yield* call(process.acquire())
        yield* pass(100)
        assert.isTrue(isServed(caller))
        yield* expire(world)
      }
      const { refreshToken, row } = yield* world.stored
      assert.strictEqual(refreshToken, before.refreshToken)
      assert.strictEqual(row.grantExpiresAt, before.row.grantExpiresAt)
      assert.strictEqual(row.state, "connected")
      assert.strictEqual(row.intent, undefined)
      // nothing was replaced
      assert.notInclude(process.types(), "rotation-done")
    })
  )

  it.effect("that comes late does not take the lease from the next rotation of the same token", () =>
    Effect.gen(function* () {
      const world = yield* openWorld({ omitsRefreshToken: true })
      yield* expire(world)
      const late = yield* world.start()
      late.pauseBefore = "read answer"
      const waiting = yield* call(late.acquire())
      const second = yield* world.start()
      second.pauseBefore = "read answer"
      yield* call(second.acquire())
      yield* pass(21_000)
      const { row: before } = yield* world.stored
      late.resume()
      yield* pass(1)
      assert.isTrue(isServed(waiting))
      const { row } = yield* world.stored
      assert.deepStrictEqual(row.intent, before.intent)
      assert.strictEqual(row.lease?.owner, before.lease?.owner)
    })
  )
})

describe("a grant without a refresh token", () => {
  const openUnrefreshable = Effect.gen(function* () {
    const world = yield* openWorld()
    const process = yield* world.start()
    yield* process.grants.consent(tenant, { ...world.server.consent(), refreshToken: undefined })
    return { world, process }
  })

  it.effect("is used to its end, and then ends as `Expired`, once", () =>
    Effect.gen(function* () {
      const { process, world } = yield* openUnrefreshable
      const { credential } = yield* process.renew()
      yield* pass(200_000)
      assert.strictEqual((yield* process.renew({ replaces: credential.id })).credential.id, credential.id)
      assert.strictEqual((yield* world.stored).row.state, "connected")
      yield* pass(100_000)
      for (let times = 0; times < 2; times++) {
        const caller = yield* call(process.renew({ replaces: credential.id }))
        yield* settle
        assert.strictEqual(yield* refusalOf(caller), "Expired")
      }
      assert.strictEqual((yield* world.stored).row.cause, "Expired")
      assert.deepStrictEqual(process.types(), ["reauthorization-required"])
      assert.strictEqual(world.server.sends.length, 0)
    })
  )

  it.effect("is not dead because it cannot switch to an entity", () =>
    Effect.gen(function* () {
      const { process, world } = yield* openUnrefreshable
      const caller = yield* call(process.renew({ context: "E1" }))
      yield* settle
      assert.strictEqual(yield* refusalOf(caller), "Expired")
      const { row } = yield* world.stored
      assert.strictEqual(row.state, "connected")
      assert.strictEqual(row.lease, undefined)
      assert.deepStrictEqual(process.types(), [])
    })
  )

  it.effect("is never due for keep-alive", () =>
    Effect.gen(function* () {
      const { world } = yield* openUnrefreshable
      assert.strictEqual((yield* world.stored).row.dueAt, undefined)
    })
  )
})

describe("several contexts in one grant", () => {
  it.effect("share the refresh token, whichever rotates it, and keep the age of their own credentials", () =>
    Effect.gen(function* () {
      const world = yield* openWorld()
      const process = yield* world.start()
      const top = (yield* process.renew()).credential.id
      yield* pass(100_000)
      const switching = yield* call(process.renew({ context: "E1" }))
      yield* pass(50)
      const entity = (yield* answerOf(switching)).credential.id
      assert.strictEqual((yield* world.stored).refreshToken, world.server.live)
      yield* pass(60_000)
      assert.deepInclude(yield* process.renew(), { age: 160_050 })
      const held = yield* process.renew({ context: "E1" })
      assert.strictEqual(held.credential.id, entity)
      // the answer took half of the 50 ms to come back, and the age counts from its arrival
      assert.strictEqual(held.age, 60_000)
      const renewing = yield* call(process.renew({ replaces: top }))
      yield* pass(50)
      assert.isTrue(isServed(renewing))
      assert.strictEqual((yield* world.stored).refreshToken, world.server.live)
      assert.strictEqual((yield* process.renew({ context: "E1" })).age, 60_050)
      assert.strictEqual(world.server.sends.length, 2)
    })
  )
})

describe("a renewal that is forced", () => {
  it.effect("rotates although the credential in the store is fresh, when somebody asked for it", () =>
    Effect.gen(function* () {
      const world = yield* openWorld()
      const process = yield* world.start()
      const { credential } = yield* process.renew()
      const caller = yield* call(process.renew({ force: "always" }))
      yield* pass(50)
      assert.notStrictEqual((yield* answerOf(caller)).credential.id, credential.id)
      assert.strictEqual(world.server.sends.length, 1)
    })
  )

  it.effect("is one rotation for all who ask at once", () =>
    Effect.gen(function* () {
      const world = yield* openWorld()
      yield* world.start()
      yield* world.start()
      const callers = yield* Effect.forEach(world.processes, (process) => call(process.renew({ force: "always" })))
      yield* pass(50)
      assert.deepStrictEqual(callers.map(isServed), [true, true, true])
      assert.strictEqual(world.server.sends.length, 1)
    })
  )

  it.effect("for keep-alive rotates once for all replicas, when it is due and only then", () =>
    Effect.gen(function* () {
      const world = yield* openWorld()
      yield* world.start()
      const keepAlive = Effect.gen(function* () {
        const before = world.server.sends.length
        const passes = yield* Effect.forEach(world.processes, (process) => call(process.renew({ force: "due" })))
        yield* pass(50)
        // a replica whose pass comes later
        const late = yield* call((yield* world.start()).renew({ force: "due" }))
        yield* pass(50)
        assert.isTrue([...passes, late].every(isServed))
        return world.server.sends.length - before
      })
      assert.strictEqual(yield* keepAlive, 0)
      yield* pass(7 * day)
      assert.strictEqual(yield* keepAlive, 1)
      assert.strictEqual(yield* keepAlive, 0)
      yield* pass(7 * day)
      assert.strictEqual(yield* keepAlive, 1)
    })
  )
})

describe("consent and disconnection", () => {
  /** a rotation that was answered and is not yet stored */
  const withAnswer = Effect.gen(function* () {
    const world = yield* openWorld({ familyRevocation: false })
    yield* expire(world)
    const process = yield* world.start()
    process.pauseBefore = "write"
    const caller = yield* call(process.acquire())
    yield* pass(50)
    assert.isTrue(process.paused)
    return { world, process, caller, other: yield* world.start() }
  })

  it.effect("wins over a rotation that was under way", () =>
    Effect.gen(function* () {
      const { caller, other, process, world } = yield* withAnswer
      const consented = yield* other.grants.consent(tenant, world.server.consent())
      process.resume()
      yield* pass(1)
      assert.strictEqual((yield* answerOf(caller)).value.credential.id, consented.credential.id)
      const { refreshToken, row } = yield* world.stored
      assert.strictEqual(refreshToken, world.server.live)
      assert.strictEqual(row.lease, undefined)
      assert.notInclude(process.types(), "rotation-done")
      assert.strictEqual(process.detached, 0)
    })
  )

  it.effect("wins even where the server gave the same refresh token again", () =>
    Effect.gen(function* () {
      const world = yield* openWorld({ omitsRefreshToken: true })
      yield* expire(world)
      const process = yield* world.start()
      process.pauseBefore = "write"
      const caller = yield* call(process.acquire())
      yield* pass(50)
      const { contents } = yield* world.stored
      const other = yield* world.start()
      const again = { ...world.server.consent(), refreshToken: contents.refreshToken }
      const consented = yield* other.grants.consent(tenant, again)
      process.resume()
      yield* pass(1)
      assert.strictEqual((yield* answerOf(caller)).value.credential.id, consented.credential.id)
      assert.strictEqual((yield* world.stored).contents.credentials[""]?.id, consented.credential.id)
    })
  )

  it.effect("forgets a grant during its rotation, whose new pair is revoked", () =>
    Effect.gen(function* () {
      const { caller, other, process, world } = yield* withAnswer
      const fresh = world.server.live
      const before = yield* other.grants.forget(tenant)
      assert.isDefined(before?.refreshToken)
      process.resume()
      yield* pass(10_000)
      assert.strictEqual(yield* refusalOf(caller), "NeverAuthorized")
      assert.deepStrictEqual(world.server.revoked, [fresh])
      assert.strictEqual(yield* world.row, undefined)
      assert.strictEqual(process.detached, 0)
    })
  )

  it.effect("forgets nothing twice", () =>
    Effect.gen(function* () {
      const world = yield* openWorld()
      const process = yield* world.start()
      assert.isDefined(yield* process.grants.forget(tenant))
      assert.strictEqual(yield* process.grants.forget(tenant), undefined)
      const caller = yield* call(process.acquire())
      yield* settle
      assert.strictEqual(yield* refusalOf(caller), "NeverAuthorized")
    })
  )

  it.effect("gives every consent a family and a rising version", () =>
    Effect.gen(function* () {
      const world = yield* openWorld()
      const before = (yield* world.stored).row
      yield* only(world.processes).grants.consent(tenant, world.server.consent())
      const { row } = yield* world.stored
      assert.notStrictEqual(row.family, before.family)
      assert.strictEqual(row.version, before.version + 1)
    })
  )
})
