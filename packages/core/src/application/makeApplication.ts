import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import { CredentialRejections } from "../credential/CredentialRejections.ts"
import { GrantStore, MeterStore, OnceStore } from "../grant/GrantStore.ts"
import { layerGrantStoreMemory, metersInMemory, onceInMemory } from "../grant/memory.ts"
import { inMemory as sealingInMemory, make as sealingWith } from "../grant/Sealing.ts"
import * as Events from "../telemetry/Events.ts"
import { type NotShared, SharedEvents } from "../telemetry/Events.ts"
import { hearing, type Log } from "../telemetry/log.ts"
import { PromiseCaller } from "../telemetry/instrumentation.ts"
import { Meters } from "../traffic/Meter.ts"
import { Coordination, layerCoordinationMemory } from "../traffic/Pool.ts"
import { defaults } from "../traffic/RetrySchedules.ts"
import { RetriesEnd } from "../traffic/retrying.ts"
import type { Application, GrantTimes, SharedSettings, StoreParts } from "./Application.ts"
import { BoundedMap } from "./BoundedMap.ts"
import { effectClock, isSystem, quietly, timer } from "./clock.ts"

/** How long the renewals of grants take in production. */
export const defaultTimes: GrantTimes = {
  beat: 1_000,
  slowBeat: 4_000,
  silence: 5_000,
  silenceWithIntent: 20_000,
  stalled: 15_000,
  held: 60_000,
  look: 1_000,
  rewrite: 250
}

/** What is used where the settings are silent. */
export const defaultSettings: Omit<SharedSettings, "keys"> = {
  deadline: 30_000,
  shutdown: 20_000,
  capacity: 100_000,
  // looked up at each call: a test or an instrumentation may replace the platform's fetch later
  fetch: (input, init) => globalThis.fetch(input, init),
  retry: defaults,
  clock: undefined,
  store: layerGrantStoreMemory,
  times: defaultTimes,
  coordination: undefined,
  keepsMeters: false,
  ownKeys: false,
  keepAlive: undefined,
  log: undefined,
  storeAdvice: []
}

const memoryPools = Effect.map(Layer.build(layerCoordinationMemory), (built) => Context.get(built, Coordination))

/** Pools of a layer that is built when the first permit is asked for. */
const lateCoordination = (opened: Effect.Effect<Coordination["Service"]>): Coordination["Service"] => ({
  withPermit: (pool, request) => (effect) =>
    Effect.flatMap(opened, (coordination) => coordination.withPermit(pool, request)(effect)),
  acquire: (pool, request) => Effect.flatMap(opened, (coordination) => coordination.acquire(pool, request)),
  state: (pool) => Effect.flatMap(opened, (coordination) => coordination.state(pool))
})

/** The loggers of Effect, as they were when the application started. */
const effectLog = (context: Context.Context<never>): Log => {
  const run = Effect.runForkWith(context)
  return {
    info: (text) => run(Effect.logInfo(text)),
    warn: (text) => run(Effect.logWarning(text)),
    error: (text) => run(Effect.logError(text))
  }
}

/** Events of which a human hears as well, where there is a log. */
const heardBy = (
  events: Events.Events,
  { log }: SharedSettings,
  context: Context.Context<never>,
  now: () => number
): Events.Events => {
  if (log === undefined) return events
  const { concerns, to } = log
  const hear = hearing({ log: to === "effect" ? effectLog(context) : to, concerns, now })
  return {
    ...events,
    publish: (event) =>
      Effect.suspend(() => {
        hear(event)
        return events.publish(event)
      })
  }
}

/**
 * A store that goes by one clock for every caller. A store without a clock of its own reads that of the fiber, and
 * fibers of the application's users may live by another one than the application does in the background.
 */
const byClock = (services: Context.Context<GrantStore>, clock: Clock.Clock): StoreParts => {
  const timed = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.provideService(effect, Clock.Clock, clock)
  const store = Context.get(services, GrantStore)
  const foundOnce = Context.getOption(services, OnceStore)
  const foundMeters = Context.getOption(services, MeterStore)
  const once = Option.getOrElse(foundOnce, () => onceInMemory(store.now))
  const meters = Option.getOrElse(foundMeters, metersInMemory)
  return {
    store: {
      durable: store.durable,
      confined: store.confined,
      incarnation: store.incarnation,
      now: timed(store.now),
      read: (key) => timed(store.read(key)),
      compareAndSet: (key, revision, next, options) => timed(store.compareAndSet(key, revision, next, options)),
      list: (filter) => timed(store.list(filter)),
      changed: (key, revision, milliseconds) => timed(store.changed(key, revision, milliseconds)),
      owner: timed(store.owner),
      alive: (owner) => timed(store.alive(owner))
    },
    once: {
      put: (id, sealed, expiresAt) => timed(once.put(id, sealed, expiresAt)),
      read: (id) => timed(once.read(id)),
      take: (id) => timed(once.take(id))
    },
    meters: {
      add: (company, month, transactions) => timed(meters.add(company, month, transactions)),
      set: (company, month, transactions) => timed(meters.set(company, month, transactions)),
      read: (company, month) => timed(meters.read(company, month))
    },
    missing: [
      ...(Option.isNone(foundOnce) ? (["once"] as const) : []),
      ...(Option.isNone(foundMeters) ? (["meters"] as const) : [])
    ]
  }
}

/** Opens the parts that connections share. Closing the scope closes the application. */
export const makeApplication = (settings: SharedSettings): Effect.Effect<Application, never, Scope.Scope> =>
  Effect.gen(function* () {
    const surroundings = yield* Effect.context()
    const clock = settings.clock === undefined ? yield* Clock.Clock : effectClock(settings.clock)
    const over = Deferred.makeUnsafe<void>()
    // what is done for all callers, or for none, belongs to no span: not to that of the start either
    const context = Context.omit(Tracer.ParentSpan)(surroundings).pipe(
      Context.add(Clock.Clock, clock),
      Context.add(RetriesEnd, Deferred.await(over))
    )
    const random = yield* Random.Random
    const withCaller = Context.get(context, PromiseCaller)
    const now = () => clock.currentTimeMillisUnsafe()
    const events = heardBy(yield* Events.make(), settings, context, now)
    const loops = new Set<Fiber.Fiber<void>>()
    let closed = false
    let storesClosed = false
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
        // what was not done by now sends nothing any more
        Effect.andThen(Deferred.succeed(over, undefined)),
        Effect.andThen(
          Effect.sync(() => {
            storesClosed = true
          })
        ),
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
        const { keys, ownKeys } = settings
        // keys that were made for this process are for its memory alone: any other store asks for keys
        const sealing = ownKeys ? sealingInMemory(keys) : yield* sealingWith(keys)
        const built = yield* Layer.buildWithScope(settings.store, vaultScope)
        const stores = byClock(built, clock)
        for (const { missing, ...advice } of settings.storeAdvice) {
          if (missing === "grants" || stores.missing.includes(missing))
            yield* events.publish({ type: "advice", ...advice, at: now() })
        }
        return { ...stores, sealing }
      })
    )
    const sharedPools =
      settings.coordination &&
      openedOnce(
        Effect.map(Layer.buildWithScope(settings.coordination, vaultScope), (built) => Context.get(built, Coordination))
      )
    const pools = sharedPools === undefined ? yield* memoryPools : lateCoordination(sharedPools)

    const detach = <A, E>(effect: Effect.Effect<A, E>): void => {
      detached++
      run(effect).addObserver(() => {
        if (--detached === 0 && closed) Deferred.doneUnsafe(drained, Effect.void)
      })
    }
    const background: Application["background"] = (effect) => {
      if (closed) return
      const fiber = runQuietly(effect)
      loops.add(fiber)
      fiber.addObserver(() => loops.delete(fiber))
    }
    const after: Application["after"] = isSystem(clock)
      ? (milliseconds, then, quiet = false) => timer(milliseconds, then, quiet)
      : (milliseconds, then) => {
          const fiber = run(Effect.andThen(Effect.sleep(milliseconds), Effect.sync(then)))
          return () => fiber.interruptUnsafe()
        }
    const allEvents = sharedPools && (yield* Events.make<NotShared>())
    const sharedEvents =
      sharedPools === undefined || allEvents === undefined
        ? undefined
        : new SharedEvents({
            all: allEvents,
            announce: (event) => Effect.runSync(allEvents.publish(event)),
            broadcast: Effect.map(sharedPools, ({ broadcast }) => broadcast),
            detach,
            background
          })
    const meterStore = Effect.map(vault, ({ meters }) => meters)

    return {
      settings,
      context,
      callerContext: withCaller === undefined ? undefined : () => withCaller(context),
      clock,
      now,
      after,
      random: () => random.nextDoubleUnsafe(),
      events,
      allEvents: sharedEvents?.events ?? events,
      // the sliding publish never suspends
      publish: (event) => {
        Effect.runSync(events.publish(event))
        if (!storesClosed) sharedEvents?.tell(event)
      },
      coordination: pools,
      saidLimits: new BoundedMap(settings.capacity),
      meters: new Meters(now, settings.capacity, settings.keepsMeters ? { store: meterStore, detach } : undefined),
      rejections: new CredentialRejections(now, settings.capacity),
      waiting: new Map(),
      vault,
      isClosed: () => closed,
      close,
      detach,
      background,
      count: (metric, input) => metric.updateUnsafe(input, context)
    }
  })
