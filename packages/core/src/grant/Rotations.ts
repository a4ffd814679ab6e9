import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { builtin } from "../config/builtin.ts"
import * as Result from "../config/Result.ts"
import type { Reason, ReauthorizationCause, ReauthorizationRequired, StoreUnavailable } from "../errors/Reason.ts"
import type { SageAuthError } from "../errors/SageAuthError.ts"
import * as Contents from "./GrantContents.ts"
import {
  type AgedCredential,
  type Ended,
  fresh,
  type GrantContents,
  type GrantRenewal,
  left,
  type ReceivedTokens,
  type RenewalFailure,
  type StoredCredential,
  worthTaking
} from "./GrantContents.ts"
import type { RotationFailure } from "./GrantOptions.ts"
import { after, connected, dead, endedBy, type GrantRows, recordOf } from "./GrantRows.ts"
import { type GrantKey, type GrantRecord, type GrantRow, type Intent, unknownAge } from "./GrantStore.ts"
import type { HeldLease, LeasedWork } from "./Leases.ts"
import type { UnwrittenPairs } from "./UnwrittenPairs.ts"

/** What came back from a rotation and is to be stored. */
interface Received {
  readonly family: string
  readonly intent: Intent
  readonly received: ReceivedTokens
  readonly context: string
  readonly credential: StoredCredential
  /** by the application's clock */
  readonly at: number
  /** the incarnation of the store that knew of the intent */
  readonly incarnation: number
}

/** The rotation of refresh tokens: noted before it is sent, stored before it is used, and in doubt in between. */
export class Rotations<Rs extends Reason> {
  readonly #rows: GrantRows
  readonly #unwritten: UnwrittenPairs<Rs>

  constructor(rows: GrantRows, unwritten: UnwrittenPairs<Rs>) {
    this.#rows = rows
    this.#unwritten = unwritten
  }

  /** a fresh credential that a row has already */
  find(renewal: GrantRenewal): LeasedWork<AgedCredential, Rs>["find"] {
    let { force, replaces } = renewal
    return (row, contents) =>
      Effect.gen({ self: this }, function* () {
        const current = Contents.withToken(contents.credentials[renewal.context])
        if (
          force === "due" &&
          current !== undefined &&
          row.dueAt !== undefined &&
          row.age !== unknownAge &&
          row.dueAt > (yield* this.#rows.store.now)
        ) {
          return { credential: current, age: current.age + row.age, contents }
        }
        // from here on any other credential than this one will do: it is the fruit of a renewal meanwhile
        if (force !== undefined) replaces = current?.id
        force = undefined
        return fresh(contents, row.age, { ...renewal, replaces })
      })
  }

  /** the intent of what `rotate` sends first, where it sends; written with the lease, it costs no write of its own */
  intend(
    { context, rejected }: GrantRenewal,
    { age, intent: doubted }: GrantRow,
    { credentials, pairing, refreshToken }: GrantContents
  ): Omit<Intent, "id" | "owner"> | undefined {
    if (refreshToken === undefined || pairing !== undefined) return undefined
    if (doubted !== undefined) {
      const inHand = Contents.withToken(credentials[context])
      if (inHand !== undefined && !rejected && left(inHand, age) > worthTaking) return undefined
      if (this.#rows.options.inDoubt !== "replay") return undefined
    }
    return { hash: Contents.hashOf(refreshToken), replayed: doubted !== undefined }
  }

  /** one rotation under the lease; undefined: look at the row again */
  rotate(
    holding: HeldLease,
    { age, family, grantExpiresAt, intent: doubted, state }: GrantRow,
    contents: GrantContents,
    { context, rejected, tenant }: GrantRenewal
  ): Effect.Effect<AgedCredential | undefined, RenewalFailure<Rs>> {
    const { key } = holding
    const { refreshToken } = contents
    const inHand = Contents.withToken(contents.credentials[context])
    const replays = this.#rows.options.inDoubt === "replay"
    return Effect.gen({ self: this }, function* () {
      const intended = refreshToken === undefined ? undefined : holding.intent
      if (intended === undefined && (doubted !== undefined || refreshToken === undefined)) {
        if (inHand !== undefined && !rejected && left(inHand, age) > worthTaking) {
          // what is in hand still works: the one who lost the answer may yet bring it
          if (doubted !== undefined) yield* this.#markInDoubt(holding, doubted)
          return { credential: inHand, age: inHand.age + age, contents }
        }
      }
      if (refreshToken === undefined) {
        // a grant that cannot switch to an entity is not dead for that
        if (context !== "") return yield* Effect.fail(this.#rows.required(tenant, "Expired"))
        return yield* this.#endGrant(key, family, undefined, "Expired", contents)
      }
      if (intended === undefined && doubted !== undefined && !replays) {
        return yield* this.#endGrant(key, family, doubted, "RotationInDoubt", contents)
      }
      const issuedFor = contents.issuedFor ?? (yield* this.#rows.issuedFor(tenant, contents.extras))
      let intent = intended
      if (intent === undefined) {
        const id = builtin("node:crypto").randomUUID()
        const hash = Contents.hashOf(refreshToken)
        intent = { id, owner: holding.owner, hash, replayed: doubted !== undefined }
        if (!(yield* this.#intend(holding, family, intent))) return undefined
      } else if (intent.replayed) this.#announceDoubt({ key, state })
      const rotate = this.#rows.options.rotate({ tenant, context, refreshToken, contents })
      const incarnation = this.#rows.incarnation
      let answer = yield* Effect.result(rotate)
      if (Result.isFailure(answer) && mayReplay(answer.failure) && replays && !intent.replayed) {
        // no other process can hold the newer token, and a request that never arrived is saved
        intent = { ...intent, replayed: true }
        if (!(yield* this.#intend(holding, family, intent))) return undefined
        answer = yield* Effect.result(rotate)
      }
      if (Result.isSuccess(answer)) {
        const tokens: ReceivedTokens = { ...answer.success, issuedFor }
        const credential = Contents.arrived(tokens)
        const at = this.#rows.application.now()
        const received = { family, intent, received: tokens, context, credential, at, incarnation }
        const kept = Contents.rotated(contents, context, tokens, credential, 0)
        // the new refresh token is not to be used before it is stored
        const meanwhile = { credential, age: 0, contents: { ...kept, refreshToken } }
        const write = this.#write(holding, received, contents)
        return yield* this.#unwritten.storeBeforeUse(key, tokens, write, meanwhile)
      }
      const { error, processed } = answer.failure
      // what asks for the human says nothing of a token that was used
      if (processed === "yes" && (!intent.replayed || error.id === "client.interaction-required")) {
        const expired = grantExpiresAt !== undefined && (yield* this.#rows.store.now) >= grantExpiresAt
        const cause = answer.failure.cause ?? (expired ? "Expired" : "Revoked")
        return yield* this.#endGrant(key, family, intent, cause, { ...contents, ended: endedBy(answer.failure) })
      }
      if (processed === "yes" || (processed === "unknown" && !replays)) {
        return yield* this.#endGrant(key, family, intent, "RotationInDoubt", contents)
      }
      // what was in doubt before this request still is
      if (processed === "no" && !intent.replayed) yield* this.#withdraw(key, intent)
      return yield* Effect.fail(error as RenewalFailure<Rs>)
    })
  }

  /**
   * says in the store that this refresh token is about to be sent; false: the lease or the token is somebody else's by
   * now
   */
  #intend(holding: HeldLease, family: string, intent: Intent): Effect.Effect<boolean, SageAuthError<StoreUnavailable>> {
    let before: GrantRow | undefined
    return Effect.map(
      this.#rows.updateHeld(holding, (row) =>
        this.#speaksOf(row, family, intent, (current) => {
          if (current.lease?.owner !== holding.owner) return "keep"
          before = current
          return { ...recordOf(current), intent, state: intent.replayed ? "in-doubt" : current.state }
        })
      ),
      ({ written }) => {
        if (written && intent.replayed && before !== undefined) this.#announceDoubt(before)
        return written
      }
    )
  }

  /** decides about a row only while it holds the refresh token of that intent, of that consent */
  #speaksOf(
    row: GrantRow | undefined,
    family: string,
    { hash }: Intent,
    decide: (row: GrantRow) => GrantRecord | "keep"
  ): Effect.Effect<GrantRecord | "keep", SageAuthError<StoreUnavailable>> {
    if (row === undefined || row.family !== family) return Effect.succeed("keep")
    return Effect.map(this.#rows.contents(row), (contents) => (holds(contents, hash) ? decide(row) : "keep"))
  }

  #withdraw(key: GrantKey, { id }: Intent): Effect.Effect<void> {
    // if this fails, the next rotation takes it for one in doubt: slower, and nothing is lost
    return this.#rows
      .update(key, (row) =>
        Effect.succeed(row?.intent?.id === id ? { ...recordOf(row), intent: undefined } : ("keep" as const))
      )
      .pipe(Effect.ignore)
  }

  /** calls a grant dead, unless somebody was faster than us: undefined */
  #endGrant(
    key: GrantKey,
    family: string,
    intent: Intent | undefined,
    cause: ReauthorizationCause,
    contents: Pick<GrantContents, "ended" | "refreshToken">
  ): Effect.Effect<undefined, SageAuthError<ReauthorizationRequired | StoreUnavailable>> {
    return Effect.flatMap(this.#markDead(key, family, intent, cause, contents.ended), (marked) =>
      marked ? Effect.fail(this.#rows.required(key.tenant, cause, contents)) : Effect.undefined
    )
  }

  /** false: the row holds a newer pair or another consent, or its token is by now in somebody else's hands */
  #markDead(
    key: GrantKey,
    family: string,
    intent: Intent | undefined,
    cause: ReauthorizationCause,
    ended: Ended | undefined
  ): Effect.Effect<boolean, SageAuthError<StoreUnavailable>> {
    return Effect.gen({ self: this }, function* () {
      let before: GrantRow | undefined
      const { row, written } = yield* this.#rows.update(key, (current) =>
        Effect.gen({ self: this }, function* () {
          before = current
          if (current === undefined || current.family !== family || current.intent?.id !== intent?.id) {
            return "keep" as const
          }
          if (current.state === "reauthorization-required") return "keep" as const
          const contents = Option.getOrUndefined(yield* Effect.option(this.#rows.contents(current)))
          const sealed =
            contents === undefined || ended === undefined
              ? {}
              : yield* this.#rows.sealed(current, { ...Contents.aged(contents, current.age), ended })
          const record = { ...dead(current, cause), ...sealed }
          // a newer consent is under way: that one is waited for, and no further one is needed
          return contents?.pairing === undefined
            ? record
            : { ...record, state: "pairing" as const, dueAt: contents.pairing.retryAt }
        })
      )
      if (written && before !== undefined && row?.state === "reauthorization-required") {
        if (cause === "RotationInDoubt") this.#announceDoubt(before)
        const at = this.#rows.application.now()
        this.#rows.application.publish({ type: "reauthorization-required", ...key, at, cause })
      }
      return row?.family === family && row.state === "reauthorization-required"
    })
  }

  /** says in the store that the answer to a rotation is no longer awaited */
  #markInDoubt({ key, owner }: HeldLease, { id }: Intent): Effect.Effect<void, SageAuthError<StoreUnavailable>> {
    let before: GrantRow | undefined
    return Effect.map(
      this.#rows.update(key, (row) =>
        Effect.sync(() => {
          if (row?.lease?.owner !== owner || row.intent?.id !== id || row.state === "in-doubt") return "keep" as const
          before = row
          return { ...recordOf(row), state: "in-doubt" as const }
        })
      ),
      ({ written }) => {
        if (written && before !== undefined) this.#announceDoubt(before)
      }
    )
  }

  /** once per incident */
  #announceDoubt({ key, state }: Pick<GrantRow, "key" | "state">): void {
    if (state === "in-doubt") return
    this.#rows.application.publish({ type: "rotation-in-doubt", ...key, at: this.#rows.application.now() })
  }

  /** undefined: the row holds a newer pair, or another consent */
  #write(
    holding: HeldLease,
    { at: receivedAt, context, credential: arrived, family, received, incarnation, intent }: Received,
    rotated: GrantContents
  ): Effect.Effect<AgedCredential | "forgotten" | undefined, SageAuthError<StoreUnavailable>> {
    return Effect.gen({ self: this }, function* () {
      const { key } = holding
      const at = this.#rows.application.now()
      // no older than it really is, however long the store was away
      const credential = { ...arrived, age: Math.max(0, at - receivedAt) }
      let kept: GrantContents | undefined
      let before: GrantRow | undefined
      const { row } = yield* this.#rows.updateHeld(holding, (current) =>
        Effect.gen({ self: this }, function* () {
          kept = undefined
          // a store that took the place of the one that knew of the intent: what it lacks was not forgotten
          const replaced = incarnation !== this.#rows.incarnation
          if (current === undefined && replaced) {
            kept = Contents.rotated(rotated, context, received, credential, 0)
            return {
              family,
              fence: 0,
              ...(yield* this.#rows.sealed({ key, version: yield* this.#rows.firstVersion }, kept)),
              ...(yield* this.#rows.life(received, kept, undefined)),
              ...connected
            }
          }
          if (current === undefined || current.family !== family) return "keep" as const
          const contents = yield* this.#rows.contents(current)
          if (contents.credentials[context]?.id === credential.id) {
            // an earlier try was carried out, and only its success was not told
            kept = contents
            return "keep" as const
          }
          // another owner has replayed and stored its own pair: that one is the newest the server knows
          // (one that was restored from a backup holds an older one)
          if (!holds(contents, intent.hash) && !replaced) return "keep" as const
          before = current
          kept = Contents.rotated(contents, context, received, credential, current.age)
          return {
            ...recordOf(current),
            ...(yield* this.#rows.sealed(current, kept)),
            ...(yield* this.#rows.life(received, kept, current.grantExpiresAt)),
            ...after(current, intent.owner, !holds(kept, intent.hash))
          }
        })
      )
      if (kept !== undefined) {
        if (!holds(kept, intent.hash)) this.#rows.application.publish({ type: "rotation-done", ...key, at })
        // a late answer heals what was called dead without it
        if (before?.state === "reauthorization-required") {
          this.#rows.application.publish({ type: "recovered", ...key, at })
        }
        return { credential, age: credential.age, contents: kept }
      }
      return row === undefined ? ("forgotten" as const) : undefined
    })
  }
}

/** A lost answer is asked for once more at once; a limit wants a pause first. */
const mayReplay = ({ error, processed }: RotationFailure): boolean =>
  processed === "unknown" && error.reason._tag !== "RateLimited"

/** Whether the refresh token in there is the one of that hash. */
const holds = ({ refreshToken }: GrantContents, hash: string): boolean =>
  refreshToken !== undefined && Contents.hashOf(refreshToken) === hash
