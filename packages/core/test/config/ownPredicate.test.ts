import * as Predicate from "effect/Predicate"
import { assert, describe, it } from "vitest"
import * as Own from "../../src/config/ownPredicate.ts"

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
