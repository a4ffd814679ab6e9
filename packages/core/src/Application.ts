import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import type * as Metric from "effect/Metric"
import * as Random from "effect/Random"
import type * as Redacted from "effect/Redacted"
import * as Result from "./config/Result.ts"
import * as Scope from "effect/Scope"
import { type ApplicationClock, effectClock, isSystem, quietly, timer } from "./application/clock.ts"
import { readDuration } from "./config/duration.ts"
import { CredentialRejections } from "./credential/CredentialRejections.ts"
import type { Closed, DeadlineExceeded, Misconfigured, StoreUnavailable } from "./errors/Reason.ts"
import { failure, misconfigured, type Place, type SageAuthError } from "./errors/SageAuthError.ts"
import { byClock } from "./grant/byClock.ts"
import { GrantStore } from "./grant/GrantStore.ts"
import { layerMemory as layerMemoryStore } from "./grant/memory.ts"
import { make as sealingWith, type Sealing } from "./grant/Sealing.ts"
import { defaultTimes, type GrantTimes } from "./grant/times.ts"
import * as Events from "./telemetry/Events.ts"
import type { Advice, SageEvent } from "./telemetry/SageEvent.ts"
import { Meters } from "./traffic/Meter.ts"
import { Coordination, layerMemory } from "./traffic/Pool.ts"
import { defaults, type RetrySchedules } from "./traffic/RetrySchedules.ts"
import { RetriesEnd } from "./traffic/retrying.ts"
import type { Fetch } from "./transport/Answer.ts"
import { onAbort } from "./transport/onAbort.ts"

/** How long a caller waits and how it takes its leave. */
export interface CallOptions {
  /** aborting releases this caller, with the signal's own reason, and stops nothing that others wait for */
  readonly signal?: AbortSignal | undefined
  /** milliseconds, or a text such as `"10 seconds"`; default: the connection's, the application's, 30 seconds */
  readonly deadline?: number | string | undefined
}

/** The settings that all connections of an application share, checked and complete. */
export interface ApplicationSettings {
  /** milliseconds */
  readonly deadline: number
  /** milliseconds that `close()` waits for renewals that were sent */
  readonly shutdown: number
  /** credentials kept in memory at most, per connection */
  readonly capacity: number
  readonly fetch: Fetch
  readonly retry: RetrySchedules
  readonly clock: ApplicationClock | undefined
  /** where grants live; opened when it is first needed, or by `ready` */
  readonly store: Layer.Layer<GrantStore, SageAuthError<StoreUnavailable>>
  /** what grants and cookies are sealed with, newest first */
  readonly keys: readonly [Redacted.Redacted, ...Array<Redacted.Redacted>]
  readonly times: GrantTimes
  /** where the pools are; undefined: in this process */
  readonly coordination: Layer.Layer<Coordination> | undefined
  /** whether the keys were made for this process, and die with it */
  readonly ownKeys: boolean
  /** whether the store outlives the process, so that meters belong into it */
  readonly keepsMeters: boolean
  /** milliseconds; undefined: nothing keeps grants alive by itself */
  readonly keepAlive: { readonly every: number } | undefined
  /** what is worth saying once the store is open, about a connection */
  readonly storeAdvice: ReadonlyArray<Pick<Advice, "surface" | "connection" | "tenant" | "subject" | "message">>
}

/** What is used where the settings are silent. */
export const defaultSettings: Omit<ApplicationSettings, "keys"> = {
  deadline: 30_000,
  shutdown: 20_000,
  capacity: 100_000,
  // looked up at each call: a test or an instrumentation may replace the platform's fetch later
  fetch: (input, init) => globalThis.fetch(input, init),
  retry: defaults,
  clock: undefined,
  store: layerMemoryStore,
  times: defaultTimes,
  coordination: undefined,
  keepsMeters: false,
  ownKeys: false,
  keepAlive: undefined,
  storeAdvice: []
}

/** What somebody waits for, in words for the error of a deadline. */
export type Waiting = () => { readonly message: string; readonly remedy: string }

/** Where grants live, and what they are sealed with. */
export interface Vault {
  readonly store: GrantStore["Service"]
  readonly sealing: Sealing
}

/** What the connections of one application stand on together. */
export interface Application {
  readonly settings: ApplicationSettings
  /** clock, tracer, loggers and metrics as they were when the application started */
  readonly context: Context.Context<never>
  readonly clock: Clock.Clock
  /** milliseconds since the epoch */
  readonly now: () => number
  /**
   * Calls back after so many milliseconds of the application's clock, and needs no fiber for it where that is the
   * system's. What it returns calls it off. `quietly`: waiting for it keeps no process alive.
   */
  readonly after: (milliseconds: number, then: () => void, quietly?: boolean) => () => void
  /** from 0 to 1: spreads what would otherwise happen at one moment */
  readonly random: () => number
  readonly events: Events.Events
  readonly publish: (event: SageEvent) => void
  readonly coordination: Coordination["Service"]
  /** how many requests at a time Intacct says it takes, by company: lowers its pool, whose XML and REST share it */
  readonly saidLimits: Map<string, number>
  readonly meters: Meters
  readonly rejections: CredentialRejections
  /** what renewals of this process wait for that somebody else has to do, by `waitingFor` */
  readonly waiting: Map<string, Waiting>
  /** the grant store and the keys, opened once; a failure is tried again by the next who needs them */
  readonly vault: Effect.Effect<Vault, SageAuthError<StoreUnavailable>>
  readonly isClosed: () => boolean
  /** new calls fail from now on; renewals under way are waited for */
  readonly close: Effect.Effect<void>
  /** runs an effect that no caller can stop; `close` waits for it, up to the `shutdown` setting */
  readonly detach: <A, E>(effect: Effect.Effect<A, E>) => void
  /** runs an effect until the application closes */
  readonly background: (effect: Effect.Effect<void>) => void
  readonly count: <Input>(metric: Metric.Metric<Input, unknown>, input: Input) => void
}

const memoryPools = Effect.map(Layer.build(layerMemory), (built) => Context.get(built, Coordination))

/** Pools of a layer that is built when the first permit is asked for. */
const lateCoordination = (opened: Effect.Effect<Coordination["Service"]>): Coordination["Service"] => ({
  withPermit: (pool, request) => (effect) =>
    Effect.flatMap(opened, (coordination) => coordination.withPermit(pool, request)(effect)),
  acquire: (pool, request) => Effect.flatMap(opened, (coordination) => coordination.acquire(pool, request)),
  state: (pool) => Effect.flatMap(opened, (coordination) => coordination.state(pool))
})

/** Opens the parts that connections share. Closing the scope closes the application. */
export const make = (settings: ApplicationSettings): Effect.Effect<Application, never, Scope.Scope> =>
  Effect.gen(function* () {
    const surroundings = yield* Effect.context()
    const clock = settings.clock === undefined ? yield* Clock.Clock : effectClock(settings.clock)
    const over = Deferred.makeUnsafe<void>()
    const context = surroundings.pipe(Context.add(Clock.Clock, clock), Context.add(RetriesEnd, Deferred.await(over)))
    const random = yield* Random.Random
    const now = () => clock.currentTimeMillisUnsafe()
    const events = yield* Events.make
    const loops = new Set<Fiber.Fiber<void>>()
    let closed = false
    let detached = 0
    const drained = Deferred.makeUnsafe<void>()
    const ended = Deferred.makeUnsafe<void>()
    const vaultScope = Scope.makeUnsafe()
    const run = Effect.runForkWith(context)
    // nothing that only waits in the background keeps a process from ending
    const runQuietly = Effect.runForkWith(Context.add(context, Clock.Clock, quietly(clock)))

    const close = Effect.suspend(() => {
      // who closes again waits for the same end
      if (closed) return Deferred.await(ended)
      closed = true
      for (const loop of loops) loop.interruptUnsafe()
      if (detached === 0) Deferred.doneUnsafe(drained, Effect.void)
      return Deferred.await(drained).pipe(
        Effect.timeoutOption(settings.shutdown),
        // whoever was not done by now sends nothing any more
        Effect.andThen(Deferred.succeed(over, undefined)),
        // last: what was received while we waited had to be written
        Effect.andThen(Scope.close(vaultScope, Exit.void)),
        Effect.ensuring(Deferred.done(ended, Exit.void))
      )
    }).pipe(Effect.provideContext(context))
    yield* Effect.addFinalizer(() => close)

    // detached: the first caller may leave, and the others still get it
    const openedOnce = <A, E>(open: Effect.Effect<A, E>): Effect.Effect<A, E> => {
      let opening: Deferred.Deferred<A, E> | undefined
      return Effect.suspend(() => {
        if (opening !== undefined) return Deferred.await(opening)
        const opened = Deferred.makeUnsafe<A, E>()
        opening = opened
        run(
          Effect.onExit(open, (exit) =>
            Effect.sync(() => {
              if (Exit.isFailure(exit)) opening = undefined
              Deferred.doneUnsafe(opened, exit)
            })
          )
        )
        return Deferred.await(opened)
      })
    }
    const vault = openedOnce(
      Effect.gen(function* () {
        const sealing = yield* sealingWith(settings.keys)
        const built = yield* Layer.buildWithScope(settings.store, vaultScope)
        for (const advice of settings.storeAdvice) yield* events.publish({ type: "advice", ...advice, at: now() })
        return { store: byClock(Context.get(built, GrantStore), clock), sealing }
      })
    )
    const pools =
      settings.coordination === undefined
        ? yield* memoryPools
        : lateCoordination(
            openedOnce(
              Effect.map(Layer.buildWithScope(settings.coordination, vaultScope), (built) =>
                Context.get(built, Coordination)
              )
            )
          )

    const detach = <A, E>(effect: Effect.Effect<A, E>): void => {
      detached++
      run(effect).addObserver(() => {
        if (--detached === 0 && closed) Deferred.doneUnsafe(drained, Effect.void)
      })
    }
    const after: Application["after"] = isSystem(clock)
      ? (milliseconds, then, quiet = false) => timer(milliseconds, then, quiet)
      : (milliseconds, then) => {
          const fiber = run(Effect.andThen(Effect.sleep(milliseconds), Effect.sync(then)))
          return () => fiber.interruptUnsafe()
        }
    const meterStore = Effect.map(vault, ({ store }) => ({
      add: store.meterAdd,
      set: store.meterSet,
      read: store.meterRead
    }))

    return {
      settings,
      context,
      clock,
      now,
      after,
      random: () => random.nextDoubleUnsafe(),
      events,
      // the sliding publish never suspends
      publish: (event) => Effect.runSync(events.publish(event)),
      coordination: pools,
      saidLimits: new Map(),
      meters: new Meters(now, settings.keepsMeters ? { store: meterStore, detach } : undefined),
      rejections: new CredentialRejections(now),
      waiting: new Map(),
      vault,
      isClosed: () => closed,
      close,
      detach,
      background: (effect) => {
        if (closed) return
        const fiber = runQuietly(effect)
        loops.add(fiber)
        fiber.addObserver(() => loops.delete(fiber))
      },
      count: (metric, input) => metric.updateUnsafe(input, context)
    }
  })

/** `Closed`, once `close()` was called. */
export const whileOpen = (application: Application, place: Place): Effect.Effect<void, SageAuthError<Closed>> =>
  Effect.suspend(() => (application.isClosed() ? Effect.fail(failure<Closed>("client.closed", place)) : Effect.void))

/** The name of a grant among those that are waited for. */
export const waitingFor = ({ connection, tenant }: Place): string => JSON.stringify([connection, tenant])

/** The deadline of a call in milliseconds: its own, or what its connection says. */
export const deadlineOf = (
  own: CallOptions["deadline"],
  deadline: number,
  place: Place
): Result.Result<number, SageAuthError<Misconfigured>> =>
  own === undefined
    ? Result.succeed(deadline)
    : Result.mapError(readDuration(own), (expected) => misconfigured([{ option: "deadline", expected }], place))

/**
 * Releases a caller when its deadline passes or its signal is aborted. What it waits for is detached and goes on; with
 * `application` the error says what that is, where somebody else holds it up.
 */
export const withCallOptions =
  (options: CallOptions | undefined, deadline: number, place: Place, application?: Pick<Application, "waiting">) =>
  <A, E, R>(
    effect: Effect.Effect<A, E, R>
  ): Effect.Effect<A, E | SageAuthError<DeadlineExceeded | Misconfigured>, R> => {
    const read = deadlineOf(options?.deadline, deadline, place)
    if (Result.isFailure(read)) return Effect.fail(read.failure)
    const limited = Effect.timeoutOrElse(effect, {
      duration: read.success,
      orElse: () => {
        const waits = application?.waiting.get(waitingFor(place))
        return Effect.fail(
          waits === undefined
            ? failure<DeadlineExceeded>("client.deadline-exceeded", place)
            : failure<DeadlineExceeded>("client.lease-held", { ...place, ...waits() })
        )
      }
    })
    const signal = options?.signal
    if (signal === undefined) return limited
    const aborted = Effect.callback<never>((resume) => Effect.sync(onAbort(signal, () => resume(Effect.interrupt))))
    return Effect.raceFirst(aborted, limited)
  }
