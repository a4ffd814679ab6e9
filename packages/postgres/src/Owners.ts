import { randomUUID } from "node:crypto"
import type { Database } from "./Database.ts"

/** How often an owner gives a sign of life while it is at work, in milliseconds. */
const beatEvery = 1_000
/** An owner without a sign for so long is not known to live. */
const silence = 5_000
/** An owner without a sign for so long is dead: what it had sent was answered by then, or never will be. */
const death = 20_000
/** No more than so much between two looks counts as silence: who looked away has seen nothing. */
const longestLook = 2_000
/** An owner that nobody asked for in so long has no leases, and need not beat. */
const idleAfter = 30_000

const names = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

interface Watch {
  readonly beat: string
  readonly silent: number
  readonly lookedAt: number
}

/**
 * Which processes live, told by rows: each owner counts its beats in a row of its own while it holds leases. Whoever
 * watches judges by its own clock how long a count has stood still, so that a clock that jumps kills nobody.
 */
export class Owners {
  readonly #database: Database
  readonly #table: string
  readonly #name = randomUUID()
  readonly #watches = new Map<string, Watch>()
  #askedAt = 0
  #beaten: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(database: Database, schema: string) {
    this.#database = database
    this.#table = `${schema}.owners`
  }

  /** the name of this process, which beats from now on */
  async self(): Promise<string> {
    this.#askedAt = performance.now()
    // before the lease is written: nobody may see an owner that has never beaten
    await (this.#beaten ??= this.#begin())
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
      `select beat::text, ended::text from ${this.#table} where owner = $1::text`,
      [owner]
    )
    if (row === undefined) return undefined
    if (row["ended"] === "true") return false
    const { silent } = this.#watched(owner, String(row["beat"]))
    return silent < silence ? true : silent < death ? undefined : false
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    if (this.#beaten === undefined) return
    await this.#beaten.catch(() => {})
    await this.#database
      .write(`update ${this.#table} set ended = true, beaten_at = clock_timestamp() where owner = $1::text`, [
        this.#name
      ])
      .catch(() => {
        // others see that it is silent
      })
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
      await this.#beat()
      // rows of the dead: nobody asks for an owner after a day
      await this.#database.write(
        `delete from ${this.#table} where owner in (
           select owner from ${this.#table} where beaten_at < clock_timestamp() - interval '1 day'
           limit 100 for update skip locked
         )`,
        []
      )
    } catch (error) {
      this.#beaten = undefined
      throw error
    }
    this.#schedule()
  }

  #schedule(): void {
    if (this.#closed) return
    this.#timer = setTimeout(() => {
      if (performance.now() - this.#askedAt > idleAfter) {
        this.#beaten = undefined
        return
      }
      this.#beat()
        .catch(() => {})
        .finally(() => this.#schedule())
    }, beatEvery)
    // a sign of life is no reason to live
    this.#timer.unref()
  }

  async #beat(): Promise<void> {
    await this.#database.write(
      `insert into ${this.#table} as kept (owner, beat, beaten_at) values ($1::text, 1, clock_timestamp())
       on conflict (owner) do update set beat = kept.beat + 1, beaten_at = excluded.beaten_at`,
      [this.#name]
    )
  }
}
