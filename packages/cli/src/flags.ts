import type { Option } from "effect"
import { Argument, Flag, GlobalFlag } from "effect/cli"

const text = (name: string, metavar: string, description: string, alias: string | undefined): Flag.Flag<string> => {
  const flag = Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description))
  return alias === undefined ? flag : Flag.withAlias(flag, alias)
}

/** A flag with a text that may be left out. */
export const optionalText = (
  name: string,
  metavar: string,
  description: string,
  alias?: string
): Flag.Flag<Option.Option<string>> => Flag.optional(text(name, metavar, description, alias))

/** A flag with a text that may be repeated. */
export const repeatedText = (
  name: string,
  metavar: string,
  description: string,
  alias?: string
): Flag.Flag<ReadonlyArray<string>> => Flag.atLeast(text(name, metavar, description, alias), 0)

/** `--json`: every command prints one JSON document, or one a line for a feed, instead of text for people. */
export const Json = GlobalFlag.Setting("json")({
  flag: Flag.Boolean("json").pipe(Flag.withDescription("Print JSON, for scripts"), Flag.withDefault(false))
})

/** `--config`: the file with the application's connections. */
export const ConfigFile = GlobalFlag.Setting("config")({
  // a path from the folder that the command runs in, which Flag.File would resolve from the process' own
  flag: Flag.String("config").pipe(
    Flag.withMetavar("<file>"),
    Flag.withAlias("c"),
    Flag.withDescription(
      "The file with the connections (default: sage-auth.config.ts, .mts, .js or .mjs here or in a folder above; without one, the environment)"
    ),
    Flag.optional
  )
})

/** `--tenant`: whose grant it is. */
export const tenant = optionalText(
  "tenant",
  "<id>",
  "The customer whose data it is, in applications with several (default: default)",
  "t"
)

/** `--port`: where a server listens. */
export const port = Flag.Int("port").pipe(
  Flag.withAlias("p"),
  Flag.withMetavar("<number>"),
  Flag.filter(
    (number) => number >= 0 && number <= 65_535,
    () => "must be from 0 to 65535; 0 is a free one"
  ),
  Flag.withDescription("The TCP port (default: a free one)"),
  Flag.optional
)

/** The connection that a command is about. */
export const connection = Argument.String("connection").pipe(
  Argument.withDescription("The name of a connection in the configuration")
)
