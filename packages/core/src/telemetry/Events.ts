// A file of its own: `SageEvent.ts` is the types of events, for readers without Effect.

import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as PubSub from "effect/PubSub"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as Take from "effect/Take"
import type { SageEvent } from "./SageEvent.ts"

/** The events of one application. */
export interface Events<E = never> {
  /** never waits and never fails: a slow reader loses its oldest events, token traffic loses nothing */
  readonly publish: (event: SageEvent) => Effect.Effect<void>
  readonly stream: Stream.Stream<SageEvent, E>
  /** a place in the queue until the scope closes: what is published from now on can be taken from it */
  readonly subscribe: Effect.Effect<PubSub.Subscription<Take.Take<SageEvent, E>>, never, Scope.Scope>
}

/** Events that may be cut off, in the middle or before the first. */
export interface FallibleEvents<E> extends Events<E> {
  /** ends the present readers with what went wrong */
  readonly fail: (error: E) => Effect.Effect<void>
}

/** How many events a reader may lag behind before it loses the oldest. */
const capacity = 1024

/** Opens the event stream; closing the scope ends every reader. */
export const make = <E = never>(): Effect.Effect<FallibleEvents<E>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const hub = yield* Effect.acquireRelease(PubSub.sliding<Take.Take<SageEvent, E>>(capacity), (opened) =>
      // behind what is pending, and also for those who subscribe later
      PubSub.end(opened, Exit.void)
    )
    return {
      fail: (error) => Effect.asVoid(PubSub.publish(hub, Exit.fail(error))),
      // publishUnsafe would drop the newest event when the hub is full
      publish: (event) => Effect.asVoid(PubSub.publish(hub, [event])),
      stream: Stream.fromPubSubTake(hub),
      subscribe: PubSub.subscribe(hub)
    }
  })
