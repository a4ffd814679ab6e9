import { assert, describe, it } from "vitest"
import { noServer, temporarySchema } from "../../src/grants/postgres.ts"
import { storm } from "../../src/pools/storm.ts"

describe.skipIf(noServer)("2,000 calls of four processes at one Intacct company over PostgreSQL", () => {
  it("never are more than two at once, meet no limit, count exactly, and leave no connection idle", async () => {
    const {
      billed,
      metered,
      most,
      throughput = 0,
      told,
      used
    } = await storm({ calls: 500, latency: 50, compared: true }, temporarySchema())
    assert.deepStrictEqual(
      told,
      Array.from({ length: 4 }, () => ({ served: 500, failures: [], limited: 0 }))
    )
    assert.strictEqual(most, 2)
    assert.strictEqual(metered, 2_000)
    assert.strictEqual(billed, metered)
    console.log(
      `${(throughput * 100).toFixed(1)} % of the calls a second that one process makes with two connections of its own; in use ${(used * 100).toFixed(1)} % of the time`
    )
  })

  it("go on when one process is killed in the middle", async () => {
    const { billed, metered, most, told } = await storm({ calls: 500, latency: 10, kill: true }, temporarySchema())
    assert.deepStrictEqual(
      told,
      Array.from({ length: 3 }, () => ({ served: 500, failures: [], limited: 0 }))
    )
    assert.strictEqual(most, 2)
    // of the killed one: what it had counted and Sage did not get, and what it had not written yet
    assert.isAtMost(metered - billed, 2)
    assert.isAtLeast(metered, 1500)
  })
})
