import { setImmediate as nextTurn } from "node:timers/promises"

/** Waits, turn by turn of the event loop, until something holds; fails with its name when it never does. */
export const until = async (name: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
  const patience = AbortSignal.timeout(100_000)
  while (!(await holds())) {
    if (patience.aborted) throw new Error(`it never came to this: ${name}`)
    await nextTurn()
  }
}
