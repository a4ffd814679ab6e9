import { Effect } from "effect"
import { Command } from "effect/cli"
import { clientOf, memberOf } from "../clients.ts"
import { failureOf } from "../Failure.ts"
import { connection, tenant } from "../flags.ts"
import { Output, reported } from "../Output.ts"

/** `sage-auth refresh`: a new credential now. */
export const refresh = Command.make("refresh", { connection, tenant }, (input) =>
  Effect.gen(function* () {
    const output = yield* Output
    const client = yield* clientOf(input.connection, input.tenant)
    const renew = yield* memberOf(client, "refresh")
    yield* Effect.tryPromise({ try: () => renew(), catch: failureOf })
    const { credentialExpiresAt, state } = yield* Effect.tryPromise({ try: () => client.status(), catch: failureOf })
    yield* output.answer({
      data: { connection: client.connection, tenant: client.tenant, state, credentialExpiresAt },
      text: `${client.connection} has a new credential${credentialExpiresAt === undefined ? "" : `, until ${credentialExpiresAt.toISOString()}`}.`
    })
  }).pipe(reported)
).pipe(
  Command.withDescription("Get a new credential now, whatever the age of the current one"),
  Command.withExamples([{ command: "sage-auth refresh books" }])
)
