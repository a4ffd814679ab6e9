import { fileURLToPath } from "node:url"
import type { Plugin } from "rolldown"
import { defineConfig } from "tsdown"
import { asciiOnly } from "../../build/asciiOnly.ts"
import { declarationsForRequire } from "../../build/declarationsForRequire.ts"
import { common, forRequire } from "../../build/library.ts"
import { thirdPartyNotices } from "../../build/thirdPartyNotices.ts"

const src = (path: string): string => fileURLToPath(new URL(`src/${path}`, import.meta.url))

const effect = /^effect(\/|$)/
const jose = /^jose(\/|$)/

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
  "Config.ts",
  "config/hosts.ts",
  "config/options.ts",
  "grant/StorePort.ts",
  "intacct-rest/options.ts",
  "intacct-xml/IntacctXmlClient.ts",
  "telemetry/SageEvent.ts",
  "traffic/CoordinationPort.ts",
  "paging/readPages.ts",
  "schema/StandardSchema.ts",
  "traffic/options.ts",
  "intacct-xml/XmlResult.ts",
  "xml/FunctionResult.ts",
  "xml/parseWith.ts"
]

/** fast-xml-parser: this package needs a small part of it, at the first `parse()`. */
const parser = "xml/fastXmlParser.ts"

/** What is inlined of it: the parser, and what its own import needs. */
const parserPackages = [
  "fast-xml-parser",
  "@nodable/entities",
  "anynum",
  "is-unsafe",
  "path-expression-matcher",
  "strnum",
  "xml-naming"
]

/** Imports of what is shared become imports of the promise build's files. */
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
        if (id === src(parser)) return { id: "#fast-xml-parser", external: true }
        return (importer.endsWith(".d.ts") ? types : modules).has(id) ? { id: "#shared", external: true } : null
      }
    }
  }
}

/** Modules of Effect that the front would load for a small part of them: our sources take a file of our own. See there. */
const ownParts: Plugin = {
  name: "own-parts",
  resolveId: {
    order: "pre",
    filter: { id: /^effect\/(?:Predicate|Redacted)$/ },
    handler: (_, importer) =>
      importer?.startsWith(src("")) && !importer.endsWith(".d.ts") ? src("config/ownEffect.ts") : null
  }
}

/**
 * Few files: each of them takes half a millisecond to find and read, and a first call would wait for twenty. What
 * `import "@sage-auth/core"` runs is one. What the first call adds is three, whatever its surface, beside that surface's
 * own: the engine, and what it has in common with other entries.
 */
const fewFiles = () => {
  const front = new Set<string>()
  const testing = new Set<string>()
  const web = new Set<string>()
  const engine = new Set<string>()
  const plugin: Plugin = {
    name: "few-files",
    buildEnd() {
      const visit = (id: string, seen: Set<string>): Set<string> => {
        if (front.has(id) || seen.has(id)) return seen
        seen.add(id)
        for (const imported of this.getModuleInfo(id)?.importedIds ?? []) visit(imported, seen)
        return seen
      }
      for (const id of visit(src("shared.ts"), visit(src("index.ts"), new Set()))) front.add(id)
      visit(src("testing/index.ts"), testing)
      visit(src("web/index.ts"), web)
      visit(src("engine.ts"), engine)
      // what the builders load at the first call
      const surfaces = [...front]
        .flatMap((id) => this.getModuleInfo(id)?.dynamicallyImportedIds ?? [])
        .filter((id) => id.startsWith(src("")) && id !== src("engine.ts"))
      const reached = surfaces.map((id) => visit(id, new Set()))
      for (const id of new Set(reached.flatMap((all) => [...all]))) {
        // for two of them, one of which seldom reads any
        if (id.startsWith(src("xml/"))) continue
        if (reached.filter((all) => all.has(id)).length > 1) engine.add(id)
      }
    }
  }
  const groups = [
    { name: "front", test: (id: string) => front.has(id), priority: 3 },
    { name: "effect-core", test: (id: string) => testing.has(id) && engine.has(id), priority: 2 },
    { name: "web-core", test: (id: string) => web.has(id) && engine.has(id), priority: 2 },
    { name: "engine", test: (id: string) => engine.has(id), priority: 1 }
  ]
  return { plugin, codeSplitting: { groups } }
}

const few = fewFiles()
const fewForRequire = fewFiles()

/** What is a file of its own, loaded at its first use and at once: few users need it, and none should pay at import. */
const late = [
  { file: "entries", module: /findEntries\.ts$/, name: "findEntries" },
  { file: "environment", module: /readEnvironment\.ts$/, name: "readEnvironment" },
  { file: "variables", module: /readVariables\.ts$/, name: "readVariables" },
  { file: "linter", module: /lintNodelocal\.ts$/, name: "lintNodelocal" }
] as const

/** What ES modules find them under: one file, since each takes half a millisecond. */
const lateId = "#late"

/**
 * Takes what is loaded late out of the front. A bundle of CommonJS says so in words that other bundlers see; for ES
 * modules `imports` in package.json says what is what.
 */
const lateFiles = (format: "esm" | "cjs"): ReadonlyArray<Plugin> =>
  late.map(({ file, module, name }) => ({
    name: `late-${file}`,
    resolveId: {
      order: "pre",
      filter: { id: new RegExp(`${module.source}|^#${file}$`) },
      handler(source, importer) {
        if (source === `#${file}`) return { id: `./${file}.cjs`, external: true }
        if (importer === undefined || importer.endsWith(".d.ts")) return null
        return format === "esm" ? { id: lateId, external: true } : `\0late-${file}`
      }
    },
    load: {
      filter: { id: new RegExp(`^\0late-${file}$`) },
      handler: () => `let loaded; export const ${name} = (input) => (loaded ??= require("#${file}")).${name}(input)`
    }
  }))

/** The same for bundlers, which could not see what Node loads late: all of it at once. */
const lateForBundlers: Plugin = {
  name: "late-for-bundlers",
  generateBundle() {
    const source = late.map(({ file, name }) => `export { ${name} } from "./${file}.js"\n`).join("")
    this.emitFile({ type: "asset", fileName: "late-modules.js", source })
  }
}

const notices = thirdPartyNotices()

// nothing of Effect is run by its import alone, and types of it that nobody uses leave nothing behind
const treeshake = { moduleSideEffects: [{ test: effect, sideEffects: false }] }

const promise = {
  advice: "src/advice/Advice.ts",
  index: "src/index.ts",
  inspect: "src/inspect.ts",
  ky: "src/ky/index.ts",
  testing: "src/testing/index.ts",
  web: "src/web/index.ts"
}

export default defineConfig([
  {
    ...common,
    name: "promise",
    treeshake,
    entry: { ...promise, shared: "src/shared.ts", "fast-xml-parser": `src/${parser}` },
    deps: {
      // jose is 14 files, which take five times as long to load as one
      alwaysBundle: [effect, jose, ...parserPackages],
      onlyBundle: ["effect", "jose", ...parserPackages],
      onlyImport: [lateId, "ky", "undici"],
      dts: { neverBundle: [effect] }
    },
    outputOptions: {
      ...common.outputOptions,
      chunkFileNames: "chunks/[name].js",
      codeSplitting: few.codeSplitting
    },
    plugins: [
      few.plugin,
      ownParts,
      ...lateFiles("esm"),
      declarationsForRequire(Object.keys(promise), ["ky"]),
      asciiOnly,
      notices
    ]
  },
  {
    ...common,
    ...forRequire,
    treeshake,
    entry: promise,
    deps: {
      // what has ES modules alone is inlined, too: Jest cannot load them
      alwaysBundle: [effect, jose, /^ky(\/|$)/, ...parserPackages],
      onlyBundle: ["effect", "jose", "ky", ...parserPackages],
      onlyImport: ["undici"]
    },
    outputOptions: { ...forRequire.outputOptions, codeSplitting: fewForRequire.codeSplitting },
    plugins: [fewForRequire.plugin, ownParts, ...lateFiles("cjs"), asciiOnly, notices]
  },
  {
    ...common,
    name: "linter",
    clean: false,
    dts: false,
    format: ["esm", "cjs"],
    entry: { linter: "src/x3/nodelocal/lintNodelocal.ts" },
    deps: { alwaysBundle: ["acorn"], onlyBundle: ["acorn"], onlyImport: [] },
    plugins: [asciiOnly, notices]
  },
  {
    ...common,
    name: "entries",
    clean: false,
    dts: false,
    format: ["esm", "cjs"],
    entry: { entries: "src/errors/findEntries.ts" },
    deps: { onlyImport: [] }
  },
  {
    ...common,
    name: "environment",
    treeshake,
    clean: false,
    dts: false,
    format: ["esm", "cjs"],
    entry: { environment: "src/intacct-xml/readEnvironment.ts" },
    deps: { alwaysBundle: [effect], onlyBundle: ["effect"], onlyImport: [] },
    plugins: [ownParts, asciiOnly, notices]
  },
  {
    ...common,
    name: "variables",
    clean: false,
    dts: false,
    format: ["esm", "cjs"],
    entry: { variables: "src/config/readVariables.ts" },
    deps: { onlyImport: [] }
  },
  {
    ...common,
    name: "late",
    clean: false,
    dts: false,
    entry: { late: "src/lateFiles.ts" },
    deps: { onlyImport: [] },
    plugins: [lateForBundlers]
  },
  {
    ...common,
    name: "effect",
    treeshake,
    clean: false,
    entry: { effect: "src/effect/index.ts", "effect-testing": "src/effect/testing.ts" },
    deps: {
      neverBundle: [effect, "@sage-auth/core"],
      onlyImport: ["effect", "@sage-auth/core", "jose", "undici"]
    },
    // beside what they share, which all of them name alike
    outputOptions: {
      ...common.outputOptions,
      chunkFileNames: "effect-[name].js",
      // a file of its own, so that it runs before the first module that only the right Effect can run
      codeSplitting: { groups: [{ name: "check", test: src("effect/checkEffect.ts"), priority: 1 }] },
      paths: { "#shared": "./shared.js", "#fast-xml-parser": "./fast-xml-parser.js" }
    },
    plugins: [fromShared(), asciiOnly]
  }
])
