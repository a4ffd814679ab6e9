import { resolve } from "node:path"
import type { ServeOptions } from "@sage-auth/sandbox"
import { Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { exitStatus, Failure, failureOf, usage } from "../Failure.ts"
import { optionalText, port, repeatedText } from "../flags.ts"
import { textOfFile } from "../input.ts"
import { Output, reported } from "../Output.ts"
import { printable } from "../printable.ts"
import { serving } from "../serving.ts"
import { Surroundings } from "../Surroundings.ts"

// ------------------------------------------------------------------ start

const flags = {
  port,
  host: optionalText("host", "<address>", "The address to listen on (default: 127.0.0.1)"),
  redirectUri: repeatedText("redirect-uri", "<url>", "A callback of your application; may be repeated"),
  clock: Flag.Literals("clock", ["system", "manual"]).pipe(
    Flag.withDescription("The machine's clock, or one that `sandbox clock` moves (default: system)"),
    Flag.optional
  ),
  startAt: optionalText("start-at", "<date>", "Where a manual clock starts, such as 2026-11-30T12:00:00Z"),
  fault: repeatedText(
    "fault",
    "<surface:step:kind[:times]>",
    "What goes wrong, such as intacct-xml:readByQuery:drop-response; may be repeated"
  ),
  reading: Flag.Literals("reading", ["documented", "card"]).pipe(
    Flag.withDescription(
      "Whose word the servers follow: Sage's pages, or a widespread decision card (default: documented)"
    ),
    Flag.optional
  ),
  options: optionalText(
    "options",
    "<file>",
    "JSON with the switches of startSandbox: intacct, intacctRest, businessCloud, x3"
  ),
  certificates: optionalText(
    "certificates",
    "<folder>",
    "Where to write what X3's ports with TLS need: ca.pem, client.pfx, client.crt, client.key"
  ),
  stopWithParent: Flag.Boolean("stop-with-parent").pipe(
    Flag.withDescription("Stop when the process ends that started it, whatever that is"),
    Flag.withDefault(false)
  )
}

/** A date as milliseconds; `NaN` for what is none, such as the 31st of February, which could be counted. */
const timeOf = (text: string): number => {
  const day = /^(\d{4})-(\d\d)-(\d\d)/.exec(text)
  const exists =
    day === null ||
    new Date(Date.UTC(Number(day[1]), Number(day[2]) - 1, Number(day[3]))).getUTCDate() === Number(day[3])
  return exists ? Date.parse(text) : Number.NaN
}

const switches = ["intacct", "intacctRest", "businessCloud", "x3"] as const

const switchesIn = (text: string): Pick<ServeOptions, (typeof switches)[number]> => {
  const parsed: unknown = JSON.parse(text)
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) throw new TypeError("no object")
  if (Object.keys(parsed).some((name) => !(switches as ReadonlyArray<string>).includes(name))) {
    throw new TypeError("another member")
  }
  return parsed
}

const flagged = (message: string): string =>
  message.replace(/^redirectUris:/, "--redirect-uri:").replace(/^faults:/, "--fault:")

/** What the sandbox throws for an option names it; the system's own errors are about the port. */
const startFailure = (error: unknown): Failure => {
  if (error instanceof Error && "syscall" in error && "code" in error) {
    return new Failure({
      message: `The sandbox could not start (${String(error.code)} of ${String(error.syscall)}).`,
      remedy: "Give another --port or leave it out; --host is an address of this machine, --certificates a folder.",
      status: exitStatus.failed
    })
  }
  return error instanceof TypeError || error instanceof RangeError
    ? usage(flagged(error.message), "See `sage-auth sandbox --help`.")
    : failureOf(error)
}

const start = Effect.fnUntraced(function* (input: Command.Command.Config.Infer<typeof flags>) {
  const output = yield* Output
  const { folder } = yield* Surroundings
  const clock = Option.getOrUndefined(input.clock)
  const startAt = Option.getOrUndefined(Option.map(input.startAt, timeOf))
  if (Number.isNaN(startAt)) return yield* usage("--start-at is no date.", "Write one such as 2026-11-30T12:00:00Z.")
  if (startAt !== undefined && clock !== "manual") {
    return yield* usage("--start-at is given without --clock manual.", "Add --clock manual, or leave --start-at out.")
  }
  const file = Option.getOrUndefined(input.options)
  const text = file === undefined ? "{}" : yield* textOfFile(file, "--options")
  const more = yield* Effect.try({
    try: () => switchesIn(text),
    catch: () =>
      usage(
        "--options is no file with the switches of the sandbox.",
        `Give JSON with an object that has some of ${switches.join(", ")}.`
      )
  })
  const certificates = Option.getOrUndefined(input.certificates)
  const { serveSandbox } = yield* Effect.promise(() => import("@sage-auth/sandbox"))
  const served = yield* Effect.acquireRelease(
    Effect.tryPromise({
      try: () =>
        serveSandbox({
          ...more,
          port: Option.getOrUndefined(input.port),
          host: Option.getOrUndefined(input.host),
          clock,
          startAt,
          reading: Option.getOrUndefined(input.reading),
          redirectUris: input.redirectUri,
          faults: input.fault,
          certificates: certificates === undefined ? undefined : resolve(folder, certificates),
          ...(input.stopWithParent ? { stopWithParent: true } : {})
        }),
      catch: startFailure
    }),
    (running) => Effect.promise(() => running.stop())
  )
  yield* output.answer({ data: served.facts, text: served.text })
  yield* output.note(output.paint("dim", "\nCtrl-C ends it."))
  yield* serving(Effect.promise(() => served.stopped))
})

// ------------------------------------------------------------------ steer

const at = optionalText(
  "at",
  "<url>",
  "The start page of the sandbox, as it printed it (default: the variable SAGE_AUTH_SANDBOX)"
)

/** Sends a request of the control API, and prints what it answers. */
const steer = Effect.fnUntraced(function* (
  given: Option.Option<string>,
  path: string,
  how: { readonly method?: "DELETE"; readonly body?: unknown } = {}
) {
  const output = yield* Output
  const { environment } = yield* Surroundings
  const base = Option.getOrUndefined(given) ?? environment["SAGE_AUTH_SANDBOX"] ?? ""
  if (!URL.canParse(base)) {
    return yield* usage(
      "It is not said where the sandbox is.",
      "Give --at with the start page that `sage-auth sandbox` printed, or set SAGE_AUTH_SANDBOX."
    )
  }
  const answer = yield* Effect.tryPromise({
    try: async () => {
      const { body, method } = how
      const sent = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }
      const got = await fetch(new URL(`/sandbox/control${path}`, base), {
        ...sent,
        ...(method === undefined ? {} : { method }),
        headers: { "content-type": "application/json" }
      })
      return { ok: got.ok, data: (await got.json()) as { readonly error?: string } | null }
    },
    catch: () =>
      new Failure({
        message: "No sandbox answers at --at.",
        remedy: "Start one by `sage-auth sandbox`, and give the start page that it prints.",
        status: exitStatus.tryLater
      })
  })
  if (!answer.ok) {
    return yield* usage(
      `The sandbox refuses this: ${printable(answer.data?.error ?? "").slice(0, 500)}`,
      "The README of @sage-auth/sandbox lists its controls."
    )
  }
  yield* output.answer({ data: answer.data, text: printable(JSON.stringify(answer.data, null, 2)) })
})

const clock = Command.make(
  "clock",
  {
    advance: Argument.String("advance").pipe(
      Argument.withDescription("How far to move it, such as `31 minutes`; without it, the time is printed"),
      Argument.variadic()
    ),
    at
  },
  (input) =>
    steer(input.at, "/clock", input.advance.length === 0 ? {} : { body: { advance: input.advance.join(" ") } }).pipe(
      reported
    )
).pipe(
  Command.withDescription("Print or move the clock of a sandbox that was started with --clock manual"),
  Command.withExamples([{ command: "sage-auth sandbox clock 31 minutes --at http://127.0.0.1:7300/" }])
)

const fault = Command.make(
  "fault",
  {
    fault: Argument.String("surface:step:kind[:times]").pipe(
      Argument.withDescription("What goes wrong, such as intacct-rest:token:unavailable:2")
    ),
    more: optionalText("more", "<json>", 'Further members of the fault, such as \'{"delay": "5 seconds"}\''),
    at
  },
  (input) =>
    Effect.gen(function* () {
      const { readFault } = yield* Effect.promise(() => import("@sage-auth/sandbox"))
      const [surface, read] = yield* Effect.try({ try: () => readFault(input.fault), catch: startFailure })
      const more = yield* jsonOf(Option.getOrUndefined(input.more), "--more", "object")
      yield* steer(input.at, "/faults", { body: { surface, ...read, ...more } })
    }).pipe(reported)
).pipe(
  Command.withDescription("Have the next requests go wrong"),
  Command.withExamples([
    { command: "sage-auth sandbox fault intacct-rest:token:unavailable:2" },
    {
      command: 'sage-auth sandbox fault intacct-xml:readByQuery:rate-limited --more \'{"headers":{"retry-after":"5"}}\''
    }
  ])
)

const clearFaults = Command.make("clear-faults", { at }, (input) =>
  steer(input.at, "/faults", { method: "DELETE" }).pipe(reported)
).pipe(
  Command.withDescription("Forget the faults that were not played"),
  Command.withExamples([{ command: "sage-auth sandbox clear-faults --at http://127.0.0.1:7300/" }])
)

const requests = Command.make(
  "requests",
  {
    surface: Flag.String("surface").pipe(Flag.withDescription("Those of one surface"), Flag.optional),
    step: Flag.String("step").pipe(Flag.withDescription("Those of one step, such as readByQuery"), Flag.optional),
    at
  },
  (input) => {
    const query = new URLSearchParams({
      ...(Option.isSome(input.surface) ? { surface: input.surface.value } : {}),
      ...(Option.isSome(input.step) ? { step: input.step.value } : {})
    })
    return steer(input.at, `/requests?${query.toString()}`).pipe(reported)
  }
).pipe(
  Command.withDescription("Print what arrived, secrets masked"),
  Command.withExamples([{ command: "sage-auth sandbox requests --surface intacct-xml --step readByQuery --json" }])
)

const approve = Command.make(
  "approve",
  {
    url: Argument.String("url").pipe(Argument.withDescription("The authorization URL")),
    more: optionalText("more", "<json>", "Further members, such as '{\"deny\": true}'"),
    at
  },
  (input) =>
    Effect.gen(function* () {
      const more = yield* jsonOf(Option.getOrUndefined(input.more), "--more", "object")
      yield* steer(input.at, "/approve", { body: { ...more, url: input.url } })
    }).pipe(reported)
).pipe(
  Command.withDescription("Play the human of a consent, and print the callback"),
  Command.withExamples([
    { command: "sage-auth sandbox approve 'http://127.0.0.1:7300/business-cloud/oauth2/auth/central?client_id=…'" }
  ])
)

const redirectUri = Command.make(
  "redirect-uri",
  { url: Argument.String("url").pipe(Argument.withDescription("A callback of your application")), at },
  (input) => steer(input.at, "/redirect-uris", { body: { redirectUri: input.url } }).pipe(reported)
).pipe(
  Command.withDescription("Register a callback with every authorization server"),
  Command.withExamples([{ command: "sage-auth sandbox redirect-uri http://127.0.0.1:3000/sage/callback/books" }])
)

const company = Command.make(
  "company",
  {
    id: Argument.String("company").pipe(Argument.withDescription("Such as AcmeHoldings")),
    object: Argument.String("object").pipe(
      Argument.withDescription("Print the records of this object, such as VENDOR"),
      Argument.optional
    ),
    define: optionalText("define", "<json>", "Add objects, records, entities and users instead"),
    at
  },
  (input) =>
    Effect.gen(function* () {
      const id = encodeURIComponent(input.id)
      const definition = Option.getOrUndefined(input.define)
      const object = Option.getOrUndefined(input.object)
      if ((definition === undefined) === (object === undefined)) {
        return yield* usage("An object or --define is missing, or both are given.", "Give one of them.")
      }
      yield* object === undefined
        ? steer(input.at, `/companies/${id}`, { body: yield* jsonOf(definition, "--define", "object") })
        : steer(input.at, `/companies/${id}/${encodeURIComponent(object)}`)
    }).pipe(reported)
).pipe(
  Command.withDescription("Print the records of a company at Intacct, or add to them"),
  Command.withExamples([{ command: "sage-auth sandbox company AcmeHoldings VENDOR" }])
)

const groups = ["intacct", "intacctRest", "businessCloud", "x3", "identityProvider", "gateway"] as const

const call = Command.make(
  "call",
  {
    group: Argument.Literals("group", groups).pipe(Argument.withDescription("Whose controls")),
    member: Argument.String("member").pipe(Argument.withDescription("The control, such as endSessions")),
    args: Argument.String("arguments").pipe(
      Argument.withDescription("Its arguments as a list in JSON, such as '[\"AcmeHoldings\"]'"),
      Argument.optional
    ),
    at
  },
  (input) =>
    Effect.gen(function* () {
      const body = yield* jsonOf(Option.getOrUndefined(input.args) ?? "[]", "The arguments", "list")
      yield* steer(input.at, `/${input.group}/${encodeURIComponent(input.member)}`, { body })
    }).pipe(reported)
).pipe(
  Command.withDescription("Do what only a server can do, such as ending sessions"),
  Command.withExamples([
    { command: `sage-auth sandbox call intacct endSessions '["AcmeHoldings"]'` },
    { command: `sage-auth sandbox call intacct configure '[{"sessionTimeout": "5 minutes"}]'` }
  ])
)

const jsonOf = (text: string | undefined, what: string, kind: "list" | "object"): Effect.Effect<object, Failure> =>
  Effect.try({
    try: () => {
      const parsed: unknown = JSON.parse(text ?? "{}")
      if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed) !== (kind === "list")) {
        throw new TypeError("another kind")
      }
      return parsed
    },
    catch: () => usage(`${what} is no JSON ${kind}.`, "Put it between single quotes for the shell.")
  })

/** `sage-auth sandbox`: a stand-in for Sage's servers, and its controls. */
export const sandbox = Command.make("sandbox", flags, (input) => start(input).pipe(Effect.scoped, reported)).pipe(
  Command.withDescription(
    "Run a stand-in for Sage's servers, until it is interrupted or the npx, pnpm or yarn that started it ends"
  ),
  Command.withExamples([
    { command: "sage-auth sandbox --port 7300" },
    { command: "sage-auth sandbox --clock manual --fault intacct-xml:readByQuery:drop-response --json" },
    { command: "sage-auth sandbox clock 31 minutes --at http://127.0.0.1:7300/" }
  ]),
  Command.withSubcommands([clock, fault, clearFaults, requests, approve, redirectUri, company, call])
)
