import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { GrantTimes } from "../application/Application.ts"
import type { Reason, StoreUnavailable } from "../errors/Reason.ts"
import type { SageAuthError } from "../errors/SageAuthError.ts"
import type { AgedCredential, ReceivedTokens, RenewalFailure } from "./GrantContents.ts"
import type { GrantRows } from "./GrantRows.ts"
import type { GrantKey } from "./GrantStore.ts"

/** A pair that is written as soon as it can be. */
export interface LateWrite<A> {
  readonly key: GrantKey
  readonly write: Effect.Effect<A, SageAuthError<StoreUnavailable>>
  /** for how long it is tried once the application closes, as a part of the time that closing has */
  readonly part: number
  /** before those who wait for it go on */
  readonly settled?: (() => void) | undefined
  /** what became of it; undefined: the application ended before it could be written */
  readonly ended: (outcome: A | undefined) => Effect.Effect<void>
}

/** A consent is written for that part of the time that closing has; what is left is for its revocation. */
export const partBeforeRevocation = 0.5

/** What arrived from a server and is not in the store yet. This process does not renew those grants until it is. */
export class UnwrittenPairs<Rs extends Reason> {
  readonly #rows: GrantRows
  readonly #times: GrantTimes
  /** by tenant, and only while the store is away */
  readonly #unwritten = new Map<string, Deferred.Deferred<void>>()

  constructor(rows: GrantRows, times: GrantTimes) {
    this.#rows = rows
    this.#times = times
  }

  has(tenant: string): boolean {
    return this.#unwritten.has(tenant)
  }

  /** waits until what this process received for the tenant is in the store */
  settled(tenant: string): Effect.Effect<void> {
    return Effect.suspend(() => {
      const pending = this.#unwritten.get(tenant)
      return pending === undefined ? Effect.void : Deferred.await(pending)
    })
  }

  /**
   * Stores a new pair before its refresh token is used. If the store is away, the access token may be used meanwhile;
   * the pair stays in memory and is written as soon as it can be.
   */
  storeBeforeUse(
    key: GrantKey,
    received: ReceivedTokens,
    write: Effect.Effect<AgedCredential | "forgotten" | undefined, SageAuthError<StoreUnavailable>>,
    meanwhile: AgedCredential,
    ofConsent = false
  ): Effect.Effect<AgedCredential | undefined, RenewalFailure<Rs>> {
    const { extras } = meanwhile.contents
    return Effect.gen({ self: this }, function* () {
      const first = yield* Effect.exit(write)
      if (Exit.isSuccess(first)) {
        if (first.value === "forgotten") {
          yield* this.#rows.revoke(key, received, extras)
          return yield* Effect.fail(this.#rows.required(key.tenant, "NeverAuthorized"))
        }
        // what came is not for what was asked; its refresh token is good all the same, and is kept
        if (received.unusable !== undefined) return yield* Effect.fail(received.unusable as RenewalFailure<Rs>)
        return first.value
      }
      this.writeLater<{ readonly stored: AgedCredential | "forgotten" | undefined }>({
        key,
        write: Effect.map(write, (stored) => ({ stored })),
        part: ofConsent ? partBeforeRevocation : 1,
        ended: (outcome) =>
          Effect.gen({ self: this }, function* () {
            if (outcome?.stored === "forgotten") yield* this.#rows.revoke(key, received, extras)
            if (outcome !== undefined) return
            if (!ofConsent) return yield* this.#reportLostRotation(key)
            yield* this.#rows.revoke(key, received, extras)
            yield* this.reportLostConsent(key)
          })
      })
      if (received.unusable !== undefined) return yield* Effect.fail(received.unusable as RenewalFailure<Rs>)
      return meanwhile
    })
  }

  /** goes on writing after its callers have left */
  writeLater<A>({ key: { tenant }, ended, part, settled, write }: LateWrite<A>): void {
    const done = Deferred.makeUnsafe<void>()
    this.#unwritten.set(tenant, done)
    this.#rows.application.detach(
      Effect.gen({ self: this }, function* () {
        const outcome = yield* this.untilWritten(write, part)
        settled?.()
        if (this.#unwritten.get(tenant) === done) this.#unwritten.delete(tenant)
        Deferred.doneUnsafe(done, Effect.void)
        yield* ended(outcome)
      })
    )
  }

  /** tries again until it succeeds; undefined: not before that part of the time to end the application was over */
  untilWritten<A, E>(write: Effect.Effect<A, E>, part = 1): Effect.Effect<A | undefined> {
    const { application } = this.#rows
    const { rewrite } = this.#times
    const tries = Effect.gen(function* () {
      while (true) {
        yield* Effect.sleep(rewrite)
        const exit = yield* Effect.exit(write)
        if (Exit.isSuccess(exit)) return exit.value
      }
    })
    // a try may take long, and what has to be done when it was in vain needs its time as well
    const over = Effect.gen(function* () {
      while (!application.isClosed()) yield* Effect.sleep(rewrite)
      yield* Effect.sleep(part * application.settings.shutdown)
      return undefined
    })
    return Effect.raceFirst(tries, over)
  }

  /** a new pair that could not be stored before the process had to end */
  #reportLostRotation(key: GrantKey): Effect.Effect<void> {
    this.#rows.application.publish({ type: "rotation-in-doubt", ...key, at: this.#rows.application.now() })
    return Effect.logError(
      `${key.connection}: the application ends and the new refresh token of tenant ${JSON.stringify(key.tenant)} could not be stored. The next renewal sends the old one once more; if the server refuses it, a user has to authorize the connection again.`
    )
  }

  /** a consent that could not be stored before the process had to end */
  reportLostConsent(key: GrantKey): Effect.Effect<void> {
    const revoked =
      this.#rows.options.revokeAlone === undefined
        ? "Its tokens stay valid at the server until they end: revoking them would end more than this grant"
        : "Its tokens were revoked at the server"
    return Effect.logError(
      `${key.connection}: the application ends and the consent of tenant ${JSON.stringify(key.tenant)} could not be stored. ${revoked}. A user has to authorize the connection again.`
    )
  }
}
