import { Effect } from "effect"
import { Command } from "effect/cli"
import { Application } from "../Application.ts"
import { columns, Output, reported } from "../Output.ts"
import { oneLine } from "../printable.ts"

/** `sage-auth connections`: what the configuration has. */
export const connections = Command.make("connections", {}, () =>
  Effect.gen(function* () {
    const output = yield* Output
    const { sage, source } = yield* (yield* Application).opened
    const all = Object.entries(sage.connections).map(([name, { interactive, surface }]) => ({
      name,
      surface,
      interactive
    }))
    yield* output.note(output.paint("dim", `from ${source}`))
    yield* output.answer({
      data: all,
      text: columns([
        ["connection", "surface", "consent"],
        ...all.map(({ interactive, name, surface }) => [
          oneLine(name),
          surface,
          interactive ? "a person signs in" : "none needed"
        ])
      ])
    })
  }).pipe(reported)
).pipe(
  Command.withDescription("List the connections of the configuration, with their surfaces"),
  Command.withExamples([{ command: "sage-auth connections" }, { command: "sage-auth connections --json" }])
)
