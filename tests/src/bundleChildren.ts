import { chmodSync, globSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { rolldown } from "rolldown"
import type { TestProject } from "vitest/node"

declare module "vitest" {
  export interface ProvidedContext {
    /** the folder of the programs that tests start as processes of their own */
    readonly children: string
  }
}

const workspace = join(import.meta.dirname, "../..")

/**
 * Bundles the programs that tests start as processes of their own, once for all tests. They are of the sources, as the
 * tests are; a process that loads each source by itself takes three times as much of a processor to start.
 */
export default async ({ provide }: TestProject) => {
  const folder = mkdtempSync(join(tmpdir(), "sage-auth-children-"))
  // another user runs some of them
  chmodSync(folder, 0o755)
  const sources = [
    ...globSync(join(workspace, "packages/core/test/*/children/*.ts")),
    join(workspace, "tests/src/grants/children/caller.ts"),
    join(workspace, "tests/src/grants/children/killAt.ts"),
    join(workspace, "tests/src/pools/payer.ts"),
    join(workspace, "tests/src/proxy/throughProxy.ts"),
    join(workspace, "tests/test/foreign-servers/manyCalls.ts")
  ]
  const bundle = await rolldown({
    input: Object.fromEntries(sources.map((source) => [basename(source, ".ts"), source])),
    platform: "node",
    resolve: { conditionNames: ["@sage-auth/source", "node", "default"] }
  })
  await bundle.write({ dir: folder, entryFileNames: "[name].mjs", chunkFileNames: "[name]-[hash].mjs" })
  await bundle.close()
  provide("children", folder)
  return () => rmSync(folder, { recursive: true, force: true })
}
