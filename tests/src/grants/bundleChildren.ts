import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"
import type { TestProject } from "vitest/node"

declare module "vitest" {
  export interface ProvidedContext {
    /** the folder of the programs that tests start as processes of their own */
    readonly children: string
  }
}

const source = (name: string): string => fileURLToPath(new URL(`children/${name}.ts`, import.meta.url))

/**
 * Bundles the programs that tests start as processes of their own, once for all tests. They are of the sources, as the
 * tests are; a process that loads each source by itself takes three times as long to start.
 */
export default async ({ provide }: TestProject) => {
  const folder = mkdtempSync(join(tmpdir(), "sage-auth-children-"))
  // another user runs one of them
  chmodSync(folder, 0o755)
  const bundle = await rolldown({
    input: {
      caller: source("caller"),
      killAt: source("killAt"),
      payer: source("../../pools/payer"),
      // for the storms of core, whose config has no other folder of programs
      tenants: source("../../../../packages/core/test/credential/children/tenants"),
      throughProxy: source("../../proxy/throughProxy")
    },
    platform: "node",
    resolve: { conditionNames: ["@sage-auth/source", "node", "default"] }
  })
  await bundle.write({ dir: folder, entryFileNames: "[name].mjs", chunkFileNames: "[name]-[hash].mjs" })
  await bundle.close()
  provide("children", folder)
  return () => rmSync(folder, { recursive: true, force: true })
}
