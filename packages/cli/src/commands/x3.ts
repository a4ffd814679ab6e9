import { x3 as x3Flows } from "@sage-auth/core"
import { Effect } from "effect"
import { Argument, Command } from "effect/cli"
import { exitStatus, Failure } from "../Failure.ts"
import { textOfFile } from "../input.ts"
import { Output, reported } from "../Output.ts"

const colours = { error: "red", warning: "yellow", note: "dim" } as const

const lintNodelocal = Command.make(
  "lint-nodelocal",
  { file: Argument.String("file").pipe(Argument.withDescription("The file nodelocal.js, or - for standard input")) },
  ({ file }) =>
    Effect.gen(function* () {
      const output = yield* Output
      const { paint } = output
      const source = yield* textOfFile(file, "The argument")
      const report = x3Flows.lintNodelocal(source)
      const name = file === "-" ? "stdin" : file
      yield* output.answer({
        data: report,
        text: [
          ...report.findings.map(({ column, id, line, meaning, remedy, severity }) =>
            [
              `${name}:${line}:${column} ${paint(colours[severity], severity)} ${id}`,
              `  ${meaning}`,
              `  ${paint("green", "remedy")} ${remedy}`
            ].join("\n")
          ),
          paint("bold", "Ways in"),
          ...Object.entries(report.waysIn).map(
            ([way, { answer, why }]) =>
              `  ${way.padEnd(13)} ${paint(answer === "enabled" ? "green" : "dim", answer.padEnd(11))} ${why}`
          )
        ].join("\n")
      })
      const errors = report.findings.filter(({ severity }) => severity === "error").length
      if (errors > 0) {
        return yield* new Failure({
          message: `${errors} of ${report.findings.length} findings are errors.`,
          status: exitStatus.found
        })
      }
    }).pipe(reported)
).pipe(
  Command.withDescription("Check the session settings of an X3 server's nodelocal.js, or a part of it"),
  Command.withExamples([
    { command: "sage-auth x3 lint-nodelocal nodelocal.js" },
    {
      command: `echo 'session: { auth: "oauth2" }' | sage-auth x3 lint-nodelocal -`,
      description: "A part that was copied"
    }
  ])
)

/** `sage-auth x3`: what is X3's alone. */
export const x3 = Command.make("x3").pipe(
  Command.withDescription("Tools for X3 servers"),
  Command.withSubcommands([lintNodelocal])
)
