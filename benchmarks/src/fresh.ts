import { execFile } from "node:child_process"
import process from "node:process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const run = promisify(execFile)

/** What a process spent until it had done what it was started for, in milliseconds. */
export interface Spent {
  readonly processor: number
  readonly clock: number
}

/** Runs `workers/<name>.js` in a process that has just started, without a compile cache, and reads what it says. */
export const inFreshProcess = async (
  name: string,
  parameters: ReadonlyArray<string>,
  node: string = process.execPath
): Promise<Spent> => {
  const { stdout } = await run(node, [fileURLToPath(new URL(`./workers/${name}.js`, import.meta.url)), ...parameters], {
    env: {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      NODE_NO_WARNINGS: "1",
      NODE_DISABLE_COMPILE_CACHE: "1"
    }
  })
  return JSON.parse(stdout) as Spent
}

/** Everybody in turn, so often; the first turn only brings the files into the system's cache. */
export const inTurns = async <Key>(
  keys: ReadonlyArray<Key>,
  turns: number,
  measure: (key: Key) => Promise<Spent>
): Promise<ReadonlyMap<Key, ReadonlyArray<Spent>>> => {
  const spent = new Map<Key, Array<Spent>>(keys.map((key) => [key, []]))
  for (let turn = 0; turn <= turns; turn++) {
    for (const key of turn % 2 === 0 ? keys : keys.toReversed()) {
      const one = await measure(key)
      if (turn > 0) spent.get(key)?.push(one)
    }
  }
  return spent
}
