import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { call, isServed, refusalOf } from "./callers.ts"
import type { Process } from "./Process.ts"
import type { Fault } from "./TokenServer.ts"
import { expire, openWorld, pass, settle, type World, type WorldOptions } from "./World.ts"

/** longer than any wait for a dead owner and any request */
const longEnough = 60_000

interface Case {
  readonly title: string
  /** how many requests an earlier case shares with it: a kill before the last of them is the same, and tried there */
  readonly shares?: number | undefined
  readonly server?: WorldOptions | undefined
  readonly faults: ReadonlyArray<Fault>
  /** while the credential in hand is still valid; default: after it has ended */
  readonly early?: boolean | undefined
}

const strict: ReadonlyArray<Case> = [
  { title: "a request that is answered", faults: [] },
  { title: "an early renewal that is answered", faults: [], early: true },
  { title: "a request that does not arrive", faults: ["lost-before"], shares: 1 },
  { title: "an answer that is lost", faults: ["lost-after"], shares: 1 },
  { title: "two requests that do not arrive", faults: ["lost-before", "lost-before"], shares: 2 },
  { title: "a replay whose answer is lost", faults: ["lost-before", "lost-after"], shares: 2 },
  { title: "a request that never leaves", faults: ["never-sent"], shares: 1 },
  { title: "a server that is not available", faults: ["unavailable"], shares: 1 },
  { title: "a replay that finds the server not available", faults: ["lost-before", "unavailable"], shares: 2 }
]
/** grace is of a token that was used: what does not arrive meets it only after its replay, as a takeover below does */
const isUsedAtOnce = ({ faults }: Case): boolean => faults.length === 0 || faults.includes("lost-after")
const withinGrace = (tried: Case): Case => ({
  ...tried,
  title: `${tried.title}, within grace`,
  server: { grace: 600_000 },
  shares: tried.shares ?? 1
})
const cases = [...strict, ...strict.filter(isUsedAtOnce).map(withinGrace)]

/** what one process does that finds the credential used up */
const renewOnce = (world: World, process: Process) =>
  Effect.gen(function* () {
    const { contents } = yield* world.stored
    const fiber = yield* call(process.renew({ replaces: contents.credentials[""]?.id }))
    yield* pass(longEnough)
    return fiber
  })

/** the next process has to work, or to say exactly why not */
const assertNext = (world: World, where: string) =>
  Effect.gen(function* () {
    const { refreshToken } = yield* world.stored
    const served = refreshToken !== undefined && (world.server.accepts(refreshToken) || world.server.options.grace > 0)
    const before = world.server.sends.length
    const next = yield* world.start()
    const fiber = yield* renewOnce(world, next)
    const refusal = yield* refusalOf(fiber)
    const sends = world.server.sends.slice(before)
    assert.isAtMost(sends.length, 1, `${where}: the token was sent more than once`)
    for (const { token } of sends) assert.strictEqual(token, refreshToken, `${where}: an old token was sent`)
    const { row, refreshToken: stored } = yield* world.stored
    if (served) {
      assert.strictEqual(refusal, "served", where)
      assert.strictEqual(stored, world.server.live, `${where}: the live token was lost`)
      assert.strictEqual(row.state, "connected", where)
    } else {
      assert.strictEqual(refusal, "RotationInDoubt", where)
      assert.strictEqual(row.state, "reauthorization-required", where)
    }
    assert.strictEqual(row.lease, undefined, `${where}: a lease was left`)
    assert.strictEqual(row.intent, undefined, `${where}: an intent was left`)
    assert.strictEqual(next.detached, 0, `${where}: something still runs`)
    const steps = next.steps.length
    yield* pass(longEnough)
    assert.strictEqual(next.steps.length, steps, `${where}: something still runs`)
  })

const begin = ({ early, faults, server }: Case, seesDeath: boolean) =>
  Effect.gen(function* () {
    const world = yield* openWorld({ ...server, seesDeath })
    if (early !== true) yield* expire(world)
    world.server.faults.push(...faults)
    return { world, victim: yield* world.start() }
  })

/** what a process did that was killed at its nth step, or at none */
const killedAt = (tried: Case, seesDeath: boolean, step?: number) =>
  Effect.gen(function* () {
    const { victim, world } = yield* begin(tried, seesDeath)
    victim.killAt = step
    yield* renewOnce(world, victim)
    world.server.faults.length = 0
    return { world, victim, where: `step ${step}, ${victim.steps.at(-1)}` }
  })

/**
 * The steps, counted from 1, at which a kill can show something. Who waits for the lease of a process that is gone looks
 * twenty times, with the same steps, at what nobody changes: the first two looks and the last two stand for all. What
 * comes before requests that are shared with an earlier case was tried there.
 */
const worthKilling = (steps: ReadonlyArray<string>, shares = 0): ReadonlyArray<number> => {
  const look = steps.indexOf("changed") + 1
  const lastLooks = steps.lastIndexOf("changed") + 1 - look
  const requests = steps.flatMap((step, at) => (step === "send" ? [at] : []))
  const first = shares === 0 ? 0 : (requests[shares - 1] ?? 0) + 1
  return steps.flatMap((step, at) => {
    const between = at >= 2 * look && at < lastLooks
    if (between) assert.strictEqual(step, steps[at % look], "the looks are all the same")
    return between || at < first ? [] : [at + 1]
  })
}

for (const seesDeath of [true, false]) {
  describe(`a process is killed, ${seesDeath ? "and the store sees it" : "and its lease beats no more"}`, () => {
    for (const tried of cases) {
      it.effect(`at every step of ${tried.title}: the next one works, or says exactly why not`, () =>
        Effect.gen(function* () {
          const { steps } = (yield* killedAt(tried, seesDeath)).victim
          for (const step of worthKilling(steps, tried.shares)) {
            const { victim, where, world } = yield* killedAt(tried, seesDeath, step)
            assert.isTrue(victim.killed, where)
            if (tried.early === true) yield* assertCovered(world, where)
            yield* assertNext(world, where)
          }
          assert.isAbove(steps.length, 8)
        })
      )
    }

    for (const grace of [0, 600_000]) {
      for (const faults of [[], ["lost-before"], ["lost-after"], ["unavailable"]] as const) {
        const told = `${faults.join() || "answered"}${grace > 0 ? ", within grace" : ""}`
        const takenOver = (killAt?: number) =>
          Effect.gen(function* () {
            const { victim, world } = yield* begin(
              { title: told, faults: [], server: { grace, familyRevocation: false } },
              seesDeath
            )
            victim.pauseBefore = "read answer"
            yield* renewOnce(world, victim)
            victim.kill()
            world.server.faults.push(...faults)
            const second = yield* world.start()
            second.killAt = killAt
            yield* renewOnce(world, second)
            return { world, second }
          })
        it.effect(`at every step of taking over a rotation in doubt (${told}): the third works, or says why not`, () =>
          Effect.gen(function* () {
            const { steps } = (yield* takenOver()).second
            for (const step of worthKilling(steps, faults.length)) {
              const { second, world } = yield* takenOver(step)
              assert.isTrue(second.killed, `step ${step}`)
              world.server.faults.length = 0
              yield* assertNext(world, `step ${step}, ${second.steps.at(-1)}`)
            }
            assert.isAbove(steps.length, 8)
          })
        )
      }
    }

    it.effect("at every step, where what is in doubt is only reported: its token is never sent again", () =>
      Effect.gen(function* () {
        const report = { inDoubt: "report" } as const
        for (const stopsBefore of ["send", "read answer"]) {
          const reported = (killAt?: number) =>
            Effect.gen(function* () {
              const { world } = yield* begin({ title: stopsBefore, faults: [] }, seesDeath)
              const victim = yield* world.start(report)
              victim.pauseBefore = stopsBefore
              yield* renewOnce(world, victim)
              victim.kill()
              const sent = world.server.sends.length
              const second = yield* world.start(report)
              second.killAt = killAt
              yield* renewOnce(world, second)
              const third = yield* renewOnce(world, yield* world.start(report))
              assert.strictEqual(yield* refusalOf(third), "RotationInDoubt", `step ${killAt}`)
              assert.strictEqual(world.server.sends.length, sent, `step ${killAt}`)
              return second
            })
          const { steps } = yield* reported()
          assert.isAbove(steps.length, 4)
          // the others find the same in the store, and see no server: kills at one of the two stand for both
          if (stopsBefore === "send") continue
          for (const step of worthKilling(steps)) assert.isTrue((yield* reported(step)).killed, `step ${step}`)
        }
      })
    )
  })
}

/** while the credential in hand is valid nobody notices anything, and nothing is sent that is in doubt */
const assertCovered = (world: World, where: string) =>
  Effect.gen(function* () {
    const { row } = yield* world.stored
    const before = world.server.sends.length
    const next = yield* world.start()
    const fiber = yield* renewOnce(world, next)
    assert.isTrue(isServed(fiber), where)
    if (row.intent !== undefined) {
      assert.strictEqual(world.server.sends.length, before, `${where}: a token in doubt was sent`)
      const after = yield* world.stored
      assert.strictEqual(after.row.state, "in-doubt", where)
      assert.deepStrictEqual(next.types(), ["rotation-in-doubt"], where)
    }
    yield* expire(world)
    yield* settle
  })
