import { Effect, ManagedRuntime } from "effect"
import { GrantStore } from "../../src/grant/GrantStore.ts"
import { layerMemory } from "../../src/grant/memory.ts"
import type { StorePort } from "../../src/grant/ports.ts"

/** The store in memory as a port, whole. */
export const memoryPort = (): StorePort & Required<Pick<StorePort, "once" | "meters">> => {
  const runtime = ManagedRuntime.make(layerMemory)
  const ask = <A>(use: (store: GrantStore["Service"]) => Effect.Effect<A, unknown>): Promise<A> =>
    runtime.runPromise(Effect.flatMap(GrantStore, use))
  return {
    durable: false,
    grants: {
      read: (key) => ask((store) => store.read(key)),
      compareAndSet: (...written) => ask((store) => store.compareAndSet(...written)),
      list: (filter) => ask((store) => store.list(filter))
    },
    once: {
      put: (...put) => ask((store) => store.putOnce(...put)),
      read: (id) => ask((store) => store.readOnce(id)),
      take: (id) => ask((store) => store.takeOnce(id))
    },
    meters: {
      add: (...added) => ask((store) => store.meterAdd(...added)),
      set: (...counted) => ask((store) => store.meterSet(...counted)),
      read: (...of) => ask((store) => store.meterRead(...of))
    }
  }
}
