import { assert, describe, it } from "@effect/vitest"
import { Schedule } from "effect"
import { defaultSettings } from "../../src/application/makeApplication.ts"
import { applicationSettings } from "../../src/openApplication.ts"
import { checkSettings } from "../../src/Config.ts"
import * as RetrySchedules from "../../src/traffic/RetrySchedules.ts"
import * as Result from "../../src/config/Result.ts"

const connections = {}
const fetch = () => Promise.reject(new Error("no"))
const defaults = {
  deadline: 30_000,
  shutdown: 20_000,
  capacity: 100_000,
  fetch: defaultSettings.fetch,
  retry: { transient: RetrySchedules.transient, rateLimited: RetrySchedules.rateLimited },
  clock: undefined
}
const check = (input: unknown) => Result.map(checkSettings(input, "effect"), applicationSettings)
const issues = (input: unknown) =>
  Result.match(check(input), { onSuccess: () => [], onFailure: (found) => found.map(({ option }) => option) })
const settings = (input: unknown) => Result.getOrThrow(check(input))

describe("Settings", () => {
  it("have a default each, and undefined means it", () => {
    assert.deepInclude(settings({ connections }), defaults)
    const nothing = {
      connections,
      deadline: undefined,
      shutdown: undefined,
      capacity: undefined,
      fetch: undefined,
      retry: undefined,
      clock: undefined
    }
    assert.deepInclude(settings(nothing), defaults)
    assert.deepInclude(settings({ connections, retry: { transient: undefined, rateLimited: undefined } }), defaults)
  })

  it("are taken as they are given", () => {
    const clock = { now: () => 0 }
    const transient = Schedule.recurs(1)
    assert.deepInclude(
      settings({ connections, deadline: "10 seconds", shutdown: 500, capacity: 3, fetch, clock, retry: { transient } }),
      {
        deadline: 10_000,
        shutdown: 500,
        capacity: 3,
        fetch,
        clock,
        retry: { transient: transient, rateLimited: RetrySchedules.rateLimited }
      }
    )
  })

  it.each([
    ["deadline", [0, -1, Number.NaN, Number.POSITIVE_INFINITY, "soon", "", true, null, {}]],
    ["shutdown", [-1, Number.NaN, "soon", null]],
    ["capacity", [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "10", null]],
    ["fetch", ["https://", {}, null, 1]],
    ["retry", [null, 3, "often"]],
    ["clock", [null, {}, { now: 5 }, 12]]
  ] as const)("refuse a %s that cannot work", (option, values) => {
    for (const value of values) assert.deepStrictEqual(issues({ connections, [option]: value }), [option])
  })

  it("refuse a schedule that is none, by the name of the schedule", () => {
    assert.deepStrictEqual(issues({ connections, retry: { transient: 5, rateLimited: {} } }), [
      "retry.transient",
      "retry.rateLimited"
    ])
  })

  it("refuse what is no option", () => {
    assert.deepStrictEqual(issues({ connections, deadlin: 5 }), ["deadlin"])
  })

  it("name the packages that make a store and a coordination", () => {
    const wrong = checkSettings({ connections, store: {}, coordination: {} }, "promise")
    const expected = Result.match(wrong, { onSuccess: () => [], onFailure: (found) => found })
      .filter(({ option }) => option === "store" || option === "coordination")
      .map(({ expected }) => expected)
    assert.deepStrictEqual(expected, [
      '"memory:", "sqlite:<path>", or an object such as @sage-auth/postgres makes',
      '"memory:", or an object such as @sage-auth/postgres or @sage-auth/redis makes'
    ])
  })

  it("tell all mistakes at once, and no value", () => {
    const wrong = {
      connections,
      deadline: "hunter2",
      shutdown: -1,
      capacity: "hunter2",
      fetch: "hunter2",
      clock: "hunter2"
    }
    assert.sameMembers(issues(wrong), ["deadline", "shutdown", "capacity", "fetch", "clock"])
    assert.notInclude(JSON.stringify(check(wrong)), "hunter2")
  })
})
