import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import {
  type Application,
  type CallOptions,
  deadlineOf,
  whileOpen,
  withCallOptions
} from "../application/Application.ts"
import * as Result from "../config/Result.ts"
import { effectOf } from "../config/resolve.ts"
import { type Credential, isUnproven, type Slot } from "../credential/CredentialCache.ts"
import type { Renewals } from "../credential/Renewals.ts"
import type {
  Closed,
  DeadlineExceeded,
  Misconfigured,
  RateLimited,
  Reason,
  RequestRejected,
  ServiceUnavailable
} from "../errors/Reason.ts"
import { failure, misconfigured, type SageAuthError } from "../errors/SageAuthError.ts"
import {
  annotateSpan,
  answerAttributes,
  callsOf,
  inSpan,
  methodAttributes,
  placeAttributes,
  serverAttributes
} from "../telemetry/instrumentation.ts"
import type { MeterEntry } from "../traffic/MeterEntry.ts"
import type { Permit } from "../traffic/CoordinationPort.ts"
import { Admission, type AdmissionRequest, type Admitted, Patience } from "./Admission.ts"
import { type FailedRequest, retryingRequest } from "../traffic/retrying.ts"
import { mayRepeat, retryAfter } from "../transport/Answer.ts"
import { readLimited } from "../transport/Transport.ts"
import { fromThrown, secretsOfHeaders, type TransportFailure, unanswered } from "../transport/TransportFailure.ts"
import { isSignal, noSignal, onAbort, stays, turn } from "../transport/abortSignals.ts"
import type { CallDifference, CallReasons, CallRules, WholeAnswer } from "./CallRules.ts"
import type { FetchOptions } from "./HttpClient.ts"
import { dropBody, holdUntilRead, readStart } from "./heldBody.ts"
import { type Init, initOf, isRepeatable, merged, noOptions, replayableMethods, targetOf, wrongIn } from "./request.ts"

/** What is read of a body to judge it; no server needs more to say what is wrong. In bytes. */
const judgedStart = 1024 * 1024

/** An unread answer gives its permit back after this, in milliseconds. */
const unreadLimit = 30_000

const isRefusal = ({ status }: Response): boolean => status >= 400

/** One call of the caller's: what is sent, as often as it takes. */
interface PreparedCall<V> extends AdmissionRequest<V> {
  readonly path: string
  readonly called: string
  readonly init: Init
  /** the caller's own headers; undefined where it gave none */
  readonly headers: Headers | undefined
  /** may be sent twice, because it runs once */
  readonly idempotent: boolean
  /** has a body that can be sent again */
  readonly repeatable: boolean
  readonly judge: CallRules<V>["judge"]
  /** where it went last: most bases never change */
  target: { readonly base: string; readonly url: Result.Result<string, SageAuthError<Misconfigured>> } | undefined
  /** the server asked to be left alone until then, in milliseconds since the epoch */
  notBefore: number
  /** drops an answer that holds a permit, for want of a reader */
  unread: (() => void) | undefined
}

/** An answer for the caller. */
interface Answered {
  readonly response: Response
  /** its body may still have to be read from the server */
  readonly open: boolean
}

/** A request that failed. */
interface FailedCall extends FailedRequest {
  /** the answer that is handed over when no try is left; undefined: the call fails */
  readonly response: Response | undefined
}

/** What came of one request. `renew`: the credential is over, and another one may be accepted. */
type CallOutcome = Answered | FailedCall | "renew"

const isAnswered = (outcome: CallOutcome): outcome is Answered => outcome !== "renew" && !("error" in outcome)

/**
 * Calls that carry a credential, for every surface that puts it into headers: through the pool and the meter, with one
 * renewal and one replay when the server says that the credential is dead.
 */
export class AuthorizedCalls<V, Rs extends Reason> {
  readonly #application: Application
  readonly #renewals: Renewals<V, Rs>
  readonly #rules: CallRules<V>
  readonly #admission: Admission<V, Rs>
  readonly #ok: ReturnType<typeof callsOf>

  constructor(application: Application, renewals: Renewals<V, Rs>, rules: CallRules<V>) {
    this.#ok = callsOf({ surface: rules.surface, outcome: "ok" })
    this.#application = application
    this.#renewals = renewals
    this.#rules = rules
    this.#admission = new Admission(application, renewals, rules.meter)
  }

  /** the headers of the credential in hand, without a fiber; undefined if there is none */
  peekHeaders(slot: Slot<V, Rs>): Readonly<Record<string, string>> | undefined {
    if (this.#application.isClosed()) return undefined
    const credential = this.#admission.peek(slot)
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
      const made = this.#callOf(place, path, init ?? noOptions, extra, difference)
      return whileOpen(this.#application, place).pipe(
        Effect.andThen(effectOf(made)),
        Effect.flatMap((call) => this.#send(slot, call)),
        withCallOptions({ deadline, signal: signal ?? undefined }, this.#rules.deadline, place, this.#application),
        this.#ended(made),
        inSpan("sage-auth.fetch", {
          kind: "client",
          attributes: () => ({ ...placeAttributes(place), ...methodAttributes(method) })
        })
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
    if (application.callerContext !== undefined || application.isClosed() || init?.signal?.aborted === true) {
      return undefined
    }
    const credential = this.#admission.peek(slot)
    if (credential === undefined) return undefined
    const place = this.#renewals.place(slot.key)
    const made = this.#callOf(place, path, init ?? noOptions, extra, undefined)
    if (Result.isFailure(made)) return undefined
    const call = made.success
    const { patience } = call
    const rest = (outcome?: CallOutcome) => {
      const { left } = patience
      return run(
        this.#send(slot, call, outcome).pipe(
          withCallOptions({ deadline: left }, left, place, application),
          this.#ended(made)
        ),
        patience.signal
      )
    }
    return this.#admission.sendPlainly<CallOutcome, Response>(slot, credential, call, {
      use: (admitted, ends) => this.#exchange(slot, call, admitted, true, ends),
      settle: (outcome, permit) => {
        if (isAnswered(outcome)) {
          this.#observe(outcome.response)
          return this.#handed(outcome, permit, call)
        }
        permit?.release()
        return rest(outcome)
      },
      otherwise: rest,
      left: () => this.#observe(undefined)
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

  /** runs an effect inside pool and meter with the headers of a valid credential, changed by `narrow` */
  run<A, E, R>(
    slot: Slot<V, Rs>,
    use: (call: { readonly headers: Readonly<Record<string, string>> }) => Effect.Effect<A, E, R>,
    options: CallOptions | undefined,
    narrow?: (headers: Readonly<Record<string, string>>) => Readonly<Record<string, string>>
  ): Effect.Effect<A, E | SageAuthError<Rs | CallReasons>, R> {
    const place = this.#renewals.place(slot.key)
    const { deadline: otherwise, headers, meter, traffic } = this.#rules
    if (typeof use !== "function") {
      const expected = "a function of the headers and the signal of a call"
      return Effect.fail(misconfigured([{ option: "run(use)", expected }], place))
    }
    const weigh = () => meter?.weigh(undefined, undefined) ?? 0
    const inside = Effect.flatMap(
      Effect.suspend(() => effectOf(deadlineOf(options?.deadline, otherwise, place))),
      (deadline) => {
        const patience = new Patience(this.#application.now, deadline, options?.signal)
        const used = ({ value }: Credential<V>): Effect.Effect<A, E | SageAuthError<Misconfigured>, R> => {
          const answer = use({ headers: narrow === undefined ? headers(value) : narrow(headers(value)) })
          if (Effect.isEffect(answer)) return answer
          const expected = 'a function that returns an effect: a promise is for createSageAuth of "@sage-auth/core"'
          return Effect.fail(misconfigured([{ option: "run(use)", expected }], place))
        }
        return this.#admission.run(slot, { place, patience, traffic, weigh }, used)
      }
    )
    return whileOpen(this.#application, place).pipe(
      Effect.andThen(inside),
      withCallOptions(options, this.#rules.deadline, place, this.#application)
    )
  }

  #callOf(
    place: PreparedCall<V>["place"],
    path: string,
    given: FetchOptions,
    extra: Readonly<Record<string, string>> | undefined,
    difference: CallDifference<V> | undefined
  ): Result.Result<PreparedCall<V>, SageAuthError<Misconfigured | RequestRejected>> {
    const called = difference?.called ?? "fetch(path)"
    const wrong = wrongIn(path, given, called)
    if (wrong !== undefined) {
      return Result.fail(failure<RequestRejected>("client.request-rejected", { ...place, message: wrong }))
    }
    const { headers: own, signal } = given
    const init = given === noOptions ? noOptions : initOf(given)
    const { idempotencyKey, judge, meter, prepare, traffic } = this.#rules
    const deadline = deadlineOf(given.deadline, this.#rules.deadline, place)
    if (Result.isFailure(deadline)) return Result.fail(deadline.failure)
    if (signal !== undefined && signal !== null && !isSignal(signal)) {
      return Result.fail(misconfigured([noSignal], place))
    }
    let headers: Headers | undefined
    try {
      if (own !== undefined || extra !== undefined) {
        headers = new Headers(own)
        for (const name in extra) headers.set(name, extra[name] as string)
      }
      prepare?.(headers, path, place.tenant)
    } catch {
      // what was thrown quotes the value
      const expected = "names and values that HTTP can carry"
      return Result.fail(misconfigured([{ option: "fetch(path, { headers })", expected }], place))
    }
    const call: PreparedCall<V> = {
      place,
      path,
      called,
      init,
      headers,
      patience: new Patience(this.#application.now, deadline.success, signal ?? undefined),
      idempotent:
        difference?.idempotent ??
        (init.method === undefined ||
          replayableMethods.has(init.method.toUpperCase()) ||
          (idempotencyKey !== undefined && headers?.has(idempotencyKey) === true)),
      repeatable: isRepeatable(init.body),
      traffic: difference?.traffic ?? traffic,
      judge: difference?.judge ?? judge,
      weigh: (value) => {
        if (meter === undefined) return 0
        const url = this.#urlOf(call, value)
        // what is not sent costs nothing
        return Result.isFailure(url) ? 0 : meter.weigh(url.success, init.body)
      },
      target: undefined,
      notBefore: 0,
      unread: undefined
    }
    return Result.succeed(call)
  }

  #urlOf(call: PreparedCall<V>, value: V): Result.Result<string, SageAuthError<Misconfigured>> {
    const base = this.#rules.base(value)
    if (call.target?.base === base) return call.target.url
    const url = Result.mapError((this.#rules.target ?? targetOf)(base, call.path), (what) =>
      failure<Misconfigured>("client.host-refused", {
        ...call.place,
        message: `${call.called} is ${what}: give a path below ${base}`
      })
    )
    call.target = { base, url }
    return url
  }

  #observe(response: Response | undefined): void {
    const outcome = response === undefined ? "failed" : `http-${response.status}`
    const metric = response?.ok === true ? this.#ok : callsOf({ surface: this.#rules.surface, outcome })
    this.#application.count(metric, 1)
  }

  /** notes how a call ended; an answer that its caller did not live to see holds nothing up */
  #ended(made: Result.Result<PreparedCall<V>, unknown>) {
    return <E>(effect: Effect.Effect<Response, E>): Effect.Effect<Response, E> =>
      Effect.onExit(effect, (exit) =>
        Effect.suspend(() => {
          const response = Exit.isSuccess(exit) ? exit.value : undefined
          this.#observe(response)
          const call = Result.getOrUndefined(made)
          if (response === undefined) call?.unread?.()
          return annotateSpan(() => ({
            ...(call?.target === undefined ? {} : serverAttributes(call.target.base)),
            ...(response === undefined ? {} : answerAttributes(response.status))
          }))
        })
      )
  }

  /** sends a call as often as it takes; `first` is what came of the request that was sent already */
  #send(
    slot: Slot<V, Rs>,
    call: PreparedCall<V>,
    first?: CallOutcome
  ): Effect.Effect<Response, SageAuthError<Rs | CallReasons | RateLimited>> {
    let renewed = false
    let known = first
    const once: Effect.Effect<Response, FailedCall> = Effect.suspend(() => {
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
    const { retry } = this.#application.settings
    const { idempotent, repeatable } = call
    const sent = repeatable
      ? retryingRequest<FailedCall>(retry, ({ processed }) => mayRepeat(processed, idempotent))(once)
      : once
    return sent.pipe(
      Effect.catch(({ error, response }) =>
        response === undefined
          ? Effect.fail(error as SageAuthError<Rs | CallReasons | RateLimited>)
          : Effect.succeed(response)
      )
    )
  }

  #once(slot: Slot<V, Rs>, call: PreparedCall<V>, mayRenew: boolean): Effect.Effect<Response | "renew", FailedCall> {
    return Effect.mapError(
      this.#admission.send(
        slot,
        call,
        (admitted, ends) => this.#exchange(slot, call, admitted, mayRenew, ends),
        (outcome, permit) => this.#settled(outcome, permit, call)
      ),
      (failed): FailedCall =>
        // a renewal was tried again itself
        "processed" in failed ? failed : { error: failed, processed: "no", settled: true, response: undefined }
    )
  }

  /** what came of a request, as an effect; the permit is given back, or held until the answer was read */
  #settled(
    outcome: CallOutcome,
    permit: Permit | undefined,
    call: PreparedCall<V>
  ): Effect.Effect<Response | "renew", FailedCall> {
    return Effect.suspend((): Effect.Effect<Response | "renew", FailedCall> => {
      if (isAnswered(outcome)) return Effect.succeed(this.#handed(outcome, permit, call))
      permit?.release()
      return outcome === "renew" ? Effect.succeed(outcome) : Effect.fail(outcome)
    })
  }

  /** sends one request, and says what came of it. Never fails: what is thrown is an outcome, too */
  async #exchange(
    slot: Slot<V, Rs>,
    call: PreparedCall<V>,
    { credential, entry }: Admitted<V>,
    mayRenew: boolean,
    ends: AbortSignal
  ): Promise<CallOutcome> {
    const { fetchOf, headers, learn, readLimit = judgedStart, reads = isRefusal } = this.#rules
    const { value } = credential
    const target = this.#urlOf(call, value)
    if (Result.isFailure(target)) return { error: target.failure, processed: "no", response: undefined }
    const url = target.success
    const { signal } = call.patience
    const sent = merged(call.headers, headers(value), this.#rules.defaults)
    let response: Response
    let text: string | undefined
    let open: boolean
    try {
      await turn
      stays(ends)
      entry.sent()
      const given: RequestInit = {
        headers: sent,
        // a credential follows no redirect; the redirect is the answer
        redirect: "manual",
        // the caller's signal also ends the reading of the body, when this call is long over
        signal: signal === undefined ? ends : AbortSignal.any([ends, signal])
      }
      const init = call.init === noOptions ? given : { ...call.init, ...given }
      // without it, the platform takes no stream
      if (!call.repeatable) init.duplex = "half"
      response = await (fetchOf?.(value) ?? this.#rules.fetch)(url, init)
      learn?.(value, response, sent)
      open = true
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
  #lost({ place }: PreparedCall<V>, value: V, entry: MeterEntry<V>, lost: TransportFailure): FailedCall {
    const { processed } = lost
    if (processed === "unknown") entry.count()
    const explained = this.#rules.explain?.(lost, value)
    if (explained !== undefined) return { error: explained, processed, settled: true, response: undefined }
    const secrets = secretsOfHeaders(this.#rules.headers(value))
    return { error: unanswered<ServiceUnavailable>(lost, place, secrets), processed, response: undefined }
  }

  #judged(
    slot: Slot<V, Rs>,
    call: PreparedCall<V>,
    credential: Credential<V>,
    mayRenew: boolean,
    entry: MeterEntry<V>,
    response: Response,
    text: string | undefined,
    open: boolean
  ): CallOutcome {
    const { limited, retryAfter: waitOf = retryAfter, unavailable } = this.#rules
    const { place } = call
    switch (call.judge(response, text)) {
      case "accepted": {
        entry.count()
        this.#renewals.accept(slot, credential)
        const error = text === undefined ? undefined : this.#rules.failed?.(response, text, credential.value)
        return error === undefined ? { response, open } : { error, processed: "yes", response: undefined }
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
        const wait = waitOf(response.headers, now)
        const code = String(response.status)
        this.#application.publish({ type: "rate-limited", ...place, at: now, code, retryAfter: wait })
        const error = failure<RateLimited>(limited, { ...place, retryAfter: wait })
        return { error, processed: "no", limited: true, response }
      }
      case "unavailable": {
        entry.count()
        const now = this.#application.now()
        const wait = waitOf(response.headers, now)
        if (wait !== undefined) call.notBefore = now + wait
        const error = failure<ServiceUnavailable>(unavailable, { ...place, code: String(response.status) })
        return { error, processed: "unknown", response }
      }
    }
  }

  #worthRenewing(credential: Credential<V>): boolean {
    return this.#rules.renewsFreely === true || !isUnproven(credential, this.#application.now())
  }

  /**
   * the answer for its caller. A body that is in memory holds nothing up; any other one holds the permit until it was
   * read
   */
  #handed({ open, response }: Answered, permit: Permit | undefined, call: PreparedCall<V>): Response {
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
