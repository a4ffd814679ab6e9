import process from "node:process"
import type { Effort } from "../effort.ts"
import { inFreshProcess, inTurns } from "../fresh.ts"
import { node20 } from "../node20.ts"
import { median } from "../rounds.ts"
import { number, type Table, times } from "../table.ts"

interface Imported {
  readonly module: string
  readonly node?: string
}

const modules: ReadonlyArray<Imported> = [
  { module: "@sage-auth/core" },
  { module: "@sage-auth/core/web" },
  { module: "@sage-auth/core/ky" },
  { module: "@sage-auth/core/testing" },
  { module: "@sage-auth/core/effect" },
  { module: "@sage-auth/core/effect/testing" },
  { module: "@sage-auth/express" },
  { module: "@sage-auth/nest" },
  { module: "@sage-auth/nest/testing" },
  { module: "@sage-auth/sandbox" },
  { module: "google-auth-library" },
  { module: "openid-client" },
  { module: "oauth4webapi" },
  { module: "@badgateway/oauth2-client" },
  { module: "@intacct/intacct-sdk" },
  { module: "@intacct/intacct-sdk", node: node20 },
  // what a process with nothing to import spends between the same two moments
  { module: "node:process" }
]

/** What the first import of each entry costs a process that has just started. */
export const importCost = async (effort: Effort): Promise<Table> => {
  const spent = await inTurns(modules, effort.imports, ({ module, node }) => inFreshProcess("importOf", [module], node))
  const processorOf = (key: Imported): ReadonlyArray<number> => (spent.get(key) ?? []).map(({ processor }) => processor)
  const google = median(processorOf(modules.find(({ module }) => module === "google-auth-library") as Imported))
  return {
    title: `The first import in a fresh process: milliseconds, of ${effort.imports} processes each`,
    header: ["", "Node", "processor, median", "least", "of google-auth-library", "by the clock, median"],
    rows: modules.map((key) => {
      const processor = processorOf(key)
      return [
        key.module,
        key.node === undefined ? process.version : "v20",
        number(median(processor)),
        number(Math.min(...processor)),
        times(median(processor), google),
        number(median((spent.get(key) ?? []).map(({ clock }) => clock)))
      ]
    }),
    notes: [
      "No compile cache. @sage-auth/core/effect imports the application's effect, which has paid that share already where",
      "it uses Effect itself. @sage-auth/nest imports the application's @nestjs/common, in the same way."
    ]
  }
}
