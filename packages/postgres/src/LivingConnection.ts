import type { Connect, OwnConnection } from "./connections.ts"

/**
 * Settings of the connection for its transaction: nothing on the server ends it for being idle, and a dead host is
 * noticed.
 */
const settings = {
  idle_in_transaction_session_timeout: "0",
  transaction_timeout: "0",
  statement_timeout: "0",
  tcp_keepalives_idle: "15",
  tcp_keepalives_interval: "5",
  tcp_keepalives_count: "3"
}

/**
 * A connection that lives as long as this process, with a transaction that holds an advisory lock and nothing else. The
 * server gives the lock back when the connection ends, however the process ended. A process that is stopped, or whose
 * event loop is blocked, keeps it: its kernel answers for it.
 *
 * The lock belongs to a transaction and not to a session, so that it is this process's behind PgBouncer as well. A
 * transaction that has read and written nothing holds up no vacuum.
 */
export class LivingConnection {
  readonly #connect: Connect
  readonly #lock: string
  readonly #onLost: () => void
  #connection: OwnConnection | undefined
  #holding: Promise<void> | undefined
  #released = false

  constructor(connect: Connect, lock: string, onLost: () => void) {
    this.#connect = connect
    this.#lock = lock
    this.#onLost = onLost
  }

  /** whether the lock is held */
  get holds(): boolean {
    return this.#connection !== undefined
  }

  /** takes the lock; rejects where that cannot be done now */
  async hold(): Promise<void> {
    // a second connection would wait for the lock of the first
    await (this.#holding ??= this.#take().finally(() => (this.#holding = undefined)))
  }

  async #take(): Promise<void> {
    if (this.#connection !== undefined || this.#released) return
    const connection: OwnConnection = await this.#connect(() => {
      if (this.#connection !== connection) return
      this.#connection = undefined
      this.#onLost()
    })
    try {
      await connection.query("begin isolation level read committed read only")
      await connection.query(
        `select set_config(name, ($2::text[])[array_position($1::text[], name)], true)
         from pg_settings where name = any ($1::text[])`,
        [Object.keys(settings), Object.values(settings)]
      )
      await connection.query("select pg_advisory_xact_lock($1::bigint)", [this.#lock])
    } catch (error) {
      connection.end()
      throw error
    }
    if (this.#released) connection.end()
    else this.#connection = connection
  }

  /** gives the lock back, for good */
  release(): void {
    this.#released = true
    const connection = this.#connection
    this.#connection = undefined
    connection?.end()
  }
}
