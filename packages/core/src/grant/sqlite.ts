import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { timer } from "../application/clock.ts"
import type { StoreUnavailable } from "../errors/Reason.ts"
import type { SageAuthError } from "../errors/SageAuthError.ts"
import {
  ageOf,
  type GrantKey,
  type GrantRow,
  GrantStore,
  MeterStore,
  OnceStore,
  type StoreEffect
} from "./GrantStore.ts"
import { boundsOf, pageOf, Waiters, withKey, withTexts } from "./storeSupport.ts"
import { Owners } from "./sqlite/Owners.ts"
import { type OpenedFile, StoreFile } from "./sqlite/StoreFile.ts"
import { attempt, transaction } from "./sqlite/database.ts"
import { type Columns, keyOfColumns, listingOf, orderOf, parametersOf, rowOf } from "./sqlite/rows.ts"
import { storeUnavailable } from "./storeUnavailable.ts"

/** Where the grants are kept. */
export interface SqliteOptions {
  /** the database file; it and its directory are created if need be. On a local disk, never on a network share */
  readonly path: string
  /** milliseconds that a lock of another process is waited for; default 10,000. The event loop is never blocked */
  readonly busyTimeout?: number | undefined
}

/** The result, or something else if this throws. */
const unless = <A, B>(use: () => A, otherwise: B): A | B => {
  try {
    return use()
  } catch {
    return otherwise
  }
}

/** How often the file is asked for writes of other processes while somebody waits for one, in milliseconds. */
const pollInterval = 25

/**
 * Grants in a SQLite file, through Node's own `node:sqlite`. They outlive the process, and several processes of one
 * machine may share the file. Building the layer opens the file, creates it (mode 0600) or migrates it. Closing the
 * scope closes it. It fails with `StoreUnavailable`, which names the file, when it cannot be used.
 *
 * Beside the file lie its `-wal` and `-shm`, and `<path>.owners/`. There each process keeps a lock that tells the
 * others that it lives. While the store is in use, open the file with SQLite only, and neither move nor replace it.
 * Back it up with `VACUUM INTO` or the sqlite3 shell's `.backup`, not with a copy. A store whose file was deleted or
 * replaced fails with `StoreUnavailable` at the next write. It is opened again when there is a file.
 *
 * Node 22 prints an `ExperimentalWarning` when SQLite is first used; Node 24.21 and newer print none. To silence it,
 * start Node with `--disable-warning=ExperimentalWarning`.
 *
 * @category stores
 */
export const layerGrantStoreSqlite = (
  options: SqliteOptions
): Layer.Layer<GrantStore | OnceStore | MeterStore, SageAuthError<StoreUnavailable>> =>
  Layer.effectContext(open(options))

const open = (
  options: SqliteOptions
): Effect.Effect<Context.Context<GrantStore | OnceStore | MeterStore>, SageAuthError<StoreUnavailable>, Scope.Scope> =>
  Effect.gen(function* () {
    const file = yield* StoreFile.open(options.path, options.busyTimeout ?? 10_000)
    const { target } = file
    const owners = new Owners(file.sqlite, `${target.file}.owners`)

    const revisionOf = ({ connection, surface, tenant }: GrantKey): number =>
      Number(file.now.statements.revision.get({ surface, connection, tenant })?.["revision"] ?? 0)

    // data_version changes with every commit of another connection, and never with one of this
    const versionNow = () => file.now.statements.dataVersion.get()?.["data_version"]
    let dataVersion: unknown
    let stopPolling: (() => void) | undefined
    const look = () => {
      const version = versionNow()
      if (version === dataVersion) return
      for (const key of waiters.keys()) waiters.tell(key, revisionOf(key))
      dataVersion = version
    }
    // real time: what is waited for is another process
    const poll = () => {
      stopPolling = timer(pollInterval, () => {
        // a look that fails is repeated; a waiter finds out for itself when it reads
        unless(look, undefined)
        poll()
      })
    }
    const waiters = new Waiters({
      onFirst: () => {
        dataVersion = unless(versionNow, undefined)
        poll()
      },
      onLast: () => stopPolling?.()
    })

    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        stopPolling?.()
        owners.release()
        waiters.tellAll()
      })
    )

    const writingNow = <A>(use: (opened: OpenedFile, now: number) => A): StoreEffect<A> =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => file.write((opened) => use(opened, now)))
    const decoded = (columns: Columns, now: number): StoreEffect<GrantRow> => {
      const row = rowOf(columns, now)
      return row === undefined
        ? Effect.fail(
            storeUnavailable({
              key: keyOfColumns(columns),
              message: `the record of this grant in ${target.file} is damaged: it was not written by this library`,
              remedy:
                "Restore the file from a backup, or correct the row with the sqlite3 shell. The other grants are not affected, and nothing was removed.",
              retryable: false
            })
          )
        : Effect.succeed(row)
    }

    const grants = GrantStore.of({
      durable: true,
      incarnation: () => file.incarnation,
      now: Clock.currentTimeMillis,
      read: (key) => {
        const { connection, surface, tenant } = key
        return withKey(
          key,
          Effect.gen(function* () {
            const found = yield* file.read(({ statements }) => statements.read.get({ surface, connection, tenant }))
            return found && (yield* decoded(found, yield* Clock.currentTimeMillis))
          })
        )
      },
      compareAndSet: (key, revision, next, options) => {
        const { connection, surface, tenant } = key
        const id = { surface, connection, tenant }
        return withKey(
          key,
          Effect.gen(function* () {
            const now = yield* Clock.currentTimeMillis
            if (next === undefined) {
              if (revision === undefined) return undefined
              const [removed] = yield* file.write(({ statements }) => {
                const rows = statements.remove.all({ ...id, revision })
                if (rows.length > 0) waiters.tell(id, 0)
                return rows
              })
              return removed && (yield* decoded(removed, now))
            }
            const parameters = { ...id, ...parametersOf(next), now }
            const keepAge = Number(options?.keepAge === true)
            return yield* file.write(({ statements }): GrantRow | undefined => {
              const [written] =
                revision === undefined
                  ? statements.insert.all(parameters)
                  : statements.update.all({ ...parameters, revision, keep_age: keepAge })
              if (written === undefined) return undefined
              const stored = Number(written["revision"])
              waiters.tell(id, stored)
              return { ...next, key: id, revision: stored, age: ageOf(Number(written["sealed_at"]), now) }
            })
          })
        )
      },
      list: (filter) =>
        Effect.gen(function* () {
          const order = orderOf(filter)
          const bounds = yield* boundsOf(filter, order.columns.length)
          const now = yield* Clock.currentTimeMillis
          const { parameters, sql } = listingOf(filter, order, bounds, now)
          const found = yield* file.read(({ prepared }) => prepared(sql).all(parameters))
          return pageOf(yield* Effect.forEach(found, (columns) => decoded(columns, now)), bounds, order.positionOf)
        }),
      changed: (key, revision, milliseconds) =>
        waiters.wait(key, revision, milliseconds, () => unless(() => revisionOf(key), revision)),
      owner: attempt(target, () => {
        // throws once the store is closed: a name is held until then
        versionNow()
        return owners.hold()
      }),
      alive: (owner) => attempt(target, () => owners.alive(owner))
    })
    const once = OnceStore.of({
      put: (id, sealed, expiresAt) =>
        withTexts(
          { id },
          writingNow(({ database, statements }, now) =>
            transaction(database, () => {
              statements.dropExpired.run({ now })
              return statements.put.run({ id, sealed, expires_at: expiresAt }).changes === 1
            })
          )
        ),
      read: (id) =>
        withTexts(
          { id },
          Effect.flatMap(Clock.currentTimeMillis, (now) =>
            file.read(({ statements }) => {
              const found = statements.look.get({ id, now })
              return found && String(found["sealed"])
            })
          )
        ),
      take: (id) =>
        withTexts(
          { id },
          writingNow(({ statements }, now) => {
            const [taken] = statements.take.all({ id })
            return taken !== undefined && now < Number(taken["expires_at"]) ? String(taken["sealed"]) : undefined
          })
        )
    })
    const meters = MeterStore.of({
      add: (company, month, transactions) =>
        withTexts(
          { company, month },
          file.write(({ statements }) =>
            Number(statements.meterAdd.all({ company, month, transactions })[0]?.["transactions"])
          )
        ),
      set: (company, month, transactions) =>
        withTexts(
          { company, month },
          file.write(({ statements }) => {
            statements.meterSet.run({ company, month, transactions })
          })
        ),
      read: (company, month) =>
        withTexts(
          { company, month },
          file.read(({ statements }) => Number(statements.meterRead.get({ company, month })?.["transactions"] ?? 0))
        )
    })
    return Context.make(GrantStore, grants).pipe(Context.add(OnceStore, once), Context.add(MeterStore, meters))
  })
