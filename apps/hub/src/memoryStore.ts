import type { StorePort } from "@sage-auth/core"
import { GrantStore, layerGrantStoreMemory, MeterStore, OnceStore } from "@sage-auth/core/effect"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** The library's own store in memory as a port, so that something can stand in front of it. `now` is its clock. */
export const memoryStore = async (now: () => number): Promise<StorePort> => {
  const nanos = () => BigInt(Math.round(now() * 1_000_000))
  const real = Clock.Clock.defaultValue()
  const clock: Clock.Clock = {
    currentTimeMillisUnsafe: now,
    currentTimeMillis: Effect.sync(now),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: nanos,
    monotonicTimeNanos: Effect.sync(nanos),
    // who waits for another renewal of this process waits in real time
    sleep: (duration) => real.sleep(duration)
  }
  const run = <A, E>(effect: Effect.Effect<A, E>, signal?: AbortSignal): Promise<A> =>
    Effect.runPromise(Effect.provideService(effect, Clock.Clock, clock), { signal })
  const services = await run(Effect.scoped(Layer.build(layerGrantStoreMemory)))
  const grants = Context.get(services, GrantStore)
  const once = Context.get(services, OnceStore)
  const meters = Context.get(services, MeterStore)
  const self = await run(grants.owner)
  return {
    durable: false,
    grants: {
      now: () => run(grants.now),
      read: (key) => run(grants.read(key)),
      compareAndSet: (key, revision, next, options) => run(grants.compareAndSet(key, revision, next, options)),
      list: (filter) => run(grants.list(filter)),
      changed: (key, revision, milliseconds, signal) =>
        run(grants.changed(key, revision, milliseconds), signal).catch(() => {}),
      owners: { self, alive: (owner) => run(grants.alive(owner)) }
    },
    once: {
      put: (id, sealed, expiresAt) => run(once.put(id, sealed, expiresAt)),
      read: (id) => run(once.read(id)),
      take: (id) => run(once.take(id))
    },
    meters: {
      add: (company, month, transactions) => run(meters.add(company, month, transactions)),
      set: (company, month, transactions) => run(meters.set(company, month, transactions)),
      read: (company, month) => run(meters.read(company, month))
    }
  }
}
