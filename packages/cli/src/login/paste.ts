import { Duration, Effect, Redacted, type Scope } from "effect"
import process from "node:process"
import { createInterface } from "node:readline"
import { Prompt } from "effect/cli"
import { exitStatus, Failure } from "../Failure.ts"
import type { Output } from "../Output.ts"
import type { Received } from "./listen.ts"

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

const message = "Paste the address that the browser ended at (it is not shown)"

/** Reads a pasted callback: an address, its query alone, or what was posted. */
export const receivedOf = (pasted: string): Received => {
  // a terminal that is narrow, or a mail, breaks addresses
  const text = pasted.replaceAll(/\s+/g, "")
  if (/^https?:\/\//i.test(text) || text.startsWith("/")) return { url: text }
  return text.startsWith("?") ? { url: text } : { url: "", body: text }
}

const ended = new Failure({
  message: "No address was pasted: standard input has ended.",
  remedy: "Write the address that the browser ended at to standard input, as one line.",
  status: exitStatus.signIn
})

/**
 * What gives a pasted line each time it is run: a question where a terminal can ask, the lines of standard input
 * elsewhere.
 */
export const pastes = (
  terminal: Output["Service"]["terminal"]
): Effect.Effect<Effect.Effect<string, unknown, Prompt.Environment>, never, Scope.Scope> =>
  terminal.ask
    ? Effect.succeed(Effect.map(Prompt.Hidden({ message }), Redacted.value))
    : Effect.map(
        Effect.acquireRelease(
          Effect.sync(() => createInterface({ input: process.stdin })),
          (lines) => Effect.sync(() => lines.close())
        ),
        (lines) => {
          const all = lines[Symbol.asyncIterator]()
          return Effect.flatMap(
            Effect.promise(() => all.next()),
            (next): Effect.Effect<string, Failure> =>
              next.done === true ? Effect.fail(ended) : Effect.succeed(next.value)
          )
        }
      )
