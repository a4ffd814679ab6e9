import type { StoredGrant } from "@sage-auth/core"
import { Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { Application } from "../Application.ts"
import { failureOf } from "../Failure.ts"
import { optionalText, tenant } from "../flags.ts"
import { type Colour, columns, moment, Output, reported } from "../Output.ts"
import { oneLine } from "../printable.ts"

const colours: Readonly<Record<StoredGrant["state"], Colour>> = {
  connected: "green",
  pairing: "yellow",
  "in-doubt": "red",
  "reauthorization-required": "red",
  disconnected: "dim"
}

const states = Object.keys(colours) as ReadonlyArray<StoredGrant["state"]>

const flags = {
  connection: Argument.String("connection").pipe(
    Argument.withDescription("The grants of this connection alone; the configuration need not have it any more"),
    Argument.optional
  ),
  tenant,
  state: Flag.Literals("state", states).pipe(Flag.withDescription("Grants in this state alone"), Flag.optional),
  limit: Flag.Int("limit").pipe(
    Flag.filter(
      (limit) => limit > 0 && limit <= 1000,
      () => "must be from 1 to 1000"
    ),
    Flag.withDescription("At most so many on a page"),
    Flag.withDefault(100)
  ),
  after: optionalText("after", "<cursor>", "The next page: what the page before printed")
}

/** `sage-auth tenants`: what the store has. */
export const tenants = Command.make("tenants", flags, (input) =>
  Effect.gen(function* () {
    const output = yield* Output
    const { sage } = yield* (yield* Application).opened
    const page = yield* Effect.tryPromise({
      try: () =>
        sage.grants({
          connection: Option.getOrUndefined(input.connection),
          tenant: Option.getOrUndefined(input.tenant),
          state: Option.getOrUndefined(input.state),
          after: Option.getOrUndefined(input.after),
          limit: input.limit
        }),
      catch: failureOf
    })
    const { durable, grants, next } = page
    const head = ["connection", "tenant", "grant until", "renewed by", "state"]
    const rows = grants.map(({ connection, dueAt, grantExpiresAt, state, tenant: id }) => [
      oneLine(connection),
      oneLine(id),
      moment(grantExpiresAt),
      moment(dueAt),
      output.paint(colours[state], state)
    ])
    yield* output.answer({ data: page, text: columns([head.map((cell) => output.paint("dim", cell)), ...rows]) })
    if (!durable)
      yield* output.note(
        `${output.paint("yellow", "warning")}  The store is memory: the grants of other processes are not in it.`
      )
    if (next !== undefined) yield* output.note(output.paint("dim", `There is more: --after ${next}`))
  }).pipe(reported)
).pipe(
  Command.withDescription("List the tenants that have a grant in the store, by page, without a call to Sage"),
  Command.withExamples([
    { command: "sage-auth tenants" },
    { command: "sage-auth tenants books --state reauthorization-required", description: "Who has to sign in again" },
    { command: "sage-auth tenants --limit 500 --json" }
  ])
)
