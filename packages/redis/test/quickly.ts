import { setImmediate as nextTurn } from "node:timers/promises"
import { vi } from "vitest"

/**
 * Runs what waits for a server that is away, by a clock that goes on whenever `isAsking` says that nothing is asked: no
 * time passes while an answer is under way, however busy the machine is.
 */
export const quickly = async <A>(isAsking: () => boolean, run: () => Promise<A>): Promise<A> => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] })
  try {
    const state = { done: false }
    const running = run().finally(() => {
      state.done = true
    })
    running.catch(() => {})
    while (!state.done) {
      if (!isAsking()) await vi.advanceTimersToNextTimerAsync()
      await nextTurn()
    }
    return await running
  } finally {
    vi.useRealTimers()
  }
}
