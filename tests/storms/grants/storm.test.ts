import { assert, describe, it } from "vitest"
import { assertAlive, expiredGrant, rotationsIn, openServer, served, storm } from "../../src/grants/storm.ts"

describe("200 callers in each of four processes on one expired grant in one SQLite file", () => {
  it.each(["books", "erpSso", "gateway"] as const)(
    "are all served by one rotation of %s, and its family lives",
    async (flow) => {
      assert.strictEqual(await rotationsIn(flow), 1)
    }
  )

  it("are all served by one rotation when the server takes 20 seconds", async () => {
    const sandbox = await openServer()
    const file = await expiredGrant(sandbox)
    sandbox.fault("business-cloud", { on: "refresh_token", kind: "slow-answer", delay: "20 seconds" })
    assert.deepStrictEqual(await storm(sandbox, file), served)
    const [rotation, ...others] = sandbox.requests({ surface: "business-cloud", step: "token" }).slice(1)
    assert.deepStrictEqual(others, [])
    assert.isAtLeast((rotation?.endedAt ?? 0) - (rotation?.startedAt ?? 0), 20_000)
    await assertAlive(sandbox, file)
  })
})
