import { mkdtempSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"
import type { TestProject } from "vitest/node"

declare module "vitest" {
  export interface ProvidedContext {
    /** the file of the command line, for tests that start it as a process of its own */
    readonly program: string
  }
}

const inPackage = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url))

/**
 * Bundles the command line, once for all tests that start it. It is of the sources, as the tests are; a process that
 * loads each source by itself takes five times as much of a processor to start.
 */
export default async ({ provide }: TestProject) => {
  const folder = mkdtempSync(join(tmpdir(), "sage-auth-program-"))
  // what the program finds around itself
  for (const name of ["package.json", "node_modules"]) symlinkSync(inPackage(name), join(folder, name), "junction")
  const bundle = await rolldown({
    input: { bin: inPackage("src/bin.ts") },
    platform: "node",
    resolve: { conditionNames: ["@sage-auth/source", "node", "import", "default"] }
  })
  await bundle.write({
    dir: join(folder, "src"),
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
    // each process reads less of it; names stay, since some are shown
    minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } }
  })
  await bundle.close()
  provide("program", join(folder, "src/bin.js"))
  return () => rmSync(folder, { recursive: true, force: true })
}
