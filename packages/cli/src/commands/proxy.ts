import { randomBytes } from "node:crypto"
import { Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { Application } from "../Application.ts"
import { type AnyClient, clientOf } from "../clients.ts"
import { exitStatus, Failure, failureOf, usage } from "../Failure.ts"
import { optionalText, port, tenant } from "../flags.ts"
import { Output, reported } from "../Output.ts"
import { serving } from "../serving.ts"
import { Surroundings } from "../Surroundings.ts"

/** The token of callers, for machines with other users: they see the arguments of a process. */
const tokenVariable = "SAGE_AUTH_PROXY_TOKEN"

const flags = {
  connections: Argument.String("connection").pipe(
    Argument.withDescription("The connections that can be reached (default: all)"),
    Argument.variadic()
  ),
  port,
  host: Flag.String("host").pipe(
    Flag.withMetavar("<address>"),
    Flag.withDescription("The address to listen on; another than this machine's own needs a token"),
    Flag.withDefault("127.0.0.1")
  ),
  token: optionalText(
    "token",
    "<text>",
    `What callers have to send as \`authorization: Bearer\`, 16 characters or more (default: the variable ${tokenVariable}, which other users of this machine cannot see; then none on this machine's own address, otherwise made and printed once)`
  ),
  tenant
}

/** `sage-auth proxy`: other programs use the connections. */
export const proxy = Command.make("proxy", flags, (input) =>
  Effect.gen(function* () {
    const output = yield* Output
    const { isLoopback, startProxy } = yield* Effect.promise(() => import("../proxy.ts"))
    const { environment } = yield* Surroundings
    const given = Option.getOrUndefined(input.token) ?? (environment[tokenVariable] || undefined)
    if (given !== undefined && !/^[\x21-\x7e]{16,}$/.test(given)) {
      return yield* usage(
        `${Option.isSome(input.token) ? "--token" : tokenVariable} is too short, or has spaces or other characters that a header cannot carry.`,
        "Give 16 or more letters, digits and signs, or leave it out: one is made then."
      )
    }
    const made = given === undefined && !isLoopback(input.host) ? randomBytes(32).toString("base64url") : undefined
    const { sage } = yield* (yield* Application).opened
    const connections = input.connections.length > 0 ? input.connections : Object.keys(sage.connections)
    // names that the configuration does not have are answered at once
    for (const name of connections) yield* clientOf(name, input.tenant)
    const byDefault = Option.getOrUndefined(input.tenant)
    const server = yield* Effect.acquireRelease(
      Effect.tryPromise({
        try: () =>
          startProxy({
            connections,
            clientOf: (name, named) => {
              const id = named ?? byDefault
              return sage.client(name, id === undefined ? {} : { tenant: id }) as AnyClient
            },
            host: input.host,
            port: Option.getOrElse(input.port, () => 0),
            token: given ?? made,
            log: ({ connection = "-", id = "", method, milliseconds, status = "gone" }) => {
              const line = `${method} ${connection} ${status} ${milliseconds} ms ${id}`.trimEnd()
              Effect.runSync(output.note(line))
            }
          }),
        catch: (error) =>
          error instanceof Error && "code" in error && "syscall" in error
            ? new Failure({
                message: `The proxy cannot listen on --host and --port (${String(error.code)}).`,
                remedy: "Give another --port, or leave it out for a free one; --host is an address of this machine.",
                status: exitStatus.failed
              })
            : failureOf(error)
      }),
      (running) => Effect.promise(() => running.stop())
    )
    yield* output.answer({
      data: { url: server.url, connections, ...(made === undefined ? {} : { token: made }) },
      text: [
        ...connections.map((name) => `${server.url}/${encodeURIComponent(name)}/`),
        ...(made === undefined ? [] : ["", `authorization: Bearer ${made}`])
      ].join("\n")
    })
    yield* output.note(output.paint("dim", "Ctrl-C ends it."))
    yield* serving(Effect.never)
  }).pipe(Effect.scoped, reported)
).pipe(
  Command.withDescription("Put the right credential on what other programs send, by a server on this machine"),
  Command.withExamples([
    { command: "sage-auth proxy" },
    { command: "sage-auth proxy books --port 8070 --tenant acme" },
    { command: "curl http://127.0.0.1:8070/books/contacts", description: "What another program sends then" },
    { command: "sage-auth proxy ledger --host 0.0.0.0", description: "For a container; prints a token to send" }
  ])
)
