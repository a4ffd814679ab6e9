import { assert, describe } from "vitest"
import { noServer, temporarySchema } from "../../src/grants/postgres.ts"
import { stormSuite } from "../../src/pools/stormSuite.ts"

describe.skipIf(noServer)("2,000 calls of four processes at one Intacct company over PostgreSQL", () => {
  stormSuite({
    pools: temporarySchema,
    afterKill: ({ billed, metered }) => {
      // of the killed one: what it had counted and Sage did not get, and what it had not written yet
      assert.isAtMost(metered - billed, 2)
      assert.isAtLeast(metered, 1_500)
    }
  })
})
