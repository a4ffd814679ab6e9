import { createHash, randomUUID } from "node:crypto"
import {
  type BroadcastPort,
  type CoordinationInspection,
  type CoordinationPort,
  isSageAuthError,
  type Permit,
  storeUnavailable
} from "@sage-auth/core"
import type { Columns, PostgresConnection } from "./connections.ts"
import { Database, placeOf } from "./Database.ts"
import type { Subscription } from "./Listener.ts"
import { migrate } from "./migrations.ts"
import { PoolQueue, type Turn } from "./PoolQueue.ts"
import { defaultSchema, quotedSchema } from "./names.ts"
import { postgresFailure } from "./postgresFailure.ts"

/** Where pools are kept. */
export interface PostgresCoordinationOptions extends PostgresConnection {
  /**
   * How a process that waits learns of a permit that came free in another one. Default `listen`: the server tells it,
   * over one connection beside the pool that is open while somebody waits and ten seconds more. Behind PgBouncer, and
   * with a pool that is not of `pg`, nothing can be listened to, and the database is asked. `poll`: it is always asked
   */
  readonly handover?: "listen" | "poll" | undefined
  /**
   * How often the database is asked for permits that came free in other processes, in milliseconds, while somebody
   * waits for one here and the server does not tell; default 10. It is one statement for all pools. Higher is cheaper,
   * and hands over later
   */
  readonly pollEvery?: number | undefined
}

/** How often a process says that it lives while it has permits or waits for one, in milliseconds. */
const beatEvery = 1_000
/** A process without a sign for so long is dead, and its permits are free again, in seconds. */
const silence = 5

/** What the database can keep under an index. */
const keyOf = (pool: string): string =>
  pool.length > 500 || /^$|\0|\p{Cs}/u.test(pool)
    ? `sha256 ${createHash("sha256").update(pool, "utf16le").digest("base64url")}`
    : pool

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds)
  })

/** The pools of one process. */
class Pools {
  readonly #options: PostgresCoordinationOptions
  readonly #schema: string
  readonly #process = randomUUID()
  readonly #pollEvery: number
  readonly #handover: "listen" | "poll"
  readonly #queues = new Map<string, PoolQueue>()
  readonly #poolOf = new Map<number, PoolQueue>()
  #tickets = 0
  #opening: Promise<Database> | undefined
  #timer: NodeJS.Timeout | undefined
  #polling = false
  #subscription: Subscription | undefined
  #closed = false

  constructor(options: PostgresCoordinationOptions) {
    this.#options = options
    this.#schema = quotedSchema(options.schema)
    this.#handover = options.handover ?? "listen"
    this.#pollEvery = Math.max(1, options.pollEvery ?? 10)
  }

  async acquire(pool: string, request: Parameters<CoordinationPort["acquire"]>[1], signal: AbortSignal) {
    signal.throwIfAborted()
    await this.database()
    signal.throwIfAborted()
    const queue = this.#queueOf(keyOf(pool))
    const ticket = ++this.#tickets
    return new Promise<Permit>((resolve, reject) => {
      const over =
        <A>(settle: (value: A) => void) =>
        (value: A) => {
          signal.removeEventListener("abort", leave)
          this.#poolOf.delete(ticket)
          settle(value)
        }
      const refuse = over(reject)
      const leave = () => {
        queue.leave(ticket)
        refuse(signal.reason)
      }
      signal.addEventListener("abort", leave, { once: true })
      this.#poolOf.set(ticket, queue)
      queue.join(ticket, request, over(resolve), refuse)
      this.#beatSoon()
      this.#pollSoon()
    })
  }

  async state(pool: string): Promise<{ limit: number; inUse: number; waiting: number }> {
    const database = await this.database()
    const [row] = await database.read(
      `select (select permits from ${this.#schema}.pools where pool = $1::text)::text as permits,
         (count(*) filter (where held))::text as in_use, (count(*) filter (where not held))::text as waiting
       from ${this.#schema}.permits where pool = $1::text`,
      [keyOf(pool)]
    )
    const [inUse, waiting] = [Number(row?.["in_use"]), Number(row?.["waiting"])]
    return { limit: inUse + waiting === 0 ? 0 : Number(row?.["permits"] ?? 0), inUse, waiting }
  }

  async inspect(): Promise<CoordinationInspection> {
    const database = await this.database()
    const [row] = await database.read(
      `select (select count(*) from ${this.#schema}.pool_processes
           where beaten_at > clock_timestamp() - make_interval(secs => $1::float8))::text as processes,
         count(distinct pool)::text as pools, (count(*) filter (where held))::text as in_use,
         (count(*) filter (where not held))::text as waiting
       from ${this.#schema}.permits`,
      [silence]
    )
    return {
      place: placeOf(database),
      processes: Number(row?.["processes"]),
      pools: Number(row?.["pools"]),
      inUse: Number(row?.["in_use"]),
      waiting: Number(row?.["waiting"])
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => queue.leaveAll()))
    this.#closed = true
    clearTimeout(this.#timer)
    this.#subscription?.leave()
    const database = await this.#opening?.catch(() => undefined)
    await database
      ?.write(`delete from ${this.#schema}.pool_processes where process = $1::uuid`, [this.#process])
      .catch(() => {})
    await database?.close()
  }

  /** opened at the first use; tried again where it could not be */
  database(): Promise<Database> {
    return (this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined
      throw error
    }))
  }

  async #open(): Promise<Database> {
    const database = await Database.open(this.#options)
    try {
      await migrate(database, this.#options.schema ?? defaultSchema, this.#options.migrate ?? true)
      // what dead processes left: their permits went long before
      await database.write(
        `delete from ${this.#schema}.pool_processes where process in (
           select process from ${this.#schema}.pool_processes
           where beaten_at < clock_timestamp() - interval '1 hour' limit 100 for update skip locked
         )`,
        []
      )
      return database
    } catch (error) {
      await database.close()
      throw error
    }
  }

  #queueOf(pool: string): PoolQueue {
    const found = this.#queues.get(pool)
    if (found !== undefined) return found
    const queue = new PoolQueue(
      (turn, queue) => this.#turn(pool, turn, queue),
      () => {
        if (this.#queues.get(pool) === queue) this.#queues.delete(pool)
      }
    )
    this.#queues.set(pool, queue)
    return queue
  }

  /** until the database answers: a permit that was not given back would be missing; undefined: it never will */
  async #turn(
    pool: string,
    { hung, joins, leaves, permits, permitsBefore }: Turn,
    queue: PoolQueue
  ): Promise<Columns | undefined> {
    for (let pause = 50; !this.#closed; pause = Math.min(1_000, pause * 2)) {
      try {
        const database = await this.database()
        // it may be asked twice: what was done is found done
        const [row] = await database.read(
          `select * from ${this.#schema}.pool_turn($1::uuid, $2::text, $3::int, $4::int, $5::bigint[], $6::boolean[],
             $7::bigint[], $8::boolean, $9::float8)`,
          [
            this.#process,
            pool,
            permits ?? null,
            permitsBefore,
            joins.map(([ticket]) => ticket),
            joins.map(([, ahead]) => ahead),
            leaves,
            hung,
            silence
          ]
        )
        return row
      } catch (error) {
        // what waits to be given back has time; who waits is told
        queue.refuse(error)
        if (isSageAuthError(error) && !error.retryable) await sleep(1_000)
        await sleep(pause)
      }
    }
    return undefined
  }

  #beatSoon(): void {
    if (this.#timer !== undefined || this.#closed) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      if (this.#queues.size === 0) {
        this.#subscription?.leave()
        this.#subscription = undefined
        return
      }
      void this.#beat()
        .catch(() => {})
        .finally(() => this.#beatSoon())
    }, beatEvery)
    this.#timer.unref()
  }

  async #beat(): Promise<void> {
    const database = await this.database()
    // who waits looks whether somebody has died meanwhile, and is seen to live by that
    for (const queue of this.#queues.values()) if (queue.waits) queue.turnSoon()
    await database.write(
      `insert into ${this.#schema}.pool_processes (process, beaten_at) values ($1::uuid, clock_timestamp())
       on conflict (process) do update set beaten_at = excluded.beaten_at`,
      [this.#process]
    )
  }

  /** asks for permits that other processes have passed on to this one, while nobody tells */
  #pollSoon(): void {
    if (this.#polling || this.#subscription?.listens === true) return
    this.#polling = true
    void this.#poll().finally(() => {
      this.#polling = false
    })
  }

  async #poll(): Promise<void> {
    while (this.#poolOf.size > 0 && !this.#closed) {
      await sleep(this.#pollEvery)
      if (this.#poolOf.size === 0 || this.#subscription?.listens === true) return
      try {
        const database = await this.database()
        this.#listen(database)
        const rows = await database.read(
          `select ticket::text, hung::text from ${this.#schema}.permits where process = $1::uuid and held`,
          [this.#process]
        )
        for (const row of rows) this.#heard(Number(row["ticket"]), row["hung"] === "true")
      } catch {
        // looked at again
      }
    }
  }

  /** hears from now on what other processes pass on; what they did before is in the answer to the next turn */
  #listen({ listener }: Database): void {
    if (this.#handover === "poll" || this.#closed) return
    this.#subscription ??= listener?.subscribe(`sage_auth_${this.#process.replaceAll("-", "")}`, {
      heard: (payload) => {
        const [ticket, hung] = payload.split(" ")
        this.#heard(Number(ticket), hung === "true")
      },
      begun: () => {
        for (const queue of this.#queues.values()) if (queue.waits) queue.turnSoon()
      },
      ended: () => this.#pollSoon()
    })
  }

  #heard(ticket: number, hung: boolean): void {
    this.#poolOf.get(ticket)?.heard(ticket, hung)
  }
}

const cannotListen = (place: string) =>
  storeUnavailable({
    message: `${place} cannot tell this process anything: PgBouncer is in between, or the pool is not of pg`,
    remedy: "Give this process a `url`, or a `pool`, of the server itself. Other processes need not have one.",
    retryable: false
  })

/** What the processes of one schema tell each other. */
const broadcastIn = (database: () => Promise<Database>, schema: string): BroadcastPort => {
  // a name has 63 letters at most, and a schema's may have as many
  const channel = `sage_auth_events_${createHash("md5").update(schema).digest("hex")}`
  return {
    send: async (text) => {
      // it may be said twice rather than not at all. A crash forgets it anyway, so it does not wait for the disk: what
      // is told is told one after the other, and permits that are handed over would wait as well
      await (await database()).read(
        "select set_config('synchronous_commit', 'off', true), pg_notify($1::text, $2::text)",
        [channel, text]
      )
    },
    listen: async (heard) => {
      const { listener, place } = await database()
      if (listener === undefined) throw cannotListen(place)
      return new Promise((resolve, reject) => {
        let begun = false
        const subscription = listener.subscribe(channel, {
          heard,
          begun: () => {
            begun = true
            resolve(() => subscription.leave())
          },
          ended: () => {},
          // once it has listened, it does again as soon as it can
          failed: (error) => {
            if (begun) return
            subscription.leave()
            reject(error === undefined ? cannotListen(place) : postgresFailure(place, error))
          }
        })
      })
    }
  }
}

/**
 * The permits of Intacct's pools in PostgreSQL, for `coordination` of `createSageAuth`: all processes that serve a
 * company share its limit and one queue. The tables are those of `postgresStore`, in the same schema.
 *
 * A process that dies gives its permits back after five seconds. While the database is away no permit is given: who
 * asks waits for five seconds, and gets `StoreUnavailable`.
 *
 * It costs two statements for each call: one to ask for the permit, one to give it back. A process in which callers
 * wait is told of permits that come free, or asks for them; see `handover`. Throws `StoreUnavailable` at once for a `schema` that it cannot use.
 */
export const postgresCoordination = (options: PostgresCoordinationOptions): CoordinationPort => {
  const pools = new Pools(options)
  return {
    acquire: (pool, request, signal) => pools.acquire(pool, request, signal),
    state: (pool) => pools.state(pool),
    inspect: () => pools.inspect(),
    broadcast: broadcastIn(() => pools.database(), options.schema ?? defaultSchema),
    close: () => pools.close()
  }
}
