import { assert, describe, it } from "vitest"
import { noServer, temporarySchema } from "../../src/grants/postgres.ts"
import { storm } from "../../src/pools/storm.ts"

describe.skipIf(noServer)("four processes at one Intacct company over PostgreSQL", () => {
  it("never have more than two requests there at once, meet no limit, and count exactly", async () => {
    const { billed, metered, most, told } = await storm({ calls: 50, latency: 5 }, temporarySchema())
    assert.deepStrictEqual(
      told,
      Array.from({ length: 4 }, () => ({ served: 50, failures: [], limited: 0 }))
    )
    assert.strictEqual(most, 2)
    assert.strictEqual(metered, 200)
    assert.strictEqual(billed, metered)
  })

  it("go on when one of them is killed in the middle", async () => {
    const { billed, metered, most, told } = await storm({ calls: 50, latency: 5, kill: true }, temporarySchema())
    assert.deepStrictEqual(
      told,
      Array.from({ length: 3 }, () => ({ served: 50, failures: [], limited: 0 }))
    )
    assert.strictEqual(most, 2)
    // of the killed one: what it had counted and Sage did not get, and what it had not written yet
    assert.isAtMost(metered - billed, 2)
    assert.isAtLeast(metered, 150)
  })
})
