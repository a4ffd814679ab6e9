import { assert, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { Meters, type KeptCounts, rulesOf } from "../../src/traffic/Meter.ts"

const november = Date.UTC(2026, 10, 21)

/** A store of counts that can be away. */
const openStore = () => {
  const counts = new Map<string, number>()
  const state = { away: false, writes: 0 }
  const unlessAway = <A>(use: () => A): Effect.Effect<A, "away"> =>
    Effect.suspend(() => (state.away ? Effect.fail("away" as const) : Effect.sync(use)))
  const store: KeptCounts = {
    add: (company, month, transactions) =>
      unlessAway(() => {
        state.writes++
        const sum = (counts.get(company + month) ?? 0) + transactions
        counts.set(company + month, sum)
        return sum
      }),
    set: (company, month, transactions) =>
      unlessAway(() => {
        counts.set(company + month, transactions)
      }),
    read: (company, month) => unlessAway(() => counts.get(company + month) ?? 0)
  }
  return { store, state, stored: (month: string) => counts.get(`acme${month}`) ?? 0 }
}

/** The meters of one process; `settled` waits for what it writes behind its callers' backs. */
const openProcess = (store: KeptCounts, clock: { now: number }) => {
  const writes: Array<Fiber.Fiber<void>> = []
  const meters = new Meters(() => clock.now, 100, {
    store: Effect.succeed(store),
    detach: (effect) => {
      writes.push(Effect.runFork(effect))
    }
  })
  return { meters, settled: Effect.suspend(() => Effect.forEach(writes.splice(0), Fiber.await, { discard: true })) }
}

const rules = rulesOf({ budget: 10, policy: "stop" }, undefined)

it.effect("a count survives its process, and a budget with it", () =>
  Effect.gen(function* () {
    yield* TestClock.setTime(november)
    const clock = { now: november }
    const { store, stored } = openStore()
    const first = openProcess(store, clock)
    yield* first.meters.ready("acme")
    first.meters.add("acme", 9, rules)
    yield* first.settled
    assert.strictEqual(stored("2026-11"), 9)

    const second = openProcess(store, clock)
    yield* second.meters.ready("acme")
    assert.isTrue(second.meters.read("acme", rules).durable)
    assert.strictEqual(second.meters.read("acme", rules).used, 9)
    assert.isTrue(second.meters.allows("acme", 1, rules))
    assert.isFalse(second.meters.allows("acme", 2, rules))
  })
)

it.effect("what two processes count is summed, and each sees the other's after its next write", () =>
  Effect.gen(function* () {
    const clock = { now: november }
    const { store } = openStore()
    const one = openProcess(store, clock)
    const other = openProcess(store, clock)
    yield* one.meters.ready("acme")
    yield* other.meters.ready("acme")
    one.meters.add("acme", 3, rules)
    yield* one.settled
    other.meters.add("acme", 4, rules)
    yield* other.settled
    assert.strictEqual(other.meters.read("acme", rules).used, 7)
    one.meters.add("acme", 1, rules)
    yield* one.settled
    assert.strictEqual(one.meters.read("acme", rules).used, 8)
  })
)

it.effect("a store that is away stops nobody, and gets everything when it is back", () =>
  Effect.gen(function* () {
    const clock = { now: november }
    const { state, store, stored } = openStore()
    const { meters, settled } = openProcess(store, clock)
    state.away = true
    yield* meters.ready("acme")
    meters.add("acme", 3, rules)
    yield* settled
    assert.strictEqual(meters.read("acme", rules).used, 3)
    state.away = false
    meters.add("acme", 2, rules)
    yield* settled
    assert.strictEqual(stored("2026-11"), 5)
    assert.strictEqual(meters.read("acme", rules).used, 5)
  })
)

it.effect("a figure that was set wins over what was counted before, also when it could not be written at once", () =>
  Effect.gen(function* () {
    const clock = { now: november }
    const { state, store, stored } = openStore()
    const { meters, settled } = openProcess(store, clock)
    yield* meters.ready("acme")
    meters.add("acme", 3, rules)
    yield* settled
    state.away = true
    meters.set("acme", 100)
    meters.add("acme", 1, rules)
    yield* settled
    assert.strictEqual(meters.read("acme", rules).used, 101)
    state.away = false
    meters.add("acme", 1, rules)
    yield* settled
    assert.strictEqual(stored("2026-11"), 102)
    assert.strictEqual(meters.read("acme", rules).used, 102)
  })
)

it.effect("many calls at once are written together", () =>
  Effect.gen(function* () {
    const clock = { now: november }
    const { state, store, stored } = openStore()
    const slow: KeptCounts = { ...store, add: (...entry) => Effect.andThen(Effect.yieldNow, store.add(...entry)) }
    const { meters, settled } = openProcess(slow, clock)
    yield* meters.ready("acme")
    for (let call = 0; call < 100; call++) meters.add("acme", 1, rulesOf(undefined, undefined))
    yield* settled
    assert.strictEqual(stored("2026-11"), 100)
    assert.isBelow(state.writes, 10)
  })
)

it.effect("a new month begins with what the store knows of it", () =>
  Effect.gen(function* () {
    const clock = { now: november }
    const { store, stored } = openStore()
    const { meters, settled } = openProcess(store, clock)
    yield* meters.ready("acme")
    meters.add("acme", 5, rules)
    yield* settled
    clock.now = Date.UTC(2026, 11, 1)
    yield* meters.ready("acme")
    assert.strictEqual(meters.read("acme", rules).used, 0)
    meters.add("acme", 1, rules)
    yield* settled
    assert.deepStrictEqual([stored("2026-11"), stored("2026-12")], [5, 1])
  })
)

it.effect("keeps no more counts in memory than the capacity says, and reads again what it has let go", () =>
  Effect.gen(function* () {
    const clock = { now: november }
    const { store } = openStore()
    const { meters, settled } = openProcess(store, clock)
    for (let company = 0; company < 200; company++) {
      yield* meters.ready(`company ${company}`)
      meters.add(`company ${company}`, 3, rules)
      yield* settled
    }
    assert.strictEqual(meters.size, 100)
    assert.isFalse(meters.isReady("company 0"))
    yield* meters.ready("company 0")
    assert.strictEqual(meters.read("company 0", rules).used, 3)
    assert.isTrue(meters.isReady("company 199"))
  })
)

it.effect("lets no count go that is not in the store yet", () =>
  Effect.gen(function* () {
    const clock = { now: november }
    const { state, store } = openStore()
    const { meters, settled } = openProcess(store, clock)
    state.away = true
    for (let company = 0; company < 200; company++) meters.add(`company ${company}`, 3, rules)
    yield* settled
    assert.strictEqual(meters.size, 200)
    state.away = false
    meters.add("company 0", 1, rules)
    yield* settled
    assert.strictEqual(yield* store.read("company 0", "2026-11"), 4)
  })
)

it.effect("lets no count go of which something is being sent", () =>
  Effect.gen(function* () {
    const { store } = openStore()
    const { meters } = openProcess(store, { now: november })
    const stop = { ...rules, budget: 3, policy: "stop" as const }
    yield* meters.ready("busy")
    const letGo = meters.hold("busy", 3, stop)
    for (let company = 0; company < 200; company++) yield* meters.ready(`company ${company}`)
    assert.isFalse(meters.allows("busy", 1, stop))
    letGo!()
    for (let company = 200; company < 400; company++) yield* meters.ready(`company ${company}`)
    assert.isFalse(meters.isReady("busy"))
  })
)
