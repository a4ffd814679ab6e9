import { assert, describe } from "vitest"
import { callers, inRedis, noRedis } from "../../src/pools/storm.ts"
import { stormSuite } from "../../src/pools/stormSuite.ts"

describe.skipIf(noRedis)("2,000 calls of four processes at one Intacct company over Redis", () => {
  stormSuite({
    pools: inRedis,
    afterKill: ({ billed, metered }) => {
      // of the killed one: what it had counted and Sage did not get, and what it had not written yet. Its writes and its
      // questions for permits go over one connection, in order
      assert.isAtMost(metered - billed, 2)
      assert.isAtMost(billed - metered, 2 * callers)
    }
  })
})
