import { assert, describe, it } from "vitest"
import { mostLevels, tooDeepAt } from "../../src/transport/Answer.ts"
import { errorOf, parseBody } from "../../src/oauth2/errorBody.ts"
import { growth, processorTime } from "../steps.ts"

const nested = (levels: number): string => `${"[".repeat(levels)}${"]".repeat(levels)}`

const levelsOf = (value: unknown): number =>
  typeof value === "object" && value !== null ? 1 + Math.max(0, ...Object.values(value).map(levelsOf)) : 0

/** The same numbers at each run, from 0 to 1. */
const seeded = () => {
  let state = 1
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

const words = ["", "[", "{\\", '"]"', "a"]

const anyValue = (random: () => number, levels: number): unknown => {
  const kind = Math.floor(random() * (levels === 0 ? 2 : 5))
  if (kind === 0) return Math.round(random() * 1_000)
  if (kind === 1) return words[Math.floor(random() * words.length)]
  const members = Array.from({ length: Math.ceil(random() * 3) }, () => anyValue(random, levels - 1))
  return kind === 2 ? Object.fromEntries(members.map((member, at) => [`${words[at]}"`, member])) : members
}

describe("JSON that somebody else wrote", () => {
  it("is read to as many levels as XML, and no further", () => {
    assert.strictEqual(parseBody(nested(mostLevels)).kind, "json")
    assert.strictEqual(parseBody(nested(mostLevels + 1)).kind, "deep")
    assert.strictEqual(parseBody(`{"a":`.repeat(101)).kind, "deep")
    assert.strictEqual(tooDeepAt(`{"a":${nested(100)}}`), 104)
  })

  it("may have any number of brackets in its texts, and of values beside each other", () => {
    assert.strictEqual(parseBody(JSON.stringify({ a: "[".repeat(1_000), '"[{\\"': "\\" })).kind, "json")
    assert.strictEqual(parseBody(`[${"[],".repeat(1_000)}1]`).kind, "json")
  })

  it("is refused exactly where it nests deeper", () => {
    const random = seeded()
    for (let tries = 0; tries < 300; tries++) {
      const value = anyValue(random, 8)
      const most = Math.floor(random() * 9)
      assert.strictEqual(tooDeepAt(JSON.stringify(value), most) !== undefined, levelsOf(value) > most)
    }
  })

  it("costs as little as its length, however deep it nests", () => {
    assert.isBelow(
      growth(65_536, (size) => errorOf(parseBody(nested(size)))),
      16
    )
    assert.isBelow(
      growth(65_536, (size) => errorOf(parseBody(`"${'[\\"'.repeat(size)}`))),
      16
    )
    assert.isBelow(
      processorTime(() => parseBody(nested(8_388_608))),
      processorTime(() => JSON.parse(nested(1_048_576)))
    )
  })
})
