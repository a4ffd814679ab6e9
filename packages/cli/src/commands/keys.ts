import { generateKey } from "@sage-auth/core"
import { Effect } from "effect"
import { Command } from "effect/cli"
import { Application } from "../Application.ts"
import { failureOf } from "../Failure.ts"
import { Output, reported } from "../Output.ts"

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
    const resealed = yield* Effect.tryPromise({ try: () => sage.reseal(), catch: failureOf })
    yield* output.answer({
      data: resealed,
      text: Object.entries(resealed)
        .map(([what, count]) => `${what} ${count}`)
        .join("\n")
    })
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
