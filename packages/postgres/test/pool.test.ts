import { randomUUID } from "node:crypto"
import type { GrantRecord } from "@sage-auth/core"
import { Pool, type PoolConfig } from "pg"
import { assert, onTestFinished } from "vitest"
import { postgresStore } from "../src/index.ts"
import { describeWithServer, it, query, schemaOfFile, url } from "./server.ts"

const schema = schemaOfFile()

const record: GrantRecord = {
  family: "family-1",
  state: "connected",
  cause: undefined,
  version: 1,
  sealed: "a.b.c.d",
  keyId: "key-1",
  lease: undefined,
  fence: 0,
  intent: undefined,
  grantExpiresAt: undefined,
  dueAt: undefined
}

/** in milliseconds, and longer than a test may take: who is not woken hangs, and the test fails */
const forTooLong = 600_000

const newKey = (tenant: string = randomUUID()) => ({ surface: "business-cloud", connection: "books", tenant }) as const

/** a pool of the application's, with a name by which the server knows its connections */
const openPool = async (options: PoolConfig = {}) => {
  const name = `pool-${randomUUID()}`
  const pool = new Pool({ connectionString: url, application_name: name, ...options })
  const store = postgresStore({ pool, schema })
  await store.open?.()
  onTestFinished(async () => {
    // a connection that was cut may break when the store hears of nothing any more
    pool.on("error", () => {})
    await store.close?.()
    await pool.end()
  })
  return { name, pool, store }
}

/** ends every connection of that name, as a restart of the server does */
const cut = (name: string) =>
  query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1", [name])

describeWithServer("a pool of two connections", () => {
  it("serves a thousand callers, also one that fails those who wait for long", async () => {
    const { name, pool, store } = await openPool({ max: 2, connectionTimeoutMillis: 500 })
    const keys = Array.from({ length: 1_000 }, () => newKey())
    let most = 0
    pool.on("acquire", () => (most = Math.max(most, pool.waitingCount)))
    const rows = await Promise.all(keys.map((key) => store.grants.compareAndSet(key, undefined, record)))
    assert.strictEqual(rows.filter((row) => row !== undefined).length, 1_000)
    const found = await Promise.all(keys.map((key) => store.grants.read(key)))
    assert.deepStrictEqual(
      found.map((row) => row?.key),
      keys
    )
    const connections = await query("select count(*)::int from pg_stat_activity where application_name = $1", [name])
    assert.isAtMost(Number(connections[0]?.["count"]), 2)
    assert.isAtMost(most, 2)
  })

  it("is asked by one statement for a thousand who wait for a change", async () => {
    const { pool, store } = await openPool({ max: 2 })
    const keys = Array.from({ length: 1_000 }, () => newKey())
    const rows = await Promise.all(keys.map((key) => store.grants.compareAndSet(key, undefined, record)))
    let uses = 0
    pool.on("acquire", () => uses++)
    const signal = new AbortController()
    const waiting = rows.map(async (row, index) => {
      await store.grants.changed?.(keys[index]!, row!.revision, forTooLong, signal.signal)
    })
    await query(`update ${schema}.grants set revision = revision + 1`)
    await Promise.all(waiting)
    assert.isAtMost(uses, 50)
  })

  it("waits for nobody who has left", async () => {
    const { store } = await openPool({ max: 2 })
    const leaving = new AbortController()
    const waiting = store.grants.changed?.(newKey(), 0, forTooLong, leaving.signal)
    leaving.abort()
    await waiting
    await store.grants.changed?.(newKey(), 0, forTooLong, leaving.signal)
  })
})

describeWithServer("a server that ends its connections", () => {
  it("is asked again, and nobody notices", async () => {
    const { name, store } = await openPool({ max: 2 })
    const key = newKey()
    let row = await store.grants.compareAndSet(key, undefined, record)
    for (let round = 0; round < 10; round++) {
      const reads = Array.from({ length: 20 }, () => store.grants.read(key))
      const write = store.grants.compareAndSet(key, row?.revision, { ...record, version: round + 2 })
      await cut(name)
      row = await write
      assert.isDefined(row)
      await Promise.all(reads)
    }
    const last = await store.grants.read(key)
    assert.deepStrictEqual([last?.version, last?.revision], [11, row?.revision])
  })

  it.each([
    ["", 1],
    [", and the next ones are broken, too", 4]
  ])("has written once what was written when the connection broke%s", async (_, times) => {
    const { name, pool, store } = await openPool({ max: 1 })
    const key = newKey()
    const connect = pool.connect.bind(pool)
    let broken = 0
    // the answer is lost after the write was made
    const breaking = async () => {
      const client = await connect()
      if (broken++ >= times) return client
      const ask = client.query.bind(client) as (statement: unknown) => Promise<unknown>
      Reflect.set(client, "query", async (statement: unknown) => {
        if (broken === 1) await ask(statement)
        await cut(name)
        throw new Error("Connection terminated unexpectedly")
      })
      return client
    }
    Reflect.set(pool, "connect", breaking)
    const row = await store.grants.compareAndSet(key, undefined, record)
    assert.isDefined(row)
    assert.isAbove(broken, times)
    Reflect.set(pool, "connect", connect)
    assert.strictEqual((await store.grants.read(key))?.revision, row?.revision)
  })
})

describeWithServer("a store that was closed", () => {
  it("leaves the application's pool open", async () => {
    const pool = new Pool({ connectionString: url, max: 1 })
    const store = postgresStore({ pool, schema })
    await store.open?.()
    await store.grants.owners?.alive("nobody")
    await store.close?.()
    assert.deepStrictEqual((await pool.query("select 1 as one")).rows, [{ one: 1 }])
    assert.strictEqual(pool.listenerCount("error"), 0)
    await pool.end()
  })
})

describeWithServer("a commit", () => {
  it("waits for the disk, whatever the role says", async () => {
    const { pool, store } = await openPool({ max: 1, options: "-c synchronous_commit=off" })
    const key = newKey()
    await query(`create table ${schema}.seen (setting text)`)
    await query(
      `create function ${schema}.see() returns trigger language plpgsql as
       $$ begin insert into ${schema}.seen values (current_setting('synchronous_commit')); return null; end $$`
    )
    await query(
      `create constraint trigger see after insert or update or delete on ${schema}.grants
       deferrable initially deferred for each row execute function ${schema}.see()`
    )
    const row = await store.grants.compareAndSet(key, undefined, record)
    const next = await store.grants.compareAndSet(key, row?.revision, { ...record, version: 2 })
    await store.grants.compareAndSet(key, next?.revision, undefined)
    const seen = await query(`select setting from ${schema}.seen`)
    await query(`drop trigger see on ${schema}.grants`)
    assert.deepStrictEqual(
      seen.map(({ setting }) => setting),
      ["on", "on", "on"]
    )
    const { rows } = await pool.query("show synchronous_commit")
    assert.deepStrictEqual(rows, [{ synchronous_commit: "off" }])
  })
})

describeWithServer("an inspection of the store", () => {
  it("says where it is, how many processes renew, and who holds which lease", async () => {
    const { store } = await openPool({ max: 2 })
    const owners = store.grants.owners
    const self = typeof owners?.self === "function" ? await owners.self() : ""
    const key = newKey(`leased ${randomUUID()}`)
    const lease = { owner: `${self} lease-1`, fence: 1, beat: 0 }
    const row = await store.grants.compareAndSet(key, undefined, { ...record, lease })
    await store.grants.compareAndSet(newKey(), undefined, record)
    const intent = { id: randomUUID(), owner: lease.owner, hash: "hash", replayed: false }
    const before = await store.inspect?.()
    await store.grants.compareAndSet(key, row?.revision, { ...record, lease, intent })
    const after = await store.inspect?.()
    const ofKey = (found: typeof after) => found?.leases.filter((held) => held.key.tenant === key.tenant)
    assert.deepStrictEqual(ofKey(before), [{ key, owner: lease.owner, sent: false }])
    assert.deepStrictEqual(ofKey(after), [{ key, owner: lease.owner, sent: true }])
    assert.isAtLeast(after?.processes ?? 0, 1)
    assert.match(after?.place ?? "", /^the database sage_auth_tests at \S+, as \S+$/)
  })
})
