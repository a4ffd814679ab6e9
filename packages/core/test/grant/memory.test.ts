import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import * as vitest from "vitest"
import { layerGrantStoreMemory } from "../../src/grant/memory.ts"
import { grantStoreSuite } from "../../src/effect/testing.ts"
import { aKey, aRecord, openMemory } from "./openStore.ts"

grantStoreSuite({
  name: "memory",
  layer: layerGrantStoreMemory,
  durable: false,
  describe: vitest.describe,
  it: vitest.it
})

describe("a memory store", () => {
  it.effect("counts ages and expiries by the clock of whoever asks", () =>
    Effect.gen(function* () {
      const store = yield* openMemory
      yield* TestClock.setTime(1_000)
      assert.strictEqual(yield* store.now, 1_000)
      const row = yield* store.compareAndSet(aKey(), undefined, aRecord())
      assert.strictEqual(row?.age, 0)
      assert.isTrue(yield* store.once.put("a", "sealed", 61_000))
      assert.isTrue(yield* store.once.put("b", "sealed", 61_000))
      yield* TestClock.adjust("59999 millis")
      assert.strictEqual((yield* store.read(aKey()))?.age, 59_999)
      assert.strictEqual(yield* store.once.read("a"), "sealed")
      assert.strictEqual(yield* store.once.take("a"), "sealed")
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* store.once.read("b"), undefined)
      assert.strictEqual(yield* store.once.take("b"), undefined)
    })
  )

  it.effect("waits for a change by the same clock", () =>
    Effect.gen(function* () {
      const store = yield* openMemory
      const row = yield* store.compareAndSet(aKey(), undefined, aRecord())
      const waiter = yield* Effect.forkChild(store.changed(aKey(), row?.revision ?? 0, 5_000), {
        startImmediately: true
      })
      yield* TestClock.adjust("4999 millis")
      assert.isUndefined(waiter.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(waiter)
    })
  )

  it.effect("knows that no owner but itself lives", () =>
    Effect.gen(function* () {
      const [store, other] = [yield* openMemory, yield* openMemory]
      assert.strictEqual(yield* store.alive(yield* store.owner), true)
      assert.strictEqual(yield* store.alive(yield* other.owner), false)
    })
  )
})
