import { type GrantPort, type MeterPort, type OncePort, type StorePort, storeUnavailable } from "@sage-auth/core"
import { Database, placeOf } from "./Database.ts"
import { grantsIn } from "./grants.ts"
import { metersIn } from "./meters.ts"
import { migrate } from "./migrations.ts"
import { onceIn } from "./once.ts"
import { Owners } from "./Owners.ts"
import type { PostgresConnection } from "./connections.ts"
import { defaultSchema, quotedSchema } from "./names.ts"
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

  const now = (): Opened => {
    if (opened !== undefined) return opened
    throw storeUnavailable({
      message: "the PostgreSQL store is not open",
      remedy: "Call `open()` first, or give it to createSageAuth, which does.",
      retryable: false
    })
  }

  const grants: GrantPort = {
    read: async (key) => now().grants.read(key),
    compareAndSet: async (key, revision, next, how) => now().grants.compareAndSet(key, revision, next, how),
    list: async (filter) => now().grants.list(filter),
    now: async () => now().grants.now?.() ?? 0,
    changed: async (...waiting) => opened?.grants.changed?.(...waiting),
    owners: {
      self: async () => now().owners.self(),
      alive: async (owner) => now().owners.alive(owner)
    }
  }
  return {
    durable: true,
    open,
    inspect: async () => {
      const { database, grants: own, owners } = now()
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
      put: async (id, sealed, expiresAt) => now().once.put(id, sealed, expiresAt),
      read: async (id) => now().once.read(id),
      take: async (id) => now().once.take(id)
    },
    meters: {
      add: async (company, month, transactions) => now().meters.add(company, month, transactions),
      set: async (company, month, transactions) => now().meters.set(company, month, transactions),
      read: async (company, month) => now().meters.read(company, month)
    }
  }
}
