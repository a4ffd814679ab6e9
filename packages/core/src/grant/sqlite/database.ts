import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import { closeSync, mkdirSync, openSync, realpathSync } from "node:fs"
import { dirname, resolve } from "node:path"
import type * as Sqlite from "node:sqlite"
import type { DatabaseSync } from "node:sqlite"
import type { StoreUnavailable } from "../../errors/Reason.ts"
import type { SageAuthError } from "../../errors/SageAuthError.ts"
import { storeUnavailable } from "../storeUnavailable.ts"
import { systemClock } from "../../application/clock.ts"
import * as Result from "../../config/Result.ts"

interface Meaning {
  /** SQLite's name for it, see sqlite.org, Result and Error Codes */
  readonly code: string
  /** what is said after the file's name */
  readonly problem: string
  readonly remedy: string
  readonly retryable: boolean
}

const busy: Meaning = {
  code: "SQLITE_BUSY",
  problem: "has been locked by another process for too long",
  remedy:
    "Find the process that keeps a transaction on the file open, such as a backup or a shell, or raise `busyTimeout`.",
  retryable: true
}

const meanings: { readonly [code: number]: Meaning } = {
  5: busy,
  15: busy,
  8: {
    code: "SQLITE_READONLY",
    problem: "cannot be written: the file or its directory is read-only for this process",
    remedy: "Give the user of this process write access to the file and to its directory.",
    retryable: true
  },
  10: {
    code: "SQLITE_IOERR",
    problem: "could not be read or written: its disk is full, failing or away, or a limit on file sizes was reached",
    remedy: "Look at the disk, its free space and the limits of this process. What was stored before is kept.",
    retryable: true
  },
  11: {
    code: "SQLITE_CORRUPT",
    problem: "is damaged",
    remedy:
      "Stop every process that uses the file. Keep a copy of it and of its -wal file. Restore it from a backup, or read what is left with `.recover` of the sqlite3 shell.",
    retryable: false
  },
  13: {
    code: "SQLITE_FULL",
    problem: "could not be written: its disk is full",
    remedy: "Free space on that disk. What was stored before is kept.",
    retryable: true
  },
  14: {
    code: "SQLITE_CANTOPEN",
    problem: "cannot be opened: it is a directory, or this process may not read and write it",
    remedy: "Name a file, in a directory that the user of this process may write.",
    retryable: false
  },
  26: {
    code: "SQLITE_NOTADB",
    problem: "is not a SQLite database",
    remedy: "Name a file of its own for the grant store, or restore this one from a backup. It was left as it is.",
    retryable: false
  }
}

const files: { readonly [code: string]: string } = {
  EACCES: "this process may not write there",
  EPERM: "this process may not write there",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  ENOTDIR: "a part of its path is a file, not a directory",
  EEXIST: "a part of its path is a file, not a directory",
  EISDIR: "it is a directory",
  ENOENT: "its directory does not exist"
}

/** The primary result code of an error of `node:sqlite`; undefined for any other. */
export const sqliteCode = (error: unknown): number | undefined =>
  Predicate.hasProperty(error, "errcode") && Predicate.isNumber(error.errcode) ? error.errcode & 0xff : undefined

const platformCode = (error: unknown): string | undefined =>
  Predicate.hasProperty(error, "code") && Predicate.isString(error.code) ? error.code : undefined

/** Whether somebody else holds a lock that this needs: to be tried again. */
export const isBusy = (error: unknown): boolean => {
  const code = sqliteCode(error)
  return code === 5 || code === 15
}

/** What an error of `node:sqlite` or `node:fs` means for the file of a grant store. It is told and then dropped. */
export const sqliteFailure = (file: string, error: unknown): SageAuthError<StoreUnavailable> => {
  const number = sqliteCode(error)
  const meaning = number === undefined ? undefined : meanings[number]
  if (meaning !== undefined) {
    const { problem, ...rest } = meaning
    return storeUnavailable({ ...rest, message: `the grant store ${file} ${problem}` })
  }
  const code = platformCode(error)
  if (number === undefined && code === "ERR_INVALID_STATE") {
    return storeUnavailable({
      message: `the grant store ${file} was closed`,
      remedy: "Use the store before its scope closes, or open another one.",
      retryable: false
    })
  }
  const why = code === undefined ? undefined : files[code]
  return storeUnavailable({
    message: `the grant store ${file} cannot be used${why === undefined ? "" : `: ${why}`}`,
    code: number === undefined ? code : `SQLITE_${number}`,
    remedy: "Check that the path names a file on a local disk that the user of this process may read and write."
  })
}

/**
 * Runs statements as one: all of them are kept, or none. The write lock is taken first, so no later one can be busy.
 */
export const transaction = <A>(database: DatabaseSync, use: () => A): A => {
  database.exec("begin immediate")
  try {
    const result = use()
    database.exec("commit")
    return result
  } catch (error) {
    // a full disk or a failing one has ended the transaction by itself
    if (database.isTransaction) database.exec("rollback")
    throw error
  }
}

/** The file that is worked on, and for how many milliseconds a lock of somebody else is waited for. */
export interface SqliteFile {
  readonly file: string
  readonly busyTimeout: number
}

const pause = (tries: number): Effect.Effect<void> =>
  Effect.flatMap(Random.nextBetween(1, 1 + Math.min(20, 2 + tries)), Effect.sleep)

/**
 * Does something with SQLite, again and again while another process holds the lock that it needs.
 *
 * The wait is here and not in SQLite's busy handler. That one would block the event loop, and with it the signs of life
 * of every lease in this process. `use` must leave nothing behind when it throws.
 */
export const attempt = <A>(target: SqliteFile, use: () => A): Effect.Effect<A, SageAuthError<StoreUnavailable>> =>
  Effect.gen(function* () {
    const started = systemClock.currentTimeMillisUnsafe()
    for (let tries = 0; ; tries++) {
      const result = Result.try({ try: use, catch: (error) => error })
      if (Result.isSuccess(result)) return result.success
      if (!isBusy(result.failure) || systemClock.currentTimeMillisUnsafe() - started >= target.busyTimeout) {
        return yield* Effect.fail(sqliteFailure(target.file, result.failure))
      }
      yield* pause(tries)
    }
    // real time on purpose: what is waited for is another process, which no movable clock moves
  }).pipe(Effect.provideService(Clock.Clock, systemClock))

// "SAGE": tells the file from any other SQLite database, see sqlite.org, PRAGMA application_id.
const applicationId = 0x53414745

/**
 * The steps from an empty file to today's schema. A step that was published is never changed: another one is added.
 *
 * Each order of a listing has its index, see `rows.ts`. Times are `real`, since a clock may count fractions of a
 * millisecond. `revisions` remembers the highest revision of all removed rows, so that a row that is written again goes
 * on from there.
 */
export const migrations: ReadonlyArray<string> = [
  `
  create table grants (
    surface text not null,
    connection text not null,
    tenant text not null,
    revision integer not null,
    family text not null,
    state text not null
      check (state in ('connected', 'pairing', 'in-doubt', 'reauthorization-required', 'disconnected')),
    cause text check (cause in ('Revoked', 'Expired', 'Superseded', 'RotationInDoubt', 'NeverAuthorized')),
    version integer not null,
    key_id text not null,
    lease_owner text,
    lease_fence integer,
    lease_beat integer,
    fence integer not null,
    intent_id text,
    intent_owner text,
    intent_hash text,
    intent_replayed integer check (intent_replayed in (0, 1)),
    grant_expires_at real,
    due_at real,
    sealed_at real not null,
    sealed text not null,
    primary key (surface, connection, tenant),
    check ((lease_owner is null) = (lease_fence is null) and (lease_owner is null) = (lease_beat is null)),
    check (
      (intent_id is null) = (intent_owner is null)
      and (intent_id is null) = (intent_hash is null)
      and (intent_id is null) = (intent_replayed is null)
    )
  ) strict;
  create index grants_by_state on grants (state, surface, connection, tenant);
  create index grants_by_tenant on grants (tenant, surface, connection);
  create index grants_by_due_at on grants (due_at, surface, connection, tenant) where due_at is not null;
  create index grants_by_key_id on grants (key_id, surface, connection, tenant);
  create table revisions (highest_removed integer not null) strict;
  insert into revisions values (0);
  create trigger grants_removed after delete on grants begin
    update revisions set highest_removed = max(highest_removed, old.revision);
  end;
  create table once (
    id text primary key not null,
    sealed text not null,
    expires_at real not null
  ) strict;
  create index once_by_expires_at on once (expires_at);
  create table meters (
    company text not null,
    month text not null,
    transactions real not null,
    primary key (company, month)
  ) strict;
  `,
  // finds what a clock that ran ahead has left, see `rows.ts`
  "create index grants_by_sealed_at on grants (sealed_at) where due_at is not null;"
]

const pragma = (database: DatabaseSync, name: string): number =>
  Number(Object.values(database.prepare(`pragma ${name}`).get() ?? {})[0])

const tables = (database: DatabaseSync): number =>
  Number(database.prepare("select count(*) as count from sqlite_schema").get()?.["count"])

/** What keeps a file from being used as a grant store; undefined: nothing does. To be asked within a transaction. */
const objection = (
  database: DatabaseSync,
  file: string,
  newest: number
): SageAuthError<StoreUnavailable> | undefined => {
  const version = pragma(database, "user_version")
  const foreign = pragma(database, "application_id") !== applicationId && (version !== 0 || tables(database) > 0)
  if (foreign) {
    return storeUnavailable({
      message: `the file ${file} is the database of another application`,
      remedy: "Name a file of its own for the grant store. This one was left as it is.",
      retryable: false
    })
  }
  if (version > newest) {
    return storeUnavailable({
      message: `the grant store ${file} has schema version ${version}; this release of @sage-auth/core knows versions up to ${newest}`,
      remedy: "Update @sage-auth/core in every process that uses the file. It was left as it is.",
      retryable: false
    })
  }
  return undefined
}

/** Looks at a file before anything in it is changed. */
const inspect = (database: DatabaseSync, file: string): SageAuthError<StoreUnavailable> | undefined => {
  database.exec("begin")
  try {
    return objection(database, file, migrations.length)
  } finally {
    database.exec("rollback")
  }
}

/** Brings the schema up to date. Of several processes one does it, the others wait and find it done. */
export const migrate = (
  database: DatabaseSync,
  file: string,
  now: number,
  steps: ReadonlyArray<string> = migrations
): SageAuthError<StoreUnavailable> | undefined =>
  transaction(database, () => {
    const refused = objection(database, file, steps.length)
    const version = pragma(database, "user_version")
    if (refused !== undefined || version === steps.length) return refused
    database.exec(
      "create table if not exists migrations (version integer primary key, applied_at real not null) strict"
    )
    const note = database.prepare("insert into migrations values (?, ?)")
    for (const [index, step] of steps.entries()) {
      if (index < version) continue
      database.exec(step)
      note.run(index + 1, now)
    }
    database.exec(`pragma application_id = ${applicationId}; pragma user_version = ${steps.length}`)
    return undefined
  })

/** An open database and what it was opened with. */
export interface OpenDatabase {
  readonly sqlite: typeof Sqlite
  readonly database: Sqlite.DatabaseSync
  readonly target: SqliteFile
}

const load: Effect.Effect<typeof Sqlite, SageAuthError<StoreUnavailable>> = Effect.tryPromise({
  try: () => import("node:sqlite"),
  catch: () =>
    storeUnavailable({
      message: `Node ${process.versions.node} has no node:sqlite, which the SQLite grant store needs`,
      remedy: "Use Node 22.19 or newer, or another grant store.",
      retryable: false
    })
})

/**
 * Creates a file for this user alone, unless it is there. This is the only time that the file is opened outside SQLite,
 * and then it is new. Closing any descriptor of a file drops the locks that this process holds on it (POSIX,
 * `fcntl`). SQLite gives its -wal and -shm files the mode of the database.
 */
export const createPrivate = (file: string): void => {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  try {
    closeSync(openSync(file, "wx", 0o600))
  } catch (error) {
    if (!Predicate.hasProperty(error, "code") || error.code !== "EEXIST") throw error
  }
}

const refuse = (refused: SageAuthError<StoreUnavailable> | undefined) =>
  refused === undefined ? Effect.void : Effect.fail(refused)

const close = (database: Sqlite.DatabaseSync) =>
  Effect.sync(() => {
    if (database.isOpen) database.close()
  })

/** Opens the database file of a grant store, which is created if need be. Closed with the scope. */
export const openDatabase = (
  path: string,
  busyTimeout: number
): Effect.Effect<OpenDatabase, SageAuthError<StoreUnavailable>, Scope.Scope> =>
  Effect.gen(function* () {
    if (path === "" || path === ":memory:") {
      return yield* Effect.fail(
        storeUnavailable({
          message: "the SQLite grant store needs a file: its path is empty or `:memory:`",
          remedy: 'Name a file, or use the store `"memory:"`.',
          retryable: false
        })
      )
    }
    const sqlite = yield* load
    const asked = resolve(path)
    // what lies beside the file must be found by every process, by whatever links it came here
    const file = yield* attempt({ file: asked, busyTimeout }, () => {
      createPrivate(asked)
      return realpathSync(asked)
    })
    const target: SqliteFile = { file, busyTimeout }
    const database = yield* Effect.acquireRelease(
      attempt(target, () => new sqlite.DatabaseSync(file, { timeout: 0 })),
      close
    )
    yield* refuse(yield* attempt(target, () => inspect(database, file)))
    const mode = yield* attempt(target, () => database.prepare("pragma journal_mode = wal").get()?.["journal_mode"])
    if (mode !== "wal") {
      return yield* Effect.fail(
        storeUnavailable({
          message: `the grant store ${file} lies on a file system that cannot share memory between processes`,
          remedy: "Move the file to a local disk.",
          retryable: false
        })
      )
    }
    // a commit is on the disk when it returns: what a server rotated must survive a power cut
    yield* attempt(target, () => database.exec("pragma synchronous = full"))
    const now = yield* Clock.currentTimeMillis
    yield* refuse(yield* attempt(target, () => migrate(database, file, now)))
    return { sqlite, database, target }
  })
