import * as Effect from "effect/Effect"
import { builtin } from "../config/builtin.ts"
import type { Application, GrantTimes } from "../application/Application.ts"
import type { Reason, StoreUnavailable } from "../errors/Reason.ts"
import type { SageAuthError } from "../errors/SageAuthError.ts"
import { Consents } from "./Consents.ts"
import * as Contents from "./GrantContents.ts"
import type {
  AgedCredential,
  GrantContents,
  GrantRenewal,
  Pairing,
  ReceivedTokens,
  RenewalFailure
} from "./GrantContents.ts"
import type { GrantOptions, RotationFailure } from "./GrantOptions.ts"
import { after, GrantRows, type GrantVault, saysOfAnother, recordOf, unheld } from "./GrantRows.ts"
import { type GrantKey, type GrantRow, unknownAge } from "./GrantStore.ts"
import { Leases, type Stall } from "./Leases.ts"
import { Pairings } from "./Pairings.ts"
import { Rotations } from "./Rotations.ts"
import { UnwrittenPairs } from "./UnwrittenPairs.ts"

/** What is in the store for a tenant. */
export interface GrantSnapshot {
  readonly state: GrantRow["state"]
  readonly contents: GrantContents
  /** it was issued for something else than is configured now, and counts for nothing */
  readonly ofAnother: boolean
  /** milliseconds from now */
  readonly grantExpiresIn: number | undefined
  /** milliseconds since the refresh token was issued; undefined where that is not known */
  readonly grantAge: number | undefined
  /** the grant's own credential, fresh or not */
  readonly held: AgedCredential | undefined
  /** its lease is held by an owner that hangs, as this process found while it waited for it */
  readonly stall: Stall | undefined
}

/**
 * The grants of one connection: what is in the store, and how it is renewed there.
 *
 * One renewal at a time: in this process by the engine that calls it, across processes by a lease, and in truth by the
 * store's compare-and-set. Before a refresh token is sent the store knows about it. What comes back is stored before it
 * is used. A process may be killed between any two of these steps.
 */
export class Grants<Rs extends Reason> {
  readonly #rows: GrantRows
  readonly #leases: Leases<Rs>
  readonly #rotations: Rotations<Rs>
  readonly #pairings: Pairings<Rs>
  readonly #consents: Consents<Rs>
  /** tenants whose grant is another client's, as was announced: by their slots */
  readonly #others = new WeakSet<object>()

  constructor(application: Application, vault: GrantVault, options: GrantOptions, times: GrantTimes) {
    this.#rows = new GrantRows(application, vault, options)
    const unwritten = new UnwrittenPairs<Rs>(this.#rows, times)
    this.#leases = new Leases(this.#rows, unwritten, times)
    this.#rotations = new Rotations(this.#rows, unwritten)
    this.#pairings = new Pairings(this.#rows, unwritten, this.#leases, this.#rotations)
    this.#consents = new Consents(this.#rows, unwritten, times)
  }

  keyOf(tenant: string): GrantKey {
    return this.#rows.keyOf(tenant)
  }

  /** what is in a row, opened */
  contents(row: GrantRow): Effect.Effect<GrantContents, SageAuthError<StoreUnavailable>> {
    return this.#rows.contents(row)
  }

  /** a fresh credential: found in the store, or made by one rotation */
  renew(renewal: GrantRenewal): Effect.Effect<AgedCredential, RenewalFailure<Rs>> {
    const { tenant } = renewal
    let asked = renewal.force === "always"
    const stored = this.#consents.credentialOf(tenant, renewal)
    if (stored !== undefined) return Effect.succeed(stored)
    return this.#leases.underLease(tenant, {
      whenAbsent: Effect.suspend(() => Effect.fail(this.#rows.required(tenant, "NeverAuthorized"))),
      find: this.#rotations.find(renewal),
      refuse: ({ cause = "NeverAuthorized", state }, contents) =>
        Effect.suspend(() => {
          if (state !== "reauthorization-required" && state !== "disconnected") return Effect.void
          if (contents.pairing !== undefined) return Effect.void
          if (saysOfAnother(contents)) this.#announceAnother(tenant)
          return Effect.fail(this.#rows.required(tenant, cause, contents))
        }),
      intend: (row, contents) => this.#rotations.intend(renewal, row, contents),
      make: (holding, leased, contents) => {
        const { pairing } = contents
        if (pairing === undefined) return this.#rotations.rotate(holding, leased, contents, renewal)
        const now = asked
        asked = false
        return this.#pairings.pairOrRotate(holding, leased, contents, renewal, pairing, now)
      }
    })
  }

  /**
   * A fresh credential that is asked for anew, with what is configured, instead of refreshed: found in the store, or
   * brought by one request. Asking again does no harm. So nothing is noted before, and nothing is in doubt after.
   */
  ask(
    renewal: GrantRenewal,
    request: Effect.Effect<ReceivedTokens, RotationFailure>
  ): Effect.Effect<AgedCredential, RenewalFailure<Rs>> {
    const key = this.#rows.keyOf(renewal.tenant)
    const place = {
      ...unheld,
      state: "connected",
      cause: undefined,
      family: builtin("node:crypto").randomUUID()
    } as const
    return this.#leases.underLease(renewal.tenant, {
      whenAbsent: Effect.gen({ self: this }, function* () {
        const sealed = yield* this.#rows.sealed({ key, version: yield* this.#rows.firstVersion }, Contents.empty)
        yield* this.#rows.store.compareAndSet(key, undefined, { ...place, ...sealed })
      }),
      find: this.#rotations.find(renewal),
      refuse: () => Effect.void,
      make: (holding) =>
        Effect.gen({ self: this }, function* () {
          const issuedFor = yield* this.#rows.issuedFor(renewal.tenant, {})
          const asked = yield* Effect.mapError(request, ({ error }) => error as RenewalFailure<Rs>)
          const received: ReceivedTokens = { ...asked, issuedFor }
          const credential = Contents.arrived(received)
          let kept: GrantContents | undefined
          yield* this.#rows.updateHeld(holding, (row) =>
            Effect.gen({ self: this }, function* () {
              // of tokens that were issued for something else nothing stays, those of other contexts included
              const opened = row === undefined ? undefined : yield* this.#rows.opened(row)
              const before = opened?.contents ?? Contents.empty
              kept = Contents.rotated(before, renewal.context, received, credential, row?.age ?? 0)
              const sealed = yield* this.#rows.sealed(
                { key, version: row?.version ?? (yield* this.#rows.firstVersion) },
                kept
              )
              const life = yield* this.#rows.life(received, kept, opened?.row.grantExpiresAt)
              if (row === undefined || opened === undefined) return { ...place, ...sealed, ...life }
              const ends = after(opened.row, holding.owner, received.refreshToken !== undefined)
              return { ...recordOf(row), ...sealed, ...life, ...ends }
            })
          )
          if (received.unusable !== undefined) return yield* Effect.fail(received.unusable as RenewalFailure<Rs>)
          return kept === undefined ? undefined : { credential, age: 0, contents: kept }
        })
    })
  }

  /** a human has to consent for the client that is configured now; once for each tenant that stays in memory */
  #announceAnother(tenant: string): void {
    const { application, options } = this.#rows
    const slot = options.slot(tenant)
    if (this.#others.has(slot)) return
    this.#others.add(slot)
    application.publish({
      type: "reauthorization-required",
      ...this.#rows.keyOf(tenant),
      at: application.now(),
      cause: "NeverAuthorized"
    })
  }

  /** what is in the store for a tenant, without renewing anything */
  look(tenant: string): Effect.Effect<GrantSnapshot | undefined, SageAuthError<StoreUnavailable>> {
    return Effect.gen({ self: this }, function* () {
      const read = yield* this.#rows.store.read(this.#rows.keyOf(tenant))
      if (read === undefined) return undefined
      const { contents, ofAnother, row } = yield* this.#rows.opened(read)
      const credential = contents.credentials[""]
      const now = yield* this.#rows.store.now
      return {
        state: row.state,
        contents,
        ofAnother: ofAnother === true,
        grantExpiresIn: row.grantExpiresAt === undefined ? undefined : row.grantExpiresAt - now,
        grantAge: row.age === unknownAge ? undefined : Contents.aged(contents, row.age).refreshTokenAge,
        held: credential === undefined ? undefined : { credential, age: credential.age + row.age, contents },
        stall: this.#leases.stallOf(row)
      }
    })
  }

  /** see `Consents.consent` */
  consent(
    tenant: string,
    received: ReceivedTokens,
    callback?: string
  ): Effect.Effect<AgedCredential, SageAuthError<StoreUnavailable>> {
    return this.#consents.consent(tenant, received, callback)
  }

  /** whether a consent was given that is not in the store yet, and what came with it */
  storing(tenant: string): GrantContents | undefined {
    return this.#consents.storing(tenant)
  }

  /** see `Consents.broughtBy` */
  broughtBy(
    tenant: string,
    callback: string,
    onItsWay: Effect.Effect<boolean, SageAuthError<StoreUnavailable>>
  ): Effect.Effect<boolean, SageAuthError<StoreUnavailable>> {
    return this.#consents.broughtBy(tenant, callback, onItsWay)
  }

  /** see `Consents.forget` */
  forget(tenant: string): Effect.Effect<GrantContents | undefined, SageAuthError<StoreUnavailable>> {
    return this.#consents.forget(tenant)
  }

  /** see `Pairings.begin` */
  begin(
    tenant: string,
    received: Omit<Pairing, "attempts" | "retryAt">
  ): Effect.Effect<void, SageAuthError<StoreUnavailable>> {
    return this.#pairings.begin(tenant, received)
  }

  /** see `Pairings.pair` */
  pair(tenant: string): Effect.Effect<void, RenewalFailure<Rs>> {
    return this.#pairings.pair(tenant)
  }
}
