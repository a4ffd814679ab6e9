import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as PubSub from "effect/PubSub"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as Take from "effect/Take"
import type { SageEvent } from "./SageEvent.ts"

/** The events of one application. */
export interface Events {
  /** never waits and never fails: a slow reader loses its oldest events, token traffic loses nothing */
  readonly publish: (event: SageEvent) => void
  readonly stream: Stream.Stream<SageEvent>
  /** subscribed when it is called, not when it is first read */
  readonly iterate: () => AsyncIterableIterator<SageEvent>
}

/** How many events a reader may lag behind before it loses the oldest. */
const capacity = 1024

/** Opens the event stream; closing the scope ends every reader. */
export const make: Effect.Effect<Events, never, Scope.Scope> = Effect.gen(function* () {
  const hub = yield* Effect.acquireRelease(PubSub.sliding<Take.Take<SageEvent>>(capacity), (opened) =>
    // behind what is pending, and also for those who subscribe later
    PubSub.end(opened, Exit.void)
  )
  const iterate = (): AsyncIterableIterator<SageEvent> => {
    const scope = Scope.makeUnsafe()
    const subscription = Effect.runSync(Scope.provide(PubSub.subscribe(hub), scope))
    const end = { done: true, value: undefined } as const
    const leave = () => Effect.runPromise(Scope.close(scope, Exit.void))
    return {
      [Symbol.asyncIterator]() {
        return this
      },
      async next() {
        // interrupted when the reader left
        const exit = await Effect.runPromiseExit(PubSub.take(subscription))
        if (Exit.isFailure(exit) || Exit.isExit(exit.value)) return end
        return { done: false, value: exit.value[0] }
      },
      async return() {
        await leave()
        return end
      }
    }
  }
  return {
    // publishUnsafe would drop the newest event when the hub is full; the sliding publish never suspends
    publish: (event) => {
      Effect.runSync(PubSub.publish(hub, [event]))
    },
    stream: Stream.fromPubSubTake(hub),
    iterate
  }
})
