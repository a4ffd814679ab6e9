import { randomBytes, randomUUID } from "node:crypto"
import type { Connect } from "./connections.ts"
import type { Database } from "./Database.ts"
import { LivingConnection } from "./LivingConnection.ts"

/** How often an owner gives a sign of life while it is at work, in milliseconds. */
const beatEvery = 1_000
/** An owner whose connection is gone has so long to say that it lives: whose connection broke says so at once. */
const goneAfter = 2_500
/** An owner without a connection and without a sign for so long is not known to live. */
const silence = 5_000
/**
 * An owner without a connection and without a sign for so long is dead: what it sent was answered, or never will be.
 */
const death = 20_000
/** No more than so much between two looks counts as silence: who looked away has seen nothing. */
const longestLook = 2_000
/** An owner that was not asked for in so long has no leases, and need not beat. */
const idleAfter = 30_000

const names = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

interface Watch {
  readonly beat: string
  readonly silent: number
  readonly lookedAt: number
}

/**
 * Which processes live. Each has a row in which it counts its beats while it holds leases, and a connection whose lock
 * the server gives back when the process ends. Who watches judges by its own clock how long a count has stood still, so
 * that a clock that jumps ends no owner.
 */
export class Owners {
  readonly #database: Database
  readonly #table: string
  readonly #name = randomUUID()
  readonly #lock = randomBytes(8).readBigInt64BE().toString()
  readonly #living: LivingConnection | undefined
  readonly #watches = new Map<string, Watch>()
  #askedAt = 0
  #begun: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(database: Database, schema: string, connect: Connect | undefined) {
    this.#database = database
    this.#table = `${schema}.owners`
    this.#living = connect && new LivingConnection(connect, this.#lock, () => void this.#sign().catch(() => {}))
  }

  /** the name of this process, which gives signs of life from now on */
  async self(): Promise<string> {
    this.#askedAt = performance.now()
    // before the lease is written: no process may see an owner that has never beaten
    await (this.#begun ??= this.#begin())
    return this.#name
  }

  /** whether that owner's process lives; undefined where it cannot be told */
  async alive(owner: string): Promise<boolean | undefined> {
    if (owner === this.#name) {
      this.#askedAt = performance.now()
      return true
    }
    if (!names.test(owner)) return undefined
    const [row] = await this.#database.read(
      `select beat::text, ended::text, (lock is not null and beaten_at > pg_postmaster_start_time())::text as locks,
         case when lock is null then 'false' else (not pg_try_advisory_xact_lock_shared(lock))::text end as held
       from ${this.#table} where owner = $1::text`,
      [owner]
    )
    if (row === undefined) return undefined
    if (row["ended"] === "true") return false
    const { silent } = this.#watched(owner, String(row["beat"]))
    if (row["held"] === "true") return true
    // a server that has started since the last beat has given back all locks
    if (row["locks"] === "true") return silent < goneAfter
    return silent < silence ? true : silent < death ? undefined : false
  }

  /** how many processes renew, or have a moment ago */
  async living(): Promise<number> {
    const [row] = await this.#database.read(
      `select count(*)::text as living from ${this.#table}
       where not ended and beaten_at > clock_timestamp() - make_interval(secs => $1::float8)`,
      [silence / 1_000]
    )
    return Number(row?.["living"])
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    if (this.#begun === undefined) return
    await this.#begun.catch(() => {})
    await this.#database
      .write(`update ${this.#table} set ended = true, beaten_at = clock_timestamp() where owner = $1::text`, [
        this.#name
      ])
      .catch(() => {
        // others see that its connection is gone, or that it is silent
      })
    this.#living?.release()
  }

  #watched(owner: string, beat: string): Watch {
    const lookedAt = performance.now()
    const before = this.#watches.get(owner)
    const silent =
      before?.beat === beat ? before.silent + Math.min(longestLook, Math.max(0, lookedAt - before.lookedAt)) : 0
    const watch = { beat, silent, lookedAt }
    // few are watched at a time, and each for a short while
    if (this.#watches.size > 1_000) this.#watches.clear()
    this.#watches.set(owner, watch)
    return watch
  }

  async #begin(): Promise<void> {
    try {
      await this.#sign()
      // rows of the dead: no owner is asked for after a day
      await this.#database.write(
        `delete from ${this.#table} where owner in (
           select owner from ${this.#table} where beaten_at < clock_timestamp() - interval '1 day'
           limit 100 for update skip locked
         )`,
        []
      )
    } catch (error) {
      this.#begun = undefined
      throw error
    }
    this.#schedule()
  }

  #schedule(): void {
    if (this.#closed) return
    this.#timer = setTimeout(() => {
      if (performance.now() - this.#askedAt > idleAfter) {
        this.#begun = undefined
        return
      }
      this.#sign()
        .catch(() => {})
        .finally(() => this.#schedule())
    }, beatEvery)
    // a sign of life is no reason to live
    this.#timer.unref()
  }

  /** takes the connection's lock where it is not held, and beats, with or without it */
  async #sign(): Promise<void> {
    if (this.#closed) return
    if (this.#living?.holds === false) {
      // first the beat, since a connection may take long
      if (this.#begun !== undefined) await this.#beat()
      await this.#living.hold().catch(() => {})
    }
    await this.#beat()
  }

  async #beat(): Promise<void> {
    await this.#database.write(
      `insert into ${this.#table} as kept (owner, lock, beat, beaten_at)
       values ($1::text, $2::bigint, 1, clock_timestamp())
       on conflict (owner) do update set lock = excluded.lock, beat = kept.beat + 1, beaten_at = excluded.beaten_at`,
      [this.#name, this.#living?.holds === true ? this.#lock : null]
    )
  }
}
