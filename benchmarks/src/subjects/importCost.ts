import { execFile } from "node:child_process"
import process from "node:process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import type { Effort } from "../effort.ts"
import { node20 } from "../node20.ts"
import { median } from "../rounds.ts"
import { number, type Table, times } from "../table.ts"

interface Imported {
  readonly module: string
  readonly node: string
  readonly label: string
}

const node24 = process.execPath

const modules: ReadonlyArray<Imported> = [
  { module: "@sage-auth/core", node: node24, label: process.version },
  { module: "effect/Effect", node: node24, label: process.version },
  { module: "effect", node: node24, label: process.version },
  { module: "@intacct/intacct-sdk", node: node24, label: process.version },
  { module: "@intacct/intacct-sdk", node: node20, label: "v20" }
]

const run = promisify(execFile)
const importOf = fileURLToPath(new URL("../workers/importOf.js", import.meta.url))

const once = async ({ module, node }: Imported): Promise<number> => {
  const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], NODE_NO_WARNINGS: "1" }
  const { stdout } = await run(node, [importOf, module], { env })
  return Number(stdout)
}

/** What the first import costs a process that has just started. */
export const importCost = async (effort: Effort): Promise<Table> => {
  const spent = modules.map((): Array<number> => [])
  // the first round only brings the files into the system's cache
  for (let round = 0; round <= effort.imports; round++) {
    for (const [index, imported] of modules.entries()) {
      const milliseconds = await once(imported)
      if (round > 0) spent[index]?.push(milliseconds)
    }
  }
  const medians = spent.map(median)
  const own = medians[0] ?? Number.NaN
  return {
    title: `The first import in a fresh process: milliseconds, median of ${effort.imports}`,
    header: ["", "Node", "ms", "of @sage-auth/core"],
    rows: modules.map(({ label, module }, index) => {
      const milliseconds = medians[index] ?? Number.NaN
      return [module, label, number(milliseconds), times(milliseconds, own)]
    }),
    notes: ["effect is a peer dependency: an application that uses Effect itself has paid that share already."]
  }
}
