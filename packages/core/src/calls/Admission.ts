import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Application } from "../application/Application.ts"
import * as Result from "../config/Result.ts"
import { effectOf } from "../config/resolve.ts"
import type { Credential, Slot } from "../credential/CredentialCache.ts"
import type { Renewals } from "../credential/Renewals.ts"
import type { BudgetExhausted, Closed, DeadlineExceeded, Reason } from "../errors/Reason.ts"
import { failure, type SageAuthError, type TenantPlace } from "../errors/SageAuthError.ts"
import { rejection } from "../application/promise.ts"
import { MeterEntry, type RequestMeter } from "../traffic/MeterEntry.ts"
import type { Permit, PermitRequest } from "../traffic/CoordinationPort.ts"
import { givenBack } from "../traffic/Pool.ts"
import { onAbort } from "../transport/abortSignals.ts"

/** The pool of a call, and how many requests go out at a time as far as it knows. */
export interface Traffic {
  readonly pool: string
  readonly permits: number
}

/** Asks a pool for a permit, and announces that there was none to be had. */
export const permitRequest = (
  application: Application,
  traffic: Traffic,
  { ahead = false, wanted }: Partial<Pick<PermitRequest, "ahead" | "wanted">>
): PermitRequest => ({
  limit: traffic.permits,
  ahead,
  wanted,
  onSaturated: () => publishSaturated(application, traffic)
})

const publishSaturated = (application: Application, { permits, pool }: Traffic): void =>
  application.publish({ type: "pool-saturated", company: pool, at: application.now(), permits })

/** The least time in which an answer may come, in parts of a deadline and in milliseconds. */
const leastPart = 0.02
const leastTime = 20

/** How long the caller of one call waits. */
export class Patience {
  readonly signal: AbortSignal | undefined
  /** in milliseconds, from its beginning */
  readonly whole: number
  readonly #now: () => number
  /** in milliseconds since the epoch */
  readonly #ends: number
  readonly #lastStart: number

  constructor(now: () => number, deadline: number, signal: AbortSignal | undefined) {
    this.signal = signal
    this.whole = deadline
    this.#now = now
    this.#ends = now() + deadline
    this.#lastStart = this.#ends - Math.min(deadline * leastPart, leastTime)
  }

  /**
   * whether a request is still worth sending. `hung`: the server left another one without an answer, so the last moment
   * will not do
   */
  lasts(hung = false): boolean {
    return this.signal?.aborted !== true && this.#now() <= (hung ? this.#lastStart : this.#ends)
  }

  /** milliseconds until the deadline passes, at least 1 */
  get left(): number {
    return Math.max(1, this.#ends - this.#now())
  }
}

/** Whether a call can be made without a fiber: a pool that several processes share is waited for in one. */
const canPlainly = ({ coordination }: Application, traffic: Traffic | undefined): boolean =>
  traffic === undefined || coordination.ask !== undefined

/** What a request asks for before it is sent. */
export interface AdmissionRequest<V> {
  readonly place: TenantPlace
  readonly patience: Patience
  /** the pool that it takes a permit of; undefined: none */
  readonly traffic: (value: V) => Traffic | undefined
  /** how many transactions it is */
  readonly weigh: (value: V) => number | Promise<number>
}

/** What a request is sent with. */
export interface Admitted<V> {
  readonly credential: Credential<V>
  readonly permit: Permit | undefined
  /** its place on the meter */
  readonly entry: MeterEntry<V>
}

/** How a request is sent without a fiber, and what becomes of it. */
export interface PlainWay<V, O, A> {
  readonly use: (admitted: Admitted<V>, ends: AbortSignal) => Promise<O>
  /** what came of it, for a caller who is still there; it has the permit from then on */
  readonly settle: (outcome: O, permit: Permit | undefined) => A | Promise<A>
  /** something was unusual before anything was sent: it goes on as an effect */
  readonly otherwise: () => Promise<A>
  /** the caller leaves, or something broke; the word is for metrics */
  readonly left: (how: "DeadlineExceeded" | "aborted" | "defect") => void
}

/** What a request is sent with, once it is its turn; undefined: something has to be waited for, or is refused. */
type Admit<V> = (permit: Permit | undefined, waited: boolean) => Admitted<V> | undefined

/**
 * A request that is made without a fiber. It waits for a permit, is sent, and lets the caller go at its deadline or when
 * its signal is aborted. It is for promises what a permit and `withCallOptions` are for effects.
 *
 * It is one object, with few closures and promises: what a call costs between two requests of a network is how much
 * memory it touches.
 */
class PlainRequest<V, O, A> implements PermitRequest {
  readonly ahead = false
  readonly limit: number
  readonly #application: Application
  readonly #place: TenantPlace
  readonly #patience: Patience
  readonly #traffic: Traffic | undefined
  readonly #admit: Admit<V>
  readonly #way: PlainWay<V, O, A>
  readonly #resolve: (answer: A | Promise<A>) => void
  #own: AbortController | undefined = undefined
  #permit: Permit | undefined = undefined
  #entry: MeterEntry<V> | undefined = undefined
  #giveUp: (() => void) | undefined = undefined
  #expires: (() => void) | undefined = undefined
  #stays: (() => void) | undefined = undefined
  #waited = false
  #over = false

  constructor(
    application: Application,
    { patience, place }: AdmissionRequest<V>,
    traffic: Traffic | undefined,
    admit: Admit<V>,
    way: PlainWay<V, O, A>,
    resolve: (answer: A | Promise<A>) => void
  ) {
    this.#application = application
    this.#place = place
    this.#patience = patience
    this.#traffic = traffic
    this.limit = traffic?.permits ?? 0
    this.#admit = admit
    this.#way = way
    this.#resolve = resolve
  }

  wanted(hung: boolean): boolean {
    return this.#patience.lasts(hung)
  }

  onSaturated(): void {
    if (this.#traffic !== undefined) publishSaturated(this.#application, this.#traffic)
  }

  start(): void {
    const { signal, whole } = this.#patience
    this.#expires = this.#application.after(whole, () => this.#leave("DeadlineExceeded"))
    if (signal !== undefined) this.#stays = onAbort(signal, () => this.#leave("aborted"))
    if (this.#traffic === undefined) return this.#begin(undefined)
    this.#giveUp = this.#application.coordination.ask?.(this.#traffic.pool, this, (permit) => this.#begin(permit))
    this.#waited = true
  }

  #begin(permit: Permit | undefined): void {
    this.#permit = permit
    try {
      const admitted = this.#admit(permit, this.#waited)
      if (admitted === undefined) {
        permit?.release()
        this.#permit = undefined
        const answer = this.#way.otherwise()
        this.#end()
        return this.#resolve(answer)
      }
      this.#entry = admitted.entry
      this.#own = new AbortController()
      this.#way.use(admitted, this.#own.signal).then(
        (outcome) => this.#done(outcome),
        () => this.#broke()
      )
    } catch {
      this.#broke()
    }
  }

  #done(outcome: O): void {
    this.#entry?.end()
    if (this.#over) return
    try {
      const answer = this.#way.settle(outcome, this.#permit)
      this.#end()
      this.#resolve(answer)
    } catch {
      this.#broke()
    }
  }

  #leave(how: "DeadlineExceeded" | "aborted"): void {
    if (this.#over) return
    this.#end()
    this.#entry?.left()
    this.#way.left(how)
    this.#own?.abort()
    this.#giveUp?.()
    this.#resolve(
      rejection(
        how === "aborted"
          ? this.#patience.signal?.reason
          : failure<DeadlineExceeded>("client.deadline-exceeded", this.#place)
      )
    )
  }

  #broke(): void {
    if (this.#over) return
    this.#end()
    this.#entry?.left()
    this.#way.left("defect")
    this.#permit?.release()
    // what was thrown may quote anything, a secret included
    this.#resolve(rejection(failure("client.defect", this.#place)))
  }

  #end(): void {
    this.#over = true
    this.#expires?.()
    this.#stays?.()
  }
}

/**
 * The way of a request out of this process: a valid credential, a permit of its pool, and room on the meter. No permit
 * is held while a renewal or the meter is waited for: a renewal needs one itself.
 */
export class Admission<V, Rs extends Reason> {
  readonly #application: Application
  readonly #renewals: Pick<Renewals<V, Rs>, "acquire" | "cache" | "peek">
  readonly #meter: RequestMeter<V> | undefined

  constructor(
    application: Application,
    renewals: Pick<Renewals<V, Rs>, "acquire" | "cache" | "peek">,
    meter: RequestMeter<V> | undefined
  ) {
    this.#application = application
    this.#renewals = renewals
    this.#meter = meter
  }

  /** the valid credential in hand, without waiting */
  peek(slot: Slot<V, Rs>): Credential<V> | undefined {
    return this.#renewals.peek(this.#renewals.cache.live(slot))
  }

  /** sends a request, and hands what came of it over with its permit. Who leaves does not take back what was sent */
  send<O, A, E>(
    slot: Slot<V, Rs>,
    request: AdmissionRequest<V>,
    use: (admitted: Admitted<V>, ends: AbortSignal) => Promise<O>,
    settle: (outcome: O, permit: Permit | undefined) => Effect.Effect<A, E>
  ): Effect.Effect<A, E | SageAuthError<Rs | Closed | BudgetExhausted>> {
    return Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(this.#admit(slot, request), (admitted) => {
        const { entry, permit } = admitted
        return restore(Effect.promise((ends) => use(admitted, ends))).pipe(
          Effect.onExit((exit) =>
            Effect.suspend(() => {
              if (Exit.isSuccess(exit)) return Effect.sync(() => entry.end())
              entry.left()
              return permit === undefined ? Effect.void : givenBack(permit)(exit)
            })
          ),
          Effect.flatMap((outcome) => settle(outcome, permit))
        )
      })
    )
  }

  /** runs an effect that sends a request by itself. Whatever becomes of it, it counts */
  run<A, E, R>(
    slot: Slot<V, Rs>,
    request: AdmissionRequest<V>,
    use: (credential: Credential<V>) => Effect.Effect<A, E, R>
  ): Effect.Effect<A, E | SageAuthError<Rs | Closed | BudgetExhausted>, R> {
    return Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(this.#admit(slot, request), ({ credential, entry, permit }) => {
        const used = Effect.suspend(() => {
          entry.sent()
          return use(credential)
        })
        return Effect.onExit(restore(used), (exit) =>
          Effect.suspend(() => {
            entry.left()
            return permit === undefined ? Effect.void : givenBack(permit)(exit)
          })
        )
      })
    )
  }

  /**
   * `send` without a fiber, for promises, with a credential that `peek` gave just now. undefined: ask `send`, because the
   * pool is shared
   */
  sendPlainly<O, A>(
    slot: Slot<V, Rs>,
    credential: Credential<V>,
    request: AdmissionRequest<V>,
    way: PlainWay<V, O, A>
  ): Promise<A> | undefined {
    const traffic = request.traffic(credential.value)
    const application = this.#application
    if (!canPlainly(application, traffic)) return undefined
    const admit: Admit<V> = (permit, waited) => {
      const current = waited ? this.#current(slot, request, traffic) : credential
      const entry = current === undefined ? undefined : this.#entryNow(current, request)
      return current === undefined || entry === undefined ? undefined : { credential: current, permit, entry }
    }
    return new Promise<A>((resolve) => {
      new PlainRequest(application, request, traffic, admit, way, resolve).start()
    })
  }

  /** to be called where nothing interrupts: only the waits inside can be */
  #admit(
    slot: Slot<V, Rs>,
    request: AdmissionRequest<V>
  ): Effect.Effect<Admitted<V>, SageAuthError<Rs | Closed | BudgetExhausted>> {
    const { patience } = request
    const wanted = (hung: boolean) => patience.lasts(hung)
    return Effect.gen({ self: this }, function* () {
      while (true) {
        const acquired = yield* Effect.interruptible(this.#renewals.acquire(slot))
        const { value } = acquired
        const weighed = this.#meter === undefined ? 0 : request.weigh(value)
        const transactions =
          typeof weighed === "number" ? weighed : yield* Effect.interruptible(Effect.promise(() => weighed))
        if (transactions > 0) yield* Effect.interruptible(this.#meter?.ready(value) ?? Effect.void)
        const traffic = request.traffic(value)
        if (traffic === undefined) {
          const entry = yield* effectOf(this.#entry(value, transactions, request))
          return { credential: acquired, permit: undefined, entry }
        }
        const permit = yield* this.#application.coordination.acquire(
          traffic.pool,
          permitRequest(this.#application, traffic, { wanted })
        )
        if (!patience.lasts()) {
          // a pool that does not ask: the permit is for who comes next, and this caller leaves in a moment
          permit.release()
          return yield* Effect.interruptible(Effect.never)
        }
        const credential = this.#current(slot, request, traffic)
        if (credential !== undefined) {
          const entry = this.#entry(credential.value, transactions, request)
          if (Result.isFailure(entry)) permit.release()
          return { credential, permit, entry: yield* effectOf(entry) }
        }
        permit.release()
      }
    })
  }

  /**
   * read after the permit was got: the credential may have ended, or moved to another pool, while others were served
   */
  #current(slot: Slot<V, Rs>, request: AdmissionRequest<V>, traffic: Traffic | undefined): Credential<V> | undefined {
    const credential = this.peek(slot)
    return credential !== undefined && request.traffic(credential.value)?.pool === traffic?.pool
      ? credential
      : undefined
  }

  /** fails where the budget has no room for it */
  #entry(
    value: V,
    transactions: number,
    { place }: AdmissionRequest<V>
  ): Result.Result<MeterEntry<V>, SageAuthError<BudgetExhausted>> {
    const meter = this.#meter
    if (meter === undefined) return Result.succeed(new MeterEntry(undefined, value, 0, undefined))
    const held = meter.hold(value, transactions, place)
    return Result.isFailure(held) ? held : Result.succeed(new MeterEntry(meter, value, transactions, held.success))
  }

  /** the same at once; undefined where something has to be waited for, or refused */
  #entryNow({ value }: Credential<V>, request: AdmissionRequest<V>): MeterEntry<V> | undefined {
    const meter = this.#meter
    if (meter === undefined) return new MeterEntry(undefined, value, 0, undefined)
    const transactions = request.weigh(value)
    if (typeof transactions !== "number") return undefined
    if (transactions > 0 && meter.ready(value) !== undefined) return undefined
    return Result.getOrUndefined(this.#entry(value, transactions, request))
  }
}
