import type { ApplicationClock } from "@sage-auth/core"
import type { Sandbox } from "@sage-auth/sandbox"
import { until } from "../settle.ts"

interface Sleeper {
  readonly target: number
  /** the pause of a loop, and no limit of something that is under way */
  readonly idle: boolean
  readonly wake: () => void
}

/** A clock for applications with loops that a test sends through days. */
export interface PatientClock extends ApplicationClock {
  /**
   * Moves the sandbox's clock with this one. Time stands still while a loop is at work, so that no request takes days:
   * it goes on when all loops pause again.
   */
  readonly pass: (milliseconds: number) => Promise<void>
}

/** Nothing that is under way has a limit as long as this, in milliseconds; every pause of a loop is longer. */
const longestLimit = 10 * 60_000

/** A clock for so many applications with a loop each, over a sandbox whose clock stands still. */
export const patientClock = ({ clock }: Sandbox<"manual">, loops: number): PatientClock => {
  const sleepers = new Set<Sleeper>()
  const idle = () => [...sleepers].filter((sleeper) => sleeper.idle).length === loops
  const earliest = (before: number): Sleeper | undefined =>
    [...sleepers].filter(({ target }) => target <= before).toSorted((a, b) => a.target - b.target)[0]
  return {
    now: clock.now,
    sleep: (milliseconds, signal) =>
      new Promise((resolve, reject) => {
        const leave = () => {
          sleepers.delete(sleeper)
          signal?.removeEventListener("abort", abort)
        }
        const abort = () => {
          leave()
          reject(signal?.reason as Error)
        }
        const sleeper: Sleeper = {
          target: clock.now() + milliseconds,
          idle: milliseconds > longestLimit,
          wake: () => {
            leave()
            resolve()
          }
        }
        sleepers.add(sleeper)
        signal?.addEventListener("abort", abort, { once: true })
      }),
    pass: async (milliseconds) => {
      const end = clock.now() + milliseconds
      while (true) {
        await until("all loops pause", idle)
        const next = earliest(end)
        await clock.advance(Math.max(0, (next?.target ?? end) - clock.now()))
        if (next === undefined) return
        next.wake()
      }
    }
  }
}
