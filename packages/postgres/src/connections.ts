/** One connection of a pool, as this package uses it. A `PoolClient` of `pg` is one. */
export interface PostgresClient {
  /** runs one statement, without a name: PgBouncer knows no prepared ones between transactions */
  query(statement: {
    readonly text: string
    readonly values?: Array<unknown>
    readonly query_timeout?: number
  }): Promise<{ readonly rows: Array<Record<string, unknown>> }>
  /** hears that the connection breaks while it runs no statement */
  on(event: "error", listener: (error: Error) => void): unknown
  /** the opposite of `on` */
  off(event: "error", listener: (error: Error) => void): unknown
  /** gives the connection back to its pool; with `true` it is closed instead */
  release(destroy?: boolean): void
}

/** A pool of connections, as this package uses it. A `Pool` of `pg` is one; it stays its owner's, who ends it. */
export interface PostgresPool {
  /** waits for a connection */
  connect(): Promise<PostgresClient>
  /** hears of connections that break while they are idle */
  on(event: "error", listener: (error: Error) => void): unknown
  /** hears of connections that were made */
  on(event: "connect", listener: (client: PostgresClient) => void): unknown
  /** the opposite of `on` */
  off(event: "error", listener: (error: Error) => void): unknown
  /** the opposite of `on` */
  off(event: "connect", listener: (client: PostgresClient) => void): unknown
}

/** Where the database is: a pool of the application, or the address for a pool of this package's own. */
export interface PostgresConnection {
  /**
   * the application's own pool, `new Pool(…)` of `pg`. It is shared with the application, and is not ended here. Give
   * this or `url`
   */
  readonly pool?: PostgresPool | undefined
  /** `postgresql://user:password@host:5432/database`; a pool of its own is made, and is ended with the store */
  readonly url?: string | undefined
  /** with `url`: connections at most; default 4. Each waiting caller waits for one, so two are enough for thousands */
  readonly connections?: number | undefined
  /**
   * the schema of the tables; default `sage_auth`. Letters, digits and underscores, 63 at most, and no digit first
   */
  readonly schema?: string | undefined
  /**
   * whether missing tables are made, and older ones brought up to date, when the store is opened; default true. With
   * false, an older schema is refused: run the files in `migrations` of this package first
   */
  readonly migrate?: boolean | undefined
}

/** A row as the driver gives it. */
export type Columns = Readonly<Record<string, unknown>>

/** Runs one statement of a transaction. */
export type Query = (text: string, values?: ReadonlyArray<unknown>) => Promise<ReadonlyArray<Columns>>

/** A connection that belongs to no pool. */
export interface OwnConnection {
  readonly query: Query
  /** the number of the server's process that answers it, as the server said at the beginning; undefined: it said none */
  readonly serverProcess: number | undefined
  /** closes it; `onEnd` is not called any more */
  readonly end: () => void
}

/** What the server tells a connection that listens. */
export interface Notice {
  readonly channel: string
  readonly payload?: string | undefined
}

/** Opens a connection that belongs to no pool; `onEnd` is called when it breaks. */
export type Connect = (onEnd: () => void, onNotice?: (notice: Notice) => void) => Promise<OwnConnection>

/** What of a client of `pg` is used. */
interface Client {
  connect(): Promise<unknown>
  query(statement: { text: string; values?: Array<unknown> }): Promise<{ rows: Array<Record<string, unknown>> }>
  end(): Promise<void>
  on(event: "error" | "end", listener: (error?: unknown) => void): unknown
  on(event: "notification", listener: (notice: Notice) => void): unknown
  unref?(): void
  readonly processID?: unknown
}

/** Opens connections with the clients of `pg` that `make` makes. */
export const connectBy =
  (make: () => Client): Connect =>
  async (onEnd, onNotice) => {
    const client = make()
    let open = true
    let handedOver = false
    let reason: unknown = new Error("the server ended the connection")
    const over = (error?: unknown) => {
      if (!open) return
      open = false
      reason = error ?? reason
      if (handedOver) onEnd()
    }
    const end = () => {
      open = false
      // what is over already cannot be closed
      client.end().catch(() => {})
    }
    client.on("error", over)
    client.on("end", over)
    if (onNotice !== undefined) client.on("notification", onNotice)
    try {
      await client.connect()
    } catch (error) {
      end()
      throw error
    }
    // it can end in the packet that accepts it, before anybody has it
    if (!open) throw reason
    handedOver = true
    // it waits for nothing: no reason for the process to live
    client.unref?.()
    return {
      serverProcess: typeof client.processID === "number" ? client.processID : undefined,
      query: async (text, values) =>
        (await client.query(values === undefined ? { text } : { text, values: [...values] })).rows,
      end
    }
  }
