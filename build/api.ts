// Writes the public API of every package as a text: node build/api.ts. With --check it writes nothing and fails where a
// text would change, so that a change of the outside shows in the diff.
//
// The texts are made of the declarations that users get (`dist`), entry by entry, and lie in packages/*/api. It fails as
// well where something of the public API has no docstring.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import process from "node:process"
import { Extractor, ExtractorConfig, ExtractorLogLevel } from "@microsoft/api-extractor"

interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly exports: Readonly<Record<string, unknown>>
}

const check = process.argv.includes("--check")
const temporary = mkdtempSync(join(tmpdir(), "api-"))

/** the declarations for `import` among the conditions of an entry */
const declarationsOf = (conditions: unknown): string | undefined => {
  if (typeof conditions !== "object" || conditions === null) return undefined
  for (const [condition, value] of Object.entries(conditions)) {
    if (condition === "types" && typeof value === "string") return value
    if (condition === "require") continue
    const found = declarationsOf(value)
    if (found !== undefined) return found
  }
  return undefined
}

/** `.` is `index`, `./effect/testing` is `effect-testing` */
const titleOf = (entry: string): string =>
  entry
    .replace(/^\.\/?/, "")
    .replaceAll("/", "-")
    .replace(/^$/, "index")

const compilerOptions = {
  module: "nodenext",
  moduleResolution: "nodenext",
  target: "es2024",
  lib: ["es2024", "esnext.disposable"],
  types: ["node"],
  typeRoots: [resolve("node_modules/@types")],
  // what the declarations of others lack is theirs to add
  skipLibCheck: true,
  strict: true,
  exactOptionalPropertyTypes: true
}

/** The declarations beside the package that they come from: its entries name each other by the package's name. */
const copied = (folder: string, { name }: Manifest): string => {
  const copy = join(folder, ".tsbuild", "api")
  rmSync(copy, { recursive: true, force: true })
  cpSync(join(folder, "dist"), join(copy, "dist"), { recursive: true })
  writeFileSync(join(copy, "package.json"), JSON.stringify({ name, type: "module" }))
  const installed = join(copy, "node_modules", name)
  cpSync(join(folder, "dist"), join(installed, "dist"), { recursive: true })
  cpSync(join(folder, "package.json"), join(installed, "package.json"))
  return copy
}

const bare: Array<string> = []

/**
 * Notes what has no docstring in the text of an entry. Namespaces are not meant: the bundle of declarations leaves out
 * the docstring of `export * as`, and that of the module says what they are.
 */
const noteBare = (title: string, text: string): void => {
  const lines = text.split(/\r?\n/)
  for (const [index, line] of lines.entries()) {
    const next = lines[index + 1]?.trim() ?? ""
    if (/^\s*\/\/ .*\(undocumented\)$/.test(line) && !next.startsWith("export namespace ")) {
      bare.push(`${title}:${index + 2} ${next}`)
    }
  }
}

/** Whether the text of an entry is as it should be. */
const report = (folder: string, reportFolder: string, declarations: string, title: string): boolean => {
  mkdirSync(reportFolder, { recursive: true })
  const silent = { default: { logLevel: ExtractorLogLevel.None } }
  const configObject = {
    newlineKind: "lf" as const,
    projectFolder: folder,
    mainEntryPointFilePath: join(folder, declarations),
    compiler: { overrideTsconfig: { compilerOptions, files: [join(folder, declarations)] } },
    apiReport: { enabled: true, reportFolder, reportTempFolder: temporary, reportFileName: `${title}.api.md` },
    docModel: { enabled: false },
    dtsRollup: { enabled: false },
    tsdocMetadata: { enabled: false },
    messages: {
      compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
      extractorMessageReporting: silent,
      tsdocMessageReporting: silent
    }
  }
  const extractorConfig = ExtractorConfig.prepare({
    configObject,
    configObjectFullPath: join(folder, "api-extractor.json"),
    packageJsonFullPath: join(folder, "package.json")
  })
  const { apiReportChanged, errorCount } = Extractor.invoke(extractorConfig, {
    localBuild: !check,
    messageCallback: (message) => {
      message.handled = message.logLevel !== ExtractorLogLevel.Error
    }
  })
  // what was found is in the temporary folder, whether it is written to the other or not
  noteBare(join(reportFolder, `${title}.api.md`), readFileSync(join(temporary, `${title}.api.md`), "utf8"))
  return errorCount === 0 && !(check && apiReportChanged)
}

const different: Array<string> = []
for (const each of readdirSync("packages")) {
  const folder = resolve("packages", each)
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest
  if (manifest.private === true) continue
  const copy = copied(folder, manifest)
  for (const [entry, conditions] of Object.entries(manifest.exports)) {
    const declarations = declarationsOf(conditions)
    if (declarations === undefined) continue
    const title = titleOf(entry)
    if (!report(copy, join(folder, "api"), declarations, title)) different.push(`packages/${each}/api/${title}.api.md`)
  }
}
rmSync(temporary, { recursive: true })
if (different.length > 0) {
  console.error(`The public API has changed: ${different.join(", ")}`)
  console.error("If that is meant, run `pnpm api` and commit the texts; say it in a changeset.")
  process.exitCode = 1
}
if (bare.length > 0) {
  console.error(`Without a docstring:\n${bare.join("\n")}`)
  process.exitCode = 1
}
