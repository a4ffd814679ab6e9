import * as Effect from "effect/Effect"
import type { Application } from "../application/Application.ts"
import { week } from "../config/duration.ts"
import type { StoreUnavailable, Surface } from "../errors/Reason.ts"
import type { SageAuthError } from "../errors/SageAuthError.ts"
import { inSpan } from "../telemetry/spans.ts"
import type { GrantRow } from "./GrantStore.ts"

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
