import { Effect } from "effect"

let interrupted = false

/** Serves until it is interrupted, which is how a server ends, or until `stopped`. */
export const serving = (stopped: Promise<unknown>): Effect.Effect<void> =>
  Effect.promise(() => stopped).pipe(
    Effect.asVoid,
    Effect.onInterrupt(() => Effect.sync(() => (interrupted = true)))
  )

/** Whether a server was interrupted: the process has done what was asked then. */
export const wasInterrupted = (): boolean => interrupted
