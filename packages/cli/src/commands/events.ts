import type { SageEvent } from "@sage-auth/core"
import { tellsEvents } from "@sage-auth/core/inspect"
import { Effect, Option, Stream } from "effect"
import { Argument, Command } from "effect/cli"
import { Application } from "../Application.ts"
import { failureOf } from "../Failure.ts"
import { connection, tenant } from "../flags.ts"
import { type Colour, Output, reported } from "../Output.ts"
import { oneLine } from "../printable.ts"
import { serving } from "../serving.ts"

const red = new Set<SageEvent["type"]>(["credential-rejected", "reauthorization-required", "rotation-in-doubt"])
const yellow = new Set<SageEvent["type"]>([
  "renewal-failed",
  "renewal-stalled",
  "rate-limited",
  "pool-saturated",
  "budget-threshold",
  "license-expiring",
  "certificate-expiring",
  "advice"
])

const colourOf = ({ type }: SageEvent): Colour => (red.has(type) ? "red" : yellow.has(type) ? "yellow" : "green")

/** Members that are times, in milliseconds since the epoch. */
const times = new Set(["at", "expiresAt"])

const valueOf = (name: string, value: unknown): string =>
  times.has(name) && typeof value === "number"
    ? new Date(value).toISOString()
    : typeof value === "string"
      ? value
      : JSON.stringify(value)

/** An event as one line: when, what, whose, and what else it says. */
const inWords = (event: SageEvent, paint: Output["Service"]["paint"]): string => {
  const { at, type, ...rest } = event
  const more = Object.entries(rest)
    .filter(([name, value]) => value !== undefined && name !== "surface" && name !== "connection" && name !== "tenant")
    .map(([name, value]) => `${name}=${oneLine(valueOf(name, value))}`)
  const whose = "connection" in event ? [oneLine(event.connection), oneLine(event.tenant)] : []
  return [paint("dim", new Date(at).toISOString()), paint(colourOf(event), type), ...whose, ...more].join("  ")
}

/** Events of a connection and a tenant, where they are named: those of a company are neither's. */
const isOf =
  (connectionName: string | undefined, tenantId: string | undefined) =>
  (event: SageEvent): boolean =>
    (connectionName === undefined || ("connection" in event && event.connection === connectionName)) &&
    (tenantId === undefined || ("tenant" in event && event.tenant === tenantId))

/** `sage-auth events`: what the application does in this process, and in others where they tell it, as it happens. */
export const events = Command.make("events", { connection: connection.pipe(Argument.optional), tenant }, (input) =>
  Effect.gen(function* () {
    const output = yield* Output
    const { sage } = yield* (yield* Application).opened
    const others = tellsEvents(sage)
    const feed = sage.events({ scope: others ? "all" : "process" })
    // a store that is away is said now, and not when something happens
    yield* Effect.tryPromise({ try: () => sage.ready(), catch: failureOf })
    yield* output.note(
      output.paint(
        "dim",
        others
          ? "Waiting for events of this process and of all that share its coordination. Ctrl-C ends it."
          : "Waiting for events of this process: its keep-alive, its renewals. Ctrl-C ends it."
      )
    )
    yield* Stream.fromAsyncIterable(feed, failureOf).pipe(
      Stream.filter(isOf(Option.getOrUndefined(input.connection), Option.getOrUndefined(input.tenant))),
      Stream.runForEach((event) => output.answer({ data: event, text: inWords(event, output.paint) })),
      serving
    )
  }).pipe(reported)
).pipe(
  Command.withDescription(
    "Show what the application does, here and in other processes that tell it: renewals, rejections, advice"
  ),
  Command.withExamples([
    { command: "sage-auth events" },
    { command: "sage-auth events books --json", description: "One JSON object a line" }
  ])
)
