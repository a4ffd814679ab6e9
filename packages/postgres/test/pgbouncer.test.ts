import { spawn, spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { coordinationSuite, storeSuite } from "@sage-auth/core/testing"
import { Client, Pool } from "pg"
import { afterAll, assert, beforeAll, describe } from "vitest"
import { postgresCoordination, postgresStore } from "../src/index.ts"
import { it, noServer, schemaOfFile, url } from "./server.ts"

const program = process.env["SAGE_AUTH_TEST_PGBOUNCER"] ?? "pgbouncer"
const missing = spawnSync(program, ["--version"]).status !== 0

const schema = schemaOfFile()
const folder = mkdtempSync(join(tmpdir(), "sage-auth-pgbouncer-"))
// a socket in a folder of its own: its number is no port of this machine
const bounced = () => {
  const { pathname, username } = new URL(url)
  return { host: folder, port: 6432, database: pathname.slice(1), user: username === "" ? "postgres" : username }
}

describe.skipIf(!missing || process.env["CI"] === undefined)("pgbouncer", () => {
  it("is on this machine, since nothing is skipped here", () => assert.fail(`no program ${program}`))
})

describe.skipIf(missing || noServer)("behind PgBouncer in transaction mode", () => {
  beforeAll(async () => {
    const { database, user } = bounced()
    const { hostname, password, port } = new URL(url)
    const server = `host=${hostname} port=${port || "5432"} user=${user}${password === "" ? "" : ` password=${password}`}`
    writeFileSync(
      join(folder, "pgbouncer.ini"),
      `[databases]
${database} = ${server}
[pgbouncer]
listen_addr =
listen_port = 6432
unix_socket_dir = ${folder}
auth_type = any
pool_mode = transaction
default_pool_size = 3
server_reset_query_always = 0
ignore_startup_parameters = extra_float_digits
`
    )
    const asRoot = process.getuid?.() === 0
    // it refuses to run as root
    if (asRoot) spawnSync("chown", ["-R", "nobody", folder])
    const bouncer = spawn(program, [...(asRoot ? ["-u", "nobody"] : []), join(folder, "pgbouncer.ini")], {
      stdio: "ignore"
    })
    const ended = new Promise((resolve) => bouncer.once("close", resolve))
    for (let answers = false; !answers; ) {
      assert.isNull(bouncer.exitCode, "pgbouncer runs")
      const client = new Client(bounced())
      answers = await client.connect().then(
        () => true,
        () => false
      )
      await client.end().catch(() => {})
      if (!answers) await new Promise((resolve) => setTimeout(resolve, 20))
    }
    return async () => {
      bouncer.kill("SIGKILL")
      await ended
    }
  })

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  storeSuite({
    name: "PostgreSQL behind PgBouncer",
    open: () => {
      const pool = new Pool({ ...bounced(), max: 2 })
      const store = postgresStore({ pool, schema })
      return {
        ...store,
        close: async () => {
          await store.close?.()
          await pool.end()
        }
      }
    },
    durable: true,
    describe,
    it
  })

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
