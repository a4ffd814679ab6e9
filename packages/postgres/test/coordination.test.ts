import { randomUUID } from "node:crypto"
import { type AddressInfo, createServer } from "node:net"
import { isSageAuthError } from "@sage-auth/core"
import { coordinationSuite } from "@sage-auth/core/testing"
import { Client, Pool } from "pg"
import { assert, describe, onTestFinished } from "vitest"
import { Database } from "../src/Database.ts"
import { postgresCoordination, postgresStore } from "../src/index.ts"
import { impatient } from "./impatient.ts"
import { describeWithServer, it, query, schemaOfFile, url } from "./server.ts"

const schema = schemaOfFile()

coordinationSuite({
  name: "PostgreSQL",
  open: () => postgresCoordination({ url, schema, connections: 2 }),
  shared: true,
  describe: describeWithServer,
  it
})

const one = { limit: 1, ahead: false }
const never = new AbortController().signal

const open = () => {
  const coordination = postgresCoordination({ url, schema, connections: 2 })
  onTestFinished(() => coordination.close?.())
  return coordination
}

const untilWaiting = async (coordination: ReturnType<typeof open>, pool: string, count: number) => {
  while ((await coordination.state(pool)).waiting !== count) await new Promise(setImmediate)
}

describeWithServer("a process that died with a permit", () => {
  it("gives it back once it has been silent for long", async () => {
    const [pool, dead] = [randomUUID(), randomUUID()]
    const coordination = open()
    await coordination.state(pool)
    await query(`insert into ${schema}.pools (pool, permits) values ($1, 1)`, [pool])
    await query(`insert into ${schema}.pool_processes values ($1, clock_timestamp())`, [dead])
    await query(`insert into ${schema}.permits (process, ticket, pool, ahead, held) values ($1, 1, $2, false, true)`, [
      dead,
      pool
    ])
    const waiting = coordination.acquire(pool, one, never)
    await untilWaiting(coordination, pool, 1)
    assert.strictEqual((await coordination.state(pool)).inUse, 1)
    await query(`update ${schema}.pool_processes set beaten_at = beaten_at - interval '6 seconds' where process = $1`, [
      dead
    ])
    ;(await waiting).release()
  })
})

describeWithServer("a process that was taken for dead and lives", () => {
  it("asks again for those who wait, and takes nothing that it has lost", async () => {
    const pool = randomUUID()
    const coordination = open()
    const held = await coordination.acquire(pool, one, never)
    const waiting = coordination.acquire(pool, one, never)
    await untilWaiting(coordination, pool, 1)
    await query(`delete from ${schema}.permits where pool = $1`, [pool])
    const permit = await waiting
    held.release()
    assert.deepStrictEqual(await coordination.state(pool), { limit: 1, inUse: 1, waiting: 0 })
    permit.release()
  })
})

describeWithServer("a server that ends its connections", () => {
  it("loses no permit", async () => {
    const pool = randomUUID()
    const name = `coordination-${randomUUID()}`
    const own = new Pool({ connectionString: url, application_name: name, max: 2 })
    // a connection that was cut may break when the coordination hears of nothing any more
    own.on("error", () => {})
    const coordination = postgresCoordination({ pool: own, schema })
    let [out, most] = [0, 0]
    const calls = Promise.all(
      Array.from({ length: 50 }, async () => {
        const permit = await coordination.acquire(pool, { limit: 2, ahead: false }, never)
        most = Math.max(most, ++out)
        await query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1 limit 1", [
          name
        ])
        out--
        permit.release()
      })
    )
    await calls
    assert.isAtMost(most, 2)
    while ((await coordination.state(pool)).inUse > 0) await new Promise(setImmediate)
    await coordination.close?.()
    await own.end()
  })
})

/** A message of PostgreSQL's protocol. */
const message = (type: string, ...body: ReadonlyArray<string | Buffer>) => {
  const bytes = Buffer.concat(body.map((part) => Buffer.from(part)))
  const length = Buffer.alloc(4)
  length.writeInt32BE(bytes.length + 4)
  return Buffer.concat([Buffer.from(type), length, bytes])
}

/** A server that accepts a connection and ends it, both in one packet. */
const endsAtOnce = async () => {
  const accepted = message("R", Buffer.alloc(4))
  const ready = message("Z", "I")
  const ended = message("E", "SFATAL\0", "C57P01\0", "Mterminating connection due to administrator command\0", "\0")
  const server = createServer((socket) => {
    socket.on("error", () => {})
    socket.once("data", () => socket.end(Buffer.concat([accepted, ready, ended])))
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())))
  return `postgresql://postgres@127.0.0.1:${(server.address() as AddressInfo).port}/none?sslmode=disable`
}

// without a server of PostgreSQL
describe("a server that ends a connection at the moment at which it is handed out", () => {
  it("ends a call and not the process", async () => {
    impatient()
    const coordination = postgresCoordination({ url: await endsAtOnce(), schema })
    await coordination.state("acme").then(
      () => assert.fail("it was answered"),
      (error: unknown) => assert.isTrue(isSageAuthError(error) && error.reason._tag === "StoreUnavailable")
    )
    await coordination.close?.()
  })

  it("gives no connection that has ended already", async () => {
    const database = await Database.open({ url: await endsAtOnce() })
    const connect = database.connect ?? assert.fail("it knows the address")
    await connect(() => assert.fail("it ended before it was given")).then(
      () => assert.fail("it was given"),
      (error: Error) => assert.match(error.message, /terminating connection/)
    )
    await database.close()
  })
})

/** connections of that name which listen to something */
const listening = (name: string) =>
  query("select pid from pg_stat_activity where application_name = $1 and query like 'listen %'", [name])

describeWithServer("a process that waits for a permit of another process", () => {
  it("is told of it by the server, and need not ask", async () => {
    const pool = randomUUID()
    const name = `waiting-${randomUUID()}`
    const own = new Pool({ connectionString: url, application_name: name, max: 1 })
    const [other, coordination] = [open(), postgresCoordination({ pool: own, schema, pollEvery: 1 })]
    const held = await other.acquire(pool, one, never)
    const waiting = coordination.acquire(pool, one, never)
    while ((await listening(name)).length === 0) await new Promise(setImmediate)
    // nothing can be asked any more
    const taken = await own.connect()
    held.release()
    const permit = await waiting
    taken.release()
    permit.release()
    await coordination.close?.()
    await own.end()
    assert.deepStrictEqual(await listening(name), [])
  })

  it("asks until it is told again when the connection breaks by which it is told", async () => {
    const pool = randomUUID()
    const name = `waiting-${randomUUID()}`
    const own = new Pool({ connectionString: url, application_name: name, max: 1 })
    const [other, coordination] = [open(), postgresCoordination({ pool: own, schema })]
    for (let round = 0; round < 5; round++) {
      const held = await other.acquire(pool, one, never)
      const waiting = coordination.acquire(pool, one, never)
      let told = await listening(name)
      for (; told.length === 0; told = await listening(name)) await new Promise(setImmediate)
      await query("select pg_terminate_backend($1::int)", [told[0]?.["pid"]])
      held.release()
      ;(await waiting).release()
    }
    await coordination.close?.()
    await own.end()
  })

  it("opens no connection to be told where `handover` is `poll`", async () => {
    const pool = randomUUID()
    const name = `waiting-${randomUUID()}`
    const own = new Pool({ connectionString: url, application_name: name, max: 1 })
    const [other, coordination] = [open(), postgresCoordination({ pool: own, schema, handover: "poll" })]
    const held = await other.acquire(pool, one, never)
    const waiting = coordination.acquire(pool, one, never)
    await untilWaiting(other, pool, 1)
    held.release()
    const permit = await waiting
    assert.deepStrictEqual(await listening(name), [])
    permit.release()
    await coordination.close?.()
    await own.end()
  })
})

describeWithServer("what processes tell each other", () => {
  it("waits for no disk, which hand-overs of permits would wait for as well", async () => {
    const statements: Array<{ readonly text: string; readonly values: Array<unknown> }> = []
    const own = new Pool({ connectionString: url, max: 1 })
    own.on("connect", (client) => {
      const run = client.query.bind(client) as (statement: unknown) => unknown
      Reflect.set(client, "query", (statement: (typeof statements)[number]) => {
        statements.push(statement)
        return run(statement)
      })
    })
    const coordination = postgresCoordination({ pool: own, schema })
    await coordination.broadcast?.send("hello")
    await coordination.close?.()
    await own.end()
    const told = statements.filter(({ text }) => /^select .*pg_notify/.test(text))
    assert.strictEqual(told.length, 1)
    const client = new Client({ connectionString: url })
    await client.connect()
    await client.query("begin")
    await client.query(told[0]!)
    const { rows } = await client.query("show synchronous_commit")
    await client.end()
    assert.deepStrictEqual(rows, [{ synchronous_commit: "off" }])
  })
})

describeWithServer("an inspection", () => {
  it("says where it is, how many processes use how many pools, and who waits", async () => {
    // a schema of its own: others use pools meanwhile
    const own = `${schema}_looked_at`
    const open = () => postgresCoordination({ url, schema: own, connections: 2 })
    const [one, other] = [open(), open()]
    const permits = await Promise.all([
      one.acquire("acme", { limit: 2, ahead: false }, never),
      other.acquire("acme", { limit: 2, ahead: false }, never)
    ])
    const waiting = other.acquire("acme", { limit: 2, ahead: false }, never)
    await untilWaiting(other, "acme", 1)
    const { place, ...counts } = (await one.inspect?.()) ?? {}
    assert.deepStrictEqual(counts, { processes: 2, pools: 1, inUse: 2, waiting: 1 })
    assert.match(String(place), /^the database sage_auth_tests at \S+, as \S+$/)
    for (const permit of permits) permit.release()
    ;(await waiting).release()
    await one.close?.()
    await other.close?.()
    await query(`drop schema ${own} cascade`)
  })
})

describeWithServer("a database that cannot be asked", () => {
  it("refuses those who wait, with the reason, and gets back later what was given", async () => {
    const pool = randomUUID()
    const own = new Pool({ connectionString: url, max: 1 })
    const coordination = postgresCoordination({ pool: own, schema })
    const held = await coordination.acquire(pool, one, never)
    const waiting = coordination.acquire(pool, one, never)
    await untilWaiting(coordination, pool, 1)
    const connect = own.connect.bind(own)
    // a role whose password was changed
    Reflect.set(own, "connect", () => Promise.reject(Object.assign(new Error("no"), { code: "28P01" })))
    const error: unknown = await waiting.catch((thrown: unknown) => thrown)
    assert.isTrue(isSageAuthError(error))
    assert.match((error as Error).message, /refuses the password/)
    held.release()
    Reflect.set(own, "connect", connect)
    const other = open()
    while ((await other.state(pool)).inUse > 0) await new Promise(setImmediate)
    assert.deepStrictEqual(await other.state(pool), { limit: 0, inUse: 0, waiting: 0 })
    ;(await coordination.acquire(pool, one, never)).release()
    await coordination.close?.()
    await own.end()
  })
})

describeWithServer("a store and a coordination over one pool", () => {
  it("share its two connections, and the migrations", async () => {
    const own = new Pool({ connectionString: url, max: 2, connectionTimeoutMillis: 500 })
    const store = postgresStore({ pool: own, schema })
    const coordination = postgresCoordination({ pool: own, schema })
    await Promise.all([store.open?.(), coordination.state("acme")])
    const pool = randomUUID()
    const month = "2026-11"
    await Promise.all(
      Array.from({ length: 300 }, async () => {
        const permit = await coordination.acquire(pool, { limit: 2, ahead: false }, never)
        await store.meters?.add(pool, month, 1)
        permit.release()
      })
    )
    assert.strictEqual(await store.meters?.read(pool, month), 300)
    await coordination.close?.()
    await store.close?.()
    await own.end()
  })
})

describeWithServer("a call that leaves before it has asked", () => {
  it("leaves nothing behind", async () => {
    const pool = randomUUID()
    const coordination = open()
    await coordination.state(pool)
    const leaving = new AbortController()
    const left = coordination.acquire(pool, one, leaving.signal).catch(() => "left")
    await Promise.resolve()
    await Promise.resolve()
    leaving.abort(new Error("gone"))
    assert.strictEqual(await left, "left")
    ;(await coordination.acquire(pool, one, never)).release()
    while ((await coordination.state(pool)).inUse > 0) await new Promise(setImmediate)
  })
})
