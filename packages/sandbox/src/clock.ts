/**
 * A length of time: milliseconds, or a number with its unit such as `"6 minutes"`, `"30 seconds"`, `"2 hours"`.
 */
export type DurationInput = number | string

/**
 * The clock that the sandbox's servers live by.
 */
export interface SystemClock {
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number
  /**
   * Resolves after `milliseconds`, or rejects with the signal's reason when `signal` is aborted first.
   */
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>
}

/**
 * A clock that stands still until a test moves it.
 *
 * `sleep` resolves when the clock has reached its target, or when the same time has gone by in reality. The first of
 * both counts, so a clock that is never moved hangs no caller.
 */
export interface ManualClock extends SystemClock {
  /**
   * Moves the clock forward, and wakes sleepers in the order of their targets. Servers and clients in this process
   * settle at each of them.
   *
   * @throws `RangeError` for a negative, infinite or unreadable length of time.
   */
  readonly advance: (by: DurationInput) => Promise<void>
}

/** Milliseconds of a {@link DurationInput}; `name` is the option that an error has to point at. */
export const toMilliseconds = (input: DurationInput, name: string): number => {
  const milliseconds = typeof input === "number" ? input : parse(input)
  if (!Number.isFinite(milliseconds) || milliseconds < 0) {
    throw new RangeError(
      `${name} must be milliseconds or a length of time such as "6 minutes", and neither negative nor infinite`
    )
  }
  return milliseconds
}

const units = { milli: 1, second: 1_000, minute: 60_000, hour: 3_600_000, day: 86_400_000, week: 604_800_000 }

const written = /^(\d+(?:\.\d+)?) (milli|second|minute|hour|day|week)s?$/

const parse = (input: string): number => {
  const [, amount, unit] = written.exec(input) ?? []
  return amount === undefined ? Number.NaN : Number(amount) * units[unit as keyof typeof units]
}

// Timers of Node hold 31 bits; a longer one would fire at once.
const longestTimer = 2 ** 31 - 1

/** The clock of the machine. */
export const systemClock = (): SystemClock => ({
  now: () => Date.now(),
  sleep: (milliseconds, signal) => realSleep(milliseconds, signal, true)
})

const realSleep = (milliseconds: number, signal: AbortSignal | undefined, keepsProcess: boolean): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason)
    const onAbort = (): void => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(
      () => {
        signal?.removeEventListener("abort", onAbort)
        resolve()
      },
      Math.min(Math.max(milliseconds, 0), longestTimer)
    )
    if (!keepsProcess) timer.unref()
    signal?.addEventListener("abort", onAbort, { once: true })
  })

interface Sleeper {
  readonly target: number
  readonly wake: () => void
}

/** A clock that starts at `start` (milliseconds since the Unix epoch) and stands still until it is moved. */
export const manualClock = (start: number): ManualClock => {
  let now = start
  let moving: Promise<void> = Promise.resolve()
  const sleepers = new Set<Sleeper>()

  const earliest = (): Sleeper | undefined => {
    let first: Sleeper | undefined
    for (const sleeper of sleepers) if (first === undefined || sleeper.target < first.target) first = sleeper
    return first
  }

  const move = async (milliseconds: number): Promise<void> => {
    const target = now + milliseconds
    await settle()
    for (;;) {
      const next = earliest()
      if (next === undefined || next.target > target) break
      now = Math.max(now, next.target)
      next.wake()
      await settle()
    }
    now = target
    await settle()
  }

  return {
    now: () => now,
    sleep: (milliseconds, signal) => {
      if (milliseconds <= 0) return Promise.resolve()
      const real = new AbortController()
      let sleeper: Sleeper | undefined
      const moved = new Promise<void>((resolve) => {
        sleeper = { target: now + milliseconds, wake: resolve }
        sleepers.add(sleeper)
      })
      const either = signal === undefined ? real.signal : AbortSignal.any([signal, real.signal])
      // The real timer is only the way out of a clock that is never moved. It must not keep a finished process alive.
      const elapsed = realSleep(milliseconds, either, false).catch((reason: unknown) => {
        if (signal?.aborted === true) throw reason
        return moved
      })
      return Promise.race([moved, elapsed]).finally(() => {
        if (sleeper !== undefined) sleepers.delete(sleeper)
        real.abort()
      })
    },
    advance: (by) => {
      const milliseconds = toMilliseconds(by, "advance(by)")
      moving = moving.then(() => move(milliseconds))
      return moving
    }
  }
}

// A loopback exchange needs several turns of the event loop on either side before both have nothing left to do.
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 30; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
}
