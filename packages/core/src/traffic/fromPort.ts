import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Coordination, givenBack } from "./Pool.ts"
import type { CoordinationPort } from "./ports.ts"

const acquireOf =
  (port: CoordinationPort): Coordination["Service"]["acquire"] =>
  (pool, request) =>
    Effect.promise((signal) => port.acquire(pool, request, signal))

/** The service of a coordination that was written with promises. */
export const fromPort = (port: CoordinationPort): Layer.Layer<Coordination> =>
  Layer.effect(
    Coordination,
    Effect.gen(function* () {
      yield* Effect.addFinalizer(() => Effect.promise(async () => port.close?.()))
      const acquire = acquireOf(port)
      return {
        acquire,
        withPermit: (pool, request) => (effect) =>
          Effect.acquireUseRelease(
            // waiting for it can be interrupted; a permit that was granted is released
            Effect.interruptible(acquire(pool, request)),
            () => effect,
            (permit, exit) => givenBack(permit)(exit)
          ),
        state: (pool) => Effect.promise(() => port.state(pool))
      }
    })
  )
