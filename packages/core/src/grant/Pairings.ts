import * as Effect from "effect/Effect"
import { builtin } from "../config/builtin.ts"
import * as Result from "../config/Result.ts"
import type { Reason, ReauthorizationCause, StoreUnavailable } from "../errors/Reason.ts"
import type { SageAuthError } from "../errors/SageAuthError.ts"
import * as Contents from "./GrantContents.ts"
import type {
  AgedCredential,
  Ended,
  GrantContents,
  GrantRenewal,
  Pairing,
  ReceivedTokens,
  RenewalFailure,
  StoredCredential
} from "./GrantContents.ts"
import { connected, dead, endedBy, type GrantRows, recordOf, unheld } from "./GrantRows.ts"
import { type GrantKey, type GrantRecord, type GrantRow, unknownAge } from "./GrantStore.ts"
import type { HeldLease, Leases } from "./Leases.ts"
import type { Rotations } from "./Rotations.ts"
import type { UnwrittenPairs } from "./UnwrittenPairs.ts"

/** Consents that somebody accepts later: their codes are in the store until they were exchanged. */
export class Pairings<Rs extends Reason> {
  readonly #rows: GrantRows
  readonly #unwritten: UnwrittenPairs<Rs>
  readonly #leases: Leases<Rs>
  readonly #rotations: Rotations<Rs>

  constructor(rows: GrantRows, unwritten: UnwrittenPairs<Rs>, leases: Leases<Rs>, rotations: Rotations<Rs>) {
    this.#rows = rows
    this.#unwritten = unwritten
    this.#leases = leases
    this.#rotations = rotations
  }

  /**
   * Keeps the code of a callback, before its transaction is used up and before it is sent. A grant that works goes on
   * until the code was exchanged. Of several pairings the last one counts, and of several codes of one pairing the
   * first.
   *
   * Nothing is written where the transaction was used up already: its callback, or a disconnection, was faster. That is
   * looked at after the row was read, and a row that has changed since is read again.
   */
  begin(
    tenant: string,
    received: Omit<Pairing, "attempts" | "retryAt">
  ): Effect.Effect<void, SageAuthError<StoreUnavailable>> {
    const key = this.#rows.keyOf(tenant)
    const { id } = received
    return Effect.gen({ self: this }, function* () {
      const issuedFor = yield* this.#rows.issuedFor(tenant, received.extras)
      let placed: boolean
      do {
        placed = false
        yield* this.#rows.update(key, (read) =>
          Effect.gen({ self: this }, function* () {
            placed = read === undefined
            if (read === undefined) {
              // only a row has a revision that tells whether there was a grant, and a disconnection, in between
              const sealed = yield* this.#rows.sealed({ key, version: yield* this.#rows.firstVersion }, Contents.empty)
              return {
                ...unheld,
                state: "disconnected",
                cause: undefined,
                family: builtin("node:crypto").randomUUID(),
                ...sealed
              }
            }
            // what does not open any more does not stand in the way of a new consent
            const before = yield* this.#rows.openedIfItOpens(read)
            const { contents: found, row } = before ?? { row: read, contents: Contents.empty }
            const contents = {
              ...Contents.aged(found, row.age),
              lineage: found.lineage ?? builtin("node:crypto").randomUUID()
            }
            if (contents.begun?.includes(id) === true) return "keep" as const
            if ((yield* this.#rows.once.read(id)) === undefined) {
              return row.state === "disconnected" ? ("remove" as const) : ("keep" as const)
            }
            const works = before !== undefined && (row.state === "connected" || row.state === "in-doubt")
            const now = yield* this.#rows.store.now
            return {
              ...recordOf(row),
              ...(yield* this.#rows.sealed(
                row,
                Contents.withPairing(contents, { ...received, attempts: 0, retryAt: now, issuedFor })
              )),
              state: works ? row.state : ("pairing" as const),
              dueAt: now
            }
          })
        )
      } while (placed)
    })
  }

  /** exchanges the code that waits, if its pause is over; done as well if somebody else has done so meanwhile */
  pair(tenant: string): Effect.Effect<void, RenewalFailure<Rs>> {
    return Effect.asVoid(
      this.#leases.underLease<true>(tenant, {
        whenAbsent: Effect.suspend(() => Effect.fail(this.#rows.required(tenant, "NeverAuthorized"))),
        find: ({ age, cause, state }, contents) =>
          contents.pairing === undefined
            ? state === "connected" || state === "in-doubt"
              ? Effect.succeed(true as const)
              : Effect.fail(this.#rows.required(tenant, cause ?? "NeverAuthorized", contents))
            : Effect.flatMap(this.#waits(contents.pairing, age), (waits) =>
                waits === undefined ? Effect.undefined : Effect.fail(this.#pending(tenant, waits))
              ),
        refuse: () => Effect.void,
        make: (holding, leased, { pairing }) =>
          pairing === undefined
            ? Effect.undefined
            : Effect.map(this.#exchange(holding, leased, pairing), (held) => (held === undefined ? undefined : true))
      })
    )
  }

  /** how long a pairing still has to wait, in milliseconds, in a row of that age; undefined: no longer */
  #waits({ retryAt }: Pairing, age: number): Effect.Effect<number | undefined, SageAuthError<StoreUnavailable>> {
    if (retryAt === undefined) return Effect.succeed(Number.POSITIVE_INFINITY)
    if (age === unknownAge) return Effect.undefined
    return Effect.map(this.#rows.store.now, (now) => (now >= retryAt ? undefined : retryAt - now))
  }

  #pending(tenant: string, waits: number): RenewalFailure<Rs> {
    const { pairing } = this.#rows.options
    const error = pairing?.pending(tenant, Number.isFinite(waits) ? waits : undefined)
    return (error ?? this.#rows.required(tenant, "NeverAuthorized")) as RenewalFailure<Rs>
  }

  /** the pairing first, where its pause is over; until it is done, the grant from before serves, if there is one */
  pairOrRotate(
    holding: HeldLease,
    row: GrantRow,
    contents: GrantContents,
    renewal: GrantRenewal,
    pairing: Pairing,
    asked: boolean
  ): Effect.Effect<AgedCredential | undefined, RenewalFailure<Rs>> {
    const pairingOnly = row.state === "pairing" || row.state === "reauthorization-required"
    return Effect.gen({ self: this }, function* () {
      const waits = asked ? undefined : yield* this.#waits(pairing, row.age)
      if (waits === undefined) {
        const paired = this.#exchange(holding, row, pairing)
        return yield* pairingOnly ? paired : Effect.orElseSucceed(paired, () => undefined)
      }
      if (pairingOnly) return yield* Effect.fail(this.#pending(renewal.tenant, waits))
      return yield* this.#rotations.rotate(holding, row, contents, renewal)
    })
  }

  /** one exchange of a code under the lease; undefined: look at the row again */
  #exchange(
    { key }: HeldLease,
    row: GrantRow,
    pairing: Pairing
  ): Effect.Effect<AgedCredential | undefined, RenewalFailure<Rs>> {
    const { pairing: options } = this.#rows.options
    if (options === undefined) return Effect.fail(this.#rows.required(key.tenant, "NeverAuthorized"))
    return Effect.gen({ self: this }, function* () {
      const exchange = options.exchange(key.tenant, pairing)
      let answer = yield* Effect.result(exchange)
      if (Result.isFailure(answer) && answer.failure.processed === "unknown") {
        // a request that never arrived is saved; one that did has brought a pair that was lost
        answer = yield* Effect.result(exchange)
      }
      if (Result.isSuccess(answer)) {
        const received = answer.success
        const credential = Contents.arrived(received)
        const at = this.#rows.application.now()
        const contents: GrantContents = {
          refreshToken: received.refreshToken,
          refreshTokenAge: received.refreshToken === undefined ? undefined : 0,
          credentials: { "": credential },
          extras: { ...pairing.extras, ...received.grantExtras },
          issuedFor: pairing.issuedFor
        }
        const meanwhile = { credential, age: 0, contents: { ...contents, refreshToken: undefined } }
        return yield* this.#unwritten.storeBeforeUse(
          key,
          received,
          this.#writePaired(key, pairing, received, contents, at),
          meanwhile,
          true
        )
      }
      const { cause = "Expired", error, processed } = answer.failure
      if (processed === "yes") {
        const ended = endedBy(answer.failure)
        yield* this.#endPairing(key, row, pairing, cause, ended)
        return yield* Effect.fail(this.#rows.required(key.tenant, cause, { ended, refreshToken: undefined }))
      }
      yield* this.#postpone(key, pairing, yield* options.pauseAfter(pairing.attempts + 1, error))
      return yield* Effect.fail(error as RenewalFailure<Rs>)
    })
  }

  /** undefined: the row holds another consent by now */
  #writePaired(
    key: GrantKey,
    pairing: Pairing,
    tokens: ReceivedTokens,
    received: GrantContents,
    at: number
  ): Effect.Effect<AgedCredential | "forgotten" | undefined, SageAuthError<StoreUnavailable>> {
    return Effect.gen({ self: this }, function* () {
      const age = Math.max(0, this.#rows.application.now() - at)
      const contents = Contents.aged(received, age)
      const credential = contents.credentials[""] as StoredCredential
      let kept: GrantContents | undefined
      let before: GrantRow | undefined
      const { row } = yield* this.#rows.update(key, (current) =>
        Effect.gen({ self: this }, function* () {
          kept = undefined
          if (current === undefined) return "keep" as const
          const found = yield* this.#rows.contents(current)
          if (found.credentials[""]?.id === credential.id) {
            // an earlier try was carried out, and only its success was not told
            kept = found
            return "keep" as const
          }
          // another owner has exchanged the same code later than we did: its pair is the one that the server knows
          if (found.pairing?.id !== pairing.id) return "keep" as const
          before = current
          kept = { ...contents, begun: found.begun, lineage: found.lineage }
          return {
            family: builtin("node:crypto").randomUUID(),
            fence: current.fence,
            ...(yield* this.#rows.sealed(current, kept)),
            ...(yield* this.#rows.life(tokens, contents, undefined)),
            ...connected
          }
        })
      )
      // why there was no grant before is kept while a pairing waits
      if (before?.cause !== undefined) this.#rows.application.publish({ type: "recovered", ...key, at })
      else if (before?.state === "pairing") this.#rows.application.publish({ type: "connected", ...key, at })
      if (kept !== undefined) return { credential, age, contents: kept }
      return row === undefined ? ("forgotten" as const) : undefined
    })
  }

  /** says in the store when the next try may be */
  #postpone(
    key: GrantKey,
    { attempts, id }: Pairing,
    pause: number | undefined
  ): Effect.Effect<void, SageAuthError<StoreUnavailable>> {
    return Effect.asVoid(
      this.#rows.update(key, (row) =>
        this.#aboutPairing(row, id, (current, contents, pairing) =>
          Effect.gen({ self: this }, function* () {
            const now = yield* this.#rows.store.now
            const retryAt = pause === undefined ? undefined : now + pause
            const grantDueIn =
              current.state === "pairing" || contents.refreshToken === undefined
                ? undefined
                : this.#rows.options.dueIn(
                    current.grantExpiresAt === undefined ? undefined : current.grantExpiresAt - now
                  )
            const due = Math.min(retryAt ?? Number.POSITIVE_INFINITY, now + (grantDueIn ?? Number.POSITIVE_INFINITY))
            return {
              ...recordOf(current),
              ...(yield* this.#rows.sealed(current, {
                ...contents,
                pairing: { ...pairing, attempts: attempts + 1, retryAt }
              })),
              dueAt: Number.isFinite(due) ? due : undefined
            }
          })
        )
      )
    )
  }

  /** a pairing came to nothing; a grant from before goes on as if it had never been */
  #endPairing(
    key: GrantKey,
    { state }: GrantRow,
    { id }: Pairing,
    cause: ReauthorizationCause,
    ended: Ended
  ): Effect.Effect<void, SageAuthError<StoreUnavailable>> {
    return Effect.gen({ self: this }, function* () {
      const { row, written } = yield* this.#rows.update(key, (current) =>
        this.#aboutPairing(current, id, (found, contents) =>
          Effect.gen({ self: this }, function* () {
            const works = found.state === "connected" || found.state === "in-doubt"
            const kept = { ...contents, pairing: undefined, ended: works ? contents.ended : ended }
            const sealed = yield* this.#rows.sealed(found, kept)
            return works ? { ...recordOf(found), ...sealed } : { ...dead(found, cause), ...sealed }
          })
        )
      )
      if (!written) return
      const at = this.#rows.application.now()
      if (row?.state === "reauthorization-required") {
        this.#rows.application.publish({ type: "reauthorization-required", ...key, at, cause })
      } else if (state !== "pairing") {
        const message = `${key.connection}: a new consent came to nothing, and the grant from before goes on.`
        this.#rows.application.publish({ type: "advice", ...key, at, subject: "consent-ended", message })
      }
    })
  }

  /** decides about a row only while it holds that pairing */
  #aboutPairing(
    row: GrantRow | undefined,
    id: string,
    decide: (
      row: GrantRow,
      contents: GrantContents,
      pairing: Pairing
    ) => Effect.Effect<GrantRecord, SageAuthError<StoreUnavailable>>
  ): Effect.Effect<GrantRecord | "keep", SageAuthError<StoreUnavailable>> {
    if (row === undefined) return Effect.succeed("keep")
    return Effect.gen({ self: this }, function* () {
      const contents = yield* this.#rows.contents(row)
      if (contents.pairing?.id !== id) return "keep"
      return yield* decide(row, Contents.aged(contents, row.age), contents.pairing)
    })
  }
}
