// Writes dist/help.json: the help of every command, so that `sage-auth --help` need not load them.
import { writeFileSync } from "node:fs"
import process from "node:process"
import { Effect } from "effect"
import { CliOutput, type Command } from "effect/cli"
import { run, sageAuth } from "../src/main.ts"
import type { HelpText } from "../src/quickAnswer.ts"

const helpOf = (path: ReadonlyArray<string>, colors: boolean): Promise<string> => {
  const formatter = CliOutput.defaultFormatter({ colors })
  let text = ""
  const presenter: CliOutput.Presenter = {
    present: (event) =>
      Effect.sync(() => (text = event._tag === "Help" ? formatter.formatHelpDoc(event.helpDoc) : text))
  }
  return run([...path, "--help"], "")
    .pipe(Effect.provide(CliOutput.layerPresenter(presenter)), Effect.runPromise)
    .then(() => text)
}

const texts: Record<string, HelpText> = {}
const collect = async (command: Command.Command.Any, path: ReadonlyArray<string>): Promise<void> => {
  texts[path.join(" ")] = { coloured: await helpOf(path, true), plain: await helpOf(path, false) }
  for (const { commands } of command.subcommands) {
    for (const each of commands) await collect(each, [...path, each.name])
  }
}
await collect(sageAuth, [])
writeFileSync(new URL("../dist/help.json", import.meta.url), JSON.stringify(texts))
process.stdout.write(`dist/help.json: ${Object.keys(texts).length} commands\n`)
