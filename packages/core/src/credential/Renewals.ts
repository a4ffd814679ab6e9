import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import type { Application } from "../application/Application.ts"
import type { Closed, Reason, Surface } from "../errors/Reason.ts"
import { failureIn } from "../errors/raise.ts"
import { failure, isSageAuthError, type Place, type SageAuthError } from "../errors/SageAuthError.ts"
import * as metrics from "../telemetry/instrumentation.ts"
import { inSpan, placeAttributes } from "../telemetry/instrumentation.ts"
import {
  type Credential,
  CredentialCache,
  type Fresh,
  type RenewalCause,
  type Slot,
  tenantOfKey
} from "./CredentialCache.ts"

/** What a renewal is told. */
export interface RenewalRequest<out V> {
  readonly key: string
  readonly cause: RenewalCause
  /** the credential to be replaced, unless there was none */
  readonly replaces: Credential<V> | undefined
}

/** What a surface says of its renewals. */
export interface RenewalOptions<V, Rs extends Reason> {
  readonly surface: Surface
  readonly connection: string
  readonly tenantOf: (key: string) => string
  /** brings a fresh credential; runs detached from every caller, and at most once at a time for a key */
  readonly renew: (request: RenewalRequest<V>) => Effect.Effect<Fresh<V>, SageAuthError<Rs>>
}

/** The first pause after a background renewal that failed, in milliseconds; doubled each time. */
const firstPause = 5_000
const longestPause = 60_000

/**
 * The renewal engine of one connection.
 *
 * A fresh credential is read without a fiber. Past its renewal point it is still returned, and a renewal starts behind
 * the caller's back. If that fails, only the event stream tells while the credential is valid. Without a valid
 * credential, all callers wait for the same renewal, each as long as it cares to: leaving stops nothing.
 */
export class Renewals<V, Rs extends Reason> {
  readonly cache: CredentialCache<V, Rs>
  readonly #application: Application
  readonly #options: RenewalOptions<V, Rs>
  #ids = 0

  constructor(application: Application, options: RenewalOptions<V, Rs>) {
    this.#application = application
    this.#options = options
    this.cache = new CredentialCache(application.settings.capacity)
  }

  place(key: string): Place & { readonly surface: Surface; readonly connection: string; readonly tenant: string } {
    return {
      surface: this.#options.surface,
      connection: this.#options.connection,
      tenant: this.#options.tenantOf(key)
    }
  }

  /** the valid credential of a slot, or undefined: the hit path, without a fiber */
  peek(slot: Slot<V, Rs>): Credential<V> | undefined {
    const credential = slot.credential
    if (credential === undefined) return undefined
    const now = this.#application.now()
    if (now >= credential.expiresAt) return undefined
    slot.used = true
    if (
      now >= credential.renewAt &&
      now >= slot.retryAt &&
      slot.flight === undefined &&
      !this.#application.isClosed()
    ) {
      this.#start(slot, "early")
    }
    return credential
  }

  /** a valid credential, renewed if need be */
  acquire(slot: Slot<V, Rs>): Effect.Effect<Credential<V>, SageAuthError<Rs | Closed>> {
    return Effect.suspend(() => {
      const live = this.cache.live(slot)
      const credential = this.peek(live)
      return credential === undefined ? this.#join(live, this.#causeOf(live)) : Effect.succeed(credential)
    })
  }

  /** a fresh credential even if the one in hand is valid */
  refresh(slot: Slot<V, Rs>, cause: "asked" | "kept-alive"): Effect.Effect<Credential<V>, SageAuthError<Rs | Closed>> {
    return Effect.suspend(() => this.#join(this.cache.live(slot), cause))
  }

  /** a server has rejected that credential; if it is still the one in use, it is used no more */
  reject(slot: Slot<V, Rs>, credential: Credential<V>): void {
    const live = this.cache.live(slot)
    if (live.credential?.id !== credential.id) return
    live.rejected = live.credential
    live.credential = undefined
  }

  /** a server has accepted that credential, and perhaps moved its end */
  accept(slot: Slot<V, Rs>, credential: Credential<V>, expiresAt = credential.expiresAt): void {
    const live = this.cache.live(slot)
    const current = live.credential
    if (current === undefined || current.id !== credential.id) return
    if (current.accepted && current.expiresAt === expiresAt) return
    const renewAt = current.renewAt === current.expiresAt ? expiresAt : current.renewAt
    live.credential = { ...current, accepted: true, expiresAt, renewAt }
  }

  /** something was refused with that credential that may not be its fault: the next refusal is */
  markUnaccepted(slot: Slot<V, Rs>, credential: Credential<V>): void {
    const live = this.cache.live(slot)
    if (live.credential?.id === credential.id) live.credential = { ...live.credential, accepted: false }
  }

  /** drops the credential, if any */
  forget(slot: Slot<V, Rs>): void {
    const live = this.cache.live(slot)
    live.credential = undefined
    live.rejected = undefined
    live.retryAt = 0
    live.failures = 0
    live.ended = undefined
    live.generation++
    live.leave()
  }

  #causeOf(slot: Slot<V, Rs>): RenewalCause {
    if (slot.rejected !== undefined) return "rejected"
    return slot.credential === undefined ? "cold" : "expired"
  }

  #join(slot: Slot<V, Rs>, cause: RenewalCause): Effect.Effect<Credential<V>, SageAuthError<Rs | Closed>> {
    if (slot.flight !== undefined) return Deferred.await(slot.flight)
    if (this.#application.isClosed()) return Effect.fail(failure<Closed>("client.closed", this.place(slot.key)))
    return Deferred.await(this.#start(slot, cause))
  }

  #start(slot: Slot<V, Rs>, cause: RenewalCause): Deferred.Deferred<Credential<V>, SageAuthError<Rs>> {
    const { renew, surface } = this.#options
    const place = this.place(slot.key)
    const flight = Deferred.makeUnsafe<Credential<V>, SageAuthError<Rs>>()
    // before anything else runs: the next caller joins
    slot.flight = flight
    const started = this.#application.now()
    const { generation } = slot
    const replaces = slot.rejected ?? slot.credential
    const flown = Effect.suspend(() => renew({ key: slot.key, cause, replaces })).pipe(
      inSpan("sage-auth.renewal", {
        attributes: () => ({ ...placeAttributes(place), "sage_auth.cause": cause })
      }),
      Effect.onExit((exit) =>
        Effect.sync(() => {
          slot.flight = undefined
          this.#application.count(
            Metric.withAttributes(metrics.renewalDuration, { surface }),
            this.#application.now() - started
          )
          this.#application.count(
            Metric.withAttributes(metrics.renewals, { surface, outcome: Exit.isSuccess(exit) ? "ok" : "failed" }),
            1
          )
          if (Exit.isSuccess(exit)) {
            Deferred.doneUnsafe(flight, Effect.succeed(this.#publish(slot, generation, exit.value, cause)))
          } else {
            Deferred.doneUnsafe(flight, Effect.fail(this.#failed(slot, exit.cause)))
          }
        })
      )
    )
    this.#application.detach(Effect.exit(flown))
    return flight
  }

  #publish(slot: Slot<V, Rs>, generation: number, fresh: Fresh<V>, cause: RenewalCause): Credential<V> {
    const at = this.#application.now()
    const credential: Credential<V> = {
      id: ++this.#ids,
      value: fresh.value,
      issuedAt: fresh.issuedAt ?? at,
      expiresAt: fresh.expiresAt,
      renewAt: fresh.renewAt ?? fresh.expiresAt,
      accepted: fresh.accepted ?? false
    }
    // forgotten meanwhile: only those who waited have it
    if (slot.generation !== generation) return credential
    slot.credential = credential
    slot.rejected = undefined
    slot.retryAt = 0
    slot.failures = 0
    slot.used = true
    // the grant of one context is that of all
    for (const each of this.cache.ofTenant(tenantOfKey(slot.key))) each.ended = undefined
    if (cause !== "cold" && fresh.unchanged !== true) {
      const place = this.place(slot.key)
      const expiresAt = Number.isFinite(fresh.expiresAt) ? fresh.expiresAt : undefined
      this.#application.publish({ type: "credential-renewed", ...place, at, cause, expiresAt })
    }
    return credential
  }

  #failed(slot: Slot<V, Rs>, cause: Cause.Cause<SageAuthError<Rs>>): SageAuthError<Rs> {
    const place = this.place(slot.key)
    const found = Option.getOrUndefined(Cause.findErrorOption(cause))
    // a defect may quote anything, a secret included: only its place is told, unless it is one of this library's failures
    const error =
      found !== undefined && isSageAuthError(found)
        ? found
        : ((failureIn(cause) as SageAuthError<Rs> | undefined) ?? failure<Rs>("client.defect", place))
    const at = this.#application.now()
    slot.retryAt =
      at + Math.min(firstPause * 2 ** slot.failures, longestPause) * (0.8 + this.#application.random() * 0.4)
    slot.failures++
    const credential = slot.credential
    // no user has consented yet: there is nothing to renew
    const unbegun = error.id === "client.never-authorized" || error.reason._tag === "PairingPending"
    if (credential === undefined && unbegun) return error
    if (error.reason._tag === "ReauthorizationRequired") {
      // each call finds out again, and nothing happens until a human consents
      const known = this.cache.ofTenant(tenantOfKey(slot.key)).some(({ ended }) => ended === error.id)
      slot.ended = error.id
      if (known) return error
    }
    this.#application.publish({
      type: "renewal-failed",
      ...place,
      at,
      reason: error.reason._tag,
      code: error.code,
      covered: credential !== undefined && at < credential.expiresAt
    })
    return error
  }
}
