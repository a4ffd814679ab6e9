import { assert, describe, it } from "vitest"
import { ask } from "../../src/grants/postgres.ts"
import { noPrograms, ownPostgres } from "../../src/grants/ownPostgres.ts"
import { storm } from "../../src/pools/storm.ts"

describe.skipIf(!noPrograms || process.env["CI"] === undefined)("PostgreSQL's programs", () => {
  it("are on this machine, since nothing is skipped here", () => assert.fail("no initdb and postgres"))
})

/** what a database that is away for longer than it is waited for makes of a call */
const away = /^StoreUnavailable /

describe.skipIf(noPrograms)("four processes at one Intacct company over a PostgreSQL server", () => {
  for (const how of ["fast", "immediate"] as const) {
    it(`lose no permit when it is ended (${how}) and started in the middle, and say why of every call that failed`, async () => {
      const server = await ownPostgres()
      const { told } = await storm(
        {
          calls: 50,
          latency: 5,
          middle: async () => {
            await server.stop(how)
            await server.start()
          }
        },
        { url: server.url, schema: "sage_auth" }
      )
      for (const { failures, served } of told) {
        assert.deepStrictEqual(
          failures.filter((failure) => !away.test(failure)),
          []
        )
        assert.strictEqual(served + failures.length, 50)
      }
      assert.deepStrictEqual(await ask(server.url, "select * from sage_auth.permits"), [])
    })
  }

  it("are all served when every answer of the server comes late, two at a time", async () => {
    const server = await ownPostgres()
    const { billed, metered, most, told } = await storm(
      { calls: 10, latency: 5, middle: async () => server.delayBy(50) },
      { url: server.slowUrl, schema: "sage_auth" }
    )
    assert.deepStrictEqual(
      told,
      Array.from({ length: 4 }, () => ({ served: 10, failures: [], limited: 0 }))
    )
    assert.strictEqual(most, 2)
    assert.strictEqual(metered, 40)
    assert.strictEqual(billed, metered)
  })
})
