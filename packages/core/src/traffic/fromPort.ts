import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Coordination, givenBack, type Permit, type PermitRequest } from "./Pool.ts"
import type { CoordinationPort } from "./CoordinationPort.ts"

const left = new DOMException("this permit is no longer waited for", "AbortError")

const ask = (port: CoordinationPort, pool: string, request: PermitRequest): Effect.Effect<Permit> =>
  Effect.suspend(() => {
    const leaving = new AbortController()
    let asked: Promise<Permit> | undefined
    return Effect.onInterrupt(
      Effect.interruptible(
        Effect.callback<Permit>((resume) => {
          asked = (async () => port.acquire(pool, request, leaving.signal))()
          asked.then(
            (permit) => resume(Effect.succeed(permit)),
            (thrown: unknown) => resume(Effect.die(thrown))
          )
        })
      ),
      () =>
        Effect.sync(() => {
          leaving.abort(left)
          // granted and interrupted at once: the port cannot know that the permit was never seen, so it goes back
          asked?.then(
            (permit) => permit.release(true),
            () => {}
          )
        })
    )
  })

/**
 * The service of a coordination that was written with promises.
 *
 * @category pools
 */
export const fromPort = (port: CoordinationPort): Layer.Layer<Coordination> =>
  Layer.effect(
    Coordination,
    Effect.gen(function* () {
      yield* Effect.addFinalizer(() => Effect.promise(async () => port.close?.()))
      return {
        acquire: (pool, request) => Effect.uninterruptible(ask(port, pool, request)),
        withPermit: (pool, request) => (effect) =>
          Effect.uninterruptibleMask((restore) =>
            Effect.flatMap(ask(port, pool, request), (permit) => Effect.onExit(restore(effect), givenBack(permit)))
          ),
        state: (pool) => Effect.promise(() => port.state(pool))
      }
    })
  )
