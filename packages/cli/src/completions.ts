import { Console, Effect, Option } from "effect"
import { Command, Completions, GlobalFlag } from "effect/cli"
import { ConfigFile, Json } from "./flags.ts"

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
export const completions = GlobalFlag.Action({
  flag: GlobalFlag.Completions.flag,
  run: (shell, { command }) =>
    Option.match(shell, {
      onNone: () => Effect.void,
      onSome: (name) =>
        Console.log(Completions.generate(command.name, name, withGlobalFlags(Completions.fromCommand(command))))
    })
})
