import { setImmediate as nextTurn, setTimeout as rest } from "node:timers/promises"

/** Lets everything in this process that has work to do now do it. */
export const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await nextTurn()
}

/** What comes by itself in this process comes in fewer turns of the event loop. */
const ownTurns = 1_000

/** Waits, turn by turn of the event loop, until something holds; fails with its name when it never does. */
export const until = async (name: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
  const patience = AbortSignal.timeout(100_000)
  for (let turn = 0; !(await holds()); turn++) {
    if (patience.aborted) throw new Error(`it never came to this: ${name}`)
    // another process needs the processor for it
    await (turn < ownTurns ? nextTurn() : rest(1))
  }
}

/** A promise that is awaited later: failing before that is no unhandled rejection. */
export const begun = <A>(promise: Promise<A>): Promise<A> => {
  promise.catch(() => {})
  return promise
}
