import { type GrantPort, type MeterPort, type OncePort, type StorePort, storeUnavailable } from "@sage-auth/core"
import { Database, placeOf } from "./Database.ts"
import { durably, grantsIn } from "./grants.ts"
import { migrate } from "./migrations.ts"
import { Owners } from "./Owners.ts"
import type { PostgresConnection } from "./connections.ts"
import { checkNames, defaultSchema, quotedSchema } from "./names.ts"
import { now } from "./rows.ts"
import { Waiters } from "./Waiters.ts"

/** Where grants are kept. */
export interface PostgresStoreOptions extends PostgresConnection {
  /**
   * How other processes see that this one lives while it renews a grant. Default `connection`: from its first renewal
   * on it keeps one connection of its own, beside the pool, with an open transaction that holds a lock and nothing
   * else. A process that was killed is replaced after three seconds, and one that is stopped is waited for.
   *
   * `heartbeat` saves the connection: a process without a sign of life for 20 seconds is dead, also one that is only
   * stopped. Where that one has sent nothing yet and goes on later, it sends a refresh token that was replaced, and
   * some servers then end the grant. A pool that is not of `pg` has heartbeats alone.
   */
  readonly liveness?: "connection" | "heartbeat" | undefined
}

/** The one-time records of a schema. */
const onceIn = (database: Database, schema: string): OncePort => {
  const table = `${schema}.once`
  return {
    put: async (id, sealed, expiresAt) => {
      checkNames({ id })
      const rows = await database.writeOnce(
        // what has expired goes when somebody else begins, a few at a time, and never by waiting for another process
        `with dropped as (
           delete from ${table} where id in (
             select id from ${table} where expires_at <= ${now} and id <> $1::text limit 100 for update skip locked
           )
         )
         insert into ${table} as kept (id, sealed, expires_at)
         select $1::text, $2::text, $3::float8 where ${durably}
         on conflict (id) do update set sealed = excluded.sealed, expires_at = excluded.expires_at
           where kept.expires_at <= ${now}
         returning id`,
        [id, sealed, expiresAt],
        { text: `select id from ${table} where id = $1::text and sealed = $2::text`, values: [id, sealed] }
      )
      return rows.length > 0
    },
    read: async (id) => {
      checkNames({ id })
      const [found] = await database.read(`select sealed from ${table} where id = $1::text and expires_at > ${now}`, [
        id
      ])
      return found && String(found["sealed"])
    },
    take: async (id) => {
      checkNames({ id })
      const [taken] = await database.write(
        `delete from ${table} where id = $1::text and ${durably}
         returning sealed, (expires_at > ${now})::text as fresh`,
        [id]
      )
      return taken?.["fresh"] === "true" ? String(taken["sealed"]) : undefined
    }
  }
}

/** The meters of a schema. */
const metersIn = (database: Database, schema: string): MeterPort => {
  const table = `${schema}.meters`
  const write = (sum: string) =>
    `insert into ${table} as kept (company, month, transactions) values ($1::text, $2::text, $3::float8)
     on conflict (company, month) do update set transactions = ${sum} returning transactions::text`
  return {
    add: async (company, month, transactions) => {
      checkNames({ company, month })
      const [row] = await database.write(write("kept.transactions + excluded.transactions"), [
        company,
        month,
        transactions
      ])
      return Number(row?.["transactions"])
    },
    set: async (company, month, transactions) => {
      checkNames({ company, month })
      await database.write(write("excluded.transactions"), [company, month, transactions])
    },
    read: async (company, month) => {
      checkNames({ company, month })
      const [row] = await database.read(
        `select transactions::text from ${table} where company = $1::text and month = $2::text`,
        [company, month]
      )
      return Number(row?.["transactions"] ?? 0)
    }
  }
}

interface Opened {
  readonly database: Database
  readonly grants: ReturnType<typeof grantsIn>
  readonly once: OncePort
  readonly meters: MeterPort
  readonly owners: Owners
  readonly waiters: Waiters
}

/**
 * Grants, one-time records and meters in PostgreSQL 13 or later, for `store` of `createSageAuth`. Any number of
 * processes on any number of hosts share them.
 *
 * Opening it makes or updates the tables. Of processes that start together one does so. Every step is one statement: no
 * transaction is open while Sage is called, and PgBouncer may stand in between, in transaction mode as well.
 *
 * A failure is `StoreUnavailable` and names host, database and role, never the password. A database that restarts is
 * waited for, five seconds at most. Throws `StoreUnavailable` at once for a `schema` that it cannot use.
 */
export const postgresStore = (options: PostgresStoreOptions): StorePort => {
  const { liveness = "connection", migrate: allowed = true, schema = defaultSchema } = options
  const quoted = quotedSchema(schema)
  let opened: Opened | undefined

  const open = async (): Promise<void> => {
    const database = await Database.open(options)
    try {
      await migrate(database, schema, allowed)
    } catch (error) {
      await database.close()
      throw error
    }
    const waiters = new Waiters(database, `${quoted}.grants`)
    opened = {
      database,
      waiters,
      grants: grantsIn(database, quoted, waiters),
      once: onceIn(database, quoted),
      meters: metersIn(database, quoted),
      owners: new Owners(database, quoted, liveness === "connection" ? database.connect : undefined)
    }
  }

  const current = (): Opened => {
    if (opened !== undefined) return opened
    throw storeUnavailable({
      message: "the PostgreSQL store is not open",
      remedy: "Call `open()` first, or give it to createSageAuth, which does.",
      retryable: false
    })
  }

  const grants: GrantPort = {
    read: async (key) => current().grants.read(key),
    compareAndSet: async (key, revision, next, how) => current().grants.compareAndSet(key, revision, next, how),
    list: async (filter) => current().grants.list(filter),
    now: async () => current().grants.now?.() ?? 0,
    changed: async (...waiting) => opened?.grants.changed?.(...waiting),
    owners: {
      self: async () => current().owners.self(),
      alive: async (owner) => current().owners.alive(owner)
    }
  }
  return {
    durable: true,
    open,
    inspect: async () => {
      const { database, grants: own, owners } = current()
      const [processes, leases] = [await owners.living(), await own.leases()]
      return { place: placeOf(database), processes, leases }
    },
    close: async () => {
      const closing = opened
      if (closing === undefined) return
      closing.waiters.tellAll()
      await closing.owners.close()
      opened = undefined
      await closing.database.close()
    },
    grants,
    once: {
      put: async (id, sealed, expiresAt) => current().once.put(id, sealed, expiresAt),
      read: async (id) => current().once.read(id),
      take: async (id) => current().once.take(id)
    },
    meters: {
      add: async (company, month, transactions) => current().meters.add(company, month, transactions),
      set: async (company, month, transactions) => current().meters.set(company, month, transactions),
      read: async (company, month) => current().meters.read(company, month)
    }
  }
}
