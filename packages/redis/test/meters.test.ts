import type { Redis } from "ioredis"
import { assert } from "vitest"
import { type IoRedisClient, redisMeters } from "../src/index.ts"
import { quickly } from "./quickly.ts"
import { describeWithServer, it, serverOfFile } from "./server.ts"

const { clients, ioredis, prefix } = serverOfFile()

/** Every answer is lost, as many as it is told. */
const losing = (client: Redis, fate: { lost: number; asking: number }): IoRedisClient => {
  const failing = async (ask: () => Promise<unknown>): Promise<unknown> => {
    fate.asking++
    const answer = await ask().finally(() => fate.asking--)
    if (fate.lost > 0) {
      fate.lost--
      throw new Error("Connection is closed.")
    }
    return answer
  }
  return {
    evalsha: (...parameters) => failing(() => client.evalsha(...parameters)),
    eval: (...parameters) => failing(() => client.eval(...parameters)),
    duplicate: () => client.duplicate()
  }
}

describeWithServer("meters", () => {
  for (const [name, open] of clients) {
    it(`sum over processes and keep companies and months apart, over ${name}`, async () => {
      const client = await open()
      const [one, other] = [redisMeters({ client, prefix }), redisMeters({ client, prefix })]
      const company = `acme ${name}`
      assert.strictEqual(await one.read(company, "2026-11"), 0)
      await Promise.all(Array.from({ length: 50 }, (_, index) => (index % 2 ? one : other).add(company, "2026-11", 3)))
      assert.strictEqual(await other.read(company, "2026-11"), 150)
      assert.strictEqual(await one.add(company, "2026-12", 1), 1)
      await other.set(company, "2026-11", 1_000_000)
      assert.strictEqual(await one.add(company, "2026-11", 7), 1_000_007)
      assert.strictEqual(await one.read(`${company}2026`, "-11"), 0)
    })
  }

  it("count once where the answer is lost and the request is sent again", async () => {
    const fate = { lost: 0, asking: 0 }
    const meters = redisMeters({ client: losing(await ioredis(), fate), prefix })
    assert.strictEqual(await meters.add("lost", "2026-11", 1), 1)
    fate.lost = 3
    assert.strictEqual(await meters.add("lost", "2026-11", 10), 11)
    assert.strictEqual(fate.lost, 0)
    fate.lost = 2
    await meters.set("lost", "2026-11", 5)
    assert.strictEqual(await meters.read("lost", "2026-11"), 5)
  })

  it("count once what was counted, refused, and added again", async () => {
    const fate = { lost: 0, asking: 0 }
    const meters = redisMeters({ client: losing(await ioredis(), fate), prefix })
    await quickly(
      () => fate.asking > 0,
      async () => {
        await meters.add("refused", "2026-11", 1)
        fate.lost = Number.POSITIVE_INFINITY
        const failure = await meters.add("refused", "2026-11", 10).catch((error: unknown) => error)
        assert.nestedPropertyVal(failure, "reason._tag", "StoreUnavailable")
        fate.lost = 0
        for (let look = 0; (await meters.read("refused", "2026-11").catch(() => -1)) !== 1; look++) {
          assert.isBelow(look, 4_000)
          await new Promise((resolve) => setTimeout(resolve, 5))
        }
      }
    )
    // what the application adds again, with what it counted meanwhile
    assert.strictEqual(await meters.add("refused", "2026-11", 12), 13)
    assert.strictEqual(await redisMeters({ client: await ioredis(), prefix }).read("refused", "2026-11"), 13)
  })
})
