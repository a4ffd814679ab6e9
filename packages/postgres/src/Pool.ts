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
