import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { builtin } from "../config/builtin.ts"
import { effectOf } from "../config/effectOf.ts"
import * as Result from "../config/Result.ts"
import {
  type Application,
  type CallOptions,
  deadlineOf,
  whileOpen,
  withCallOptions
} from "../application/Application.ts"
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
  RequestRejected,
  ServiceUnavailable,
  Surface
} from "../errors/Reason.ts"
import { failure, misconfigured, type Place, type SageAuthError } from "../errors/SageAuthError.ts"
import type { CatalogueId } from "../errors/catalogue.ts"
import * as metrics from "../telemetry/metrics.ts"
import { Entry } from "../traffic/Entry.ts"
import { permitRequest, type Traffic } from "../traffic/permitRequest.ts"
import { givenBack, type Permit } from "../traffic/Pool.ts"
import { retrying } from "../traffic/retrying.ts"
import type { Fetch } from "../transport/Answer.ts"
import { isSignal, noSignal, onAbort } from "../transport/onAbort.ts"
import { readLimited } from "../transport/readLimited.ts"
import { retryAfter } from "../transport/retryAfter.ts"
import { stays } from "../transport/stays.ts"
import { fromThrown, type TransportFailure } from "../transport/TransportFailure.ts"
import { secretsOfHeaders, unanswered } from "../transport/unanswered.ts"
import { dropBody, holdUntilRead, readStart } from "./heldBody.ts"
import type { FetchOptions } from "./HttpClient.ts"
import { Patience } from "./Patience.ts"
import { canPlainly, plainly } from "./plainly.ts"
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
  /** an answer of that credential came: something may be learned from it. `sent` tells which headers it answers */
  readonly learn?: ((value: V, response: Response, sent: (name: string) => boolean) => void) | undefined
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
  /** what has to be known before anything is counted or refused; undefined where it is known */
  readonly ready: (value: V) => Effect.Effect<void> | undefined
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

type Init = Omit<FetchOptions, "deadline" | "headers" | "signal">

interface Call<V> {
  readonly place: Place & { readonly surface: Surface; readonly connection: string; readonly tenant: string }
  readonly path: string
  readonly init: Init
  /** the caller's own headers; undefined where it gave none */
  readonly headers: Headers | undefined
  readonly patience: Patience
  /** may be sent twice, because it runs once */
  readonly idempotent: boolean
  /** has a body that can be sent again */
  readonly repeatable: boolean
  readonly traffic: (value: V) => Traffic | undefined
  readonly judge: CallRules<V>["judge"]
  /** the server asked to be left alone until then, in milliseconds since the epoch */
  notBefore: number
  /** drops an answer that holds a permit, for want of a reader */
  unread: (() => void) | undefined
}

/** An answer for the caller, and whether its body still has to be read from the server. */
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

/** What came of one request. `renew`: the credential is over, and another one may be accepted. */
type Outcome = Judged | Again | "renew"

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
        withCallOptions(options, this.#rules.deadline, place, this.#application)
      )
    })
  }

  fetch(
    slot: Slot<V, Rs>,
    path: string,
    init: FetchOptions | undefined,
    extra?: Readonly<Record<string, string>>,
    difference?: CallDifference<V>
  ): Effect.Effect<Response, SageAuthError<Rs | CallReasons | RateLimited | RequestRejected>> {
    return Effect.suspend(() => {
      const place = this.#renewals.place(slot.key)
      const { deadline, method = "GET", signal } = init ?? {}
      const made = this.#callOf(place, path, init ?? {}, extra, difference)
      return whileOpen(this.#application, place).pipe(
        Effect.andThen(effectOf(made)),
        Effect.flatMap((call) => this.#send(slot, call)),
        withCallOptions({ deadline, signal: signal ?? undefined }, this.#rules.deadline, place, this.#application),
        this.#ended(made),
        Effect.withSpan(
          "sage-auth.fetch",
          {
            kind: "client",
            attributes: {
              "sage_auth.surface": place.surface,
              "sage_auth.connection": place.connection,
              "sage_auth.tenant": place.tenant,
              "http.request.method": method
            }
          },
          // it would name a line of this library
          { captureStackTrace: false }
        )
      )
    })
  }

  /**
   * `fetch` for promises: as long as nothing is unusual without a fiber. From there on `run` goes on as an effect, with
   * the answer that has come. undefined: ask `fetch`.
   */
  fetchPlainly(
    slot: Slot<V, Rs>,
    path: string,
    init: FetchOptions | undefined,
    extra: Readonly<Record<string, string>> | undefined,
    run: (rest: Effect.Effect<Response, unknown>, signal: AbortSignal | undefined) => Promise<Response>
  ): Promise<Response> | undefined {
    const application = this.#application
    if (application.isClosed() || init?.signal?.aborted === true) return undefined
    const credential = this.#peek(slot)
    if (credential === undefined) return undefined
    const place = this.#renewals.place(slot.key)
    const made = this.#callOf(place, path, init ?? {}, extra, undefined)
    if (Result.isFailure(made)) return undefined
    const call = made.success
    const { patience } = call
    const traffic = call.traffic(credential.value)
    if (!canPlainly(application, traffic)) return undefined
    const rest = (outcome: Outcome | undefined) => {
      const { left } = patience
      return run(
        this.#send(slot, call, outcome).pipe(
          withCallOptions({ deadline: left }, left, place, application),
          this.#ended(made)
        ),
        patience.signal
      )
    }
    let entry: Entry | undefined
    return plainly<Response>({
      application,
      patience,
      place,
      traffic,
      send: async ({ ends, permit }) => {
        const handOver = (outcome?: Outcome) => () => {
          permit?.release()
          return rest(outcome)
        }
        // read after the permit was got: the credential may have ended while others were served
        const current = this.#peek(slot)
        if (current === undefined || call.traffic(current.value)?.pool !== traffic?.pool) return handOver()
        const url = this.#urlOf(call, current)
        if (Result.isFailure(url)) return handOver()
        entry = this.#entryNow(current, url.success, call.init.body)
        if (entry === undefined) return handOver()
        const outcome = await this.#exchange(slot, call, current, url.success, true, entry, ends)
        entry.end()
        if (outcome === "renew" || "error" in outcome) return handOver(outcome)
        return () => {
          this.#observe(outcome.response)
          return this.#handed(outcome, permit, call)
        }
      },
      left: () => {
        entry?.left()
        this.#observe(undefined)
      }
    })
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
      // what it sends is this library's own, and can be sent
      const sent = this.fetch(slot, path, { ...init, signal: ends }, undefined, difference) as Effect.Effect<
        Response,
        SageAuthError<Rs | CallReasons | RateLimited>
      >
      return sent.pipe(
        Effect.flatMap((response) =>
          Effect.map(
            Effect.tryPromise({
              try: () => readLimited(response, limit),
              catch: (thrown) => fromThrown(thrown, response.url)
            }),
            (text) => ({ response, text })
          )
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
    const { deadline: otherwise, headers, traffic } = this.#rules
    const inside = Effect.uninterruptibleMask((restore) =>
      Effect.gen({ self: this }, function* () {
        const deadline = yield* effectOf(deadlineOf(options?.deadline, otherwise, place))
        const patience = new Patience(this.#application.now, deadline, options?.signal)
        const { credential, permit } = yield* this.#admitted(slot, traffic, patience)
        const metered = this.#metered(credential, undefined, undefined, (entry) => {
          const used = Effect.suspend(() => {
            entry.sent()
            return use({ headers: headers(credential.value) })
          })
          // whatever became of what was sent, and whoever leaves
          return Effect.ensuring(
            restore(used),
            Effect.sync(() => entry.left())
          )
        })
        return yield* permit === undefined ? metered : Effect.onExit(metered, givenBack(permit))
      })
    )
    return whileOpen(this.#application, place).pipe(
      Effect.andThen(inside),
      withCallOptions(options, this.#rules.deadline, place, this.#application)
    )
  }

  #peek(slot: Slot<V, Rs>): Credential<V> | undefined {
    return this.#renewals.peek(this.#renewals.cache.live(slot))
  }

  #callOf(
    place: Call<V>["place"],
    path: string,
    given: FetchOptions,
    extra: Readonly<Record<string, string>> | undefined,
    difference: CallDifference<V> | undefined
  ): Result.Result<Call<V>, SageAuthError<Misconfigured | RequestRejected>> {
    const wrong = wrongIn(path, given)
    if (wrong !== undefined) {
      return Result.fail(failure<RequestRejected>("client.request-rejected", { ...place, message: wrong }))
    }
    const { deadline: _, headers: own, signal, ...init } = given
    const { idempotencyKey, judge, prepare, traffic } = this.#rules
    const deadline = deadlineOf(given.deadline, this.#rules.deadline, place)
    if (Result.isFailure(deadline)) return Result.fail(deadline.failure)
    if (signal !== undefined && signal !== null && !isSignal(signal)) {
      return Result.fail(misconfigured([noSignal], place))
    }
    let headers: Headers | undefined
    try {
      if (own !== undefined || extra !== undefined || prepare !== undefined) {
        headers = new Headers(own)
        for (const name in extra) headers.set(name, extra[name] as string)
        prepare?.(headers, path, place.tenant)
      }
    } catch {
      // what was thrown quotes the value
      const expected = "names and values that HTTP can carry"
      return Result.fail(misconfigured([{ option: "fetch(path, { headers })", expected }], place))
    }
    return Result.succeed({
      place,
      path,
      init,
      headers,
      patience: new Patience(this.#application.now, deadline.success, signal ?? undefined),
      idempotent:
        difference?.idempotent ??
        (replayableMethods.has((init.method ?? "GET").toUpperCase()) ||
          (idempotencyKey !== undefined && headers?.has(idempotencyKey) === true)),
      repeatable: isRepeatable(init.body),
      traffic: difference?.traffic ?? traffic,
      judge: difference?.judge ?? judge,
      notBefore: 0,
      unread: undefined
    })
  }

  #urlOf({ path, place }: Call<V>, { value }: Credential<V>): Result.Result<string, SageAuthError<Misconfigured>> {
    const base = this.#rules.base(value)
    return Result.mapError((this.#rules.target ?? targetOf)(base, path), (what) =>
      failure<Misconfigured>("client.host-refused", {
        ...place,
        message: `fetch(path) is ${what}: give a path below ${base}`
      })
    )
  }

  /** what a request counts; fails where the budget has no room for it */
  #entry(value: V, transactions: number): Result.Result<Entry, SageAuthError<BudgetExhausted>> {
    const { meter } = this.#rules
    if (meter === undefined) return Result.succeed(new Entry(nothing, nothing))
    return Result.map(
      meter.hold(value, transactions),
      (letGo) => new Entry(() => meter.count(value, transactions), letGo)
    )
  }

  /** the same at once; undefined where something has to be waited for, or refused */
  #entryNow({ value }: Credential<V>, url: string, body: RequestInit["body"]): Entry | undefined {
    const { meter } = this.#rules
    const transactions = meter?.weigh(url, body) ?? 0
    if (typeof transactions !== "number") return undefined
    if (transactions > 0 && meter?.ready(value) !== undefined) return undefined
    return Result.getOrUndefined(this.#entry(value, transactions))
  }

  /** does something within the budget; what it does says when it has come to count */
  #metered<A, E, R>(
    { value }: Credential<V>,
    url: string | undefined,
    body: RequestInit["body"],
    use: (entry: Entry) => Effect.Effect<A, E, R>
  ): Effect.Effect<A, E | SageAuthError<BudgetExhausted>, R> {
    const { meter } = this.#rules
    return Effect.gen({ self: this }, function* () {
      const weighed = meter?.weigh(url, body) ?? 0
      const transactions = typeof weighed === "number" ? weighed : yield* Effect.promise(() => weighed)
      if (transactions > 0) yield* meter?.ready(value) ?? Effect.void
      const entry = yield* effectOf(this.#entry(value, transactions))
      return yield* Effect.ensuring(
        use(entry),
        Effect.sync(() => entry.end())
      )
    })
  }

  #observe(response: Response | undefined): void {
    const outcome = response === undefined ? "failed" : response.ok ? "ok" : `http-${response.status}`
    this.#application.count(metrics.callsOf({ surface: this.#rules.surface, outcome }), 1)
  }

  /** notes how a call ended; an answer that its caller did not live to see holds nothing up */
  #ended(made: Result.Result<Call<V>, unknown>) {
    return <E>(effect: Effect.Effect<Response, E>): Effect.Effect<Response, E> =>
      Effect.onExit(effect, (exit) =>
        Effect.sync(() => {
          this.#observe(Exit.isSuccess(exit) ? exit.value : undefined)
          if (Exit.isFailure(exit) && Result.isSuccess(made)) made.success.unread?.()
        })
      )
  }

  /**
   * A valid credential and a permit of its pool. No permit is held while waiting for a renewal, which needs one itself.
   * To be called where nothing interrupts: only the waits inside can be.
   */
  #admitted(
    slot: Slot<V, Rs>,
    trafficOf: CallRules<V>["traffic"],
    patience: Patience
  ): Effect.Effect<
    { readonly credential: Credential<V>; readonly permit: Permit | undefined },
    SageAuthError<Rs | Closed>
  > {
    const wanted = (hung: boolean) => patience.lasts(hung)
    return Effect.gen({ self: this }, function* () {
      while (true) {
        const acquired = yield* Effect.interruptible(this.#renewals.acquire(slot))
        const traffic = trafficOf(acquired.value)
        if (traffic === undefined) return { credential: acquired, permit: undefined }
        const permit = yield* this.#application.coordination.acquire(
          traffic.pool,
          permitRequest(this.#application, traffic, { wanted })
        )
        if (!patience.lasts()) {
          // a pool that does not ask: the permit is for who comes next, and this caller leaves in a moment
          permit.release()
          return yield* Effect.interruptible(Effect.never)
        }
        // read after the permit was got: the credential may have ended while others were served
        const credential = this.#peek(slot)
        if (credential !== undefined && trafficOf(credential.value)?.pool === traffic.pool) {
          return { credential, permit }
        }
        permit.release()
      }
    })
  }

  /** sends a call as often as it takes; `first` is what came of the request that was sent already */
  #send(
    slot: Slot<V, Rs>,
    call: Call<V>,
    first?: Outcome
  ): Effect.Effect<Response, SageAuthError<Rs | CallReasons | RateLimited>> {
    let renewed = false
    let known = first
    const once: Effect.Effect<Response, Again | SageAuthError<Rs | CallReasons>> = Effect.suspend(() => {
      const outcome = known
      known = undefined
      const wait = outcome === undefined ? call.notBefore - this.#application.now() : 0
      const sent = outcome === undefined ? this.#once(slot, call, !renewed) : this.#settled(outcome, undefined, call)
      return wait > 0 ? Effect.andThen(Effect.sleep(Duration.millis(wait)), sent) : sent
    }).pipe(
      Effect.flatMap((answer) => {
        if (answer !== "renew") return Effect.succeed(answer)
        renewed = true
        return once
      })
    )
    const { rateLimited, transient } = this.#application.settings.retry
    return once.pipe(
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
      Effect.flatMap(this.#admitted(slot, call.traffic, call.patience), ({ credential, permit }) => {
        const url = this.#urlOf(call, credential)
        const exchanged: Effect.Effect<Outcome, SageAuthError<Misconfigured | BudgetExhausted>> = Result.isFailure(url)
          ? Effect.fail(url.failure)
          : this.#metered(credential, url.success, call.init.body, (entry) =>
              Effect.promise((ends) => this.#exchange(slot, call, credential, url.success, mayRenew, entry, ends)).pipe(
                Effect.onInterrupt(() => Effect.sync(() => entry.left()))
              )
            )
        return restore(exchanged).pipe(
          Effect.onExit((exit) =>
            Exit.isFailure(exit) && permit !== undefined ? givenBack(permit)(exit) : Effect.void
          ),
          Effect.flatMap((outcome) => this.#settled(outcome, permit, call))
        )
      })
    )
  }

  /** what came of a request, as an effect; the permit is given back, or held until the answer was read */
  #settled(outcome: Outcome, permit: Permit | undefined, call: Call<V>): Effect.Effect<Response | "renew", Again> {
    return Effect.suspend((): Effect.Effect<Response | "renew", Again> => {
      if (outcome !== "renew" && !("error" in outcome)) return Effect.succeed(this.#handed(outcome, permit, call))
      permit?.release()
      return outcome === "renew" ? Effect.succeed(outcome) : Effect.fail(outcome)
    })
  }

  /** sends one request, and says what came of it. Never fails: what is thrown is an outcome, too */
  async #exchange(
    slot: Slot<V, Rs>,
    call: Call<V>,
    credential: Credential<V>,
    url: string,
    mayRenew: boolean,
    entry: Entry,
    ends: AbortSignal
  ): Promise<Outcome> {
    const { fetchOf, headers, learn, readLimit = judgedStart, reads = isRefusal } = this.#rules
    const { value } = credential
    const { signal } = call.patience
    const sent = merged(call.headers, headers(value))
    let response: Response
    let text: string | undefined
    let open: boolean
    try {
      await stays(ends)
      entry.sent()
      response = await (fetchOf?.(value) ?? this.#rules.fetch)(url, {
        ...call.init,
        headers: sent,
        // a credential follows no redirect; the redirect is the answer
        redirect: "manual",
        // without it, the platform takes no stream
        ...(call.repeatable ? {} : { duplex: "half" }),
        // the caller's signal also ends the reading of the body, when this call is long over
        signal: signal === undefined ? ends : AbortSignal.any([ends, signal])
      })
      learn?.(value, response, (name) => (sent instanceof Headers ? sent.has(name) : Object.hasOwn(sent, name)))
      open = response.body !== null
      if (reads(response)) {
        const start = await readStart(response, readLimit)
        response = start.response
        text = start.text
        open = !start.whole
      }
    } catch (thrown) {
      return this.#lost(call, value, entry, fromThrown(thrown, url))
    }
    return this.#judged(slot, call, credential, mayRenew, entry, response, text, open)
  }

  /** a connection that broke */
  #lost({ idempotent, place }: Call<V>, value: V, entry: Entry, lost: TransportFailure): Again {
    if (lost.sent === "maybe") entry.count()
    const explained = this.#rules.explain?.(lost, value)
    if (explained !== undefined) return { error: explained, response: undefined, kind: "final" }
    const error = unanswered<ServiceUnavailable>(lost, place, secretsOfHeaders(this.#rules.headers(value)))
    const again = error.retryable && (lost.sent === "never" || idempotent)
    return { error, response: undefined, kind: again ? "transient" : "final" }
  }

  #judged(
    slot: Slot<V, Rs>,
    call: Call<V>,
    credential: Credential<V>,
    mayRenew: boolean,
    entry: Entry,
    response: Response,
    text: string | undefined,
    open: boolean
  ): Outcome {
    const { limited, retryAfter: waitOf = retryAfter, unavailable } = this.#rules
    const { place } = call
    switch (call.judge(response, text)) {
      case "accepted": {
        entry.count()
        this.#renewals.accept(slot, credential)
        const error = text === undefined ? undefined : this.#rules.failed?.(response, text, credential.value)
        return error === undefined ? { response, open } : { error, response: undefined, kind: "final" }
      }
      case "credential-refused":
        this.#renewals.reject(slot, credential)
        this.#rules.refused?.(credential.value)
        return { response, open }
      case "credential-dead":
        this.#renewals.reject(slot, credential)
        // one that was never accepted will not be after another renewal
        return mayRenew && call.repeatable && this.#worthRenewing(credential) ? "renew" : { response, open }
      case "rate-limited": {
        const now = this.#application.now()
        const said = waitOf(response.headers, now)
        const code = String(response.status)
        this.#application.publish({ type: "rate-limited", ...place, at: now, code, retryAfter: said })
        const error = failure<RateLimited>(limited, { ...place, retryAfter: said })
        return { error, response, kind: "rate-limited" }
      }
      case "unavailable": {
        entry.count()
        const now = this.#application.now()
        const said = waitOf(response.headers, now)
        if (said !== undefined) call.notBefore = now + said
        const error = failure<ServiceUnavailable>(unavailable, { ...place, code: String(response.status) })
        return { error, response, kind: call.idempotent ? "transient" : "final" }
      }
    }
  }

  #worthRenewing({ accepted, issuedAt }: Credential<V>): boolean {
    return this.#rules.renewsFreely === true || accepted || this.#application.now() - issuedAt >= youth
  }

  /** the answer for its caller. A body that is in memory holds nothing up; any other one holds the permit until it was read */
  #handed({ open, response }: Judged, permit: Permit | undefined, call: Call<V>): Response {
    if (permit === undefined) return response
    if (!open) {
      permit.release()
      return response
    }
    const { signal } = call.patience
    let over = false
    let stays: (() => void) | undefined
    const end = () => {
      if (over) return false
      over = true
      call.unread = undefined
      expires()
      stays?.()
      permit.release()
      return true
    }
    const expires = this.#application.after(
      unreadLimit,
      () => {
        if (!end()) return
        this.#application.publish({
          type: "advice",
          ...call.place,
          at: this.#application.now(),
          subject: "unread-body",
          message: `${call.place.connection}: the body of an answer was neither read nor dropped for 30 seconds, and held a permit of the pool. Read it, or cancel it.`
        })
      },
      true
    )
    // its reading ends as well
    if (signal !== undefined) stays = onAbort(signal, end)
    const held = holdUntilRead(response, end)
    if (!over) {
      call.unread = () => {
        end()
        dropBody(held)
      }
    }
    return held
  }
}

const nothing = () => {}

/** RFC 9110, section 9.1: a token. The platform refuses three of them. */
const methods = /^[\w!#$%&'*+.^`|~-]{1,64}$/
const refusedMethods = /^(?:connect|trace|track)$/i

/** What no platform can send, and no retry betters; undefined: nothing. */
const wrongIn = (path: unknown, init: FetchOptions): string | undefined => {
  const { body, method } = init
  if (typeof path !== "string") return "fetch(path) is no text: give a path below the connection's base"
  if (method !== undefined && (typeof method !== "string" || !methods.test(method) || refusedMethods.test(method))) {
    return "fetch(path, { method }) is no method that can be sent"
  }
  for (const name in init) {
    if (!ownOptions.has(name) && !isTaken(method, name, init[name as keyof FetchOptions])) {
      return `fetch(path, { ${name} }) has a value that fetch does not take`
    }
  }
  if (body === undefined || body === null) return undefined
  if (typeof body === "symbol") return "fetch(path, { body }) is a symbol, which cannot be sent"
  if (method === undefined || /^(?:get|head)$/i.test(method)) {
    return `fetch(path, { body }) goes with POST, PUT, PATCH and the like, and not with ${method?.toUpperCase() ?? "GET"}, which is what a call without method is`
  }
  return body instanceof ReadableStream && (body.locked || builtin("node:stream").Readable.isDisturbed(body as never))
    ? "fetch(path, { body }) is a stream that was read already, or that somebody else is reading"
    : undefined
}

/** What is checked by name; everything else is the platform's to check. */
const ownOptions: ReadonlySet<string> = new Set(["body", "deadline", "headers", "method", "signal"])

/** Whether the platform takes an option of a request. It throws for one that it does not, and has sent nothing then. */
const isTaken = (method: string | undefined, name: string, value: unknown): boolean => {
  if (value === undefined) return true
  try {
    return (
      new Request("https://host.invalid/", { ...(method === undefined ? {} : { method }), [name]: value }) !== undefined
    )
  } catch {
    return false
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
const merged = (
  own: Headers | undefined,
  credential: Readonly<Record<string, string>>
): Headers | Record<string, string> => {
  // as it is: it is frozen, and nobody writes into it
  if (own === undefined) return credential
  const headers = new Headers(own)
  for (const name in credential) {
    if (name === "authorization" || !headers.has(name)) headers.set(name, credential[name] as string)
  }
  return headers
}
