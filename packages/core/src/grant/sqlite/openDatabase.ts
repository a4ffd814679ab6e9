import { closeSync, mkdirSync, openSync, realpathSync } from "node:fs"
import { dirname, resolve } from "node:path"
import type * as Sqlite from "node:sqlite"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import type { StoreUnavailable } from "../../errors/Reason.ts"
import type { SageAuthError } from "../../errors/SageAuthError.ts"
import { storeUnavailable } from "../storeUnavailable.ts"
import { attempt, type Target } from "./attempt.ts"
import { inspect, migrate } from "./migrations.ts"

/** An open database and what it was opened with. */
export interface Opened {
  readonly sqlite: typeof Sqlite
  readonly database: Sqlite.DatabaseSync
  readonly target: Target
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
 * and then it is new: closing any descriptor of a file drops the locks that this process holds on it (POSIX,
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
): Effect.Effect<Opened, SageAuthError<StoreUnavailable>, Scope.Scope> =>
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
    const target: Target = { file, busyTimeout }
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
