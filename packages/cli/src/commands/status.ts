import type { Status } from "@sage-auth/core"
import { Effect } from "effect"
import { Argument, Command } from "effect/cli"
import { Application } from "../Application.ts"
import { clientOf } from "../clients.ts"
import { connection, tenant } from "../flags.ts"
import { type Colour, columns, moment, Output, reported } from "../Output.ts"
import { oneLine } from "../printable.ts"

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
      oneLine(each.connection),
      oneLine(each.tenant),
      output.paint(colours[each.state], each.state),
      moment(each.credentialExpiresAt),
      moment(each.grantExpiresAt)
    ])
    yield* output.answer({
      data: all,
      text: columns([head.map((cell) => output.paint("dim", cell)), ...rows])
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
