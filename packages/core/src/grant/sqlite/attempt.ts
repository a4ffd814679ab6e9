import type { DatabaseSync } from "node:sqlite"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { systemClock } from "../../application/clock.ts"
import * as Result from "../../config/Result.ts"
import type { StoreUnavailable } from "../../errors/Reason.ts"
import type { SageAuthError } from "../../errors/SageAuthError.ts"
import { isBusy, sqliteFailure } from "./sqliteFailure.ts"

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
