import * as Effect from "effect/Effect"
import type { Application } from "../application/Application.ts"
import { week } from "../config/duration.ts"
import type { StoreUnavailable, Surface } from "../errors/Reason.ts"
import type { SageAuthError } from "../errors/SageAuthError.ts"
import { inSpan } from "../telemetry/instrumentation.ts"
import type { GrantRecord, GrantRow, GrantState, GrantStore } from "./GrantStore.ts"
import * as Result from "../config/Result.ts"
import type { Sealing } from "./Sealing.ts"

/** Renews one grant because it is due, unless somebody else has done so since. */
export interface KeptAlive {
  readonly surface: Surface
  readonly connection: string
  /** how many of its grants are renewed at a time, in each process */
  readonly concurrency: number
  readonly renewDue: (tenant: string) => Effect.Effect<void, SageAuthError>
}

/** What one pass has done. */
export interface KeepAlivePass {
  /** grants that were due */
  readonly due: number
  /** grants that were renewed */
  readonly renewed: number
  /** grants that could not be renewed */
  readonly failures: number
  /** the first 100 of them, and why; each is announced by an event as well */
  readonly failed: ReadonlyArray<{
    readonly connection: string
    readonly tenant: string
    readonly error: SageAuthError
  }>
}

/**
 * So many grants of a connection are renewed at a time where its options say nothing: 10,000 of a server that takes 100
 * ms for each are done in about a minute, and a server is asked for little at once.
 */
export const defaultConcurrency = 16

const pageSize = 100

/** Failures that a pass keeps: with a server that is away, each of 100,000 grants has one. */
const mostFailed = 100

/**
 * Renews every grant that is due, a few of each connection at a time. May run in every replica at once. A grant is
 * renewed once, and what is due is read from the store, so that a pass that was interrupted goes on where it ended.
 */
export const keepAlivePass = (
  application: Application,
  connections: ReadonlyArray<KeptAlive>
): Effect.Effect<KeepAlivePass, SageAuthError<StoreUnavailable>> =>
  Effect.gen(function* () {
    const { store } = yield* application.vault
    const now = yield* store.now
    const failed: Array<KeepAlivePass["failed"][number]> = []
    let due = 0
    let renewed = 0
    let failures = 0
    const renew = ({ connection, surface, renewDue }: KeptAlive) =>
      Effect.fnUntraced(function* ({ key: { tenant } }: GrantRow) {
        due++
        application.publish({ type: "keep-alive-due", surface, connection, tenant, at: application.now() })
        const done = yield* Effect.result(renewDue(tenant))
        if (done._tag === "Success") return void renewed++
        failures++
        if (failed.length < mostFailed) failed.push({ connection, tenant, error: done.failure })
      })
    const renewAll = Effect.fnUntraced(function* (kept: KeptAlive) {
      let after: string | undefined
      do {
        const { concurrency, connection, surface } = kept
        const page = yield* store.list({ surface, connection, dueBefore: now, limit: pageSize, after })
        yield* Effect.forEach(page.rows, renew(kept), { concurrency, discard: true })
        after = page.next
      } while (after !== undefined)
    })
    // side by side: servers of one connection that hang must not keep those of the next from being asked
    yield* Effect.forEach(connections, renewAll, { concurrency: "unbounded", discard: true })
    return { due, renewed, failures, failed }
  }).pipe(inSpan("sage-auth.keep-alive"))

/** Looks for grants that are due again and again, a little off the beat so that replicas do not look together. */
export const keepAliveLoop = (
  application: Application,
  connections: ReadonlyArray<KeptAlive>,
  lookEvery: number
): Effect.Effect<never> =>
  Effect.gen(function* () {
    while (true) {
      yield* Effect.sleep(lookEvery * (0.8 + application.random() * 0.4))
      // a store that is away is looked at again the next time
      yield* Effect.exit(keepAlivePass(application, connections))
    }
  })

/**
 * When a grant is to be renewed at the latest, in milliseconds from now: within half of its life and within the
 * configured `keepAlive.every`, and not all on one day.
 *
 * @param assumed the life of a grant whose server does not tell it, in milliseconds; default: without end
 */
export const dueWithin =
  (application: Application, assumed = Number.POSITIVE_INFINITY) =>
  (life: number | undefined): number => {
    const every = application.settings.keepAlive?.every ?? week
    return Math.min(every, (life ?? assumed) / 2) * (0.8 + application.random() * 0.2)
  }

/** Which of the store's grants are wanted. Everything given must hold. */
export interface StoredGrantFilter {
  /** of this connection */
  readonly connection?: string | undefined
  /** of this tenant */
  readonly tenant?: string | undefined
  /** in this state */
  readonly state?: GrantState | undefined
  /** at most so many on a page; default 100 */
  readonly limit?: number | undefined
  /** the `next` of the page before */
  readonly after?: string | undefined
}

/** What the store says of a grant, without opening what is sealed. */
export interface StoredGrant {
  /** the connection that it was given for; the configuration need not have it any more */
  readonly connection: string
  /** the surface of that connection */
  readonly surface: Surface
  /** the tenant that it belongs to */
  readonly tenant: string
  /** how it was when it was last written */
  readonly state: GrantState
  /** when the refresh token ends; undefined where there is none or its end is unknown */
  readonly grantExpiresAt: Date | undefined
  /** when keep-alive renews it at the latest; undefined: never */
  readonly dueAt: Date | undefined
}

/** One page of the store's grants, in a stable order. */
export interface StoredGrants {
  /** whether the store outlives this process: those of `"memory:"` end with it */
  readonly durable: boolean
  /** the grants of this page */
  readonly grants: ReadonlyArray<StoredGrant>
  /** where the next page begins, for `after`; undefined: there is no more */
  readonly next: string | undefined
}

const dateOf = (milliseconds: number | undefined): Date | undefined =>
  milliseconds === undefined ? undefined : new Date(milliseconds)

const storedGrant = ({ dueAt, grantExpiresAt, key, state }: GrantRow): StoredGrant => ({
  connection: key.connection,
  surface: key.surface,
  tenant: key.tenant,
  state,
  grantExpiresAt: dateOf(grantExpiresAt),
  dueAt: dateOf(dueAt)
})

/** Lists what the store has, by page. Nothing is opened, renewed or sent. */
export const storedGrants = (
  store: GrantStore["Service"],
  { after, connection, limit, state, tenant }: StoredGrantFilter
): Effect.Effect<StoredGrants, SageAuthError<StoreUnavailable>> =>
  Effect.map(store.list({ after, connection, limit, state, tenant }), ({ next, rows }) => ({
    durable: store.durable,
    grants: rows.map(storedGrant),
    next
  }))

/** What a pass over the store has done. */
export interface Resealed {
  /** how many grants this pass sealed again */
  readonly resealed: number
  /** those that do not open, each with the connection and tenant it is about; they were left as they are */
  readonly failures: ReadonlyArray<SageAuthError<StoreUnavailable>>
}

type Store = GrantStore["Service"]
type Outcome = "done" | "nothing-to-do" | { readonly failure: SageAuthError<StoreUnavailable> }

const recordOf = ({ age: _age, key: _key, revision: _revision, ...record }: GrantRow): GrantRecord => record

/** Seals one row again. A row that changed meanwhile is read again. Leases and intents stay. */
const resealRow = (
  store: Store,
  sealing: Sealing,
  listed: GrantRow
): Effect.Effect<Outcome, SageAuthError<StoreUnavailable>> =>
  Effect.gen(function* () {
    const { key } = listed
    let row: GrantRow | undefined = listed
    while (row !== undefined && row.keyId !== sealing.keyId) {
      const version: number = row.version + 1
      const opened = yield* Effect.result(sealing.open(key, row.version, row.sealed))
      if (Result.isFailure(opened)) return { failure: opened.failure }
      const sealed = yield* sealing.seal(key, version, opened.success)
      const record: GrantRecord = { ...recordOf(row), ...sealed, version }
      if ((yield* store.compareAndSet(key, row.revision, record, { keepAge: true })) !== undefined) return "done"
      row = yield* store.read(key)
    }
    return "nothing-to-do"
  })

/**
 * Seals every grant that another key than the newest has sealed with the newest one, while the application runs.
 *
 * Each grant is written by itself, and only if it did not change meanwhile. So a pass may run in every replica at
 * once, may be interrupted, and goes on where the last one ended. A grant that does not open is left as it is and
 * reported. Fails when the store does.
 *
 * To replace a key, add the new one behind the old one in every process, then move it to the front in every process,
 * run this, and drop the old key when a pass found nothing to do.
 */
export const reseal = (store: Store, sealing: Sealing): Effect.Effect<Resealed, SageAuthError<StoreUnavailable>> =>
  Effect.gen(function* () {
    const failures: Array<SageAuthError<StoreUnavailable>> = []
    let resealed = 0
    let after: string | undefined
    do {
      const page = yield* store.list({ keyIdIsNot: sealing.keyId, after })
      for (const row of page.rows) {
        const outcome = yield* resealRow(store, sealing, row)
        if (outcome === "done") resealed++
        else if (outcome !== "nothing-to-do") failures.push(outcome.failure)
      }
      after = page.next
    } while (after !== undefined)
    return { resealed, failures }
  })
