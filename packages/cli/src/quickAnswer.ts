import { existsSync, readFileSync } from "node:fs"

/** A help text, as a terminal shows it and as plain text. The build writes them from the commands. */
export interface HelpText {
  readonly coloured: string
  readonly plain: string
}

/**
 * The answer to `--version` and to the help of any command, without loading the commands: people ask for these most.
 *
 * @param texts the file that the build wrote
 * @returns undefined where the commands themselves have to decide
 */
export const quickAnswer = (
  args: ReadonlyArray<string>,
  { colours, texts: file, version }: { readonly colours: boolean; readonly texts: URL; readonly version: string }
): string | undefined => {
  const last = args.at(-1)
  if (args.length === 1 && (last === "--version" || last === "-v")) return `sage-auth v${version}`
  if (args.length > 0 && last !== "--help" && last !== "-h") return undefined
  if (!existsSync(file)) return undefined
  const texts = JSON.parse(readFileSync(file, "utf8")) as Readonly<Record<string, HelpText>>
  const path = args.slice(0, -1).join(" ")
  return Object.hasOwn(texts, path) ? texts[path]?.[colours ? "coloured" : "plain"] : undefined
}
