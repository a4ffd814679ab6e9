import { execFile } from "node:child_process"
import process from "node:process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import type { Effort } from "../effort.ts"
import { inTurns, type Spent } from "../fresh.ts"
import { median } from "../rounds.ts"
import { number, type Table, times } from "../table.ts"

const run = promisify(execFile)

const bin = fileURLToPath(new URL("../../../packages/cli/dist/bin.js", import.meta.url))

const contenders: Readonly<Record<string, ReadonlyArray<string>>> = {
  "node -e 0": ["-e", "0"],
  "sage-auth --version": [bin, "--version"],
  "sage-auth --help": [bin, "--help"],
  "sage-auth sandbox --help": [bin, "sandbox", "--help"],
  "sage-auth explain GW-0010": [bin, "explain", "GW-0010"]
}

/** Runs one as a shell does, and waits until it has ended. What its processor did is not to be had from outside. */
const measure = async (name: string): Promise<Spent> => {
  const begin = performance.now()
  await run(process.execPath, [...(contenders[name] ?? [])])
  const clock = performance.now() - begin
  return { processor: clock, clock }
}

/** What the command line takes to start. */
export const commandLine = async (effort: Effort): Promise<Table> => {
  const names = Object.keys(contenders)
  const spent = await inTurns(names, effort.imports, measure)
  const clockOf = (name: string) => (spent.get(name) ?? []).map(({ clock }) => clock)
  const bare = median(clockOf("node -e 0"))
  return {
    title: `The command line, from its start to its end: milliseconds by the clock, of ${effort.imports} processes each`,
    header: ["", "median", "least", "of node -e 0"],
    rows: names.map((name) => {
      const clock = clockOf(name)
      return [name, number(median(clock)), number(Math.min(...clock)), times(median(clock), bare)]
    }),
    notes: [
      "--version and --help are answered without loading a command: within 1.5 x of a bare Node is what they are for.",
      "explain loads every command, out of Node's compile cache after the first time."
    ]
  }
}
