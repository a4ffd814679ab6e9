import { randomUUID } from "node:crypto"
import { existsSync, readdirSync, statSync, unlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type * as Sqlite from "node:sqlite"
import { day } from "../../config/duration.ts"
import { createPrivate, isBusy, sqliteCode } from "./database.ts"

interface OwnerLock {
  readonly id: string
  readonly file: string
  readonly database: Sqlite.DatabaseSync
}

const suffix = ".lock"
/** a note beside the locks: the owner of that name has ended */
const ended = ".ended"
/** how long such a note is kept, in milliseconds: far longer than anybody waits for an owner */
const keepNotes = day
const names = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const cannotOpen = 14

/** How many files of dead processes are removed at once: the event loop waits for it. */
const sweepAtMost = 200

/**
 * Which processes live, told by the kernel: each owner keeps an exclusive transaction open on a file of its own, and
 * its lock ends with the process, however that ends. A process whose event loop is blocked keeps it.
 *
 * A file is only removed by the one that holds its lock, and an owner that has its lock looks whether the file is still
 * there. So a lock is never held on a file that others no longer find. A lock that was removed leaves a note. Where
 * both are missing, something else has removed them. Whether the owner lives is then unknown.
 */
export class Owners {
  readonly #sqlite: typeof Sqlite
  readonly #directory: string
  #held: OwnerLock | undefined

  constructor(sqlite: typeof Sqlite, directory: string) {
    this.#sqlite = sqlite
    this.#directory = directory
  }

  /**
   * the name of this process; takes its lock when it is asked for the first time. Throws `SQLITE_BUSY` to be asked
   * again
   */
  hold(): string {
    // a cleaner of temporary files may have taken it away, and with it what others know of this process
    if (this.#held !== undefined && !existsSync(this.#held.file)) this.release()
    this.#held ??= this.#take()
    return this.#held.id
  }

  #take(): OwnerLock {
    this.#sweep()
    while (true) {
      const id = randomUUID()
      const file = this.#fileOf(id)
      createPrivate(file)
      const database = this.#lock(file)
      if (existsSync(file)) return { id, file, database }
      database.close()
    }
  }

  /**
   * whether the process of that name lives; undefined for a name that is not of this kind, or whose files are missing
   */
  alive(owner: string): boolean | undefined {
    if (!names.test(owner)) return undefined
    if (owner === this.#held?.id) return true
    const file = this.#fileOf(owner)
    if (!existsSync(file)) return this.#noted(owner)
    try {
      // read only, so that those who ask do not lock out each other
      const database = new this.#sqlite.DatabaseSync(file, { timeout: 0, readOnly: true })
      try {
        database.exec("select 1 from sqlite_schema")
        return false
      } finally {
        database.close()
      }
    } catch (error) {
      if (isBusy(error)) return true
      if (sqliteCode(error) === cannotOpen && !existsSync(file)) return this.#noted(owner)
      throw error
    }
  }

  #noted(owner: string): false | undefined {
    return existsSync(this.#noteOf(owner)) ? false : undefined
  }

  /** lets go of the name */
  release(): void {
    const held = this.#held
    this.#held = undefined
    if (held === undefined) return
    this.#remove(held.id, held.database)
  }

  #fileOf(id: string): string {
    return join(this.#directory, `${id}${suffix}`)
  }

  #noteOf(id: string): string {
    return join(this.#directory, `${id}${ended}`)
  }

  /** takes the lock, or throws */
  #lock(file: string): Sqlite.DatabaseSync {
    const database = new this.#sqlite.DatabaseSync(file, { timeout: 0 })
    try {
      // nothing is ever written to it: no journal beside it
      database.exec("pragma journal_mode = memory; begin exclusive")
      return database
    } catch (error) {
      database.close()
      throw error
    }
  }

  /** notes that an owner has ended and removes its file, whose lock is held; then gives the lock back */
  #remove(id: string, database: Sqlite.DatabaseSync): void {
    const file = this.#fileOf(id)
    try {
      // a file that was removed by hand leaves no note, so it is unknown whether its owner lives
      if (existsSync(file)) writeFileSync(this.#noteOf(id), "", { mode: 0o600 })
    } catch {
      // without the note others wait until the owner's lease has been silent for long enough
    }
    const unlink = () => {
      try {
        unlinkSync(file)
      } catch {
        // gone already, or still open: Windows keeps a file that anybody has open
      }
    }
    unlink()
    database.close()
    // where the first one failed, this one succeeds only if no other process has the file open
    if (process.platform === "win32") unlink()
  }

  /** removes what dead processes left */
  #sweep(): void {
    const names = existsSync(this.#directory) ? readdirSync(this.#directory) : []
    const left = (kind: string) => names.filter((name) => name.endsWith(kind)).slice(0, sweepAtMost)
    for (const name of left(suffix)) {
      try {
        this.#remove(name.slice(0, -suffix.length), this.#lock(join(this.#directory, name)))
      } catch {
        // its owner lives, or it is not ours to remove
      }
    }
    for (const name of left(ended)) {
      const note = join(this.#directory, name)
      try {
        // the file system's times on both sides, whatever clock the application has
        const { mtimeMs } = statSync(note)
        if (statSync(this.#directory).mtimeMs - mtimeMs > keepNotes) unlinkSync(note)
      } catch {
        // another process has removed it
      }
    }
  }
}
