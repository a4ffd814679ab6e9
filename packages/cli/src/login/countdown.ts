import process from "node:process"
import { Duration, Effect } from "effect"

const clear = "\r\u001b[K"

/** A line of standard error that is rewritten while a command waits. Elsewhere than on a terminal it is nothing. */
export interface Countdown {
  /** shows how long is left, until it is interrupted */
  readonly run: (text: string, limit: Duration.Duration) => Effect.Effect<never>
  /** makes room for another line */
  readonly clear: Effect.Effect<void>
}

const clock = (seconds: number): string => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`

/** @param animate whether moving text suits */
export const countdown = (animate: boolean): Countdown => {
  const shown = animate && process.stderr.isTTY
  const write = (text: string): Effect.Effect<void> => Effect.sync(() => void (shown && process.stderr.write(text)))
  return {
    clear: write(clear),
    run: (text, limit) =>
      Effect.gen(function* () {
        for (let left = Math.ceil(Duration.toSeconds(limit)); left > 0; left--) {
          yield* write(`${clear}${text}  ${clock(left)}`)
          yield* Effect.sleep("1 second")
        }
        return yield* Effect.never
      }).pipe(Effect.ensuring(write(clear)))
  }
}
