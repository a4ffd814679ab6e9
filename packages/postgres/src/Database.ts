import { storeUnavailable } from "@sage-auth/core"
import type { ClientConfig } from "pg"
import {
  type Columns,
  type Connect,
  connectBy,
  type PostgresClient,
  type PostgresConnection,
  type PostgresPool,
  type Query
} from "./connections.ts"
import { Listener } from "./Listener.ts"
import { isLost, isUndone, mayComeBack, postgresFailure } from "./postgresFailure.ts"

/** Milliseconds that a server may be away before a call fails, such as for a restart. */
const patience = 5_000
/** Milliseconds that a statement may take: none of them takes a hundredth of it, and a dead network never answers. */
const statementTimeout = 15_000

const pause = (tries: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, Math.min(250, 10 * 2 ** tries) * (0.5 + Math.random() / 2))
  })

/** What a pool of `pg` knows of where it connects to. */
interface Where {
  readonly host?: unknown
  readonly port?: unknown
  readonly database?: unknown
  readonly user?: unknown
}

/** Nothing but letters that names of hosts, databases and roles have: the rest is not shown. */
const shown = (text: unknown): string =>
  (typeof text === "string" || typeof text === "number" ? String(text) : "").replace(/[^\w.:/@-]/g, "_").slice(0, 100)

const describe = ({ database, host, port, user }: Where): string =>
  `the database ${shown(database)} at ${shown(host)}:${shown(port)}, as ${shown(user)},`

const ignore = () => {}

/** An error that comes between two statements reaches the next one. Without a listener it ends the process. */
const heedErrors = (client: PostgresClient): void => {
  client.on("error", ignore)
}

/** Lets so many in at a time, in the order in which they came. */
class Gate {
  #places: number
  readonly #waiting: Array<() => void> = []

  constructor(places: number) {
    this.#places = places
  }

  async enter(): Promise<void> {
    if (this.#places > 0) {
      this.#places--
      return
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  leave(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#places++
    else next()
  }
}

const gates = new WeakMap<PostgresPool, Gate>()

/** A store and a coordination over one pool go through one gate. */
const gateOf = (pool: PostgresPool, places: number): Gate => {
  const gate = gates.get(pool) ?? new Gate(places)
  gates.set(pool, gate)
  return gate
}

const listeners = new WeakMap<PostgresPool, Listener>()

/** A store and a coordination over one pool listen by one connection. */
const listenerOf = (pool: PostgresPool, connect: Connect | undefined): Listener | undefined => {
  const listener = listeners.get(pool) ?? (connect && new Listener(connect))
  if (listener !== undefined) listeners.set(pool, listener)
  return listener
}

/** Where a database is, as people are told. */
export const placeOf = ({ place }: Database): string => place.replace(/,$/, "")

/** A database of a user, and the statements that are under way there. */
export class Database {
  /** the database, its host and the role, as an error names them */
  readonly place: string
  readonly pool: PostgresPool
  /** undefined: nothing is known of the pool's address */
  readonly connect: Connect | undefined
  /** undefined: nothing can be listened to */
  readonly listener: Listener | undefined
  readonly #end: () => Promise<void>
  readonly #gate: Gate
  #closed = false

  private constructor(
    pool: PostgresPool,
    place: string,
    places: number,
    connect: Connect | undefined,
    end: () => Promise<void>
  ) {
    this.pool = pool
    this.place = place
    this.connect = connect
    this.listener = listenerOf(pool, connect)
    this.#gate = gateOf(pool, places)
    // without a listener, a connection that breaks while it is idle ends the process
    pool.on("error", ignore)
    // nor may one that breaks at the moment at which it is handed out, or is given back
    pool.on("connect", heedErrors)
    this.#end = async () => {
      await end()
      pool.off("error", ignore)
      pool.off("connect", heedErrors)
    }
  }

  /** Makes a pool where none is given. Nothing is connected yet. */
  static async open({ connections = 4, pool, url }: PostgresConnection): Promise<Database> {
    if ((pool === undefined) === (url === undefined)) {
      throw storeUnavailable({
        message: "the PostgreSQL store needs either `pool` or `url`",
        remedy: "Give `pool`, a Pool of pg, or `url`, such as postgresql://user:password@host:5432/database.",
        retryable: false
      })
    }
    const { default: pg } = await import("pg")
    const whereOf = (options: object): string => {
      try {
        const { database, host, port, user } = new pg.Client(options)
        return describe({ database, host, port, user })
      } catch {
        throw storeUnavailable({
          message: "`url` of the PostgreSQL store is not an address of a database",
          remedy: "Use postgresql://user:password@host:5432/database, with special letters of the password escaped.",
          retryable: false
        })
      }
    }
    if (pool !== undefined) {
      const { options } = pool as { readonly options?: ClientConfig & { readonly max?: number } }
      const place = options === undefined ? "the database of the given pool" : whereOf(options)
      const connect = options === undefined ? undefined : connectBy(() => new pg.Client(options))
      return new Database(pool, place, options?.max ?? 10, connect, async () => {})
    }
    const options = {
      connectionString: url,
      max: connections,
      keepAlive: true,
      connectionTimeoutMillis: patience,
      application_name: "sage-auth"
    }
    const place = whereOf(options)
    const own = new pg.Pool(options)
    return new Database(
      own,
      place,
      connections,
      connectBy(() => new pg.Client(options)),
      () => own.end()
    )
  }

  /** One statement that changes nothing: asked again where the connection is lost. */
  async read(text: string, values: ReadonlyArray<unknown>): Promise<ReadonlyArray<Columns>> {
    return this.#told(() => this.#run(text, values, true))
  }

  /** One statement that writes: asked again only where it surely did nothing. */
  async write(text: string, values: ReadonlyArray<unknown>): Promise<ReadonlyArray<Columns>> {
    return this.#told(() => this.#run(text, values, false))
  }

  /**
   * One statement that writes, and what finds out whether it did, for when the connection is lost in the middle: it is
   * then asked first, and gives nothing where the statement has to be run again.
   */
  async writeOnce(
    text: string,
    values: ReadonlyArray<unknown>,
    find: { readonly text: string; readonly values: ReadonlyArray<unknown> }
  ): Promise<ReadonlyArray<Columns>> {
    return this.#told(async () => {
      const started = performance.now()
      for (let tries = 0; ; tries++) {
        try {
          const rows = await this.#run(text, values, false)
          return tries === 0 || rows.length > 0 ? rows : await this.#run(find.text, find.values, true)
        } catch (error) {
          // every connection of the pool may be lost, each of which is found out by using it
          if (!isLost(error) || performance.now() - started >= patience) throw error
        }
        await pause(tries)
      }
    })
  }

  /** Several statements, all or nothing. */
  async transaction<A>(use: (query: Query) => Promise<A>): Promise<A> {
    return this.#told(() =>
      this.#connected(async (client) => {
        const query: Query = async (text, values) =>
          (await client.query(values === undefined ? { text } : { text, values: [...values] })).rows
        // whatever the database's default: a statement sees what was done while another one waited for a lock
        await query("begin isolation level read committed")
        try {
          const result = await use(query)
          await query("commit")
          return result
        } catch (error) {
          await query("rollback").catch(() => {})
          throw error
        }
      })
    )
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.listener?.rest()
    await this.#end()
  }

  async #told<A>(use: () => Promise<A>): Promise<A> {
    try {
      return await use()
    } catch (error) {
      throw postgresFailure(this.place, error)
    }
  }

  async #run(text: string, values: ReadonlyArray<unknown>, harmless: boolean): Promise<ReadonlyArray<Columns>> {
    const started = performance.now()
    for (let tries = 0; ; tries++) {
      try {
        return await this.#connected(async (client) => {
          const { rows } = await client.query({ text, values: [...values], query_timeout: statementTimeout })
          return rows
        })
      } catch (error) {
        const again = isUndone(error) || (harmless && isLost(error))
        if (!again || performance.now() - started >= patience) throw error
        await pause(tries)
      }
    }
  }

  /** Uses a connection, and gives it back; one that is lost is closed. */
  async #connected<A>(use: (client: PostgresClient) => Promise<A>): Promise<A> {
    if (this.#closed) {
      throw storeUnavailable({
        message: `the PostgreSQL store of ${this.place} was closed`,
        remedy: "Use it before the application closes, or open another one.",
        retryable: false
      })
    }
    // a pool may fail those who wait for long: no more than it has connections wait there, all others here
    await this.#gate.enter()
    try {
      const client = await this.#connect()
      let lost = false
      // between two statements a broken connection has no other listener, and would end the process
      const noteLost = () => {
        lost = true
      }
      client.on("error", noteLost)
      try {
        return await use(client)
      } catch (error) {
        lost ||= isLost(error)
        throw error
      } finally {
        client.off("error", noteLost)
        client.release(lost)
      }
    } finally {
      this.#gate.leave()
    }
  }

  async #connect(): Promise<PostgresClient> {
    const started = performance.now()
    for (let tries = 0; ; tries++) {
      try {
        return await this.pool.connect()
      } catch (error) {
        // nothing was sent yet
        if (!mayComeBack(error) || performance.now() - started >= patience) {
          throw postgresFailure(this.place, error)
        }
        await pause(tries)
      }
    }
  }
}
