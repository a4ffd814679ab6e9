import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { clientOf } from "../clients.ts"
import { failureOf } from "../Failure.ts"
import { connection, tenant } from "../flags.ts"
import { Output, reported } from "../Output.ts"

const revoke = Flag.Boolean("revoke").pipe(
  Flag.withDescription(
    "Revoke at Sage too (default: where that ends this grant alone). At Intacct REST it ends every token of that user and company"
  ),
  Flag.optional
)

/** `sage-auth logout`: the grant is forgotten. */
export const logout = Command.make("logout", { connection, tenant, revoke }, (input) =>
  Effect.gen(function* () {
    const output = yield* Output
    const client = yield* clientOf(input.connection, input.tenant)
    const options = Option.match(input.revoke, { onNone: () => ({}), onSome: (wanted) => ({ revoke: wanted }) })
    const { revoked } = yield* Effect.tryPromise({ try: () => client.disconnect(options), catch: failureOf })
    yield* output.answer({
      data: { connection: client.connection, tenant: client.tenant, revoked },
      text: `The grant of ${client.connection} is forgotten${revoked ? " and revoked at Sage" : ""}.`
    })
  }).pipe(reported)
).pipe(
  Command.withDescription("Forget the grant of a connection, even when Sage is down"),
  Command.withExamples([
    { command: "sage-auth logout books" },
    { command: "sage-auth logout payables --tenant acme --revoke" }
  ])
)
