import { explain as explainText } from "@sage-auth/core"
import { Effect, Option } from "effect"
import { Argument, Command } from "effect/cli"
import { exitStatus, Failure, usage } from "../Failure.ts"
import { standardInput, textOfFile } from "../input.ts"
import { optionalText } from "../flags.ts"
import { Output, reported } from "../Output.ts"

const file = optionalText("file", "<file>", "Read the text from a file; - for standard input", "f")

/** `sage-auth explain`: what a code or a pasted text of Sage's means, and what helps. */
export const explain = Command.make(
  "explain",
  {
    words: Argument.String("code-or-text").pipe(
      Argument.withDescription("A code such as GW-0010, or any text with the error in it; without one, standard input"),
      Argument.variadic()
    ),
    file
  },
  (input) =>
    Effect.gen(function* () {
      const output = yield* Output
      if (Option.isSome(input.file) && input.words.length > 0) {
        return yield* usage("A text and --file are given.", "Give one of them.")
      }
      const pasted = yield* Option.isSome(input.file)
        ? textOfFile(input.file.value, "--file")
        : input.words.length > 0
          ? Effect.succeed(input.words.join(" "))
          : standardInput
      const found = explainText(pasted)
      if (found.length === 0) {
        return yield* new Failure({
          message: "Nothing in this text is an error that this library knows.",
          remedy: "Paste the whole answer of the server, or see `sage-auth advise table error-codes`.",
          status: exitStatus.failed
        })
      }
      const { paint } = output
      yield* output.answer({
        data: found,
        text: found
          .map((entry) =>
            [
              `${paint("bold", entry.id)}${entry.codes.length === 0 ? "" : `  ${paint("dim", entry.codes.join(", "))}`}`,
              `  ${entry.meaning}`,
              `  ${paint("yellow", "cause")}   ${entry.cause}`,
              `  ${paint("green", "remedy")}  ${entry.remedy}`,
              `  ${paint("dim", `${entry.product}; ${entry.retryable ? "trying again may help" : "trying again does not help"}; ${entry.source}`)}`
            ].join("\n")
          )
          .join("\n\n")
      })
    }).pipe(reported)
).pipe(
  Command.withDescription("Say what an error of Sage's means, and what helps"),
  Command.withExamples([
    { command: "sage-auth explain GW-0010" },
    { command: "sage-auth explain < answer.xml", description: "Any text with the error in it" }
  ])
)
