import { assert, describe, it } from "vitest"
import { noServer, temporarySchema } from "../../src/grants/postgres.ts"
import { assertAlive, expiredGrant, openServer, servedBy, storm } from "../../src/grants/storm.ts"
import { refreshes } from "../../src/grants/world.ts"

describe.skipIf(noServer)("200 callers in each of eight processes on one expired grant in PostgreSQL", () => {
  it("are all served by one rotation of books, and its family lives", async () => {
    const sandbox = await openServer()
    const kept = await expiredGrant(sandbox, "books", temporarySchema())
    assert.deepStrictEqual(await storm(sandbox, kept, "books", 8), servedBy(8))
    assert.strictEqual(refreshes(sandbox), 1)
    await assertAlive(sandbox, kept)
  })

  // longer than any lease without signs of life
  it("are all served by one rotation when the server takes 22 seconds", async () => {
    const sandbox = await openServer()
    const kept = await expiredGrant(sandbox, "books", temporarySchema())
    sandbox.fault("business-cloud", { on: "refresh_token", kind: "slow-answer", delay: "22 seconds" })
    assert.deepStrictEqual(await storm(sandbox, kept, "books", 8), servedBy(8))
    assert.strictEqual(refreshes(sandbox), 1)
    await assertAlive(sandbox, kept)
  })
})
