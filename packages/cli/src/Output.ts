import process from "node:process"
import { Console, Context, Effect, Layer, Stream, Terminal } from "effect"
import { CliOutput, TerminalCapabilities } from "effect/cli"
import { type Failure, failureOf } from "./Failure.ts"
import { Json } from "./flags.ts"
import { printable, printableInColours, printableJson } from "./printable.ts"

/**
 * Where commands print: text for people, or JSON with `--json`. What a command answers goes to standard output;
 * progress, notes and errors go to standard error, so that output can be piped. Whatever is printed, the only escape
 * sequences in it are those of colours: texts of servers and stores cannot move the cursor.
 */
export class Output extends Context.Service<
  Output,
  {
    /** Whether `--json` was given. */
    readonly json: boolean
    /** Whether colours and moving text suit what standard output is. */
    readonly terminal: { readonly colours: boolean; readonly animate: boolean; readonly ask: boolean }
    /** Prints the answer: `data` with `--json`, otherwise `text`. */
    readonly answer: (answer: { readonly data: unknown; readonly text: string }) => Effect.Effect<void>
    /** Prints a list as its records come: one array with `--json`, otherwise a line of JSON for each. */
    readonly list: <E>(records: Stream.Stream<unknown, E>) => Effect.Effect<void, E>
    /** Prints something for people beside the answer: nothing with `--json`. */
    readonly note: (text: string) => Effect.Effect<void>
    /** Prints why the command failed, and what helps. */
    readonly failure: (failure: Failure) => Effect.Effect<void>
    /** A text in a colour, where colours suit. */
    readonly paint: (colour: Colour, text: string) => string
  }
>()("@sage-auth/cli/Output") {
  /** Standard output and standard error of this process. */
  static readonly layer = Layer.effect(
    Output,
    Effect.gen(function* () {
      const json = yield* Json
      const { canColor, canAnimate, canPrompt } = yield* TerminalCapabilities.TerminalCapabilities
      const colours = canColor && !json
      const paint = (colour: Colour, text: string): string =>
        colours ? `\u001b[${codes[colour]}m${printable(text)}\u001b[0m` : text
      const safe = colours ? printableInColours : printable
      // standard error may go to a file while standard output is a terminal
      const { FORCE_COLOR = "" } = process.env
      const apart = process.stdout.isTTY && !process.stderr.isTTY && FORCE_COLOR === ""
      const beside = apart ? printable : safe
      return {
        json,
        terminal: { colours, animate: canAnimate && !json, ask: canPrompt && !json },
        answer: ({ data, text }) => Console.log(json ? printableJson(data) : safe(text)),
        list: (records) =>
          json ? printArray(records) : Stream.runForEach(records, (each) => Console.log(printableJson(each))),
        note: (text) => (json ? Effect.void : Console.error(beside(text))),
        failure: ({ details, message, remedy, status }) =>
          json
            ? Console.error(printableJson({ error: { message, remedy, status, ...details } }))
            : Console.error(
                beside(
                  [
                    `${paint("red", "error")}  ${printable(message)}`,
                    ...(remedy === undefined ? [] : [`${paint("green", "remedy")} ${printable(remedy)}`])
                  ].join("\n")
                )
              ),
        paint
      }
    })
  )
}

/** An array as its elements come: only one of them is held. It has no end where they fail. */
const printArray = <E>(elements: Stream.Stream<unknown, E>): Effect.Effect<void, E> =>
  Effect.gen(function* () {
    let held: string | undefined
    yield* Console.log("[")
    yield* Stream.runForEach(elements, (element) => {
      const before = held
      held = printableJson(element)
      return before === undefined ? Effect.void : Console.log(`${before},`)
    })
    if (held !== undefined) yield* Console.log(held)
    yield* Console.log("]")
  })

/** Colours with a meaning: what is well, what needs a look, what is wrong, what matters less. */
export type Colour = "green" | "yellow" | "red" | "dim" | "bold"

const codes: Readonly<Record<Colour, number>> = { green: 32, yellow: 33, red: 31, dim: 2, bold: 1 }

/** Lets a command fail as `Failure`, printed once in the form that was asked for. */
export const reported = <A, R>(command: Effect.Effect<A, unknown, R>): Effect.Effect<A, Failure, R | Output> =>
  command.pipe(
    // Ctrl-C at a question ends the command as it does elsewhere
    Effect.catchIf(Terminal.isQuitError, () => Effect.interrupt),
    Effect.mapError(failureOf),
    Effect.tapError((failure) => Output.use((output) => output.failure(failure)))
  )

const widthOf = (cell: string): number => CliOutput.displayWidth(cell)

/** Rows as columns that stand below each other, as wide as a terminal shows them. The first row is the head. */
export const columns = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => widthOf(row[column] ?? ""))))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - widthOf(cell)))
        .join("  ")
        .trimEnd()
    )
    .join("\n")
}

/** A moment in UTC, without its milliseconds; `-` where there is none. */
export const moment = (at: Date | number | undefined): string =>
  at === undefined ? "-" : new Date(at).toISOString().replace(/\.\d+Z$/, "Z")
