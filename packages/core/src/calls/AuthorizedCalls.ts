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
import { failure, misconfigured, type Place, type SageAuthError } from "../errors/SageAuthError.ts"
import type { CatalogueId } from "../errors/catalogue.ts"
import type { Surface } from "../Surface.ts"
import * as metrics from "../telemetry/metrics.ts"
import type { Permit } from "../traffic/Pool.ts"
import { retrying } from "../traffic/retrying.ts"
import type { Fetch } from "../transport/Answer.ts"
import { readLimited } from "../transport/readLimited.ts"
import { retryAfter } from "../transport/retryAfter.ts"
import { fromThrown, type TransportFailure } from "../transport/TransportFailure.ts"
import { holdUntilRead, readStart } from "./heldBody.ts"
import type { FetchOptions } from "./HttpClient.ts"
import { targetOf } from "./target.ts"

/** What an answer says about the credential and the limits; what it says about the request is the caller's. */
export type Verdict =
  | "accepted"
  /** over: a renewal may help */
  | "credential-dead"
  /** refused as it is configured: sending it again could lock its user out */
  | "credential-refused"
  | "rate-limited"
  | "unavailable"

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
  /** for credentials that travel below HTTP, such as a client certificate: the fetch that carries this one */
  readonly fetchOf?: ((value: V) => Fetch | undefined) | undefined
  /** a last look at the caller's own headers, before anything is sent */
  readonly prepare?: ((headers: Headers, path: string, tenant: string) => void) | undefined
  /** milliseconds that a caller waits unless it says otherwise */
  readonly deadline: number
  /** where relative paths count from */
  readonly base: (value: V) => string
  /** the address of a path; default: a path below the base */
  readonly target?: typeof targetOf | undefined
  /** a renewal asks nobody, so that one is worth it even where the credential was never accepted. Default false */
  readonly renewsFreely?: boolean | undefined
  /** what a credential puts on a request; one frozen object for each credential */
  readonly headers: (value: V) => Readonly<Record<string, string>>
  /** judges an answer; `text` is the beginning of its body, where that was read */
  readonly judge: (response: Response, text: string | undefined) => Verdict
  /** whether the body has to be read to judge an answer; default: from status 400 on */
  readonly reads?: ((response: Response) => boolean) | undefined
  /** how much of a body is read to judge it, in bytes; default 1 MiB */
  readonly readLimit?: number | undefined
  /** the failure that an accepted answer reports all the same */
  readonly failed?: ((response: Response, text: string, value: V) => SageAuthError | undefined) | undefined
  /** the failure behind a connection that broke, where the credential is its reason: then nothing is repeated */
  readonly explain?: ((lost: TransportFailure, value: V) => SageAuthError | undefined) | undefined
  /** a credential was refused as it is configured */
  readonly refused?: ((value: V) => void) | undefined
  /** how long a server asks to wait, in milliseconds; default: `Retry-After` */
  readonly retryAfter?: ((headers: Headers, now: number) => number | undefined) | undefined
  /** undefined: the surface has no pool */
  readonly traffic: (value: V) => Traffic | undefined
  /** the entries of the error catalogue for an answer that says so */
  readonly limited: CatalogueId
  readonly unavailable: CatalogueId
  /** the header under which a write runs once, however often it is sent */
  readonly idempotencyKey?: string | undefined
  readonly meter?: CallMeter<V> | undefined
  /** an answer of that credential to a request with these headers came: something may be learned from it */
  readonly learn?: ((value: V, response: Response, sent: Headers) => void) | undefined
}

/** What one call does differently from the others of its surface. */
export interface CallDifference<V> {
  /** default: the surface's */
  readonly traffic?: ((value: V) => Traffic | undefined) | undefined
  /** whether it may be sent twice; default: by its method */
  readonly idempotent?: boolean | undefined
  /** default: the surface's */
  readonly judge?: CallRules<V>["judge"] | undefined
}

/** An answer that was read to its end. */
export interface WholeAnswer {
  readonly response: Response
  readonly text: string
}

/** The meter that calls are counted on. */
export interface CallMeter<V> {
  /** how many transactions a call is; `url` is undefined for what is not sent by this library */
  readonly weigh: (url: string | undefined, body: RequestInit["body"]) => number | Promise<number>
  /** what has to be known before anything is counted or refused */
  readonly ready: (value: V) => Effect.Effect<void>
  /** keeps room in the budget until what it returns is called, or refuses */
  readonly hold: (value: V, transactions: number) => Result.Result<() => void, SageAuthError<BudgetExhausted>>
  readonly count: (value: V, transactions: number) => void
}

/** What fetching adds to what acquiring the credential can fail with. */
export type CallReasons = ServiceUnavailable | DeadlineExceeded | Closed | Misconfigured | BudgetExhausted

/** What is read of a body to judge it; no server needs more to say what is wrong. In bytes. */
const judgedStart = 1024 * 1024

/** An answer that nobody reads gives its permit back after this, in milliseconds. */
const unreadLimit = 30_000

/** A credential this young that was never accepted and is rejected will not be accepted after a renewal either. */
const youth = 60_000

const replayableMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"])

type Init = Omit<FetchOptions, "deadline" | "headers"> & { readonly headers: Headers }

interface Call<V> {
  readonly place: Place & { readonly surface: Surface; readonly connection: string; readonly tenant: string }
  readonly path: string
  readonly init: Init
  /** may be sent twice, because it runs once */
  readonly idempotent: boolean
  /** has a body that can be sent again */
  readonly repeatable: boolean
  readonly traffic: (value: V) => Traffic | undefined
  readonly judge: CallRules<V>["judge"]
  /** the server asked to be left alone until then, in milliseconds since the epoch */
  notBefore: number
}

/** An answer, and whether its body still has to be read from the server. */
interface Judged {
  readonly response: Response
  readonly open: boolean
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
    if (this.#application.isClosed()) return undefined
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
      const place = this.#renewals.place(slot.key)
      return whileOpen(this.#application, place).pipe(
        Effect.andThen(this.#renewals.acquire(slot)),
        Effect.map((credential) => this.#rules.headers(credential.value)),
        withCallOptions(options, this.#rules.deadline, place)
      )
    })
  }

  fetch(
    slot: Slot<V, Rs>,
    path: string,
    init: FetchOptions | undefined,
    extra?: Readonly<Record<string, string>>,
    difference?: CallDifference<V>
  ): Effect.Effect<Response, SageAuthError<Rs | CallReasons | RateLimited>> {
    const place = this.#renewals.place(slot.key)
    const { deadline, signal } = init ?? {}
    return whileOpen(this.#application, place).pipe(
      Effect.andThen(this.#callOf(place, path, init ?? {}, extra, difference)),
      Effect.flatMap((call) => this.#send(slot, call)),
      withCallOptions({ deadline, signal: signal ?? undefined }, this.#rules.deadline, place),
      Effect.onExit((exit) => Effect.sync(() => this.#observe(exit))),
      Effect.withSpan("sage-auth.fetch", {
        kind: "client",
        attributes: {
          "sage_auth.surface": place.surface,
          "sage_auth.connection": place.connection,
          "sage_auth.tenant": place.tenant,
          "http.request.method": init?.method ?? "GET"
        }
      })
    )
  }

  /** an answer with all of its body, up to `limit` bytes; a caller that leaves ends the reading as well */
  whole(
    slot: Slot<V, Rs>,
    path: string,
    init: FetchOptions,
    limit: number,
    difference?: CallDifference<V>
  ): Effect.Effect<WholeAnswer, SageAuthError<Rs | CallReasons | RateLimited> | TransportFailure> {
    return Effect.suspend(() => {
      const left = new AbortController()
      const { signal } = init
      const ends = signal === undefined || signal === null ? left.signal : AbortSignal.any([left.signal, signal])
      return this.fetch(slot, path, { ...init, signal: ends }, undefined, difference).pipe(
        Effect.flatMap((response) =>
          Effect.map(Effect.tryPromise({ try: () => readLimited(response, limit), catch: fromThrown }), (text) => ({
            response,
            text
          }))
        ),
        Effect.onInterrupt(() => Effect.sync(() => left.abort()))
      )
    })
  }

  /** runs an effect inside pool and meter with the headers of a valid credential */
  run<A, E, R>(
    slot: Slot<V, Rs>,
    use: (call: { readonly headers: Readonly<Record<string, string>> }) => Effect.Effect<A, E, R>,
    options: CallOptions | undefined
  ): Effect.Effect<A, E | SageAuthError<Rs | CallReasons>, R> {
    const place = this.#renewals.place(slot.key)
    const inside = Effect.uninterruptibleMask((restore) =>
      Effect.gen({ self: this }, function* () {
        const { credential, permit } = yield* this.#admitted(slot, this.#rules.traffic)
        const used = Effect.suspend(() => use({ headers: this.#rules.headers(credential.value) }))
        return yield* Effect.ensuring(
          this.#metered(credential, undefined, undefined, (count) =>
            Effect.ensuring(restore(used), Effect.sync(count))
          ),
          Effect.sync(() => permit?.release())
        )
      })
    )
    return whileOpen(this.#application, place).pipe(
      Effect.andThen(inside),
      withCallOptions(options, this.#rules.deadline, place)
    )
  }

  #callOf(
    place: Call<V>["place"],
    path: string,
    given: FetchOptions,
    extra: Readonly<Record<string, string>> | undefined,
    difference: CallDifference<V> | undefined
  ): Effect.Effect<Call<V>, SageAuthError<Misconfigured>> {
    const { deadline: _, headers: own, ...init } = given
    return Effect.try({
      try: (): Call<V> => {
        const headers = new Headers(own)
        for (const name in extra) headers.set(name, extra[name] as string)
        const { idempotencyKey, judge, prepare, traffic } = this.#rules
        prepare?.(headers, path, place.tenant)
        return {
          place,
          path,
          init: { ...init, headers },
          idempotent:
            difference?.idempotent ??
            (replayableMethods.has((init.method ?? "GET").toUpperCase()) ||
              (idempotencyKey !== undefined && headers.has(idempotencyKey))),
          repeatable: isRepeatable(init.body),
          traffic: difference?.traffic ?? traffic,
          judge: difference?.judge ?? judge,
          notBefore: 0
        }
      },
      // what was thrown quotes the value
      catch: () =>
        misconfigured([{ option: "fetch(path, { headers })", expected: "names and values that HTTP can carry" }], place)
    })
  }

  /** does something within the budget; what it does says when it has come to count */
  #metered<A, E, R>(
    { value }: Credential<V>,
    url: string | undefined,
    body: RequestInit["body"],
    use: (count: () => void) => Effect.Effect<A, E, R>
  ): Effect.Effect<A, E | SageAuthError<BudgetExhausted>, R> {
    const { meter } = this.#rules
    if (meter === undefined) return use(() => {})
    return Effect.gen(function* () {
      const weighed = meter.weigh(url, body)
      const transactions = typeof weighed === "number" ? weighed : yield* Effect.promise(() => weighed)
      if (transactions > 0) yield* meter.ready(value)
      const held = meter.hold(value, transactions)
      if (Result.isFailure(held)) return yield* Effect.fail(held.failure)
      let counted = false
      const count = () => {
        if (!counted) meter.count(value, transactions)
        counted = true
      }
      return yield* Effect.ensuring(use(count), Effect.sync(held.success))
    })
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
    slot: Slot<V, Rs>,
    trafficOf: CallRules<V>["traffic"]
  ): Effect.Effect<
    { readonly credential: Credential<V>; readonly permit: Permit | undefined },
    SageAuthError<Rs | Closed>
  > {
    return Effect.gen({ self: this }, function* () {
      while (true) {
        const acquired = yield* Effect.interruptible(this.#renewals.acquire(slot))
        const traffic = trafficOf(acquired.value)
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
        if (credential !== undefined && trafficOf(credential.value)?.pool === traffic.pool) {
          return { credential, permit }
        }
        permit.release()
      }
    })
  }

  #send(slot: Slot<V, Rs>, call: Call<V>): Effect.Effect<Response, SageAuthError<Rs | CallReasons | RateLimited>> {
    let renewed = false
    const once: Effect.Effect<Response, Again | SageAuthError<Rs | CallReasons>> = Effect.suspend(() => {
      const wait = call.notBefore - this.#application.now()
      const sent = this.#once(slot, call, !renewed)
      return wait > 0 ? Effect.andThen(Effect.sleep(Duration.millis(wait)), sent) : sent
    }).pipe(
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
    call: Call<V>,
    mayRenew: boolean
  ): Effect.Effect<Response | "renew", Again | SageAuthError<Rs | CallReasons>> {
    return Effect.uninterruptibleMask((restore) =>
      Effect.gen({ self: this }, function* () {
        const { credential, permit } = yield* this.#admitted(slot, call.traffic)
        const release = () => permit?.release()
        const judged = yield* Effect.exit(restore(this.#exchange(slot, call, credential, mayRenew)))
        if (Exit.isFailure(judged)) {
          release()
          return yield* Effect.failCause(judged.cause)
        }
        const answer = judged.value
        if (answer === "renew") {
          release()
          return answer
        }
        // a body that is in memory keeps nobody waiting
        if (answer.open && permit !== undefined) return this.#held(answer.response, permit, call)
        release()
        return answer.response
      })
    )
  }

  #exchange(
    slot: Slot<V, Rs>,
    call: Call<V>,
    credential: Credential<V>,
    mayRenew: boolean
  ): Effect.Effect<Judged | "renew", Again | SageAuthError<Rs | CallReasons>> {
    const base = this.#rules.base(credential.value)
    const url = (this.#rules.target ?? targetOf)(base, call.path)
    if (Result.isFailure(url)) {
      return Effect.fail(
        failure<Misconfigured>("client.host-refused", {
          ...call.place,
          message: `fetch(path) is ${url.failure}: give a path below ${base}`
        })
      )
    }
    return this.#metered(credential, url.success, call.init.body, (count) =>
      Effect.flatMap(this.#received(call, credential, url.success, count), (judged) =>
        this.#judged(slot, call, credential, mayRenew, count, judged)
      )
    )
  }

  #received(
    { idempotent, init: { headers: own, signal, ...given }, place, repeatable }: Call<V>,
    { value }: Credential<V>,
    url: string,
    count: () => void
  ): Effect.Effect<Judged & { readonly text: string | undefined }, Again> {
    const { explain, fetchOf, headers, learn, readLimit = judgedStart, reads = isRefusal } = this.#rules
    const fetch = fetchOf?.(value) ?? this.#rules.fetch
    const sent = merged(own, headers(value))
    const init = {
      ...given,
      headers: sent,
      // a credential follows no redirect; the redirect is the answer
      redirect: "manual",
      // without it, the platform takes no stream
      ...(repeatable ? {} : { duplex: "half" })
    } satisfies RequestInit & { readonly duplex?: string }
    return Effect.tryPromise({
      try: async (interrupted) => {
        // the caller's signal also ends the reading of the body, when this effect is long over
        const ends = signal === undefined || signal === null ? interrupted : AbortSignal.any([interrupted, signal])
        const response = await fetch(url, { ...init, signal: ends })
        learn?.(value, response, sent)
        if (!reads(response)) return { response, text: undefined, open: response.body !== null }
        const start = await readStart(response, readLimit)
        return { response: start.response, text: start.text, open: !start.whole }
      },
      catch: fromThrown
    }).pipe(
      // a caller that leaves does not take back what was sent
      Effect.onInterrupt(() => Effect.sync(count)),
      Effect.mapError((lost): Again => {
        if (lost.sent === "maybe") count()
        const explained = explain?.(lost, value)
        if (explained !== undefined) return { error: explained, response: undefined, kind: "final" }
        const error = failure<ServiceUnavailable>(lost.sent === "never" ? "client.not-sent" : "client.answer-lost", {
          ...place,
          code: lost.code,
          message: `the connection failed: ${lost.problem}`
        })
        return { error, response: undefined, kind: lost.sent === "never" || idempotent ? "transient" : "final" }
      })
    )
  }

  #judged(
    slot: Slot<V, Rs>,
    call: Call<V>,
    credential: Credential<V>,
    mayRenew: boolean,
    count: () => void,
    { open, response, text }: Judged & { readonly text: string | undefined }
  ): Effect.Effect<Judged | "renew", Again> {
    return Effect.suspend((): Effect.Effect<Judged | "renew", Again> => {
      const { limited, retryAfter: waitOf = retryAfter, unavailable } = this.#rules
      const { place } = call
      const now = this.#application.now()
      const code = String(response.status)
      const retryAfterSaid = waitOf(response.headers, now)
      switch (call.judge(response, text)) {
        case "accepted": {
          count()
          this.#renewals.accept(slot, credential)
          const error = text === undefined ? undefined : this.#rules.failed?.(response, text, credential.value)
          return error === undefined
            ? Effect.succeed({ response, open })
            : Effect.fail({ error, response: undefined, kind: "final" })
        }
        case "credential-refused":
          this.#renewals.reject(slot, credential)
          this.#rules.refused?.(credential.value)
          return Effect.succeed({ response, open })
        case "credential-dead":
          this.#renewals.reject(slot, credential)
          // one that was never accepted will not be after another renewal
          return Effect.succeed(
            mayRenew && call.repeatable && this.#worthRenewing(credential) ? "renew" : { response, open }
          )
        case "rate-limited": {
          this.#application.publish({ type: "rate-limited", ...place, at: now, code, retryAfter: retryAfterSaid })
          const error = failure<RateLimited>(limited, { ...place, retryAfter: retryAfterSaid })
          return Effect.fail({ error, response, kind: "rate-limited" })
        }
        case "unavailable": {
          count()
          if (retryAfterSaid !== undefined) call.notBefore = now + retryAfterSaid
          const error = failure<ServiceUnavailable>(unavailable, { ...place, code })
          return Effect.fail({ error, response, kind: call.idempotent ? "transient" : "final" })
        }
      }
    })
  }

  #worthRenewing({ accepted, issuedAt }: Credential<V>): boolean {
    return this.#rules.renewsFreely === true || accepted || this.#application.now() - issuedAt >= youth
  }

  #held(response: Response, permit: Permit, call: Call<V>): Response {
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

const isRefusal = ({ status }: Response): boolean => status >= 400

const isRepeatable = (body: RequestInit["body"]): boolean =>
  body === undefined ||
  body === null ||
  typeof body === "string" ||
  body instanceof URLSearchParams ||
  body instanceof ArrayBuffer ||
  ArrayBuffer.isView(body) ||
  body instanceof Blob ||
  body instanceof FormData

/** The caller's headers over those that every request carries, but for the credential itself. */
const merged = (own: Headers, credential: Readonly<Record<string, string>>): Headers => {
  const headers = new Headers(own)
  for (const name in credential) {
    if (name === "authorization" || !headers.has(name)) headers.set(name, credential[name] as string)
  }
  return headers
}
