import { randomUUID } from "node:crypto"
import { performance } from "node:perf_hooks"
import process from "node:process"
import type { GrantKey, GrantRecord, StorePort } from "@sage-auth/core"
import { postgresStore } from "@sage-auth/postgres"
import { Client } from "pg"
import type { Effort } from "../effort.ts"
import { number, type Table } from "../table.ts"

/** Letters that a sealed grant has: an access token, a refresh token, and what goes with them. */
const sealed = 2_500
const million = 1_000_000
const day = 86_400_000
const minute = 60_000

/** What one grant and one statement cost. */
interface Costs {
  readonly grants: number
  readonly tableBytes: number
  readonly indexBytes: number
  /** milliseconds, half of all */
  readonly read: number
  readonly write: number
  readonly page: number
  /** rows a second of a pass that only looks, and what it held in memory at most, in MB */
  readonly walked: number
  readonly heldMegabytes: number
}

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

const timed = async (times: number, run: (index: number) => Promise<unknown>): Promise<number> => {
  const took: Array<number> = []
  for (let index = 0; index < times; index++) {
    const began = performance.now()
    await run(index)
    took.push(performance.now() - began)
  }
  return median(took)
}

const keyOf = (index: number): GrantKey => ({
  surface: "business-cloud",
  connection: "books",
  tenant: `tenant-${index}`
})

const template: GrantRecord = {
  family: randomUUID(),
  state: "connected",
  cause: undefined,
  version: 1,
  sealed: "s",
  keyId: "key-1",
  lease: undefined,
  fence: 0,
  intent: undefined,
  grantExpiresAt: Date.now() + 30 * day,
  dueAt: Date.now() - 1
}

/** copies of one row; what is sealed is random, since no database can compress what is encrypted */
const fill = (client: Client, schema: string, from: number, to: number) =>
  client.query(
    `insert into ${schema}.grants (surface, connection, tenant, revision, written_by, family, state, version, key_id, fence,
       grant_expires_at, due_at, sealed_at, sealed)
     select surface, connection, 'tenant-' || number, nextval('${schema}.revisions'), written_by, family, state, version,
       key_id, fence, grant_expires_at, due_at, sealed_at,
       (select string_agg(md5(random()::text || number || piece), '')
        from generate_series(1, ${Math.round(sealed / 32)}) as piece)
     from ${schema}.grants as template, generate_series(${from}::int, ${to}::int) as number
     where template.tenant = 'tenant-0'`
  )

/** looks at every grant that is due, as a keep-alive pass does */
const walk = async ({ grants }: StorePort) => {
  const began = performance.now()
  let [rows, held] = [0, 0]
  let after: string | undefined
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  do {
    const page = await grants.list({
      surface: "business-cloud",
      connection: "books",
      dueBefore: Date.now(),
      after,
      limit: 100
    })
    rows += page.rows.length
    after = page.next
    held = Math.max(held, process.memoryUsage().heapUsed - before)
  } while (after !== undefined)
  return { walked: (rows / (performance.now() - began)) * 1_000, heldMegabytes: held / 1e6 }
}

const measure = async (
  client: Client,
  store: StorePort,
  schema: string,
  grants: number,
  times: number
): Promise<Costs> => {
  await client.query(`vacuum analyze ${schema}.grants`)
  const { rows } = await client.query<{ readonly own: string; readonly indexes: string }>(
    `select pg_table_size('${schema}.grants') as own, pg_indexes_size('${schema}.grants') as indexes`
  )
  const any = () => keyOf(Math.floor(Math.random() * grants))
  const read = await timed(times, () => store.grants.read(any()))
  const page = await timed(times / 10, () => store.grants.list({ dueBefore: Date.now(), limit: 100 }))
  const walked = await walk(store)
  const write = await timed(times / 4, async () => {
    const key = any()
    const row = await store.grants.read(key)
    if (row !== undefined) await store.grants.compareAndSet(key, row.revision, { ...row, fence: row.fence + 1 })
  })
  return {
    grants,
    tableBytes: Number(rows[0]?.own) / grants,
    indexBytes: Number(rows[0]?.indexes) / grants,
    read,
    write: Math.max(0, write - read),
    page,
    ...walked
  }
}

/**
 * When a million grants that are not used are renewed over 30 days. All were given in one hour, as after a migration: the
 * worst start that there is. A grant is due after 80 to 100 % of `every`.
 */
const simulate = (every: number) => {
  const perMinute = new Uint32Array((30 * day) / minute)
  for (let grant = 0; grant < million; grant++) {
    let at = Math.random() * 60 * minute
    for (;;) {
      at += every * (0.8 + Math.random() * 0.2)
      if (at >= 30 * day) break
      const slot = Math.floor(at / minute)
      perMinute[slot] = (perMinute[slot] ?? 0) + 1
    }
  }
  const all = perMinute.reduce((sum, count) => sum + count, 0)
  return { mean: all / (30 * 86_400), peak: perMinute.reduce((most, count) => Math.max(most, count), 0) / 60 }
}

/** its lease with its intent, and what it brought */
const writesOfRotation = 2

const simulated = ({ indexBytes, read, tableBytes, write }: Costs): ReadonlyArray<ReadonlyArray<string>> =>
  (
    [
      ["1 day", day],
      ["7 days", 7 * day],
      ["30 days, half of it", 15 * day]
    ] as const
  ).map(([name, every]) => {
    const { mean, peak } = simulate(every)
    const cost = writesOfRotation * write + read
    return [
      `a million, every ${name}`,
      `${number(((tableBytes + indexBytes) * million) / 1e9)} GB`,
      `${number(mean)} / s`,
      `${number(peak)} / s`,
      `${number(peak * writesOfRotation)} / s`,
      number((peak * cost) / 1_000)
    ]
  })

/** What grants cost in PostgreSQL, measured up to a size, and what a million of them would. */
export const scale = async ({ grants }: Effort): Promise<Table> => {
  const url = process.env["SAGE_AUTH_BENCH_POSTGRES"] ?? "postgresql://postgres@127.0.0.1:5432/postgres"
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  const schema = `sage_auth_bench_${process.pid}`
  const title = "Grants in PostgreSQL"
  try {
    await client.connect()
  } catch {
    const note = "No PostgreSQL server answers. SAGE_AUTH_BENCH_POSTGRES is its address."
    return { title, header: [""], rows: [], notes: [note] }
  }
  const store = postgresStore({ url, schema, connections: 2 })
  try {
    await store.open?.()
    await store.grants.compareAndSet(keyOf(0), undefined, template)
    const costs: Array<Costs> = []
    let filled = 1
    for (const size of grants) {
      // a statement for each 10,000: none takes long
      for (; filled < size; filled += 10_000) await fill(client, schema, filled, Math.min(size, filled + 10_000) - 1)
      filled = size
      costs.push(await measure(client, store, schema, size, 400))
    }
    const last = costs.at(-1)
    return {
      title,
      header: ["", "storage", "a read, ms", "a write, ms", "a page of 100 due, ms", "a pass that only looks"],
      rows: [
        ...costs.map((each) => [
          `${number(each.grants)} grants`,
          `${number(((each.tableBytes + each.indexBytes) * each.grants) / 1e6)} MB`,
          number(each.read),
          number(each.write),
          number(each.page),
          `${number(each.walked)} / s, ${number(each.heldMegabytes)} MB`
        ]),
        ["", "", "", "", "", ""],
        ["simulated over 30 days", "storage", "renewals", "at the peak", "writes at the peak", "connections busy"],
        ...(last === undefined ? [] : simulated(last))
      ],
      notes: [
        `A grant has ${sealed} sealed letters that cannot be compressed. Storage has tables, what lies beside them, and indexes.`,
        "A read and a write are there and back, one at a time, over a pool of two connections. A write waits for the disk.",
        "A pass that only looks reads everything that is due, 100 at a time; the megabytes are what the heap grew by at most, what is not collected yet included.",
        "The simulation has grants that nobody uses, all given within one hour. The last column is the connections that reads and writes of the peak keep busy, at the costs of the largest size above."
      ]
    }
  } finally {
    await store.close?.()
    await client.query(`drop schema if exists ${schema} cascade`)
    await client.end()
  }
}
