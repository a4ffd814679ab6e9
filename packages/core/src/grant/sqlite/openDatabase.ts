import { closeSync, mkdirSync, openSync, realpathSync } from "node:fs"
import { dirname, resolve } from "node:path"
import type * as Sqlite from "node:sqlite"
import type { DatabaseSync } from "node:sqlite"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import type { StoreUnavailable } from "../../errors/Reason.ts"
import type { SageAuthError } from "../../errors/SageAuthError.ts"
import { storeUnavailable } from "../storeUnavailable.ts"
import { attempt, type SqliteFile, transaction } from "./attempt.ts"

// "SAGE": tells the file from any other SQLite database, see sqlite.org, PRAGMA application_id.
const applicationId = 0x53414745

/**
 * The steps from an empty file to today's schema. A step that was published is never changed: another one is added.
 *
 * Each order of a listing has its index, see `listing.ts`. Times are `real`, since a clock may count fractions of a
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
  // finds what a clock that ran ahead has left, see `listing.ts`
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
