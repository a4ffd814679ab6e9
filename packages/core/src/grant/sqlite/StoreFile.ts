import { statSync } from "node:fs"
import type * as Sqlite from "node:sqlite"
import type { DatabaseSync, StatementSync } from "node:sqlite"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { StoreUnavailable } from "../../errors/Reason.ts"
import type { SageAuthError } from "../../errors/SageAuthError.ts"
import type { StoreEffect } from "../GrantStore.ts"
import { storeUnavailable } from "../storeUnavailable.ts"
import { attempt, openDatabase, type SqliteFile } from "./database.ts"
import type { parametersOf } from "./rows.ts"

type Column = keyof ReturnType<typeof parametersOf>

const columns: ReadonlyArray<Column> = [
  "family",
  "state",
  "cause",
  "version",
  "key_id",
  "lease_owner",
  "lease_fence",
  "lease_beat",
  "fence",
  "intent_id",
  "intent_owner",
  "intent_hash",
  "intent_replayed",
  "grant_expires_at",
  "due_at",
  "sealed"
]

const ofKey = "surface = :surface and connection = :connection and tenant = :tenant"

/**
 * The statements of a grant store.
 *
 * Those that write and give something back are to be run with `all()`: `get()` stops at the first row, so the commit
 * happens when it resets the statement, and an error of that commit, such as a full disk, is not thrown.
 */
const prepareStatements = (database: DatabaseSync) => ({
  read: database.prepare(`select * from grants where ${ofKey}`),
  revision: database.prepare(`select revision from grants where ${ofKey}`),
  insert: database.prepare(
    `insert into grants (surface, connection, tenant, revision, sealed_at, ${columns.join(", ")})
     values (:surface, :connection, :tenant, (select highest_removed + 1 from revisions), :now,
       ${columns.map((column) => `:${column}`).join(", ")})
     on conflict do nothing returning revision, sealed_at`
  ),
  update: database.prepare(
    `update grants set revision = revision + 1,
       sealed_at = case when :keep_age = 1 or sealed = :sealed then sealed_at else :now end,
       ${columns.map((column) => `${column} = :${column}`).join(", ")}
     where ${ofKey} and revision = :revision returning revision, sealed_at`
  ),
  remove: database.prepare(`delete from grants where ${ofKey} and revision = :revision returning *`),
  dropExpired: database.prepare("delete from once where expires_at <= :now"),
  put: database.prepare(
    "insert into once (id, sealed, expires_at) values (:id, :sealed, :expires_at) on conflict do nothing"
  ),
  look: database.prepare("select sealed from once where id = :id and :now < expires_at"),
  take: database.prepare("delete from once where id = :id returning sealed, expires_at"),
  meterAdd: database.prepare(
    `insert into meters values (:company, :month, :transactions)
     on conflict do update set transactions = transactions + excluded.transactions returning transactions`
  ),
  meterSet: database.prepare(
    `insert into meters values (:company, :month, :transactions)
     on conflict do update set transactions = excluded.transactions`
  ),
  meterRead: database.prepare("select transactions from meters where company = :company and month = :month"),
  dataVersion: database.prepare("pragma data_version")
})

/** Statements by their text, each prepared once. */
const preparedBy = (database: DatabaseSync): ((sql: string) => StatementSync) => {
  const known = new Map<string, StatementSync>()
  return (sql) => {
    let statement = known.get(sql)
    if (statement === undefined) known.set(sql, (statement = database.prepare(sql)))
    return statement
  }
}

/** A database file as it was opened. */
export interface OpenedFile {
  readonly database: Sqlite.DatabaseSync
  readonly statements: ReturnType<typeof prepareStatements>
  readonly prepared: ReturnType<typeof preparedBy>
  /** which file it was then */
  readonly found: FileIdentity | undefined
}

/** What is at a path. */
interface FileIdentity {
  /** which file it is, whatever its path: device and inode */
  readonly identity: string
  /** in bytes */
  readonly size: bigint
}

const lookAt = (file: string): FileIdentity | undefined => {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false })
  return found === undefined ? undefined : { identity: `${found.dev}:${found.ino}`, size: found.size }
}

const openAs = (
  path: string,
  busyTimeout: number
): Effect.Effect<
  { readonly sqlite: typeof Sqlite; readonly target: SqliteFile; readonly opened: OpenedFile },
  SageAuthError<StoreUnavailable>,
  Scope.Scope
> =>
  Effect.gen(function* () {
    const { database, sqlite, target } = yield* openDatabase(path, busyTimeout)
    const opened = yield* attempt(target, () => ({
      database,
      statements: prepareStatements(database),
      prepared: preparedBy(database),
      found: lookAt(target.file)
    }))
    return { sqlite, target, opened }
  })

const cutOff = (file: string) =>
  storeUnavailable({
    message: `the grant store ${file} was cut off or overwritten while it was in use`,
    code: "STORE_REPLACED",
    remedy:
      "Put another file in its place, restored from a backup. Until then this process keeps what it receives in its memory: do not stop it before, or those tenants have to consent again."
  })

/**
 * The file of a store, which has to be the one at its path. A process that goes on with a file that somebody has
 * deleted or replaced writes to a place that is never read again. Every grant that it renews is lost at its next start.
 *
 * So the path is looked at before each write. A missing file fails the write and is not made anew: it may be restored.
 * Another file in its place is opened instead. So is one that has become shorter: it was cut off, or another one was
 * written into it. The pages that SQLite has in memory would hide that. When SQLite closes a file that was moved, it
 * leaves the files at the path alone (`SQLITE_FCNTL_HAS_MOVED`).
 */
export class StoreFile {
  readonly sqlite: typeof Sqlite
  readonly target: SqliteFile
  readonly #scope: Scope.Scope
  #opened: OpenedFile
  /** how long the file has been; it shrinks by nothing that this library does */
  #longest: bigint
  #opening: Deferred.Deferred<void, SageAuthError<StoreUnavailable>> | undefined
  #incarnation = 0

  private constructor(sqlite: typeof Sqlite, target: SqliteFile, opened: OpenedFile, scope: Scope.Scope) {
    this.sqlite = sqlite
    this.target = target
    this.#opened = opened
    this.#longest = opened.found?.size ?? 0n
    this.#scope = scope
  }

  /** opens the file, which is created if need be; closed with the scope */
  static open(
    path: string,
    busyTimeout: number
  ): Effect.Effect<StoreFile, SageAuthError<StoreUnavailable>, Scope.Scope> {
    return Effect.gen(function* () {
      const { opened, sqlite, target } = yield* openAs(path, busyTimeout)
      return new StoreFile(sqlite, target, opened, yield* Effect.scope)
    })
  }

  /** the file as it is open now */
  get now(): OpenedFile {
    return this.#opened
  }

  /** how often another file was found at the path since the store was opened */
  get incarnation(): number {
    return this.#incarnation
  }

  read<A>(use: (opened: OpenedFile) => A): StoreEffect<A> {
    return attempt(this.target, () => use(this.#opened))
  }

  write<A>(use: (opened: OpenedFile) => A): StoreEffect<A> {
    const tried = attempt(this.target, () => (this.#isInPlace() ? { written: use(this.#opened) } : undefined))
    return Effect.gen({ self: this }, function* () {
      while (true) {
        const done = yield* tried
        if (done !== undefined) return done.written
        yield* this.#openOnce()
      }
    })
  }

  #isInPlace(found = lookAt(this.target.file)): boolean {
    if (found?.identity !== this.#opened.found?.identity || (found !== undefined && found.size < this.#longest)) {
      return false
    }
    this.#longest = found?.size ?? 0n
    return true
  }

  /** one caller opens it, and the others wait for what becomes of that */
  #openOnce(): StoreEffect<void> {
    return Effect.suspend(() => {
      if (this.#opening !== undefined) return Deferred.await(this.#opening)
      const opening = Deferred.makeUnsafe<void, SageAuthError<StoreUnavailable>>()
      this.#opening = opening
      return Effect.onExit(this.#openAgain, (exit) =>
        Effect.sync(() => {
          this.#opening = undefined
          // an interruption is no failure: the others open it
          const over = Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause) ? Exit.void : exit
          Deferred.doneUnsafe(opening, over)
        })
      )
    })
  }

  readonly #openAgain: StoreEffect<void> = Effect.gen({ self: this }, function* () {
    const { busyTimeout, file } = this.target
    const found = yield* attempt(this.target, () => lookAt(file))
    // a caller who came before has opened it meanwhile
    if (this.#isInPlace(found)) return
    if (found === undefined) {
      return yield* Effect.fail(
        storeUnavailable({
          message: `the grant store ${file} was deleted or moved while it was in use`,
          code: "STORE_REPLACED",
          remedy:
            "Put the file back, or restore it from a backup. Until then this process keeps what it receives in its memory: do not stop it before, or those tenants have to consent again."
        })
      )
    }
    // a file that was emptied would be locked until the end of the wait, and by the one that is open here
    if (found.size === 0n && found.identity === this.#opened.found?.identity) return yield* Effect.fail(cutOff(file))
    const scope = yield* Scope.fork(this.#scope)
    const { opened } = yield* Scope.provide(openAs(file, busyTimeout), scope).pipe(
      Effect.tap(({ opened }) => this.#isWhole(opened)),
      // one that cannot be used is not kept open
      Effect.onError(() => Scope.close(scope, Exit.void))
    )
    this.#opened = opened
    this.#longest = opened.found?.size ?? 0n
    this.#incarnation++
  })

  /** what was cut off in the middle opens, and is found out by reading all of it */
  #isWhole({ database }: OpenedFile): StoreEffect<void> {
    const { file } = this.target
    return Effect.flatMap(
      attempt(this.target, () => database.prepare("pragma quick_check(1)").get()?.["quick_check"]),
      (checkResult) => (checkResult === "ok" ? Effect.void : Effect.fail(cutOff(file)))
    )
  }
}
