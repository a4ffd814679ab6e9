import type { Plugin } from "rolldown"
import type { UserConfig } from "tsdown"
import { asciiOnly } from "./asciiOnly.ts"
import { fromCompiler } from "./declarations.ts"
import { declarationsForRequire } from "./declarationsForRequire.ts"
import { thirdPartyNotices } from "./thirdPartyNotices.ts"

/** What the builds of all packages have in common. */
export const common = {
  format: "esm",
  platform: "node",
  target: "node22.19",
  fixedExtension: false,
  hash: false,
  dts: { sourcemap: false, generator: fromCompiler },
  // the documentation of what is exported is in the declarations
  outputOptions: { comments: { legal: true, annotation: true, jsdoc: false } }
} satisfies UserConfig

/** What a package is built of. */
export interface Library {
  readonly entries: Readonly<Record<string, string>>
  /** what may be imported: dependencies and peers */
  readonly imports: ReadonlyArray<string>
  /** dependencies that exist as ES modules alone: inlined for `require`, since Jest cannot load those */
  readonly inlinedForRequire?: ReadonlyArray<string> | undefined
}

/**
 * The builds of a package that is both: ES modules, and for `require` the same as CommonJS, each with declarations of
 * its own. Files that several entries share are shared in both.
 */
export const library = ({ entries, imports, inlinedForRequire = [] }: Library): Array<UserConfig> => {
  const notices: Plugin = thirdPartyNotices()
  return [
    {
      ...common,
      name: "import",
      entry: entries,
      deps: { onlyBundle: [], onlyImport: [...imports] },
      outputOptions: { ...common.outputOptions, chunkFileNames: "chunks/[name].js" },
      plugins: [declarationsForRequire(Object.keys(entries)), asciiOnly, notices]
    },
    {
      ...common,
      ...forRequire,
      entry: { ...entries },
      deps: {
        alwaysBundle: [...inlinedForRequire],
        onlyBundle: [...inlinedForRequire],
        onlyImport: imports.filter((name) => !inlinedForRequire.includes(name))
      },
      plugins: [asciiOnly, notices]
    }
  ]
}

/** What a build for `require` is, beside what it has in common with others. */
export const forRequire = {
  name: "require",
  format: "cjs",
  clean: false,
  dts: false,
  outputOptions: {
    ...common.outputOptions,
    chunkFileNames: "require-[name].cjs",
    // Jest cannot import()
    dynamicImportInCjs: false
  }
} satisfies UserConfig
