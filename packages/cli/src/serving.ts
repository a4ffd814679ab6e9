import { Effect } from "effect"

let interrupted = false

/**
 * What a command does until it is interrupted, which is how it ends: with status 0. A command that is interrupted
 * before it has done what was asked ends with 130 instead, as a shell says it of a program that Ctrl-C ended.
 */
export const serving = <A, E, R>(served: Effect.Effect<A, E, R>): Effect.Effect<void, E, R> =>
  served.pipe(
    Effect.asVoid,
    Effect.onInterrupt(() => Effect.sync(() => (interrupted = true)))
  )

/** Whether a command was interrupted that runs until then: the process has done what was asked. */
export const wasInterrupted = (): boolean => interrupted
