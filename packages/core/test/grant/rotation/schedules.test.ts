import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, type Fiber, Schema } from "effect"
import type { Credential } from "../../../src/credential/CredentialCache.ts"
import type { SageAuthError } from "../../../src/errors/SageAuthError.ts"
import type { AgedCredential } from "../../../src/grant/GrantContents.ts"
import { call, refusalOf } from "./callers.ts"
import { type Process, tenant } from "./Process.ts"
import { expire, openWorld, pass, settle, type World } from "./World.ts"

const who = Schema.Literals([0, 1, 2])
const calling = Schema.Struct({
  do: Schema.Literals(["call", "call", "call", "reject"]),
  who,
  context: Schema.Literals(["", "", "E1"])
})
const passing = Schema.Struct({
  do: Schema.Literal("pass"),
  milliseconds: Schema.Literals([1, 25, 25, 1_000, 6_000, 25_000, 301_000])
})
// what is listed more than once is drawn more often
const common = [
  calling,
  calling,
  calling,
  passing,
  passing,
  Schema.Struct({ do: Schema.Literals(["pause", "resume"]), who }),
  Schema.Struct({ do: Schema.Literal("store"), who, fault: Schema.Literals(["away", "untold", "works", "works"]) }),
  Schema.Struct({ do: Schema.Literals(["expire", "expire", "reseal"]) })
] as const
const refusals = ["never-sent", "unavailable", "rate-limited"] as const

/** what may happen without that anything may be lost */
const Harmless = Schema.Union([
  ...common,
  Schema.Struct({ do: Schema.Literal("fault"), fault: Schema.Literals(refusals) })
])
/** what may happen */
const lossy = Schema.Struct({
  do: Schema.Literal("fault"),
  fault: Schema.Literals([...refusals, "lost-before", "lost-after", "lost-after"])
})
const Anything = Schema.Union([
  ...common,
  lossy,
  lossy,
  Schema.Struct({ do: Schema.Literals(["kill", "kill", "kill", "consent", "disconnect"]), who })
])
type Action = typeof Anything.Type

interface Caller {
  readonly process: Process
  readonly fiber: Fiber.Fiber<Credential<AgedCredential>, SageAuthError>
}

/** plays a schedule with three processes, then lets everything come to its end */
const play = (world: World, actions: ReadonlyArray<Action>) =>
  Effect.gen(function* () {
    const callers: Array<Caller> = []
    const slots = [yield* world.start(), yield* world.start(), yield* world.start()]
    const at = (index: number): Process => {
      const process = slots[index]
      if (process === undefined) throw new Error(`there is no process ${index}`)
      return process
    }
    const called = (process: Process, context: string) =>
      Effect.map(call(process.acquire(context)), (fiber) => callers.push({ process, fiber }))
    const perform = Effect.fnUntraced(function* (action: Action) {
      switch (action.do) {
        case "call":
          return yield* called(at(action.who), action.context)
        case "reject": {
          const { renewals } = at(action.who)
          const slot = renewals.cache.slot(action.context)
          if (slot.credential !== undefined) renewals.reject(slot, slot.credential)
          return yield* called(at(action.who), action.context)
        }
        case "pause":
          return at(action.who).pause()
        case "resume":
          return at(action.who).resume()
        case "store": {
          const { fault } = action
          at(action.who).storeFault = () => (fault === "works" ? undefined : fault)
          return
        }
        case "pass":
          return yield* pass(action.milliseconds)
        case "expire":
          return yield* expire(world)
        case "reseal":
          return (yield* world.row) === undefined ? undefined : yield* world.resealed
        case "fault":
          return world.server.faults.push(action.fault)
        case "kill":
          at(action.who).kill()
          slots[action.who] = yield* world.start()
          return
        case "consent":
          // somebody else's process, which is well
          return yield* Effect.orDie((yield* world.start()).grants.consent(tenant, world.server.consent()))
        case "disconnect":
          return yield* Effect.orDie((yield* world.start()).grants.forget(tenant))
      }
    })
    for (const action of actions) {
      yield* perform(action)
      yield* settle
    }
    world.server.faults.length = 0
    for (const process of world.processes) {
      process.storeFault = () => undefined
      process.resume()
    }
    yield* pass(180_000)
    yield* expire(world)
    const living = world.processes.filter(({ killed }) => !killed)
    return { callers: callers.filter(({ process }) => !process.killed), living }
  })

/** nothing waits, nothing runs, nothing is held */
const assertSettled = Effect.fnUntraced(function* (
  world: World,
  { callers, living }: Effect.Success<ReturnType<typeof play>>
) {
  for (const { fiber, process } of callers) {
    assert.notStrictEqual(yield* refusalOf(fiber), "waits", `a caller of ${process.name} got no answer`)
  }
  for (const process of living) assert.strictEqual(process.detached, 0, `${process.name} has something that runs`)
  const steps = living.map((process) => process.steps.length)
  yield* pass(120_000)
  assert.deepStrictEqual(
    living.map((process) => process.steps.length),
    steps
  )
})

/** what the next caller gets, with the state of the grant that it leaves behind */
const askOnce = Effect.fnUntraced(function* (world: World) {
  const fiber = yield* call((yield* world.start()).acquire())
  yield* pass(60_000)
  const refusal = yield* refusalOf(fiber)
  return { refusal, row: yield* world.row }
})

// the storms try more
const runs = process.env["SAGE_AUTH_STORMS"] === undefined ? 40 : 400
const options = { arbitrary: { runs, size: 60 } }
const schedule = <A>(action: Arbitrary.Arbitrary<A>) => Arbitrary.array(action, { minLength: 10, maxLength: 60 })

describe("whatever happens in whatever order", () => {
  it.effect.prop(
    "without a death, a lost answer or an unseen pause, no token is lost and none is used twice",
    { actions: schedule(Arbitrary.schema(Harmless)), latency: Schema.Literals([50, 7_000]) },
    ({ actions, latency }) =>
      Effect.gen(function* () {
        const world = yield* openWorld({ seesDeath: true, latency })
        yield* assertSettled(world, yield* play(world, actions))
        const used = world.server.sends.filter(({ outcome }) => outcome !== "not-run").map(({ token }) => token)
        assert.strictEqual(new Set(used).size, used.length, "a token was used twice")
        const { refusal, row } = yield* askOnce(world)
        assert.strictEqual(refusal, "served")
        assert.strictEqual((yield* world.stored).refreshToken, world.server.live)
        assert.strictEqual(row?.state, "connected")
        assert.strictEqual(row?.lease, undefined)
        assert.strictEqual(row?.intent, undefined)
        const told = world.processes.flatMap((process) => process.types())
        assert.notInclude(told, "reauthorization-required")
      }),
    options
  )

  it.effect.prop(
    "everybody gets an answer, and a human is asked for only when the token in the store is really dead",
    {
      actions: schedule(Arbitrary.schema(Anything)),
      seesDeath: Schema.Boolean,
      familyRevocation: Schema.Boolean,
      grace: Schema.Literals([0, 0, 10_000, 86_400_000]),
      latency: Schema.Literals([50, 7_000])
    },
    ({ actions, ...settings }) =>
      Effect.gen(function* () {
        const world = yield* openWorld(settings)
        yield* assertSettled(world, yield* play(world, actions))
        const { refusal, row } = yield* askOnce(world)
        if (row === undefined) {
          assert.strictEqual(refusal, "NeverAuthorized")
          return
        }
        assert.strictEqual(row.lease, undefined)
        assert.strictEqual(row.intent, undefined)
        const { refreshToken } = yield* world.stored
        if (refreshToken === undefined) throw new Error("the refresh token was dropped")
        if (refusal === "served") {
          assert.strictEqual(row.state, "connected")
          assert.isTrue(world.server.accepts(refreshToken))
        } else {
          assert.include(["RotationInDoubt", "Revoked"], refusal)
          assert.strictEqual(row.state, "reauthorization-required")
          assert.isFalse(world.server.accepts(refreshToken), "a live token was called dead")
        }
        const told = world.processes.flatMap((process) => process.types())
        const count = (wanted: string) => told.filter((type) => type === wanted).length
        const consents = actions.filter((action) => action.do === "consent").length
        assert.isAtMost(count("reauthorization-required"), count("recovered") + consents + 1)
      }),
    options
  )
})
