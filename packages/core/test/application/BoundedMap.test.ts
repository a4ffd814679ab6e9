import { assert, describe, it } from "@effect/vitest"
import { BoundedMap } from "../../src/application/BoundedMap.ts"

describe("BoundedMap", () => {
  it("lets the entry go that was set longest ago", () => {
    const map = new BoundedMap<number>(2)
    map.set("a", 1)
    map.set("b", 2)
    map.set("a", 3)
    map.set("c", 4)
    assert.deepStrictEqual([map.get("a"), map.get("b"), map.get("c")], [3, undefined, 4])
    assert.strictEqual(map.size, 2)
  })

  it("keeps one at least", () => {
    const map = new BoundedMap<number>(0)
    map.set("a", 1)
    assert.strictEqual(map.get("a"), 1)
  })
})
