import { Effect, ManagedRuntime } from "effect"
import { layerGrantStoreMemory } from "../../src/grant/memory.ts"
import type { GrantStore, MeterStore, OnceStore } from "../../src/grant/GrantStore.ts"
import type { StorePort } from "../../src/grant/StorePort.ts"
import { whole, type WholeStore } from "./openStore.ts"

/** The store in memory as a port, whole. */
export const memoryPort = (): StorePort & Required<Pick<StorePort, "once" | "meters">> => {
  const runtime = ManagedRuntime.make(layerGrantStoreMemory)
  const ask = <A>(use: (store: WholeStore) => Effect.Effect<A, unknown>): Promise<A> =>
    runtime.runPromise(Effect.flatMap(Effect.map(Effect.context<GrantStore | OnceStore | MeterStore>(), whole), use))
  return {
    durable: false,
    grants: {
      read: (key) => ask((store) => store.read(key)),
      compareAndSet: (...written) => ask((store) => store.compareAndSet(...written)),
      list: (filter) => ask((store) => store.list(filter))
    },
    once: {
      put: (...put) => ask((store) => store.once.put(...put)),
      read: (id) => ask((store) => store.once.read(id)),
      take: (id) => ask((store) => store.once.take(id))
    },
    meters: {
      add: (...added) => ask((store) => store.meters.add(...added)),
      set: (...counted) => ask((store) => store.meters.set(...counted)),
      read: (...of) => ask((store) => store.meters.read(...of))
    }
  }
}
