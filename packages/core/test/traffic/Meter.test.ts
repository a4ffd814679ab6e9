import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { Meters, type MeterRules, overage, packPrice, packSize, rulesOf } from "../../src/traffic/Meter.ts"

const rules = (options: Partial<MeterRules> = {}): MeterRules => ({
  allowance: 100,
  budget: 100,
  policy: "warn",
  thresholds: [0.5, 0.8, 1],
  countLogins: false,
  ...options
})

const opened = (at: string) => {
  const clock = { now: Date.parse(at) }
  return { clock, meters: new Meters(() => clock.now, 100) }
}

const count = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 10_000_000 }))

describe("rulesOf", () => {
  it("warns at the allowance of tier 1 unless told otherwise", () => {
    assert.deepStrictEqual(rulesOf(undefined, undefined), {
      allowance: 100_000,
      budget: 100_000,
      policy: "warn",
      thresholds: [0.5, 0.8, 0.95, 1],
      countLogins: false
    })
  })

  it.each([
    [1, 100_000],
    [2, 250_000],
    ["2-500k", 500_000],
    [3, 1_000_000],
    [4, 2_500_000]
  ] as const)("takes the allowance of tier %s, and that as the budget", (tier, allowance) => {
    const { allowance: taken, budget } = rulesOf(undefined, tier)
    assert.deepStrictEqual([taken, budget], [allowance, allowance])
  })

  it("takes what is given, and the thresholds in order", () => {
    const options = { allowance: 7, budget: 9, policy: "stop", thresholds: [1, 0.1, 0.7], countLogins: true } as const
    assert.deepStrictEqual(rulesOf(options, 4), { ...options, thresholds: [0.1, 0.7, 1] })
    assert.deepStrictEqual(options.thresholds, [1, 0.1, 0.7])
  })
})

describe("Meters", () => {
  it("forgets the companies of the month before, and none of this month: nothing else knows what they used", () => {
    const { clock, meters } = opened("2026-11-30T12:00:00Z")
    for (let company = 0; company < 1_000; company++) meters.add(`company ${company}`, 1, rules())
    assert.strictEqual(meters.size, 1_000)
    assert.strictEqual(meters.read("company 0", rules()).used, 1)
    clock.now += 24 * 60 * 60_000
    meters.add("company 0", 1, rules())
    assert.strictEqual(meters.size, 1)
  })

  it("counts each company for itself, from zero", () => {
    const { meters } = opened("2026-11-21T12:00:00Z")
    meters.add("acme", 3, rules())
    meters.add("acme", 4, rules())
    meters.add("other", 1, rules())
    assert.strictEqual(meters.read("acme", rules()).used, 7)
    assert.strictEqual(meters.read("other", rules()).used, 1)
    assert.strictEqual(meters.read("third", rules()).used, 0)
  })

  it("starts over with the month of UTC, wherever this machine is", () => {
    const { clock, meters } = opened("2026-11-30T23:59:59.999Z")
    assert.isDefined(meters.add("acme", 60, rules()))
    assert.deepInclude(meters.read("acme", rules()), { month: "2026-11", used: 60 })
    clock.now += 1
    assert.deepInclude(meters.read("acme", rules()), { month: "2026-12", used: 0 })
    assert.deepStrictEqual(meters.add("acme", 60, rules()), { month: "2026-12", threshold: 0.5, used: 60 })
    clock.now = Date.parse("2027-01-01T00:00:00Z")
    assert.deepInclude(meters.read("acme", rules()), { month: "2027-01", used: 0 })
  })

  it("announces each threshold once a month, and the highest where one call passes several", () => {
    const { clock, meters } = opened("2026-11-21T12:00:00Z")
    const announced: Array<number> = []
    for (let used = 1; used <= 150; used++) {
      const passed = meters.add("acme", 1, rules())
      if (passed !== undefined) {
        assert.deepStrictEqual(passed, { month: "2026-11", threshold: passed.threshold, used })
        announced.push(used)
      }
    }
    assert.deepStrictEqual(announced, [50, 80, 100])
    clock.now = Date.parse("2026-12-01T00:00:00Z")
    assert.strictEqual(meters.add("acme", 90, rules())?.threshold, 0.8)
    assert.isUndefined(meters.add("acme", 1, rules()))
  })

  it("measures thresholds against the budget, not against the allowance", () => {
    const { meters } = opened("2026-11-21T12:00:00Z")
    assert.isUndefined(meters.add("acme", 99, rules({ budget: 200 })))
    assert.strictEqual(meters.add("acme", 1, rules({ budget: 200 }))?.threshold, 0.5)
  })

  it("stops what would pass the budget, and only that, and only where the policy says so", () => {
    const { clock, meters } = opened("2026-11-21T12:00:00Z")
    const stop = rules({ policy: "stop" })
    meters.add("acme", 98, stop)
    assert.isTrue(meters.allows("acme", 2, stop))
    assert.isFalse(meters.allows("acme", 3, stop))
    assert.isTrue(meters.allows("acme", 3, rules()))
    meters.add("acme", 2, stop)
    assert.isFalse(meters.allows("acme", 1, stop))
    // what is not billable is not stopped, and other companies are not either
    assert.isTrue(meters.allows("acme", 0, stop))
    assert.isTrue(meters.allows("other", 100, stop))
    clock.now = Date.parse("2026-12-01T00:00:00Z")
    assert.isTrue(meters.allows("acme", 100, stop))
  })

  it("keeps room for what is being sent, and for nothing else", () => {
    const { meters } = opened("2026-11-21T12:00:00Z")
    const stop = rules({ policy: "stop" })
    const letGo = meters.hold("acme", stop.budget, stop)
    assert.isDefined(letGo)
    assert.isUndefined(meters.hold("acme", 1, stop))
    assert.isFalse(meters.allows("acme", 1, stop))
    assert.isDefined(meters.hold("acme", 0, stop))
    assert.isDefined(meters.hold("acme", 1, rules()))
    assert.isDefined(meters.hold("other", stop.budget, stop))
    letGo()
    assert.isTrue(meters.allows("acme", stop.budget - 1, stop))
    assert.isFalse(meters.allows("acme", stop.budget, stop))
  })

  it("can be set to a figure read elsewhere, and counts on from there", () => {
    const { meters } = opened("2026-11-21T12:00:00Z")
    meters.add("acme", 10, rules())
    meters.set("acme", 79)
    assert.strictEqual(meters.read("acme", rules()).used, 79)
    assert.isFalse(meters.allows("acme", 22, rules({ policy: "stop" })))
    assert.deepStrictEqual(meters.add("acme", 1, rules()), { month: "2026-11", threshold: 0.8, used: 80 })
  })

  it("does not announce a threshold again because the figure was set", () => {
    const { meters } = opened("2026-11-21T12:00:00Z")
    assert.strictEqual(meters.add("acme", 50, rules())?.threshold, 0.5)
    meters.set("acme", 60)
    assert.isUndefined(meters.add("acme", 1, rules()))
    // but what a lower figure takes back is passed anew
    meters.set("acme", 49)
    assert.strictEqual(meters.add("acme", 1, rules())?.threshold, 0.5)
  })

  it("projects the month from what it went like so far", () => {
    const { clock, meters } = opened("2026-11-16T00:00:00Z")
    meters.add("acme", 90, rules())
    assert.deepStrictEqual(meters.read("acme", rules({ budget: 500, policy: "stop" })), {
      company: "acme",
      month: "2026-11",
      used: 90,
      allowance: 100,
      budget: 500,
      policy: "stop",
      // half of November has gone
      projected: 180,
      // eight packs
      projectedOverage: 1.2,
      durable: false
    })
    clock.now = Date.parse("2026-11-30T23:59:59.999Z")
    assert.strictEqual(meters.read("acme", rules()).projected, 90)
  })

  it("takes the first hour of a month for no less than an hour", () => {
    const { meters } = opened("2026-11-01T00:00:00.001Z")
    meters.add("acme", 1, rules())
    assert.strictEqual(meters.read("acme", rules()).projected, 30 * 24)
    assert.strictEqual(meters.read("nothing", rules()).projected, 0)
  })
})

describe("overage", () => {
  it.each([
    [0, 100, 0],
    [100, 100, 0],
    [101, 100, 0.15],
    [110, 100, 0.15],
    [111, 100, 0.3],
    [1_100, 100, 15],
    [100_030, 100_000, 0.45]
  ])(
    "of %i transactions beyond an allowance included in %i costs what its started packs cost",
    (transactions, allowance, dollars) => {
      assert.strictEqual(overage(transactions, allowance), dollars)
    }
  )

  it.prop(
    "never falls with more transactions nor rises with a larger allowance",
    [count, count, count],
    ([used, allowance, more]) => {
      assert.isAtLeast(overage(used + more, allowance), overage(used, allowance))
      assert.isAtMost(overage(used, allowance + more), overage(used, allowance))
    }
  )

  it.prop("is what the packs cost, in whole cents", [count, count], ([used, allowance]) => {
    const beyond = Math.max(0, used - allowance)
    const cents = Math.round(overage(used, allowance) * 100)
    assert.strictEqual(cents / 100, overage(used, allowance))
    assert.strictEqual(cents % Math.round(packPrice * 100), 0)
    const packs = cents / Math.round(packPrice * 100)
    assert.isAtLeast(packs * packSize, beyond)
    assert.isBelow((packs - 1) * packSize, Math.max(1, beyond))
  })
})
