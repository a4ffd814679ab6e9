import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { GrantTimes } from "../application/Application.ts"
import { builtin } from "../config/builtin.ts"
import type { Reason, StoreUnavailable } from "../errors/Reason.ts"
import { failure, type SageAuthError } from "../errors/SageAuthError.ts"
import * as Contents from "./GrantContents.ts"
import {
  type AgedCredential,
  type GrantContents,
  type GrantRenewal,
  left,
  type ReceivedTokens,
  worthTaking
} from "./GrantContents.ts"
import { connected, type GrantRows } from "./GrantRows.ts"
import type { GrantKey, GrantRecord, GrantRow } from "./GrantStore.ts"
import { partBeforeRevocation, type UnwrittenPairs } from "./UnwrittenPairs.ts"

/** A consent whose pair could not be written yet. */
interface UnwrittenConsent {
  readonly family: string
  readonly received: ReceivedTokens
  readonly contents: GrantContents
  /** by the application's clock */
  readonly at: number
  readonly incarnation: number
  /** a newer consent or a disconnection came after it */
  over: boolean
  /** the consent before it, or `none`, as its first look at the row found it */
  before: string | undefined
  /** what the row was when it was last written, for the event */
  was: GrantRow["state"] | undefined
}

/** New consents, also those that the store cannot take yet, and their end by a disconnection. */
export class Consents<Rs extends Reason> {
  readonly #rows: GrantRows
  readonly #unwritten: UnwrittenPairs<Rs>
  readonly #times: GrantTimes
  /** consents that are not in the store yet, by tenant */
  readonly #consents = new Map<string, UnwrittenConsent>()

  constructor(rows: GrantRows, unwritten: UnwrittenPairs<Rs>, times: GrantTimes) {
    this.#rows = rows
    this.#unwritten = unwritten
    this.#times = times
  }

  /**
   * A new consent: a family of its own, which wins over whatever was there. Where the store is away, the pair is kept
   * in memory, and written as soon as it can be: until then this fails as `client.consent-being-stored`. What cannot be
   * stored before the application ends is revoked where that hits this grant alone.
   *
   * @param callback names the callback that brought it
   */
  consent(
    tenant: string,
    received: ReceivedTokens,
    callback?: string
  ): Effect.Effect<AgedCredential, SageAuthError<StoreUnavailable>> {
    const key = this.#rows.keyOf(tenant)
    const credential = Contents.arrived(received)
    const at = this.#rows.application.now()
    const extras = received.grantExtras ?? {}
    return Effect.gen({ self: this }, function* () {
      const contents: GrantContents = {
        refreshToken: received.refreshToken,
        refreshTokenAge: received.refreshToken === undefined ? undefined : 0,
        credentials: { "": credential },
        extras,
        consent: callback,
        issuedFor: yield* this.#rows.issuedFor(tenant, extras)
      }
      const consent: UnwrittenConsent = {
        family: builtin("node:crypto").randomUUID(),
        received,
        contents,
        at,
        incarnation: this.#rows.incarnation,
        over: false,
        before: undefined,
        was: undefined
      }
      // one that still waits for the store is not the newest any longer
      this.#endConsent(tenant)
      const write = this.#writeConsent(key, consent)
      const first = yield* Effect.exit(write)
      if (Exit.isSuccess(first)) return { credential, age: 0, contents }
      this.#consents.set(tenant, consent)
      this.#unwritten.writeLater({
        key,
        write,
        part: partBeforeRevocation,
        settled: () => {
          if (this.#consents.get(tenant) === consent) this.#consents.delete(tenant)
        },
        ended: (outcome) =>
          Effect.gen({ self: this }, function* () {
            if (outcome !== "written") yield* this.#rows.revoke(key, received, contents.extras)
            if (outcome === undefined) yield* this.#unwritten.reportLostConsent(key)
          })
      })
      return yield* Effect.fail(failure<StoreUnavailable>("client.consent-being-stored", this.#rows.keyOf(tenant)))
    })
  }

  /** whether a consent was given that is not in the store yet, and what came with it */
  storing(tenant: string): GrantContents | undefined {
    const consent = this.#consents.get(tenant)
    return consent === undefined
      ? undefined
      : Contents.aged(consent.contents, Math.max(0, this.#rows.application.now() - consent.at))
  }

  /** whether the tenant's grant works and came with that callback; waits while the code of the callback is on its way */
  broughtBy(
    tenant: string,
    callback: string,
    onItsWay: Effect.Effect<boolean, SageAuthError<StoreUnavailable>>
  ): Effect.Effect<boolean, SageAuthError<StoreUnavailable>> {
    const key = this.#rows.keyOf(tenant)
    return Effect.gen({ self: this }, function* () {
      while (true) {
        // asked first: what ends its way has written the row before
        const waits = yield* onItsWay
        const read = yield* this.#rows.store.read(key)
        const opened = read === undefined ? undefined : yield* this.#rows.opened(read)
        if (opened?.row.state === "connected" && opened.contents.consent === callback) return true
        if (!waits) return false
        yield* this.#rows.store.changed(key, read?.revision ?? 0, this.#times.look)
      }
    })
  }

  /** what came with a consent that is not in the store yet: its refresh token is not to be used before it is */
  credentialOf(tenant: string, { context, rejected }: GrantRenewal): AgedCredential | undefined {
    const contents = rejected ? undefined : this.storing(tenant)
    const credential = contents?.credentials[context]
    if (contents === undefined || credential === undefined || left(credential, 0) <= worthTaking) return undefined
    return { credential, age: credential.age, contents: { ...contents, refreshToken: undefined } }
  }

  /** nothing of a consent that still waits for the store is written any more */
  #endConsent(tenant: string): void {
    const earlier = this.#consents.get(tenant)
    if (earlier === undefined) return
    earlier.over = true
    this.#consents.delete(tenant)
  }

  #writeConsent(
    key: GrantKey,
    consent: UnwrittenConsent
  ): Effect.Effect<"written" | "over", SageAuthError<StoreUnavailable>> {
    const { at: givenAt, contents: given, family, received, incarnation } = consent
    return Effect.gen({ self: this }, function* () {
      if (consent.over) return "over"
      const at = this.#rows.application.now()
      const contents = Contents.aged(given, Math.max(0, at - givenAt))
      const { row } = yield* this.#rows.update(key, (current) =>
        Effect.gen({ self: this }, function* () {
          // an earlier try was carried out, and only its success was not told
          if (consent.over || current?.family === family) return "keep" as const
          const found = current === undefined ? "none" : current.family
          consent.before ??= found
          // somebody has consented anew, or disconnected, since this consent was given
          if (found !== consent.before && incarnation === this.#rows.incarnation) return "keep" as const
          const earlier = current === undefined ? undefined : yield* this.#rows.openedIfItOpens(current)
          consent.was = (earlier?.row ?? current)?.state ?? "disconnected"
          const sealed = yield* this.#rows.sealed(
            { key, version: current?.version ?? (yield* this.#rows.firstVersion) },
            { ...contents, lineage: earlier?.contents.lineage ?? builtin("node:crypto").randomUUID() }
          )
          return {
            family,
            fence: current?.fence ?? 0,
            ...sealed,
            ...(yield* this.#rows.life(received, contents, undefined)),
            ...connected
          } satisfies GrantRecord
        })
      )
      if (row?.family !== family) return "over"
      if (consent.was === "reauthorization-required") this.#rows.application.publish({ type: "recovered", ...key, at })
      if (consent.was === "disconnected") this.#rows.application.publish({ type: "connected", ...key, at })
      return "written"
    })
  }

  /**
   * Forgets the grant here, and uses up what its callbacks could bring it back with. Gives what it was, so it can be
   * revoked at the server too.
   */
  forget(tenant: string): Effect.Effect<GrantContents | undefined, SageAuthError<StoreUnavailable>> {
    const key = this.#rows.keyOf(tenant)
    return Effect.gen({ self: this }, function* () {
      this.#endConsent(tenant)
      let before: GrantContents | undefined
      yield* this.#rows.update(key, (row) =>
        Effect.gen({ self: this }, function* () {
          before = undefined
          if (row === undefined) return "keep" as const
          // a grant that does not open any more can be forgotten all the same
          const found = Option.getOrUndefined(yield* Effect.option(this.#rows.contents(row)))
          if (found !== undefined) {
            // another client's tokens are not sent to the server of this one
            before = (yield* this.#rows.opened(row)).ofAnother === true ? undefined : found
            yield* this.#rows.noteDisconnected(row, found)
          }
          for (const id of found?.begun ?? []) yield* this.#rows.once.take(id)
          return "remove" as const
        })
      )
      return before
    })
  }
}
