import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { clientOf, memberOf } from "../clients.ts"
import { failureOf } from "../Failure.ts"
import { connection, tenant } from "../flags.ts"
import { Output, reported } from "../Output.ts"
import { oneLine } from "../printable.ts"

const reveal = Flag.Boolean("reveal").pipe(
  Flag.withDescription("Print the credential itself. Anyone who reads it can use it until it ends"),
  Flag.withDefault(false)
)

/** The names of headers whose values are secret. */
const isSecret = (name: string): boolean => /^(?:authorization|cookie)$/i.test(name)

/** A value with its scheme alone, as in `Bearer …`. */
const hidden = (value: string): string => `${/^[A-Za-z]+(?= )/.exec(value)?.[0] ?? ""} …`.trimStart()

/** `sage-auth headers`: what goes on a request. */
export const headers = Command.make("headers", { connection, tenant, reveal }, (input) =>
  Effect.gen(function* () {
    const output = yield* Output
    const client = yield* clientOf(input.connection, input.tenant)
    const read = yield* memberOf(client, "headers")
    const found = Object.entries(yield* Effect.tryPromise({ try: () => read(), catch: failureOf }))
    const shown = found.map(([name, value]) => [name, isSecret(name) && !input.reveal ? hidden(value) : value] as const)
    yield* output.answer({
      data: Object.fromEntries(shown),
      text: shown.map(([name, value]) => oneLine(`${name}: ${value}`)).join("\n")
    })
    if (!input.reveal) yield* output.note(output.paint("dim", "The credential is hidden: --reveal prints it."))
  }).pipe(reported)
).pipe(
  Command.withDescription("Print the headers of an authorised request, for other programs"),
  Command.withExamples([
    { command: "sage-auth headers books" },
    { command: "sage-auth headers books --reveal --json", description: "With the credential, as JSON" }
  ])
)
