import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Deferred, Schema } from "effect"
import { CredentialCache, type Slot } from "../../src/credential/CredentialCache.ts"
import type { Reason } from "../../src/errors/Reason.ts"

type TestSlot = Slot<string, Reason>

const cacheOf = (capacity: number) => new CredentialCache<string, Reason>(capacity)
const takeOff = (slot: TestSlot) => {
  slot.flight = Deferred.makeUnsafe()
}
const land = (slot: TestSlot, id: number) => {
  slot.flight = undefined
  slot.credential = { id, value: slot.key, issuedAt: 0, expiresAt: 1, renewAt: 1, accepted: false }
  slot.used = true
}

const operation = Schema.Struct({
  kind: Schema.Literals(["look-up", "look-up", "use", "take-off", "land", "return-to-held"]),
  key: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9 }))
})

/** the keys of three tenants and of their contexts */
const keyOf = (key: number) => (key < 3 ? String(key) : `${key % 3}\u0000${key}`)

describe("CredentialCache", () => {
  it("gives the same slot for the same key", () => {
    const cache = cacheOf(10)
    assert.strictEqual(cache.slot("a"), cache.slot("a"))
    assert.notStrictEqual(cache.slot("a"), cache.slot("b"))
    assert.strictEqual(cache.size, 2)
  })

  it("empties a slot that leaves and gives its holder the live one", () => {
    const cache = cacheOf(1)
    const held = cache.slot("a")
    land(held, 1)
    held.used = false
    cache.slot("b")
    assert.isTrue(held.evicted)
    assert.isUndefined(held.credential)
    const successor = cache.live(held)
    assert.notStrictEqual(successor, held)
    assert.isFalse(successor.evicted)
    assert.strictEqual(successor, cache.slot("a"))
    assert.strictEqual(cache.live(successor), successor)
  })

  it("lists the slots of a tenant, its own and those of its contexts, and none that left", () => {
    const cache = cacheOf(5)
    for (const key of ["x\u00001", "x\u00002", "xy\u00001", "z", "x"]) cache.slot(key)
    assert.sameMembers(
      cache.ofTenant("x").map((slot) => slot.key),
      ["x", "x\u00001", "x\u00002"]
    )
    assert.deepStrictEqual(cache.ofTenant("y"), [])
    for (const key of ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]) cache.slot(key).used = true
    assert.deepStrictEqual(cache.ofTenant("x"), [])
  })

  it("keeps what is used between two arrivals, whatever passes through", () => {
    const cache = cacheOf(100)
    const hot = Array.from({ length: 50 }, (_, index) => cache.slot(`hot ${index}`))
    for (let passing = 0; passing < 5000; passing++) {
      for (const slot of hot) slot.used = true
      cache.slot(`passing ${passing}`)
    }
    assert.isTrue(hot.every((slot) => !slot.evicted))
    assert.strictEqual(cache.size, 100)
  })

  it("keeps most of what is used again and again even if everything else was used once", () => {
    const cache = cacheOf(100)
    let lost = 0
    let hot = Array.from({ length: 20 }, (_, index) => cache.slot(`hot ${index}`))
    for (let passing = 0; passing < 5000; passing++) {
      lost += hot.filter((slot) => slot.evicted).length
      hot = hot.map((slot) => cache.live(slot))
      for (const slot of hot) slot.used = true
      cache.slot(`passing ${passing}`).used = true
    }
    // 100,000 uses of the hot ones; forgetting at random would lose about 1,000 of them
    assert.isBelow(lost, 500)
  })

  it("lets go of about the least recently used", () => {
    const cache = cacheOf(100)
    const slots = Array.from({ length: 1037 }, (_, index) => {
      const slot = cache.slot(`tenant ${index}`)
      slot.used = true
      return slot
    })
    assert.strictEqual(slots.filter((slot) => !slot.evicted).length, 100)
    assert.isAtLeast(slots.slice(-100).filter((slot) => !slot.evicted).length, 95)
  })

  it("grows past its capacity rather than let a renewal go, and shrinks when they have landed", () => {
    const cache = cacheOf(10)
    const flying = Array.from({ length: 25 }, (_, index) => {
      const slot = cache.slot(`flying ${index}`)
      takeOff(slot)
      return slot
    })
    assert.strictEqual(cache.size, 25)
    assert.isTrue(flying.every((slot) => !slot.evicted))
    for (const [index, slot] of flying.entries()) land(slot, index)
    cache.slot("next")
    assert.strictEqual(cache.size, 10)
  })

  it.each([100, 10_000])("moves its hand a constant number of steps per arrival at capacity %i", (capacity) => {
    const cache = cacheOf(capacity)
    let steps = 0
    const arrive = (key: string) => {
      const slot = cache.slot(key)
      let used = false
      // the hand looks at this once a step
      Object.defineProperty(slot, "used", {
        get: () => {
          steps++
          return used
        },
        set: (value: boolean) => {
          used = value
        }
      })
      return slot
    }
    const slots = Array.from({ length: capacity }, (_, index) => arrive(`first ${index}`))
    let uses = 0
    const arrivals = capacity * 3
    for (let arrival = 0; arrival < arrivals; arrival++) {
      for (const offset of [arrival * 7, arrival * 13]) {
        const slot = slots[offset % slots.length]
        if (slot?.evicted === false) {
          slot.used = true
          uses++
        }
      }
      slots[(arrival * 31) % slots.length] = arrive(`later ${arrival}`)
    }
    assert.strictEqual(cache.size, capacity)
    assert.isAbove(steps, arrivals - 1)
    // one step to let go, and at most one for each use that is taken back
    assert.isAtMost(steps, arrivals + uses)
  })

  it("ends what goes on in the background for a slot that leaves, once", () => {
    const cache = cacheOf(1)
    const slot = cache.slot("a")
    let ended = 0
    slot.onLeave = () => {
      ended++
    }
    cache.slot("b")
    assert.isTrue(slot.evicted)
    assert.strictEqual(ended, 1)
    slot.leave()
    assert.strictEqual(ended, 1)
  })

  it.prop(
    "never has two live slots for a key, never lets a renewal go and never holds more than it may",
    [
      Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 6 })),
      Arbitrary.array(Arbitrary.schema(operation), { minLength: 1, maxLength: 120 })
    ],
    ([capacity, operations]) => {
      const cache = cacheOf(capacity)
      const seen = new Set<TestSlot>()
      const held = new Map<number, TestSlot>()
      let ids = 0
      for (const { kind, key } of operations) {
        const before = cache.size
        const flyingBefore = [...seen].filter((slot) => slot.flight !== undefined)
        const previous = held.get(key)
        const slot = kind === "return-to-held" && previous !== undefined ? cache.live(previous) : cache.slot(keyOf(key))
        seen.add(slot)
        if (previous === undefined || kind !== "look-up") held.set(key, slot)

        assert.isFalse(slot.evicted)
        assert.strictEqual(slot.key, keyOf(key))
        assert.strictEqual(cache.slot(keyOf(key)), slot)
        for (const flying of flyingBefore) assert.isFalse(flying.evicted)
        if (cache.size > before) {
          assert.isTrue(cache.size <= capacity || flyingBefore.length >= cache.size - 1)
        }
        if (kind === "use") slot.used = true
        if (kind === "take-off") takeOff(slot)
        if (kind === "land") land(slot, ++ids)

        const live = [...seen].filter((known) => !known.evicted)
        assert.strictEqual(new Set(live.map((known) => known.key)).size, live.length)
        assert.strictEqual(live.length, cache.size)
        assert.sameMembers([...cache.ofTenant("0"), ...cache.ofTenant("1"), ...cache.ofTenant("2")], live)
        for (const known of seen) if (known.evicted) assert.isUndefined(known.credential)
      }
    },
    { arbitrary: { runs: 300 } }
  )
})
