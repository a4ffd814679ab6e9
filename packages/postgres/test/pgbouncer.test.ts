import { coordinationSuite } from "@sage-auth/core/testing"
import { Client, Pool } from "pg"
import { assert, describe } from "vitest"
import { postgresCoordination, postgresStore } from "../src/index.ts"
import { describeBehindPgBouncer, missing, program } from "./bouncer.ts"
import { it, schemaOfFile } from "./server.ts"

const schema = schemaOfFile()

describe.skipIf(!missing || process.env["CI"] === undefined)("pgbouncer", () => {
  it("is on this machine, since nothing is skipped here", () => assert.fail(`no program ${program}`))
})

describeBehindPgBouncer((bounced) => {
  coordinationSuite({
    name: "PostgreSQL behind PgBouncer",
    open: () => {
      const pool = new Pool({ ...bounced(), max: 2 })
      const coordination = postgresCoordination({ pool, schema })
      return {
        ...coordination,
        // nothing can be heard there, see below
        broadcast: undefined,
        close: async () => {
          await coordination.close?.()
          await pool.end()
        }
      }
    },
    shared: true,
    describe,
    it
  })

  // the storms try the whole suite of a store
  it("keeps what a store writes, and each of two who add at once has its own sum", async () => {
    const own = new Pool({ ...bounced(), max: 2 })
    const store = postgresStore({ pool: own, schema })
    await store.open?.()
    await store.once?.put("id", "sealed", Number.MAX_SAFE_INTEGER)
    assert.deepStrictEqual([await store.once?.take("id"), await store.once?.take("id")], ["sealed", undefined])
    const sums = await Promise.all([1, 2].map(async () => store.meters?.add("acme", "2026-11", 1)))
    assert.sameMembers(sums, [1, 2])
    await store.close?.()
    await own.end()
  })

  it("says that what other processes tell cannot be heard there", async () => {
    const own = new Pool({ ...bounced(), max: 1 })
    const coordination = postgresCoordination({ pool: own, schema })
    const listening = coordination.broadcast?.listen(() => {}) ?? assert.fail("it has none")
    await listening.then(
      () => assert.fail("it listens"),
      (error: Error) => assert.match(error.message, /cannot tell this process anything: PgBouncer is in between/)
    )
    await coordination.close?.()
    await own.end()
  })

  it("leaves no connection listening that somebody else is given", async () => {
    const own = new Pool({ ...bounced(), max: 1 })
    const coordination = postgresCoordination({ pool: own, schema, pollEvery: 1 })
    const never = new AbortController().signal
    const asked = { times: 0 }
    own.on("acquire", () => asked.times++)
    const held = await coordination.acquire("listening", { limit: 1, ahead: false }, never)
    const waiting = coordination.acquire("listening", { limit: 1, ahead: false }, never)
    // it goes on asking, since nothing tells it
    while (asked.times < 50) await new Promise(setImmediate)
    held.release()
    ;(await waiting).release()
    // each of PgBouncer's connections answers one of these
    const clients = await Promise.all(
      Array.from({ length: 3 }, async () => {
        const client = new Client(bounced())
        await client.connect()
        await client.query("begin")
        return client
      })
    )
    const channels = await Promise.all(clients.map((client) => client.query("select pg_listening_channels()")))
    await Promise.all(clients.map((client) => client.end()))
    await coordination.close?.()
    await own.end()
    assert.deepStrictEqual(
      channels.flatMap(({ rows }) => rows),
      []
    )
  })

  it("leaves no prepared statement with a connection that somebody else is given", async () => {
    const prepared = new Client(bounced())
    await prepared.connect()
    const { rows } = await prepared.query("select count(*)::int as names from pg_prepared_statements")
    await prepared.end()
    assert.deepStrictEqual(rows, [{ names: 0 }])
  })
})
