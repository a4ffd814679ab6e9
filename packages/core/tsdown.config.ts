import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Plugin } from "rolldown"
import { defineConfig, type UserConfig } from "tsdown"

const src = (path: string): string => fileURLToPath(new URL(`src/${path}`, import.meta.url))

const effect = /^effect(\/|$)/

/** What both entries have in common in a process: the effect build takes it from the promise build. */
const shared = [
  "Connection.ts",
  "errors/catalogue.ts",
  "errors/Reason.ts",
  "errors/SageAuthError.ts",
  "errors/TaggedError.ts",
  "x3/auth.ts"
]

/** Types that the effect entry adds to, or takes as they are: its declarations name those of the promise entry. */
const sharedTypes = [
  ...shared,
  "business-cloud/options.ts",
  "calls/HttpClient.ts",
  "checkConfig.ts",
  "Completed.ts",
  "config/PerTenant.ts",
  "config/Secret.ts",
  "config/Target.ts",
  "grant/ports.ts",
  "intacct-rest/options.ts",
  "intacct-xml/IntacctXmlClient.ts",
  "Settings.ts",
  "Surface.ts",
  "telemetry/SageEvent.ts",
  "traffic/ports.ts",
  "traffic/RetryPolicy.ts"
]

/** Imports of what is shared become imports of the promise build's `shared.js`. */
const fromShared = (): Plugin => {
  const modules = new Set(shared.map(src))
  const types = new Set(sharedTypes.map(src))
  return {
    name: "from-shared",
    resolveId: {
      order: "pre",
      filter: { id: /^\./ },
      async handler(source, importer, options) {
        if (importer === undefined) return null
        const resolved = await this.resolve(source, importer, { ...options, skipSelf: true })
        const id = resolved?.id.replace(/\.d\.ts$/, ".ts") ?? ""
        return (importer.endsWith(".d.ts") ? types : modules).has(id) ? { id: "#shared", external: true } : null
      }
    }
  }
}

/** What `import "@sage-auth/core"` runs, in one chunk: each further file takes half a millisecond to find and read. */
const front = new Set<string>()
const findFront = (): Plugin => ({
  name: "front",
  buildEnd() {
    const visit = (id: string): void => {
      if (front.has(id)) return
      front.add(id)
      for (const imported of this.getModuleInfo(id)?.importedIds ?? []) visit(imported)
    }
    visit(src("index.ts"))
    visit(src("shared.ts"))
  }
})

/** The licences of what is inlined, beside the bundles. */
const thirdParty = (): Plugin => ({
  name: "third-party",
  generateBundle(_options, bundle) {
    const packages = new Map<string, string>()
    for (const chunk of Object.values(bundle)) {
      for (const id of chunk.type === "chunk" ? chunk.moduleIds : []) {
        const root = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(id)?.[0]
        if (root !== undefined && !id.endsWith(".d.ts")) packages.set(root, root)
      }
    }
    const notices = [...packages.keys()].toSorted().map((root) => {
      const { homepage, license, name, version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
      const file = ["LICENSE", "LICENSE.md", "LICENCE"].map((each) => join(root, each)).find((each) => existsSync(each))
      if (file === undefined) throw new Error(`${name} has no licence to ship`)
      return `## ${name} ${version} (${license})\n\n${homepage ?? ""}\n\n\`\`\`text\n${readFileSync(file, "utf8").trim()}\n\`\`\`\n`
    })
    if (notices.length === 0) return
    this.emitFile({
      type: "asset",
      fileName: "THIRD-PARTY-NOTICES.md",
      source: `# Third-party code in these files\n\n${notices.join("\n")}`
    })
  }
})

const common = {
  format: "esm",
  platform: "node",
  target: "node22.19",
  fixedExtension: false,
  hash: false,
  sourcemap: true,
  dts: { sourcemap: false },
  // nothing of Effect is run by its import alone, and types of it that nobody uses leave nothing behind
  treeshake: { moduleSideEffects: [{ test: effect, sideEffects: false }] }
} satisfies UserConfig

const output = {
  comments: { legal: true, annotation: true, jsdoc: false },
  // our own sources lie beside dist
  sourcemapExcludeSources: true
} as const

export default defineConfig([
  {
    ...common,
    name: "promise",
    entry: {
      index: "src/index.ts",
      web: "src/web/index.ts",
      ky: "src/ky/index.ts",
      testing: "src/testing/index.ts",
      shared: "src/shared.ts"
    },
    deps: {
      alwaysBundle: [effect],
      onlyBundle: ["effect"],
      onlyImport: ["ky", "jose", "undici", "acorn"],
      dts: { neverBundle: [effect] }
    },
    outputOptions: {
      ...output,
      chunkFileNames: "chunks/[name].js",
      codeSplitting: { groups: [{ name: "front", test: (id: string) => front.has(id), priority: 1 }] }
    },
    plugins: [findFront(), thirdParty()]
  },
  {
    ...common,
    name: "effect",
    clean: false,
    entry: { effect: "src/effect/index.ts", "effect-testing": "src/effect/testing.ts" },
    deps: {
      neverBundle: [effect, "@sage-auth/core"],
      onlyImport: ["effect", "@sage-auth/core", "jose", "undici"]
    },
    // beside shared.js, which all of them name alike
    outputOptions: { ...output, chunkFileNames: "effect-[name].js", paths: { "#shared": "./shared.js" } },
    plugins: [fromShared()]
  }
])
