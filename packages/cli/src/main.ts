import process from "node:process"
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, Layer, Option, Runtime } from "effect"
import { CliConfig, CliError, CliOutput, Command, Completions, GlobalFlag } from "effect/cli"
import { Application } from "./Application.ts"
import { advise } from "./commands/advise.ts"
import { connections } from "./commands/connections.ts"
import { doctor } from "./commands/doctor.ts"
import { events } from "./commands/events.ts"
import { explain } from "./commands/explain.ts"
import { headers } from "./commands/headers.ts"
import { init } from "./commands/init.ts"
import { keepAlive } from "./commands/keepAlive.ts"
import { keys } from "./commands/keys.ts"
import { login } from "./commands/login.ts"
import { logout } from "./commands/logout.ts"
import { migrate } from "./commands/migrate.ts"
import { proxy } from "./commands/proxy.ts"
import { refresh } from "./commands/refresh.ts"
import { request } from "./commands/request.ts"
import { sandbox } from "./commands/sandbox.ts"
import { status } from "./commands/status.ts"
import { tenants } from "./commands/tenants.ts"
import { x3 } from "./commands/x3.ts"
import { exitStatus, usage } from "./Failure.ts"
import { ConfigFile, Json } from "./flags.ts"
import { Output } from "./Output.ts"
import { wasInterrupted } from "./serving.ts"

/** What stands behind any command, beside what is its own. */
const everywhere = Completions.fromCommand(
  Command.make("everywhere", { help: GlobalFlag.Help.flag, json: Json.flag, config: ConfigFile.flag })
).flags

const withGlobalFlags = (command: Completions.CommandDescriptor): Completions.CommandDescriptor => ({
  ...command,
  flags: [...command.flags, ...everywhere.filter(({ name }) => command.flags.every((flag) => flag.name !== name))],
  subcommands: command.subcommands.map(withGlobalFlags)
})

/** `--completions`: a script for a shell. Effect's own knows no global flags behind a command. */
const completions = GlobalFlag.Action({
  flag: GlobalFlag.Completions.flag,
  run: (shell, { command }) =>
    Option.match(shell, {
      onNone: () => Effect.void,
      onSome: (name) =>
        Console.log(Completions.generate(command.name, name, withGlobalFlags(Completions.fromCommand(command))))
    })
})

/** The command line: each command stands in `commands/`. */
export const sageAuth = Command.make("sage-auth").pipe(
  Command.withDescription("Sign in to Sage's products, call their APIs, and find out what is wrong"),
  Command.withSubcommands([
    advise,
    init,
    connections,
    status,
    login,
    refresh,
    logout,
    headers,
    request,
    proxy,
    tenants,
    events,
    keepAlive,
    keys,
    explain,
    doctor,
    sandbox,
    migrate,
    x3
  ]),
  Command.provide(Layer.merge(Application.layer, Output.layer)),
  Command.withGlobalFlags([Json, ConfigFile])
)

/** What every command understands, beside what is its own. */
const builtIns = CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, completions] })

/**
 * Presents a command line that is wrong as every other failure: on standard error, with its remedy, and as JSON where
 * that was asked for. Standard output stays empty, since scripts read it.
 */
const presenting =
  (json: boolean) =>
  (outer: CliOutput.Presenter): CliOutput.Presenter => ({
    present: (event) => {
      if (event._tag === "Version") return outer.present(event)
      const command = event.commandPath.join(" ")
      const help = `Run: ${command} --help`
      const failure =
        event._tag === "InvalidInvocation"
          ? usage(event.errors.map(sentenceOf).join("\n  "), [...event.errors.flatMap(guessOf), help].join(" "))
          : usage(`${command} needs one of its commands.`, help)
      if (event._tag === "Help" && (event.reason === "Requested" || !json)) return outer.present(event)
      return Output.use((output) => output.failure(failure)).pipe(
        Effect.provide(Output.layer),
        Effect.provideService(Json, json)
      )
    }
  })

/** What is wrong. A value that was given may be a secret in the wrong place, so it is not repeated. */
const sentenceOf = (error: CliError.NonShowHelpErrors): string => {
  if (error._tag !== "InvalidValue") return error.message.split("\n\n")[0] ?? ""
  const where = error.kind === "argument" ? `<${error.option}>` : `--${error.option}`
  const is = error.value === "" ? "has no value" : "cannot have this value"
  return `${where} ${is}. ${/^expected\b/i.test(error.expected) ? error.expected : `Expected: ${error.expected}`}`
}

const guessOf = (error: CliError.NonShowHelpErrors): ReadonlyArray<string> =>
  "suggestions" in error && error.suggestions.length > 0 ? [`Did you mean ${error.suggestions.join(" or ")}?`] : []

/** Runs a command line. What fails has been printed already, and carries the status that the process ends with. */
export const run = (args: ReadonlyArray<string>, version: string) =>
  Command.runWith(sageAuth, { version })(args).pipe(
    Effect.updateService(CliOutput.Presenter, presenting(args.some((arg) => /^--json(?:=true)?$/.test(arg)))),
    Effect.mapError((error) => (CliError.isCliError(error) ? new Refused(error) : error)),
    Effect.provide(Layer.merge(NodeServices.layer, builtIns))
  )

/** Runs the command line of this process. */
export const main = (version: string): void =>
  NodeRuntime.runMain(run(process.argv.slice(2), version), {
    teardown: (exit, onExit) => (wasInterrupted() ? onExit(0) : Runtime.defaultTeardown(exit, onExit))
  })

/** A command line that is wrong, after its help and its errors were printed. */
class Refused extends Error {
  override readonly [Runtime.errorExitCode] = exitStatus.usage
  override readonly [Runtime.errorReported] = false
  constructor(cause: CliError.CliError) {
    super("the command line is wrong", { cause })
  }
}
