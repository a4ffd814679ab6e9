import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Schema } from "effect"
import type { Permit } from "../../src/traffic/CoordinationPort.ts"
import { Coordination, layerCoordinationMemory } from "../../src/traffic/Pool.ts"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** What comes of a permit goes to who waits in a turn of its own. */
const turn = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))

const idle = { limit: 0, inUse: 0, waiting: 0 }

const openPool = Effect.gen(function* () {
  const { ask, state } = yield* Coordination
  assert.isDefined(ask)
  return { ask, state: state("acme") }
})

interface Asker {
  readonly name: number
  readonly ahead: boolean
  /** does it still want a permit, and one that somebody let go of who got no answer? */
  readonly wants: "any" | "answered" | "none"
  readonly leave: () => void
  readonly permit: () => Permit | undefined
}

const willTake = ({ wants }: Pick<Asker, "wants">, hung: boolean): boolean =>
  wants === "any" || (wants === "answered" && !hung)

describe("waiters of a pool", () => {
  const step = Schema.Struct({
    kind: Schema.Literals(["call", "call", "call", "renewal", "leave", "give-back", "give-back", "hang", "turn"]),
    which: between(0, 20),
    wants: Schema.Literals(["any", "any", "answered", "none"])
  })

  it.effect.prop(
    "are asked once, in order and in their turn, and told whether the permit comes from who got no answer",
    [between(1, 3), Arbitrary.array(Arbitrary.schema(step), { minLength: 20, maxLength: 60 })],
    ([limit, steps]) =>
      Effect.gen(function* () {
        const { ask, state } = yield* openPool
        /** what the pool did, and what it has to do */
        const seen: Array<string> = []
        const expected: Array<string> = []
        const queue: Array<Asker> = []
        const holders: Array<Asker> = []
        const passed: Array<Asker> = []
        let hung = false

        const begin = (name: number, ahead: boolean, wants: Asker["wants"]) => {
          const free = holders.length < limit && queue.length === 0
          let permit: Permit | undefined
          const leave = ask(
            "acme",
            {
              limit,
              ahead,
              wanted: (isHung) => {
                seen.push(`${name} asked ${isHung}`)
                return willTake({ wants }, isHung)
              }
            },
            (granted) => {
              seen.push(`${name} granted`)
              permit = granted
            }
          )
          const asker: Asker = { name, ahead, wants, leave, permit: () => permit }
          if (free) {
            expected.push(`${name} granted`)
            holders.push(asker)
          } else {
            assert.isUndefined(permit)
            queue.splice(ahead ? queue.filter((one) => one.ahead).length : queue.length, 0, asker)
          }
        }
        const serve = () => {
          while (holders.length < limit) {
            const next = queue.shift()
            if (next === undefined) break
            expected.push(`${next.name} asked ${hung}`)
            if (willTake(next, hung)) {
              expected.push(`${next.name} granted`)
              holders.push(next)
            } else passed.push(next)
          }
          hung = false
        }

        for (const [name, { kind, wants, which }] of steps.entries()) {
          if (kind === "call" || kind === "renewal") begin(name, kind === "renewal", wants)
          else if (kind === "turn") {
            yield* turn
            serve()
          } else if (kind === "leave") {
            const [leaving] = queue.splice(which % Math.max(1, queue.length), 1)
            leaving?.leave()
            // the second time does nothing
            leaving?.leave()
          } else {
            const [done] = holders.splice(which % Math.max(1, holders.length), 1)
            if (done !== undefined && kind === "hang" && queue.length > 0) hung = true
            // whoever leaves without an answer gives the permit back as one that hung
            if (kind === "hang" && which % 2 === 0) done?.leave()
            else done?.permit()?.release(kind === "hang")
            done?.permit()?.release()
          }
          // a pool that nobody uses is forgotten
          if (holders.length + queue.length + passed.length === 0) hung = false
          assert.deepStrictEqual(seen, expected)
          const { inUse, waiting } = yield* state
          assert.deepStrictEqual({ inUse, waiting }, { inUse: holders.length, waiting: queue.length })
        }
        for (const one of [...holders, ...queue, ...passed]) {
          one.leave()
          one.permit()?.release()
        }
        yield* turn
        assert.deepStrictEqual(yield* state, idle)
        assert.deepStrictEqual(seen, expected)
      }).pipe(Effect.provide(layerCoordinationMemory, { local: true })),
    { arbitrary: { runs: 400 } }
  )

  it.effect("are passed over when they want it no more, and stay users of the pool until they leave", () =>
    Effect.gen(function* () {
      const { ask, state } = yield* openPool
      const held: Array<Permit> = []
      ask("acme", { limit: 1, ahead: false }, (permit) => held.push(permit))
      const leave = ask("acme", { limit: 1, ahead: false, wanted: () => false }, () => assert.fail("it was granted"))
      held[0]?.release()
      yield* turn
      assert.deepStrictEqual(yield* state, { limit: 1, inUse: 0, waiting: 0 })
      leave()
      assert.deepStrictEqual(yield* state, idle)
    }).pipe(Effect.provide(layerCoordinationMemory, { local: true }))
  )

  it.effect("hear of a request that hung only if they waited when it did", () =>
    Effect.gen(function* () {
      const { ask } = yield* openPool
      const asked: Array<boolean> = []
      const held: Array<Permit> = []
      const call = () =>
        ask("acme", { limit: 2, ahead: false, wanted: (hung) => asked.push(hung) > 0 }, (permit) => held.push(permit))
      call()
      call()
      held[0]?.release(true)
      yield* turn
      call()
      call()
      held[1]?.release()
      yield* turn
      assert.deepStrictEqual(asked, [false])
      call()
      held[2]?.release(true)
      yield* turn
      assert.deepStrictEqual(asked, [false, true])
    }).pipe(Effect.provide(layerCoordinationMemory, { local: true }))
  )

  it.effect("hear nothing of a request that hung before all had left the pool", () =>
    Effect.gen(function* () {
      const { ask } = yield* openPool
      const asked: Array<boolean> = []
      const held: Array<Permit> = []
      const call = () =>
        ask("acme", { limit: 1, ahead: false, wanted: (hung) => asked.push(hung) > 0 }, (permit) => held.push(permit))
      call()
      const leave = call()
      held[0]?.release(true)
      leave()
      call()
      call()
      held[1]?.release()
      yield* turn
      assert.deepStrictEqual(asked, [false])
    }).pipe(Effect.provide(layerCoordinationMemory, { local: true }))
  )
})

describe("20,000 waiters", () => {
  const many = 20_000
  const wait = (wanted: (index: number, hung: boolean) => boolean) =>
    Effect.gen(function* () {
      const { ask, state } = yield* openPool
      const granted: Array<number> = []
      const held: Array<Permit> = []
      let asked = 0
      ask("acme", { limit: 1, ahead: false }, (permit) => held.push(permit))
      const leave = Array.from({ length: many }, (_, index) =>
        ask(
          "acme",
          {
            limit: 1,
            ahead: false,
            wanted: (hung) => {
              asked++
              return wanted(index, hung)
            }
          },
          (permit) => {
            granted.push(index)
            held.push(permit)
          }
        )
      )
      return { leave, granted, asked: () => asked, next: () => held.shift()?.release(), state }
    })

  it.effect("leave without one of them being asked", () =>
    Effect.gen(function* () {
      const { asked, granted, leave, next, state } = yield* wait(() => true)
      // from both ends, and then from within
      for (let index = 0; index < many / 4; index++) {
        leave[index]?.()
        leave[many - 1 - index]?.()
      }
      for (let index = many / 4; index < (many * 3) / 4; index += 2) leave[index]?.()
      for (let index = many / 4 + 1; index < (many * 3) / 4; index += 2) leave[index]?.()
      next()
      yield* turn
      assert.deepStrictEqual({ asked: asked(), granted }, { asked: 0, granted: [] })
      assert.deepStrictEqual(yield* state, idle)
    }).pipe(Effect.provide(layerCoordinationMemory, { local: true }))
  )

  it.effect("whose time is up are asked once each, for one permit", () =>
    Effect.gen(function* () {
      const { asked, granted, leave, next } = yield* wait((index) => index === many - 1)
      next()
      yield* turn
      assert.deepStrictEqual({ asked: asked(), granted }, { asked: many, granted: [many - 1] })
      for (const each of leave) each()
      assert.strictEqual(asked(), many)
    }).pipe(Effect.provide(layerCoordinationMemory, { local: true }))
  )

  it.effect("are served in order, one turn and one question for each", () =>
    Effect.gen(function* () {
      const { asked, granted, next, state } = yield* wait(() => true)
      for (let served = 1; served <= many; served++) {
        next()
        yield* turn
        if (asked() !== served) assert.strictEqual(asked(), served)
      }
      assert.deepStrictEqual(
        granted,
        Array.from({ length: many }, (_, index) => index)
      )
      next()
      assert.deepStrictEqual(yield* state, idle)
    }).pipe(Effect.provide(layerCoordinationMemory, { local: true }))
  )
})
