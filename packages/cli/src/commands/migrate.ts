import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { exitStatus, Failure, failureOf } from "../Failure.ts"
import { optionalText } from "../flags.ts"
import { Output, reported } from "../Output.ts"
import { Surroundings } from "../Surroundings.ts"

const flags = {
  profile: optionalText(
    "profile",
    "<name>",
    "The section of credentials.ini (default: as the SDK finds it, by INTACCT_PROFILE and the like)"
  ),
  name: Flag.String("name").pipe(
    Flag.withMetavar("<connection>"),
    Flag.withDescription("The name of the connection"),
    Flag.withDefault("ledger")
  ),
  write: Flag.Boolean("write").pipe(
    Flag.withDescription("Write sage-auth.config.ts here, where no configuration is"),
    Flag.withDefault(false)
  ),
  envFile: optionalText("env-file", "<file>", "Write the passwords to this file, such as .env, which git must ignore")
}

const intacctSdk = Command.make("intacct-sdk", flags, (input) =>
  Effect.gen(function* () {
    const output = yield* Output
    const { environment, folder } = yield* Surroundings
    const { migration, writeConfiguration, writePasswords } = yield* Effect.promise(() => import("../migrate.ts"))
    const found = migration({ name: input.name, profile: Option.getOrUndefined(input.profile), environment })
    if (found.issues.length > 0) {
      const lines = found.issues.map(({ expected, option }) => `${option}: expected ${expected}`)
      return yield* new Failure({
        message: ["What the SDK reads cannot be taken over as it is.", ...lines.map((line) => `  ${line}`)].join("\n"),
        remedy:
          "Correct these places. A value that the SDK's reader cuts at ; or # belongs in double quotes: check whether the SDK worked with what it had cut.",
        status: exitStatus.misconfigured,
        details: { issues: found.issues }
      })
    }
    const file = Option.getOrUndefined(input.envFile)
    if (file !== undefined) {
      yield* Effect.tryPromise({ try: () => writePasswords(folder, file, found.passwords), catch: failureOf })
    }
    const written = input.write
      ? yield* Effect.tryPromise({ try: () => writeConfiguration(folder, found.configuration), catch: failureOf })
      : undefined
    yield* output.answer({
      data: {
        connection: found.connection,
        configuration: found.configuration,
        passwords: found.passwords.map(({ source, variable }) => ({ variable, source })),
        ...(written === undefined ? {} : { written }),
        ...(file === undefined ? {} : { envFile: file })
      },
      text: written === undefined ? found.configuration.trimEnd() : `${output.paint("green", "written")} ${written}`
    })
    const unset = file === undefined ? found.passwords.filter(({ isSet }) => !isSet) : []
    for (const { source, variable } of unset) {
      yield* output.note(`${output.paint("yellow", "set")} ${variable} to what ${source} holds`)
    }
    if (unset.length > 0) {
      yield* output.note(output.paint("dim", "Or let --env-file .env write them into a file that git ignores."))
    }
  }).pipe(reported)
).pipe(
  Command.withDescription("Take a connection over from the profiles and variables of Sage's own Intacct SDK"),
  Command.withExamples([
    { command: "sage-auth migrate intacct-sdk" },
    { command: "sage-auth migrate intacct-sdk --profile acme --write --env-file .env" }
  ])
)

/** `sage-auth migrate`: from other libraries. */
export const migrate = Command.make("migrate").pipe(
  Command.withDescription("Take connections over from other libraries"),
  Command.withSubcommands([intacctSdk])
)
