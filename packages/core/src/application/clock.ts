import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/** A clock for the whole application: the sandbox's, or one of a test. */
export interface ApplicationClock {
  /** milliseconds since the epoch */
  readonly now: () => number
  /** waits that many milliseconds of this clock; without it, real ones */
  readonly sleep?: ((milliseconds: number, signal?: AbortSignal) => Promise<void>) | undefined
}

/** The machine's own clock, for what waits for another process: no movable clock moves that. */
export const systemClock: Clock.Clock = Clock.Clock.defaultValue()

/** An Effect clock over the application's own. */
export const effectClock = (clock: ApplicationClock): Clock.Clock => {
  const millis = () => clock.now()
  const nanos = () => BigInt(Math.round(clock.now() * 1_000_000))
  return {
    currentTimeMillisUnsafe: millis,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: nanos,
    monotonicTimeNanos: Effect.sync(nanos),
    sleep: (duration) => {
      const { sleep } = clock
      if (sleep === undefined) return systemClock.sleep(duration)
      return Effect.promise((signal) => sleep.call(clock, Duration.toMillis(duration), signal).catch(() => {}))
    }
  }
}

/** Whether time is the machine's own. */
export const isSystem = (clock: Clock.Clock): boolean => clock.constructor === systemClock.constructor

/** Timers of the platform count in a signed 32-bit number. */
const longestTimer = 2 ** 31 - 1

/** Calls back after so many real milliseconds. What it returns calls it off. `quietly`: it keeps no process alive. */
export const timer = (milliseconds: number, then: () => void, quietly = false): (() => void) => {
  const set = setTimeout(then, Math.min(milliseconds, longestTimer))
  if (quietly) set.unref()
  return () => clearTimeout(set)
}

/** The system's clock with timers that keep no process alive; any other clock as it is. */
export const quietly = (clock: Clock.Clock): Clock.Clock =>
  !isSystem(clock)
    ? clock
    : {
        currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe(),
        currentTimeMillis: clock.currentTimeMillis,
        currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe(),
        currentTimeNanos: clock.currentTimeNanos,
        monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
        monotonicTimeNanos: clock.monotonicTimeNanos,
        sleep: (duration) =>
          Effect.callback<void>((resume) =>
            Effect.sync(timer(Duration.toMillis(duration), () => resume(Effect.void), true))
          )
      }
