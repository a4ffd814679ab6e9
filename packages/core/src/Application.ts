import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import type * as Metric from "effect/Metric"
import type * as Scope from "effect/Scope"
import { CredentialRejections } from "./credential/CredentialRejections.ts"
import type { Closed, DeadlineExceeded } from "./errors/Reason.ts"
import { failure, type Place, type SageAuthError } from "./errors/SageAuthError.ts"
import * as Events from "./telemetry/Events.ts"
import type { SageEvent } from "./telemetry/SageEvent.ts"
import { Meters } from "./traffic/Meter.ts"
import { Coordination, layerMemory } from "./traffic/Pool.ts"
import { defaults, type RetrySchedules } from "./traffic/RetrySchedules.ts"
import type { Fetch } from "./transport/Answer.ts"

/** A clock for the whole application: the sandbox's, or one of a test. */
export interface ApplicationClock {
  /** milliseconds since the epoch */
  readonly now: () => number
  /** waits that many milliseconds of this clock; without it, real ones */
  readonly sleep?: ((milliseconds: number, signal?: AbortSignal) => Promise<void>) | undefined
}

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
}

/** What is used where the settings are silent. */
export const defaultSettings: ApplicationSettings = {
  deadline: 30_000,
  shutdown: 20_000,
  capacity: 100_000,
  // looked up at each call: a test or an instrumentation may replace the platform's fetch later
  fetch: (input, init) => globalThis.fetch(input, init),
  retry: defaults,
  clock: undefined
}

/** What the connections of one application stand on together. */
export interface Application {
  readonly settings: ApplicationSettings
  /** clock, tracer, loggers and metrics as they were when the application started */
  readonly context: Context.Context<never>
  readonly clock: Clock.Clock
  /** milliseconds since the epoch */
  readonly now: () => number
  readonly events: Events.Events
  readonly publish: (event: SageEvent) => void
  readonly coordination: Coordination["Service"]
  readonly meters: Meters
  readonly rejections: CredentialRejections
  readonly isClosed: () => boolean
  /** new calls fail from now on; renewals under way are waited for */
  readonly close: Effect.Effect<void>
  /** runs an effect that no caller can stop; `close` waits for it, up to the `shutdown` setting */
  readonly detach: <A, E>(effect: Effect.Effect<A, E>) => void
  /** runs an effect until the application closes */
  readonly background: (effect: Effect.Effect<void>) => void
  readonly count: <Input>(metric: Metric.Metric<Input, unknown>, input: Input) => void
}

/** An Effect clock over the application's own. */
const effectClock = (clock: ApplicationClock): Clock.Clock => {
  const millis = () => clock.now()
  const nanos = () => BigInt(Math.round(clock.now() * 1_000_000))
  const system = Clock.Clock.defaultValue()
  return {
    currentTimeMillisUnsafe: millis,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: nanos,
    monotonicTimeNanos: Effect.sync(nanos),
    sleep: (duration) => {
      const { sleep } = clock
      if (sleep === undefined) return system.sleep(duration)
      return Effect.promise((signal) => sleep.call(clock, Duration.toMillis(duration), signal).catch(() => {}))
    }
  }
}

/** Opens the parts that connections share. Closing the scope closes the application. */
export const make = (
  settings: ApplicationSettings,
  coordination: Layer.Layer<Coordination> = layerMemory
): Effect.Effect<Application, never, Scope.Scope> =>
  Effect.gen(function* () {
    const surroundings = yield* Effect.context()
    const clock = settings.clock === undefined ? yield* Clock.Clock : effectClock(settings.clock)
    const context = Context.add(surroundings, Clock.Clock, clock)
    const now = () => clock.currentTimeMillisUnsafe()
    const events = yield* Events.make
    const pools = Context.get(yield* Layer.build(coordination), Coordination)
    const loops = new Set<Fiber.Fiber<void>>()
    let closed = false
    let detached = 0
    const drained = Deferred.makeUnsafe<void>()
    const run = Effect.runForkWith(context)

    const close = Effect.suspend(() => {
      if (closed) return Effect.void
      closed = true
      for (const loop of loops) loop.interruptUnsafe()
      if (detached === 0) Deferred.doneUnsafe(drained, Effect.void)
      return Effect.asVoid(Effect.timeoutOption(Deferred.await(drained), settings.shutdown))
    }).pipe(Effect.provideContext(context))
    yield* Effect.addFinalizer(() => close)

    return {
      settings,
      context,
      clock,
      now,
      events,
      publish: events.publish,
      coordination: pools,
      meters: new Meters(now),
      rejections: new CredentialRejections(now),
      isClosed: () => closed,
      close,
      detach: (effect) => {
        detached++
        run(effect).addObserver(() => {
          if (--detached === 0 && closed) Deferred.doneUnsafe(drained, Effect.void)
        })
      },
      background: (effect) => {
        if (closed) return
        const fiber = run(effect)
        loops.add(fiber)
        fiber.addObserver(() => loops.delete(fiber))
      },
      count: (metric, input) => metric.updateUnsafe(input, context)
    }
  })

/** `Closed`, once `close()` was called. */
export const whileOpen = (application: Application, place: Place): Effect.Effect<void, SageAuthError<Closed>> =>
  Effect.suspend(() => (application.isClosed() ? Effect.fail(failure<Closed>("client.closed", place)) : Effect.void))

/** Releases a caller when its deadline passes or its signal is aborted. What it waits for is detached and goes on. */
export const withCallOptions =
  (options: CallOptions | undefined, deadline: number, place: Place) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | SageAuthError<DeadlineExceeded>, R> => {
    const limited = Effect.timeoutOrElse(effect, {
      duration:
        options?.deadline === undefined ? deadline : Duration.fromInputUnsafe(options.deadline as Duration.Input),
      orElse: () => Effect.fail(failure<DeadlineExceeded>("client.deadline-exceeded", place))
    })
    const signal = options?.signal
    if (signal === undefined) return limited
    const aborted = Effect.callback<never>((resume) => {
      const leave = () => resume(Effect.interrupt)
      if (signal.aborted) return leave()
      signal.addEventListener("abort", leave, { once: true })
      return Effect.sync(() => signal.removeEventListener("abort", leave))
    })
    return Effect.raceFirst(aborted, limited)
  }
