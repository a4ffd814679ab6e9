import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Random from "effect/Random"
import type { DatabaseSync } from "node:sqlite"
import { systemClock } from "../../application/clock.ts"
import * as Result from "../../config/Result.ts"
import type { StoreUnavailable } from "../../errors/Reason.ts"
import type { SageAuthError } from "../../errors/SageAuthError.ts"
import { storeUnavailable } from "../storeUnavailable.ts"

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
