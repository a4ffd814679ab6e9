import { generateKey } from "@sage-auth/core"
import { Effect } from "effect"
import { Command } from "effect/cli"
import { Application } from "../Application.ts"
import { exitStatus, Failure, failureOf } from "../Failure.ts"
import { Output, reported } from "../Output.ts"
import { oneLine } from "../printable.ts"

const generate = Command.make("generate", {}, () =>
  Effect.gen(function* () {
    const output = yield* Output
    const key = generateKey()
    yield* output.answer({ data: { key }, text: key })
    yield* output.note(
      output.paint("dim", "Keep it where secrets are kept, and give it to the application as the first of keys.")
    )
  }).pipe(reported)
).pipe(
  Command.withDescription("Print a new key that seals grants: 32 random bytes in base64url"),
  Command.withExamples([{ command: "sage-auth keys generate" }])
)

const rotate = Command.make("rotate", {}, () =>
  Effect.gen(function* () {
    const output = yield* Output
    const { sage } = yield* (yield* Application).opened
    const { failures, resealed } = yield* Effect.tryPromise({ try: () => sage.reseal(), catch: failureOf })
    const failed = failures.map(({ connection, message, remedy, tenant }) => ({ connection, tenant, message, remedy }))
    yield* output.answer({
      data: { resealed, failures: failed },
      text: [
        `${resealed} sealed again, ${failed.length} failed`,
        ...failed.map(({ message, remedy }) => `${output.paint("red", "failed")} ${oneLine(`${message}. ${remedy}`)}`)
      ].join("\n")
    })
    if (failed.length > 0) {
      return yield* new Failure({
        message: `${failed.length} of the grants do not open with the configured keys.`,
        remedy: "Keep every key until a pass has no failure. Each has its own remedy above.",
        status: exitStatus.failed
      })
    }
  }).pipe(reported)
).pipe(
  Command.withDescription("Seal every grant of the store with the first of the configured keys"),
  Command.withExamples([
    { command: "sage-auth keys rotate", description: "After a new key was put in front of the old one" }
  ])
)

/** `sage-auth keys`: the keys that seal grants. */
export const keys = Command.make("keys").pipe(
  Command.withDescription("Make a key that seals grants, and put a new one into use"),
  Command.withSubcommands([generate, rotate])
)
