import type { ApplicationClock, StorePort } from "@sage-auth/core"
import { GrantStore } from "@sage-auth/core/effect"
import { Clock, Context, Duration, Effect, Exit, Layer, Scope } from "effect"

type Store = GrantStore["Service"]

/** The port of a store that is at hand as a service: what `createSageAuth` takes in place of a layer. */
export const portOf = (store: Store, clock: ApplicationClock): StorePort =>
  portOfLayer(Layer.succeed(GrantStore, store), clock)

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
export const portOfLayer = (layer: Layer.Layer<GrantStore, unknown>, clock: ApplicationClock): StorePort => {
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
      opened = await run(
        Effect.map(Layer.buildWithScope(Layer.fresh(layer), scope), (context) => Context.get(context, GrantStore))
      )
    },
    close: () => run(Scope.close(scope, Exit.void)),
    get durable() {
      return opened?.durable ?? true
    },
    grants: {
      read: (key) => ask((store) => store.read(key)),
      compareAndSet: (key, revision, next, options) =>
        ask((store) => store.compareAndSet(key, revision, next, options)),
      list: (filter) => ask((store) => store.list(filter)),
      now: () => ask((store) => store.now),
      changed: (key, revision, milliseconds, signal) =>
        ask((store) => Effect.raceFirst(store.changed(key, revision, milliseconds), aborted(signal))),
      owners: {
        self: () => ask((store) => store.owner),
        alive: (owner) => ask((store) => store.alive(owner))
      }
    },
    once: {
      put: (id, sealed, expiresAt) => ask((store) => store.putOnce(id, sealed, expiresAt)),
      read: (id) => ask((store) => store.readOnce(id)),
      take: (id) => ask((store) => store.takeOnce(id))
    },
    meters: {
      add: (company, month, transactions) => ask((store) => store.meterAdd(company, month, transactions)),
      set: (company, month, transactions) => ask((store) => store.meterSet(company, month, transactions)),
      read: (company, month) => ask((store) => store.meterRead(company, month))
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
