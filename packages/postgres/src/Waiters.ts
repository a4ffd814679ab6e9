import type { GrantKey } from "@sage-auth/core"
import type { Database } from "./Database.ts"
import { partsOf } from "./names.ts"

interface Waiter {
  readonly revision: number
  readonly wake: () => void
}

interface Waited {
  readonly parts: readonly [string, string, string]
  readonly waiters: Set<Waiter>
}

/** How often the database is asked for writes of other processes while somebody waits for one, in milliseconds. */
const pollEvery = 50

/** Rows that are asked for at once. */
const mostRows = 1_000

const idOf = (parts: ReadonlyArray<unknown>): string => JSON.stringify(parts)

/**
 * Who waits in this process for which row to have another revision. However many wait, one statement asks for all of
 * them, and none is sent while there is no waiter.
 */
export class Waiters {
  readonly #database: Database
  readonly #grants: string
  readonly #waited = new Map<string, Waited>()
  #polling = false

  constructor(database: Database, grants: string) {
    this.#database = database
    this.#grants = grants
  }

  /** wakes those who know another revision of a row that this process has written; 0: it was removed */
  tell(parts: ReadonlyArray<unknown>, revision: number): void {
    for (const waiter of Array.from(this.#waited.get(idOf(parts))?.waiters ?? [])) {
      if (waiter.revision !== revision) waiter.wake()
    }
  }

  /** wakes everybody */
  tellAll(): void {
    for (const { waiters } of Array.from(this.#waited.values())) for (const { wake } of Array.from(waiters)) wake()
  }

  /** see `changed` of the port */
  wait(key: GrantKey, revision: number, milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve()
      const parts = partsOf(key)
      const id = idOf(parts)
      const waited = this.#waited.get(id) ?? { parts, waiters: new Set<Waiter>() }
      const waiter: Waiter = {
        revision,
        wake: () => {
          clearTimeout(timer)
          signal.removeEventListener("abort", waiter.wake)
          waited.waiters.delete(waiter)
          if (waited.waiters.size === 0 && this.#waited.get(id) === waited) this.#waited.delete(id)
          resolve()
        }
      }
      const timer = setTimeout(waiter.wake, milliseconds)
      signal.addEventListener("abort", waiter.wake, { once: true })
      waited.waiters.add(waiter)
      this.#waited.set(id, waited)
      if (!this.#polling) void this.#poll()
    })
  }

  async #poll(): Promise<void> {
    this.#polling = true
    try {
      while (this.#waited.size > 0) {
        const waited = [...this.#waited.values()]
        for (let first = 0; first < waited.length; first += mostRows) {
          // what cannot be looked at now is looked at again; who waits finds out by reading when the time is over
          await this.#look(waited.slice(first, first + mostRows)).catch(() => {})
        }
        await new Promise((resolve) => setTimeout(resolve, pollEvery))
      }
    } finally {
      this.#polling = false
    }
  }

  async #look(waited: ReadonlyArray<Waited>): Promise<void> {
    const columns = [0, 1, 2].map((index) => waited.map(({ parts }) => parts[index]))
    const rows = await this.#database.read(
      `select coalesce(revision, 0)::text as revision
       from unnest($1::text[], $2::text[], $3::text[]) with ordinality as asked (surface, connection, tenant, place)
       left join ${this.#grants} using (surface, connection, tenant) order by place`,
      columns
    )
    for (const [index, row] of rows.entries()) this.tell(waited[index]?.parts ?? [], Number(row["revision"]))
  }
}
