import type { Status } from "@sage-auth/core"
import { Effect } from "effect"
import { Argument, Command } from "effect/cli"
import { Application } from "../Application.ts"
import { clientOf } from "../clients.ts"
import { connection, tenant } from "../flags.ts"
import { type Colour, columns, Output, reported } from "../Output.ts"

const colours: Readonly<Record<Status["state"], Colour>> = {
  configured: "dim",
  connected: "green",
  storing: "yellow",
  pairing: "yellow",
  stalled: "yellow",
  "in-doubt": "red",
  "reauthorization-required": "red",
  disconnected: "red"
}

const date = (at: Date | undefined): string => at?.toISOString().replace(/\.\d+Z$/, "Z") ?? "-"

/** `sage-auth status`: the state of a connection, or of all. */
export const status = Command.make("status", { connection: connection.pipe(Argument.optional), tenant }, (input) =>
  Effect.gen(function* () {
    const output = yield* Output
    const { sage } = yield* (yield* Application).opened
    const names = input.connection._tag === "Some" ? [input.connection.value] : Object.keys(sage.connections)
    const all = yield* Effect.forEach(
      names,
      (name) =>
        Effect.gen(function* () {
          const client = yield* clientOf(name, input.tenant)
          const state = yield* Effect.tryPromise({ try: () => client.status(), catch: (error) => error })
          return { connection: name, tenant: client.tenant, ...state }
        }),
      { concurrency: 8 }
    )
    const head = ["connection", "tenant", "state", "credential until", "grant until"]
    const rows = all.map((each) => [
      each.connection,
      each.tenant,
      each.state,
      date(each.credentialExpiresAt),
      date(each.grantExpiresAt)
    ])
    const [first = "", ...lines] = columns([head, ...rows]).split("\n")
    yield* output.answer({
      data: all,
      text: [
        output.paint("dim", first),
        ...lines.map((line, index) => {
          const state = all[index]?.state
          return state === undefined ? line : line.replace(` ${state} `, ` ${output.paint(colours[state], state)} `)
        })
      ].join("\n")
    })
  }).pipe(reported)
).pipe(
  Command.withDescription("Show the state of a connection, or of all, without a call to Sage"),
  Command.withExamples([
    { command: "sage-auth status" },
    { command: "sage-auth status books --tenant acme" },
    { command: "sage-auth status --json", description: "One JSON array" }
  ])
)
