import { assert, describe, it } from "vitest"
import { averageOf, productOf, sumOf } from "../../src/intacct-xml/values.ts"

describe("numbers of records", () => {
  it("are exact up to a length that no amount has, and what is longer is none", () => {
    const longest = "9".repeat(100)
    assert.strictEqual(sumOf([longest, "-1"]), `${"9".repeat(99)}8`)
    const longer = "9".repeat(101)
    assert.strictEqual(sumOf([longer, "1.5"]), "1.5")
    assert.strictEqual(productOf(longer, "2"), "0")
    assert.strictEqual(averageOf([`1.${"0".repeat(1_000_000)}`, "2"]), "1")
  })
})
