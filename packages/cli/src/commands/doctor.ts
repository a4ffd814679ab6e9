import { Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { Application } from "../Application.ts"
import { clientOf } from "../clients.ts"
import type { Checked, Report } from "../doctor/examine.ts"
import { exitStatus, Failure } from "../Failure.ts"
import { connection, optionalText, tenant } from "../flags.ts"
import { textOfFile } from "../input.ts"
import { type Colour, Output, reported } from "../Output.ts"
import { Surroundings } from "../Surroundings.ts"

const colours: Readonly<Record<Checked["result"], Colour>> = {
  ok: "green",
  warning: "yellow",
  failed: "red",
  skipped: "dim"
}

const deep = Flag.Boolean("deep").pipe(
  Flag.withDescription("Also make the checks that send metered transactions"),
  Flag.withDefault(false)
)

const curl = Flag.Boolean("curl").pipe(
  Flag.withDescription("Print the checks as commands to run by hand, and send nothing"),
  Flag.withDefault(false)
)

const nodelocal = optionalText("nodelocal", "<file>", "The nodelocal.js of the X3 server, or a part of it")

const inWords = (checks: ReadonlyArray<Checked>, paint: Output["Service"]["paint"]): ReadonlyArray<string> =>
  checks.flatMap((each) => {
    const { evidence, result, title } = each
    const line = `  ${paint(colours[result], result.padEnd(8))}${title}: ${evidence}`
    return each.result === "failed" || each.result === "warning"
      ? [line, `          ${paint("green", "remedy")} ${each.remedy}`]
      : [line]
  })

const reportInWords = ({ application, connections }: Report, paint: Output["Service"]["paint"]): string =>
  [
    paint("bold", "application"),
    ...inWords(application, paint),
    ...connections.flatMap(({ checks, connection: name, surface, tenant: who }) => [
      "",
      `${paint("bold", name)} ${paint("dim", `${surface}, tenant ${who}`)}`,
      ...inWords(checks, paint)
    ])
  ].join("\n")

/** What is wrong with a configuration that does not open, as a report that has nothing else. */
const unopened = ({ message, remedy }: Failure): Report => ({
  application: [
    {
      id: "configuration",
      title: "Configuration",
      result: "failed",
      evidence: message,
      remedy: remedy ?? "Correct what is named."
    }
  ],
  connections: []
})

/** Prints a report, and fails where something in it did. */
const show = (report: Report): Effect.Effect<void, Failure, Output> =>
  Effect.gen(function* () {
    const output = yield* Output
    const all = [...report.application, ...report.connections.flatMap(({ checks }) => checks)]
    const count = (result: Checked["result"]): number => all.filter((each) => each.result === result).length
    const counts = { ok: count("ok"), warning: count("warning"), failed: count("failed"), skipped: count("skipped") }
    yield* output.answer({ data: { ...report, counts }, text: reportInWords(report, output.paint) })
    if (counts.failed > 0) {
      return yield* new Failure({
        message: `${counts.failed} of ${all.length} checks failed.`,
        status: exitStatus.found
      })
    }
    yield* output.note(
      output.paint("dim", `Nothing is wrong: ${counts.ok} ok, ${counts.warning} to look at, ${counts.skipped} skipped.`)
    )
  })

/** `sage-auth doctor`: what a support engineer would check. */
export const doctor = Command.make(
  "doctor",
  { connection: connection.pipe(Argument.optional), tenant, deep, curl, nodelocal },
  (input) =>
    Effect.gen(function* () {
      const output = yield* Output
      const { environment } = yield* Surroundings
      const opening = yield* Effect.result((yield* Application).opened)
      if (opening._tag === "Failure") return yield* show(unopened(opening.failure))
      const { sage } = opening.success
      const only = Option.getOrUndefined(input.connection)
      // a name or a tenant that cannot be is a mistake of the command line, and no finding
      const [first = ""] = Object.keys(sage.connections)
      if ((only ?? first) !== "") yield* clientOf(only ?? first, input.tenant)
      const file = Option.getOrUndefined(input.nodelocal)
      const options = {
        names: only === undefined ? Object.keys(sage.connections) : [only],
        tenant: Option.getOrElse(input.tenant, () => "default"),
        deep: input.deep,
        environment,
        nodelocal: file === undefined ? undefined : yield* textOfFile(file, "--nodelocal")
      }
      const { byHand, examine } = yield* Effect.promise(() => import("../doctor/examine.ts"))
      if (!input.curl) return yield* show(yield* examine(sage, options))
      const commands = yield* byHand(sage, options)
      yield* output.answer({
        data: commands,
        text: commands
          .map(({ command, connection: name, title, variables, verify }) =>
            [
              output.paint("bold", `# ${name}: ${title}`),
              ...Object.entries(variables).map(([variable, holds]) => `# ${variable}: ${holds}`),
              command,
              `# Verify: ${verify}`
            ].join("\n")
          )
          .join("\n\n")
      })
    }).pipe(reported)
).pipe(
  Command.withDescription("Find out what is wrong with a connection, or with all of them"),
  Command.withExamples([
    { command: "sage-auth doctor" },
    { command: "sage-auth doctor books --tenant acme --json", description: "One connection, for scripts" },
    { command: "sage-auth doctor ledger --deep", description: "With queries that count as transactions" },
    { command: "sage-auth doctor erp --nodelocal nodelocal.js", description: "With the server's own settings" },
    { command: "sage-auth doctor books --curl", description: "The checks as commands to run by hand" }
  ])
)
