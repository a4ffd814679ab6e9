import * as Predicate from "effect/Predicate"
import { assert, describe, it } from "vitest"
import { inspect } from "node:util"
import * as Effects from "effect/Redacted"
import * as Own from "../../src/config/ownEffect.ts"

class Made {
  readonly name = "made"
}

const values: ReadonlyArray<unknown> = [
  undefined,
  null,
  true,
  false,
  0,
  Number.NaN,
  1n,
  "",
  "text",
  Symbol("a symbol"),
  {},
  { length: 1, name: undefined },
  Object.create(null),
  [],
  ["length"],
  new Date(0),
  new Map(),
  new Made(),
  Made,
  () => undefined,
  Object(1)
]

describe("our part of Effect's Predicate", () => {
  it.each([
    ["isBoolean", Own.isBoolean, Predicate.isBoolean],
    ["isFunction", Own.isFunction, Predicate.isFunction],
    ["isNumber", Own.isNumber, Predicate.isNumber],
    ["isObject", Own.isObject, Predicate.isObject],
    ["isString", Own.isString, Predicate.isString]
  ] as const)("says the same with %s", (_, own, effect) => {
    for (const value of values) assert.strictEqual(own(value), effect(value), typeof value)
  })

  it("says the same with hasProperty", () => {
    for (const value of values) {
      for (const name of ["length", "name", "toString", "absent"]) {
        assert.strictEqual(Own.hasProperty(value, name), Predicate.hasProperty(value, name), `${typeof value}, ${name}`)
      }
    }
  })
})

describe("the secrets of the builds for promises", () => {
  it.each([undefined, "", "password"])("print as Effect's do, under the label %s", (label) => {
    const own = Own.make("canary-1", { label })
    const effects = Effects.make("canary-1", { label })
    const prints: ReadonlyArray<(secret: object) => string> = [String, inspect, (secret) => JSON.stringify({ secret })]
    for (const print of prints) {
      assert.strictEqual(print(own), print(effects))
    }
    assert.notInclude(inspect(own, { depth: 9, showHidden: true }), "canary")
    assert.deepStrictEqual(Object.entries(own), Object.entries(effects))
  })

  it("are told from everything else as Effect's are", () => {
    const inputs = [Own.make("a"), Effects.make("a"), {}, [], () => "a", null, undefined, "a", 1, Symbol("a")]
    assert.deepStrictEqual(
      inputs.map((input) => Own.isRedacted(input)),
      inputs.map((input) => Effects.isRedacted(input))
    )
    assert.deepStrictEqual(
      inputs.map((input) => Own.isRedacted(input)),
      inputs.map((_, index) => index < 2)
    )
  })

  it("give their value back, whatever it is", () => {
    for (const value of ["canary-1", "", undefined, null, { a: 1 }]) {
      assert.strictEqual(Own.value(Own.make(value)), value)
    }
  })

  it("do not open Effect's, nor those that were wiped, and quote nothing", () => {
    const wiped = Effects.make("canary-1", { label: "canary" })
    Effects.wipeUnsafe(wiped)
    for (const secret of [Effects.make("canary-1", { label: "canary" }), wiped]) {
      assert.throws(
        () => Own.value(secret),
        "this secret was made by another copy of Effect, and can be opened by that one alone"
      )
    }
    assert.throws(() => Effects.value(Own.make("canary-1")))
  })
})
