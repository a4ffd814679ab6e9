import { assert, describe, it } from "vitest"
import { noRedisProgram, ownRedis } from "../../src/pools/ownRedis.ts"
import { storm } from "../../src/pools/storm.ts"

describe.skipIf(!noRedisProgram || process.env["CI"] === undefined)("Redis's program", () => {
  it("is on this machine, since nothing is skipped here", () => assert.fail("no redis-server"))
})

describe.skipIf(noRedisProgram)("four processes at one Intacct company over a Redis server", () => {
  it("fail no call and lose no permit when it is killed and started anew in the middle, without its memory", async () => {
    const server = await ownRedis()
    const { billed, most, told } = await storm(
      {
        calls: 50,
        latency: 5,
        middle: async () => {
          await server.kill()
          await server.start()
        }
      },
      { redisUrl: server.url, prefix: "away:", heartbeat: 2_000 }
    )
    assert.deepStrictEqual(
      told.map(({ failures, served }) => ({ failures, served })),
      Array.from({ length: 4 }, () => ({ served: 50, failures: [] }))
    )
    assert.strictEqual(billed, 200)
    // on a machine that is so busy that it counts as away, each process goes on with one permit
    assert.isAtMost(most, 4)
  })
})
