import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Redacted } from "effect"
import * as Contents from "../../../src/grant/GrantContents.ts"
import { openMemory } from "../openStore.ts"
import { call, isServed, refusalOf } from "./callers.ts"
import { lastPause, type Process, tenant } from "./Process.ts"
import { pass, settle, World, type WorldOptions } from "./World.ts"

const longEnough = 60_000

/** a world in which nobody has consented yet */
const openEmpty = (options: WorldOptions = {}) => Effect.map(openMemory, (store) => new World(store, options))

const received = (code: string, extras: Readonly<Record<string, string>> = {}) => ({
  id: `pairing of ${code}`,
  code: Redacted.make(code),
  verifier: undefined,
  redirectUri: "https://app.example/callback",
  extras
})

/** a transaction whose callback is to come */
const ask = (world: World, code: string) =>
  Effect.orDie(
    Effect.flatMap(world.store.now, (now) => world.store.once.put(received(code).id, "transaction", now + 86_400_000))
  )

/** a code that came back is kept, as the callback does before it sends it */
const begin = (world: World, process: Process, code = "code-1", state: "waiting" | "accepted" = "waiting") =>
  Effect.gen(function* () {
    world.server.codes.set(code, state)
    yield* ask(world, code)
    yield* Effect.orDie(process.grants.begin(tenant, received(code, { endpoint: "https://region.example" })))
  })

/** what a use of the connection comes to */
const use = (process: Process, renewal: Parameters<Process["renew"]>[0] = {}, wait = 1_000) =>
  Effect.gen(function* () {
    const fiber = yield* call(process.renew(renewal))
    yield* pass(wait)
    return yield* refusalOf(fiber)
  })

const sends = (world: World) => world.server.sends.map(({ token }) => token)

const assertQuiet = (world: World) =>
  Effect.gen(function* () {
    const { contents, row } = yield* world.stored
    assert.strictEqual(row.lease, undefined)
    assert.strictEqual(row.intent, undefined)
    assert.strictEqual(contents.pairing, undefined)
  })

describe("a pairing that no X3 user has accepted yet", () => {
  it.effect("is in the store before its code is sent, and comes back as it was", () =>
    Effect.gen(function* () {
      const world = yield* openEmpty()
      yield* begin(world, yield* world.start())
      assert.deepStrictEqual(sends(world), [])
      const { contents, row } = yield* world.stored
      assert.strictEqual(row.state, "pairing")
      assert.isDefined(row.dueAt)
      const { pairing } = yield* Effect.orDie(Contents.decode(Contents.encode(contents)))
      assert.deepStrictEqual(
        { ...pairing, code: pairing && Redacted.value(pairing.code) },
        {
          ...received("code-1", { endpoint: "https://region.example" }),
          code: "code-1",
          attempts: 0,
          retryAt: row.dueAt
        }
      )
    })
  )

  it.effect("is asked for by a use, and not again before its pause is over", () =>
    Effect.gen(function* () {
      const world = yield* openEmpty()
      const process = yield* world.start()
      yield* begin(world, process)
      assert.strictEqual(yield* use(process), "PairingPending")
      assert.strictEqual(yield* use(process), "PairingPending")
      assert.strictEqual(yield* use(yield* world.start()), "PairingPending")
      assert.deepStrictEqual(sends(world), ["code-1"])
      yield* pass(10_000)
      assert.strictEqual(yield* use(process), "PairingPending")
      assert.deepStrictEqual(sends(world), ["code-1", "code-1"])
      // the second pause is longer
      yield* pass(10_000)
      assert.strictEqual(yield* use(process), "PairingPending")
      assert.strictEqual(sends(world).length, 2)
      const { contents, row } = yield* world.stored
      assert.strictEqual(row.state, "pairing")
      assert.strictEqual(row.dueAt, contents.pairing?.retryAt)
    })
  )

  it.effect("is asked for at once by whoever asks for a refresh", () =>
    Effect.gen(function* () {
      const world = yield* openEmpty()
      const process = yield* world.start()
      yield* begin(world, process)
      for (const times of [1, 2, 3]) {
        assert.strictEqual(yield* use(process, { force: "always" }), "PairingPending")
        assert.strictEqual(sends(world).length, times)
      }
    })
  )

  it.effect("is not asked for any more when its schedule has ended, but by who asks for a refresh", () =>
    Effect.gen(function* () {
      const world = yield* openEmpty()
      const process = yield* world.start()
      yield* begin(world, process)
      for (let attempt = 1; attempt <= lastPause + 1; attempt++) {
        assert.strictEqual(yield* use(process), "PairingPending")
        assert.strictEqual(sends(world).length, attempt)
        yield* pass(attempt * 10_000)
      }
      yield* pass(86_400_000)
      assert.strictEqual(yield* use(process), "PairingPending")
      assert.strictEqual(sends(world).length, lastPause + 1)
      assert.strictEqual((yield* world.stored).row.dueAt, undefined)
      world.server.codes.set("code-1", "accepted")
      assert.strictEqual(yield* use(process, { force: "always" }), "served")
    })
  )

  it.effect("is done by the next use after it was accepted, with what its callback brought", () =>
    Effect.gen(function* () {
      const world = yield* openEmpty()
      const process = yield* world.start()
      yield* begin(world, process)
      yield* use(process)
      world.server.codes.set("code-1", "accepted")
      yield* pass(10_000)
      assert.strictEqual(yield* use(process), "served")
      const { contents, refreshToken, row } = yield* world.stored
      assert.strictEqual(row.state, "connected")
      assert.strictEqual(refreshToken, world.server.live)
      assert.deepStrictEqual(contents.extras, { endpoint: "https://region.example" })
      yield* assertQuiet(world)
      // and it goes on as any grant does
      yield* pass(400_000)
      assert.strictEqual(yield* use(process), "served")
      assert.deepStrictEqual((yield* world.stored).contents.extras, { endpoint: "https://region.example" })
    })
  )

  it.effect("is done once, however many processes and callers ask", () =>
    Effect.gen(function* () {
      const world = yield* openEmpty()
      const processes = [yield* world.start(), yield* world.start(), yield* world.start()]
      yield* begin(world, processes[0]!, "code-1", "accepted")
      const fibers = yield* Effect.forEach([...processes, ...processes], (process) => call(process.acquire()))
      yield* pass(longEnough)
      assert.isTrue(fibers.every(isServed))
      assert.deepStrictEqual(sends(world), ["code-1"])
      yield* assertQuiet(world)
    })
  )

  it.effect("that has expired asks for a human", () =>
    Effect.gen(function* () {
      const world = yield* openEmpty()
      const process = yield* world.start()
      yield* begin(world, process)
      world.server.codes.set("code-1", "expired")
      assert.strictEqual(yield* use(process), "Expired")
      const { row } = yield* world.stored
      assert.strictEqual(row.state, "reauthorization-required")
      assert.strictEqual(yield* use(process), "Expired")
      assert.deepStrictEqual(sends(world), ["code-1"])
      assert.deepStrictEqual(process.types(), ["reauthorization-required"])
      // another one begins anew, and its success is told
      yield* begin(world, process, "code-2", "accepted")
      assert.strictEqual((yield* world.stored).row.state, "pairing")
      assert.strictEqual(yield* use(process), "served")
      assert.deepStrictEqual(process.types(), ["reauthorization-required", "recovered"])
    })
  )

  it.effect("gives way to a newer one, and to a disconnection", () =>
    Effect.gen(function* () {
      const world = yield* openEmpty()
      const process = yield* world.start()
      yield* begin(world, process)
      yield* begin(world, process, "code-2", "accepted")
      assert.strictEqual(yield* use(process), "served")
      assert.deepStrictEqual(sends(world), ["code-2"])
      yield* begin(world, process, "code-3", "accepted")
      yield* Effect.orDie(process.grants.forget(tenant))
      assert.strictEqual(yield* use(process), "NeverAuthorized")
      assert.deepStrictEqual(sends(world), ["code-2"])
    })
  )

  it.effect("keeps the first of several codes, and begins once", () =>
    Effect.gen(function* () {
      const world = yield* openEmpty()
      const process = yield* world.start()
      yield* begin(world, process)
      assert.strictEqual(yield* use(process), "PairingPending")
      const { row } = yield* world.stored
      const again = { ...received("code-1"), code: Redacted.make("another code") }
      yield* Effect.orDie((yield* world.start()).grants.begin(tenant, again))
      assert.deepStrictEqual((yield* world.stored).row, row)
      world.server.codes.set("code-1", "accepted")
      assert.strictEqual(yield* use(process, { force: "always" }), "served")
      // nor does it begin anew when it is over
      yield* Effect.orDie(process.grants.begin(tenant, again))
      yield* assertQuiet(world)
      assert.deepStrictEqual(sends(world), ["code-1", "code-1"])
    })
  )

  it.effect("does not begin where its transaction was used up, and leaves nothing behind", () =>
    Effect.gen(function* () {
      const world = yield* openEmpty()
      const process = yield* world.start()
      yield* Effect.orDie(process.grants.begin(tenant, received("code-1")))
      assert.isUndefined(yield* world.row)
      yield* Effect.orDie(process.grants.consent(tenant, world.server.consent()))
      const { row } = yield* world.stored
      yield* Effect.orDie(process.grants.begin(tenant, received("code-1")))
      assert.deepStrictEqual((yield* world.stored).row, row)
    })
  )

  it.effect("is not taken for done where it has ended, nor where there was a disconnection", () =>
    Effect.gen(function* () {
      const world = yield* openEmpty()
      const process = yield* world.start()
      yield* begin(world, process)
      world.server.codes.set("code-1", "expired")
      assert.strictEqual(yield* use(process), "Expired")
      const late = yield* world.start()
      assert.strictEqual(yield* refusalOf(yield* call(late.grants.pair(tenant))), "Expired")
      yield* Effect.orDie(process.grants.forget(tenant))
      assert.strictEqual(yield* refusalOf(yield* call(late.grants.pair(tenant))), "NeverAuthorized")
    })
  )

  it.effect("is not brought back by its callback after a disconnection", () =>
    Effect.gen(function* () {
      const world = yield* openEmpty()
      const process = yield* world.start()
      yield* begin(world, process, "code-1", "accepted")
      yield* Effect.orDie(process.grants.forget(tenant))
      yield* Effect.orDie(process.grants.begin(tenant, received("code-1")))
      assert.isUndefined(yield* world.row)
      assert.strictEqual(yield* use(process), "NeverAuthorized")
    })
  )

  it.effect("is remembered among the last ones, and for no longer", () =>
    Effect.gen(function* () {
      const world = yield* openEmpty()
      const process = yield* world.start()
      for (let number = 1; number <= 12; number++) yield* begin(world, process, `code-${number}`)
      const { contents } = yield* world.stored
      const begun = Array.from({ length: 10 }, (_, index) => `pairing of code-${index + 3}`)
      assert.deepStrictEqual(contents.begun, begun)
      assert.deepStrictEqual((yield* Effect.orDie(Contents.decode(Contents.encode(contents)))).begun, begun)
    })
  )

  it.effect("whose pair comes back after a disconnection is ended at the server", () =>
    Effect.gen(function* () {
      const world = yield* openEmpty()
      const process = yield* world.start()
      yield* begin(world, process, "code-1", "accepted")
      process.pauseBefore = "read answer"
      const fiber = yield* call(process.renew())
      yield* pass(1_000)
      const other = yield* world.start()
      yield* Effect.orDie(other.grants.forget(tenant))
      process.resume()
      yield* pass(1_000)
      assert.strictEqual(yield* refusalOf(fiber), "NeverAuthorized")
      assert.strictEqual(world.server.revoked.length, 1)
      assert.isUndefined(yield* world.row)
    })
  )

  it.effect("loses no pair that the store could not take at once", () =>
    Effect.gen(function* () {
      const world = yield* openEmpty()
      const process = yield* world.start()
      yield* begin(world, process, "code-1", "accepted")
      process.storeFault = (operation) => (operation === "write" ? "away" : undefined)
      const fiber = yield* call(process.renew())
      yield* pass(2_000)
      assert.isTrue(isServed(fiber))
      process.storeFault = () => undefined
      yield* pass(2_000)
      assert.strictEqual((yield* world.stored).refreshToken, world.server.live)
      yield* assertQuiet(world)
    })
  )
})

describe("a pairing beside a grant that works", () => {
  const openBoth = Effect.gen(function* () {
    const world = yield* openEmpty()
    const process = yield* world.start()
    yield* Effect.orDie(process.grants.consent(tenant, world.server.consent()))
    const before = (yield* world.stored).refreshToken
    yield* begin(world, process)
    return { world, process, before }
  })

  it.effect("does not stand in its way until it is accepted, and then takes its place", () =>
    Effect.gen(function* () {
      const { before, process, world } = yield* openBoth
      assert.strictEqual((yield* world.stored).row.state, "connected")
      assert.strictEqual(yield* use(process), "served")
      assert.deepStrictEqual(sends(world), [])
      yield* pass(400_000)
      // the pairing first, then the grant from before
      assert.strictEqual(yield* use(process), "served")
      assert.deepStrictEqual(sends(world), ["code-1", before])
      const { row } = yield* world.stored
      assert.strictEqual(row.state, "connected")
      world.server.codes.set("code-1", "accepted")
      yield* pass(400_000)
      assert.strictEqual(yield* use(process), "served")
      assert.strictEqual(sends(world).length, 3)
      assert.strictEqual((yield* world.stored).refreshToken, world.server.live)
      yield* assertQuiet(world)
    })
  )

  it.effect("that comes to nothing leaves it alone", () =>
    Effect.gen(function* () {
      const { before, process, world } = yield* openBoth
      world.server.codes.set("code-1", "expired")
      yield* pass(400_000)
      assert.strictEqual(yield* use(process), "served")
      assert.deepStrictEqual(sends(world), ["code-1", before])
      assert.strictEqual((yield* world.stored).row.state, "connected")
      assert.deepStrictEqual(process.types(), ["connected", "advice", "rotation-done"])
      yield* assertQuiet(world)
    })
  )

  it.effect("is what is waited for when that grant dies meanwhile", () =>
    Effect.gen(function* () {
      const { process, world } = yield* openBoth
      world.server.revokeAll()
      yield* pass(400_000)
      assert.strictEqual(yield* use(process), "PairingPending")
      const { row } = yield* world.stored
      assert.strictEqual(row.state, "pairing")
      assert.isDefined(row.dueAt)
      assert.notInclude(process.types(), "reauthorization-required")
      world.server.codes.set("code-1", "accepted")
      yield* pass(60_000)
      assert.strictEqual(yield* use(process), "served")
      yield* assertQuiet(world)
    })
  )

  it.effect("survives a rotation that was under way when it began", () =>
    Effect.gen(function* () {
      const world = yield* openEmpty()
      const process = yield* world.start()
      yield* Effect.orDie(process.grants.consent(tenant, world.server.consent()))
      yield* pass(400_000)
      process.pauseBefore = "read answer"
      const fiber = yield* call(process.renew())
      yield* pass(1_000)
      yield* begin(world, yield* world.start())
      process.resume()
      yield* pass(1_000)
      assert.isTrue(isServed(fiber))
      const { contents, refreshToken } = yield* world.stored
      assert.strictEqual(refreshToken, world.server.live)
      assert.strictEqual(contents.pairing?.id, "pairing of code-1")
    })
  )
})

for (const seesDeath of [true, false]) {
  for (const reusableCodes of [true, false]) {
    const told = `${seesDeath ? "seen by the store" : "that beats no more"}, ${reusableCodes ? "and codes can be sent again" : "and a code is good once"}`
    describe(`a process that dies while it pairs, ${told}`, () => {
      it.effect(
        "at any step: the next one has the grant, or says that the code is over",
        () =>
          Effect.gen(function* () {
            let step = 1
            for (; ; step++) {
              const world = yield* openEmpty({ seesDeath, reusableCodes })
              const victim = yield* world.start()
              world.server.codes.set("code-1", "accepted")
              yield* ask(world, "code-1")
              victim.killAt = step
              const fiber = yield* call(
                Effect.andThen(
                  Effect.orDie(victim.grants.begin(tenant, received("code-1"))),
                  Effect.exit(victim.grants.pair(tenant))
                )
              )
              yield* pass(longEnough)
              if (!victim.killed) {
                const exit = yield* Effect.exit(Effect.suspend(() => fiber.pollUnsafe() ?? Effect.die("it waits")))
                assert.isTrue(Exit.isSuccess(exit))
                break
              }
              const where = `step ${step}, ${victim.steps.at(-1)}`
              const next = yield* world.start()
              const spent = world.server.codes.get("code-1") === "used"
              const row = yield* world.row
              const kept = row?.state === "disconnected" ? undefined : row
              const refusal = yield* use(next, {}, longEnough)
              if (kept === undefined) {
                // it died before the code was in the store: nothing was sent
                assert.strictEqual(refusal, "NeverAuthorized", where)
                assert.isFalse(spent, where)
              } else if (!spent || reusableCodes || kept.state === "connected") {
                assert.strictEqual(refusal, "served", where)
                assert.strictEqual((yield* world.stored).refreshToken, world.server.live, where)
              } else {
                assert.strictEqual(refusal, "Expired", where)
                assert.strictEqual((yield* world.stored).row.state, "reauthorization-required", where)
              }
              if (kept !== undefined) yield* assertQuiet(world)
              assert.strictEqual(next.detached, 0, where)
              yield* settle
            }
            assert.isAbove(step, 8)
          }),
        30_000
      )
    })
  }
}

describe("an exchange whose answer is lost", () => {
  it.effect("is sent once more at once, which saves one that never arrived", () =>
    Effect.gen(function* () {
      const world = yield* openEmpty()
      const process = yield* world.start()
      yield* begin(world, process, "code-1", "accepted")
      world.server.faults.push("lost-before")
      assert.strictEqual(yield* use(process), "served")
      assert.deepStrictEqual(sends(world), ["code-1", "code-1"])
    })
  )

  it.effect("keeps its code while nobody knows", () =>
    Effect.gen(function* () {
      const world = yield* openEmpty()
      const process = yield* world.start()
      yield* begin(world, process, "code-1", "accepted")
      world.server.faults.push("lost-before", "lost-before")
      assert.strictEqual(yield* use(process), "ServiceUnavailable")
      assert.strictEqual((yield* world.stored).row.state, "pairing")
      yield* pass(10_000)
      assert.strictEqual(yield* use(process), "served")
    })
  )
})
