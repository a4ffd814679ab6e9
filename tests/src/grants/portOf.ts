import type { ApplicationClock, StorePort } from "@sage-auth/core"
import { GrantStore, MeterStore, OnceStore } from "@sage-auth/core/effect"
import { Clock, Context, Duration, Effect, Exit, Layer, Scope } from "effect"

/** A store with all its parts. */
export interface Store {
  readonly grants: GrantStore["Service"]
  readonly once: OnceStore["Service"]
  readonly meters: MeterStore["Service"]
}

/** The parts of a store that has all of them. */
export const storeOf = (services: Context.Context<GrantStore | OnceStore | MeterStore>): Store => ({
  grants: Context.get(services, GrantStore),
  once: Context.get(services, OnceStore),
  meters: Context.get(services, MeterStore)
})

/** The port of a store that is at hand as a service: what `createSageAuth` takes in place of a layer. */
export const portOf = (store: Store, clock: ApplicationClock): StorePort =>
  portOfLayer(
    Layer.succeedContext(
      Context.make(GrantStore, store.grants).pipe(
        Context.add(OnceStore, store.once),
        Context.add(MeterStore, store.meters)
      )
    ),
    clock
  )

const effectClock = (clock: ApplicationClock): Clock.Clock => {
  const millis = () => clock.now()
  const nanos = () => BigInt(Math.round(clock.now() * 1_000_000))
  return {
    currentTimeMillisUnsafe: millis,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: nanos,
    monotonicTimeNanos: Effect.sync(nanos),
    sleep: (duration) =>
      Effect.promise(async (signal) => clock.sleep?.(Duration.toMillis(duration), signal).catch(() => {}))
  }
}

/**
 * The port of a store that is a layer, on the application's clock. It is built when the application opens it, and
 * released when that closes it.
 */
export const portOfLayer = (
  layer: Layer.Layer<GrantStore | OnceStore | MeterStore, unknown>,
  clock: ApplicationClock
): StorePort => {
  const run = <A>(effect: Effect.Effect<A, unknown>) =>
    Effect.runPromise(Effect.provideService(effect, Clock.Clock, effectClock(clock)))
  const scope = Scope.makeUnsafe()
  let opened: Store | undefined
  const ask = <A>(use: (store: Store) => Effect.Effect<A, unknown>): Promise<A> => {
    if (opened === undefined) throw new Error("the store is not open")
    return run(use(opened))
  }
  return {
    open: async () => {
      opened = await run(Effect.map(Layer.buildWithScope(Layer.fresh(layer), scope), storeOf))
    },
    close: () => run(Scope.close(scope, Exit.void)),
    get durable() {
      return opened?.grants.durable ?? true
    },
    grants: {
      read: (key) => ask((store) => store.grants.read(key)),
      compareAndSet: (key, revision, next, options) =>
        ask((store) => store.grants.compareAndSet(key, revision, next, options)),
      list: (filter) => ask((store) => store.grants.list(filter)),
      now: () => ask((store) => store.grants.now),
      changed: (key, revision, milliseconds, signal) =>
        ask((store) => Effect.raceFirst(store.grants.changed(key, revision, milliseconds), aborted(signal))),
      owners: {
        self: () => ask((store) => store.grants.owner),
        alive: (owner) => ask((store) => store.grants.alive(owner))
      }
    },
    once: {
      put: (id, sealed, expiresAt) => ask((store) => store.once.put(id, sealed, expiresAt)),
      read: (id) => ask((store) => store.once.read(id)),
      take: (id) => ask((store) => store.once.take(id))
    },
    meters: {
      add: (company, month, transactions) => ask((store) => store.meters.add(company, month, transactions)),
      set: (company, month, transactions) => ask((store) => store.meters.set(company, month, transactions)),
      read: (company, month) => ask((store) => store.meters.read(company, month))
    }
  }
}

const aborted = (signal: AbortSignal): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const stop = () => resume(Effect.void)
    if (signal.aborted) return stop()
    signal.addEventListener("abort", stop, { once: true })
    return Effect.sync(() => signal.removeEventListener("abort", stop))
  })
