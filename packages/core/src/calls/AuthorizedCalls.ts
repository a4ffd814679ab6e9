import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import { type Application, type CallOptions, whileOpen, withCallOptions } from "../Application.ts"
import type { Credential } from "../credential/Credential.ts"
import type { Slot } from "../credential/CredentialCache.ts"
import type { Renewals } from "../credential/Renewals.ts"
import type {
  BudgetExhausted,
  Closed,
  DeadlineExceeded,
  Misconfigured,
  RateLimited,
  Reason,
  ServiceUnavailable
} from "../errors/Reason.ts"
import { failure, type Place, type SageAuthError } from "../errors/SageAuthError.ts"
import type { CatalogueId } from "../errors/catalogue.ts"
import type { Surface } from "../Surface.ts"
import * as metrics from "../telemetry/metrics.ts"
import type { Permit } from "../traffic/Pool.ts"
import { retrying } from "../traffic/retrying.ts"
import type { Fetch } from "../transport/Answer.ts"
import { readLimited } from "../transport/readLimited.ts"
import { retryAfter } from "../transport/retryAfter.ts"
import { fromThrown, TransportFailure } from "../transport/TransportFailure.ts"
import { holdUntilRead, withBody } from "./heldBody.ts"
import type { FetchOptions } from "./HttpClient.ts"
import { targetOf } from "./target.ts"

/** What an answer says about the credential and the limits; what it says about the request is the caller's. */
export type Verdict = "accepted" | "credential-dead" | "rate-limited" | "unavailable"

/** The pool, and what a call counts on the meter. */
export interface Traffic {
  readonly pool: string
  readonly permits: number
}

/** How one surface makes its calls. */
export interface CallRules<V> {
  readonly surface: Surface
  readonly connection: string
  readonly fetch: Fetch
  /** milliseconds that a caller waits unless it says otherwise */
  readonly deadline: number
  /** where relative paths count from */
  readonly base: (value: V) => string
  /** what a credential puts on a request; one frozen object for each credential */
  readonly headers: (value: V) => Readonly<Record<string, string>>
  /** judges an answer; `text` is read only for answers from 400 on */
  readonly judge: (response: Response, text: string | undefined) => Verdict
  /** how long a server asks to wait, in milliseconds; default: `Retry-After` */
  readonly retryAfter?: ((headers: Headers, now: number) => number | undefined) | undefined
  /** undefined: the surface has no pool */
  readonly traffic: (value: V) => Traffic | undefined
  /** the entries of the error catalogue for an answer that says so */
  readonly limited: CatalogueId
  readonly unavailable: CatalogueId
  /** refuses a call that would pass the budget */
  readonly refuse?: ((value: V, url: string, init: Init) => SageAuthError<BudgetExhausted> | undefined) | undefined
  /** an answer came, or may have: what it counts */
  readonly count?: ((value: V, url: string, init: Init, response: Response | undefined) => void) | undefined
  /** an answer of that credential came: something may be learned from it */
  readonly learn?: ((value: V, response: Response) => void) | undefined
}

/** What fetching adds to what acquiring the credential can fail with. */
export type CallReasons = ServiceUnavailable | DeadlineExceeded | Closed | Misconfigured | BudgetExhausted

/** Error bodies are read to be judged; no server needs more to say what is wrong. In bytes. */
const errorLimit = 1024 * 1024

/** An answer that nobody reads gives its permit back after this, in milliseconds. */
const unreadLimit = 30_000

/** A credential this young that was never accepted and is rejected will not be accepted after a renewal either. */
const youth = 60_000

const replayableMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"])

type Init = Omit<FetchOptions, "deadline">

interface Call {
  readonly place: Place & { readonly surface: Surface; readonly connection: string; readonly tenant: string }
  readonly path: string
  readonly init: Init
  /** may be sent twice, because it runs once */
  readonly idempotent: boolean
  /** has a body that can be sent again */
  readonly repeatable: boolean
}

/** An answer that asks for another try, or none at all. */
interface Again {
  readonly error: SageAuthError
  /** what to hand over when no try is left */
  readonly response: Response | undefined
  readonly kind: "rate-limited" | "transient" | "final"
}

/**
 * Calls that carry a credential, for every surface that puts it into headers: through the pool and the meter, with one
 * renewal and one replay when the server says that the credential is dead.
 */
export class AuthorizedCalls<V, Rs extends Reason> {
  readonly #application: Application
  readonly #renewals: Renewals<V, Rs>
  readonly #rules: CallRules<V>

  constructor(application: Application, renewals: Renewals<V, Rs>, rules: CallRules<V>) {
    this.#application = application
    this.#renewals = renewals
    this.#rules = rules
  }

  /** the headers of the credential in hand, without a fiber; undefined if there is none */
  peekHeaders(slot: Slot<V, Rs>): Readonly<Record<string, string>> | undefined {
    const credential = this.#renewals.peek(this.#renewals.cache.live(slot))
    return credential === undefined ? undefined : this.#rules.headers(credential.value)
  }

  headers(
    slot: Slot<V, Rs>,
    options: CallOptions | undefined
  ): Effect.Effect<Readonly<Record<string, string>>, SageAuthError<Rs | Closed | DeadlineExceeded | Misconfigured>> {
    return Effect.suspend(() => {
      const hit = this.peekHeaders(slot)
      if (hit !== undefined) return Effect.succeed(hit)
      return this.#renewals.acquire(slot).pipe(
        Effect.map((credential) => this.#rules.headers(credential.value)),
        withCallOptions(options, this.#rules.deadline, this.#renewals.place(slot.key))
      )
    })
  }

  fetch(
    slot: Slot<V, Rs>,
    path: string,
    init: FetchOptions | undefined,
    extra?: Readonly<Record<string, string>>
  ): Effect.Effect<Response, SageAuthError<Rs | CallReasons | RateLimited>> {
    const place = this.#renewals.place(slot.key)
    const { deadline, ...rest } = init ?? {}
    const call: Call = {
      place,
      path,
      init: extra === undefined ? rest : { ...rest, headers: merged(rest.headers, extra) },
      idempotent:
        replayableMethods.has((rest.method ?? "GET").toUpperCase()) || new Headers(rest.headers).has("idempotency-key"),
      repeatable: isRepeatable(rest.body)
    }
    return whileOpen(this.#application, place).pipe(
      Effect.andThen(this.#send(slot, call)),
      withCallOptions({ deadline, signal: rest.signal ?? undefined }, this.#rules.deadline, place),
      Effect.onExit((exit) => Effect.sync(() => this.#observe(exit))),
      Effect.withSpan("sage-auth.fetch", {
        kind: "client",
        attributes: {
          "sage_auth.surface": place.surface,
          "sage_auth.connection": place.connection,
          "sage_auth.tenant": place.tenant,
          "http.request.method": rest.method ?? "GET"
        }
      })
    )
  }

  /** runs an effect inside pool and meter with the headers of a valid credential */
  run<A, E, R>(
    slot: Slot<V, Rs>,
    use: (call: { readonly headers: Readonly<Record<string, string>> }) => Effect.Effect<A, E, R>,
    options: CallOptions | undefined
  ): Effect.Effect<A, E | SageAuthError<Rs | CallReasons>, R> {
    const place = this.#renewals.place(slot.key)
    return Effect.uninterruptibleMask((restore) =>
      Effect.gen({ self: this }, function* () {
        const { credential, permit } = yield* this.#admitted(slot)
        return yield* Effect.ensuring(
          restore(Effect.suspend(() => use({ headers: this.#rules.headers(credential.value) }))),
          Effect.sync(() => permit?.release())
        )
      })
    ).pipe(withCallOptions(options, this.#rules.deadline, place))
  }

  #observe(exit: Exit.Exit<Response, SageAuthError>): void {
    const outcome = Exit.isSuccess(exit) ? (exit.value.ok ? "ok" : `http-${exit.value.status}`) : "failed"
    this.#application.count(metrics.callsOf({ surface: this.#rules.surface, outcome }), 1)
  }

  /**
   * A valid credential and a permit of its pool. No permit is held while waiting for a renewal, which needs one itself.
   * To be called where nothing interrupts: only the waits inside can be.
   */
  #admitted(
    slot: Slot<V, Rs>
  ): Effect.Effect<
    { readonly credential: Credential<V>; readonly permit: Permit | undefined },
    SageAuthError<Rs | Closed>
  > {
    return Effect.gen({ self: this }, function* () {
      while (true) {
        const acquired = yield* Effect.interruptible(this.#renewals.acquire(slot))
        const traffic = this.#rules.traffic(acquired.value)
        if (traffic === undefined) return { credential: acquired, permit: undefined }
        const permit = yield* this.#application.coordination.acquire(traffic.pool, {
          limit: traffic.permits,
          ahead: false,
          onSaturated: () =>
            this.#application.publish({
              type: "pool-saturated",
              company: traffic.pool,
              at: this.#application.now(),
              permits: traffic.permits
            })
        })
        // read after the permit was got: the credential may have ended while others were served
        const credential = this.#renewals.peek(this.#renewals.cache.live(slot))
        if (credential !== undefined && this.#rules.traffic(credential.value)?.pool === traffic.pool) {
          return { credential, permit }
        }
        permit.release()
      }
    })
  }

  #send(slot: Slot<V, Rs>, call: Call): Effect.Effect<Response, SageAuthError<Rs | CallReasons | RateLimited>> {
    let renewed = false
    const once: Effect.Effect<Response, Again | SageAuthError<Rs | CallReasons>> = Effect.suspend(() =>
      this.#once(slot, call, !renewed)
    ).pipe(
      Effect.flatMap((answer) => {
        if (answer !== "renew") return Effect.succeed(answer)
        renewed = true
        return once
      })
    )
    const { rateLimited, transient } = this.#application.settings.retry
    return Effect.suspend(() => once).pipe(
      Effect.mapError((lost): Again => ("kind" in lost ? lost : { error: lost, response: undefined, kind: "final" })),
      retrying(rateLimited, (lost) => lost.kind === "rate-limited" && call.repeatable),
      retrying(transient, (lost) => lost.kind === "transient" && call.repeatable),
      Effect.catch((lost) =>
        lost.response === undefined
          ? Effect.fail(lost.error as SageAuthError<Rs | CallReasons | RateLimited>)
          : Effect.succeed(lost.response)
      )
    )
  }

  #once(
    slot: Slot<V, Rs>,
    call: Call,
    mayRenew: boolean
  ): Effect.Effect<Response | "renew", Again | SageAuthError<Rs | CallReasons>> {
    return Effect.uninterruptibleMask((restore) =>
      Effect.gen({ self: this }, function* () {
        const { credential, permit } = yield* this.#admitted(slot)
        const release = () => permit?.release()
        const judged = yield* Effect.exit(restore(this.#exchange(slot, call, credential, mayRenew)))
        if (Exit.isSuccess(judged) && judged.value !== "renew" && judged.value.body !== null && permit !== undefined) {
          return this.#held(judged.value, permit, call)
        }
        release()
        return yield* judged
      })
    )
  }

  #exchange(
    slot: Slot<V, Rs>,
    call: Call,
    credential: Credential<V>,
    mayRenew: boolean
  ): Effect.Effect<Response | "renew", Again | SageAuthError<Rs | CallReasons>> {
    const { value } = credential
    const rules = this.#rules
    return Effect.gen({ self: this }, function* () {
      const url = targetOf(rules.base(value), call.path)
      if (Result.isFailure(url)) {
        return yield* failure<Misconfigured>("client.host-refused", {
          ...call.place,
          message: `fetch(path) is ${url.failure}: give a path below ${new URL(rules.base(value)).origin}`
        })
      }
      const refused = rules.refuse?.(value, url.success, call.init)
      if (refused !== undefined) return yield* refused
      const { signal: own, ...given } = call.init
      const init: RequestInit = {
        ...given,
        headers: merged(call.init.headers, rules.headers(value)),
        // a credential follows no redirect; the redirect is the answer
        redirect: "manual"
      }
      const answered = yield* Effect.result(
        Effect.tryPromise({
          try: async (signal) => {
            // the caller's signal also ends the reading of the body, when this effect is long over
            const signals = own === undefined || own === null ? signal : AbortSignal.any([signal, own])
            const response = await rules.fetch(url.success, { ...init, signal: signals })
            if (response.status < 400) return { response, text: undefined }
            const text = await readLimited(response, errorLimit)
            return { response: withBody(response, text), text }
          },
          catch: (thrown) => (thrown instanceof TransportFailure ? thrown : fromThrown(thrown))
        })
      )
      if (Result.isFailure(answered)) {
        const { code, problem, sent } = answered.failure
        if (sent === "maybe") rules.count?.(value, url.success, call.init, undefined)
        const error = failure<ServiceUnavailable>(sent === "never" ? "client.not-sent" : "client.answer-lost", {
          ...call.place,
          code,
          message: `the connection failed: ${problem}`
        })
        const again: Again = {
          error,
          response: undefined,
          kind: sent === "never" || call.idempotent ? "transient" : "final"
        }
        return yield* Effect.fail(again)
      }
      const { response, text } = answered.success
      rules.learn?.(value, response)
      const verdict = rules.judge(response, text)
      if (verdict !== "rate-limited") rules.count?.(value, url.success, call.init, response)
      switch (verdict) {
        case "accepted":
          this.#renewals.accept(slot, credential)
          return response
        case "credential-dead":
          this.#renewals.reject(slot, credential)
          // one that was never accepted will not be after another renewal
          return mayRenew && call.repeatable && this.#worthRenewing(credential) ? "renew" : response
        case "rate-limited": {
          const after = (rules.retryAfter ?? retryAfter)(response.headers, this.#application.now())
          const place = call.place
          this.#application.publish({
            type: "rate-limited",
            ...place,
            at: this.#application.now(),
            code: String(response.status),
            retryAfter: after
          })
          const error = failure<RateLimited>(rules.limited, { ...place, retryAfter: after })
          return yield* Effect.fail<Again>({ error, response, kind: "rate-limited" })
        }
        case "unavailable": {
          const error = failure<ServiceUnavailable>(rules.unavailable, {
            ...call.place,
            code: String(response.status)
          })
          return yield* Effect.fail<Again>({ error, response, kind: call.idempotent ? "transient" : "final" })
        }
      }
    })
  }

  #worthRenewing({ accepted, issuedAt }: Credential<V>): boolean {
    return accepted || this.#application.now() - issuedAt >= youth
  }

  #held(response: Response, permit: Permit, call: Call): Response {
    let open = true
    const timer = Effect.runForkWith(this.#application.context)(
      Effect.andThen(
        Effect.sleep(Duration.millis(unreadLimit)),
        Effect.sync(() => {
          if (!open) return
          open = false
          permit.release()
          this.#application.publish({
            type: "advice",
            ...call.place,
            at: this.#application.now(),
            subject: "unread-body",
            message: `${call.place.connection}: the body of an answer was neither read nor dropped for 30 seconds, and held a permit of the pool. Read it, or cancel it.`
          })
        })
      )
    )
    return holdUntilRead(response, () => {
      if (!open) return
      open = false
      timer.interruptUnsafe()
      permit.release()
    })
  }
}

const isRepeatable = (body: RequestInit["body"]): boolean =>
  body === undefined ||
  body === null ||
  typeof body === "string" ||
  body instanceof URLSearchParams ||
  body instanceof ArrayBuffer ||
  ArrayBuffer.isView(body) ||
  body instanceof Blob ||
  body instanceof FormData

/** The caller's headers, with the credential's over them. */
const merged = (own: RequestInit["headers"], credential: Readonly<Record<string, string>>): Headers => {
  const headers = new Headers(own)
  for (const name in credential) headers.set(name, credential[name] as string)
  return headers
}
