import { setImmediate as nextTurn } from "node:timers/promises"

/** Lets everything in this process that has work to do now do it. */
export const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await nextTurn()
}

/** Waits, turn by turn of the event loop, until something holds; fails with its name when it never does. */
export const until = async (name: string, holds: () => boolean): Promise<void> => {
  const patience = AbortSignal.timeout(100_000)
  while (!holds()) {
    if (patience.aborted) throw new Error(`it never came to this: ${name}`)
    await nextTurn()
  }
}

/** A promise that is awaited later: failing before that is no unhandled rejection. */
export const begun = <A>(promise: Promise<A>): Promise<A> => {
  promise.catch(() => {})
  return promise
}
