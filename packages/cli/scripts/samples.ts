// Writes dist/samples/<name>.json: the files of a sample of apps/, as they install and run outside of this workspace.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join, posix } from "node:path"
import process from "node:process"
import { fileURLToPath } from "node:url"
import { sampleNames } from "../src/init/write.ts"

const workspace = fileURLToPath(new URL("../../../", import.meta.url))
const documents = "https://github.com/sage-auth/sage-auth/blob/main/docs/"

const read = (path: string): string => readFileSync(join(workspace, path), "utf8")

/** The versions of the catalog, by package. */
const catalog = new Map(
  Array.from(
    (/^catalog:\n((?: {2}.*\n)+)/m.exec(read("pnpm-workspace.yaml"))?.[1] ?? "").matchAll(
      /^ {2}"?([^":\s]+)"?: (\S+)$/gm
    ),
    ([, name = "", version = ""]) => [name, version] as const
  )
)

/** The versions of the packages of this workspace. */
const own = new Map(
  readdirSync(join(workspace, "packages")).map((folder) => {
    const { name, version } = JSON.parse(read(`packages/${folder}/package.json`)) as Record<"name" | "version", string>
    return [name, version] as const
  })
)

const published = (name: string, range: string): string => {
  const version = range === "catalog:" ? catalog.get(name) : range.replace(/^workspace:(.*)$/, `$1${own.get(name)}`)
  if (version === undefined || /^(?:workspace|catalog):|undefined/.test(version)) {
    throw new Error(`${name}: there is no version for ${range}`)
  }
  return version
}

const resolved = (dependencies: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(dependencies).map(([name, range]) => [name, published(name, range)]))

interface Manifest {
  readonly name: string
  readonly description: string
  readonly license: string
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

/** What compiling needs: the types of what the sources import, and not what their tests do. */
const typesOf = (manifest: Manifest, sources: string): Record<string, string> => {
  const wanted = Object.entries(manifest.devDependencies).filter(
    ([name]) => name.startsWith("@types/") && sources.includes(`from "${name.slice("@types/".length)}"`)
  )
  return resolved({ ...Object.fromEntries(wanted), "@types/node": "catalog:", typescript: "catalog:" })
}

const manifestOf = (app: string, sources: string): string => {
  const manifest = JSON.parse(read(`${app}/package.json`)) as Manifest
  const { dependencies, description, license, name } = manifest
  return `${JSON.stringify(
    {
      name: name.replace("@sage-auth/", ""),
      private: true,
      type: "module",
      description,
      license,
      engines: { node: ">=22.19" },
      scripts: { build: "tsc", start: "tsc && node dist/main.js" },
      dependencies: resolved(dependencies),
      devDependencies: typesOf(manifest, sources)
    },
    null,
    2
  )}\n`
}

interface CompilerOptions {
  readonly [option: string]: unknown
}

const optionsOf = (path: string): CompilerOptions =>
  (JSON.parse(read(path)) as { readonly compilerOptions?: CompilerOptions }).compilerOptions ?? {}

/** Of the options what is the workspace's alone is left out. */
const compilerOptionsOf = (app: string): string => {
  const {
    composite: _composite,
    customConditions: _customConditions,
    declarationMap: _declarationMap,
    incremental: _incremental,
    plugins: _plugins,
    stripInternal: _stripInternal,
    tsBuildInfoFile: _tsBuildInfoFile,
    ...rest
  } = { ...optionsOf("tsconfig.base.json"), ...optionsOf(`${app}/tsconfig.json`) }
  return `${JSON.stringify({ include: ["src"], compilerOptions: { ...rest, rootDir: "src", outDir: "dist" } }, null, 2)}\n`
}

const readmeOf = (app: string): string => {
  const text = read(`${app}/README.md`)
    .replace(/From the root of the repository:/g, "In this folder:")
    .replace(/npx -y pnpm@\S+ --filter \S+ start(?=$| +#)/m, "npm install && npm start")
    .replace(/npx -y pnpm@\S+ --filter \S+ start(?=$| +#)/gm, "npm start")
    .replace(/npx -y pnpm@\S+ --filter \S+ start (.+)$/gm, "npm start -- $1")
    .replaceAll(`${app}/.env`, ".env")
    .replaceAll("](../../docs/", `](${documents}`)
  if (/pnpm|\.\.\/\.\.|the repository/.test(text)) throw new Error(`${app}/README.md says what is true here alone`)
  return text
}

const ignored = ["node_modules/", "dist/", ".env", ".sage-auth/", "*.pem", "*.pfx", "*.p12", "*.key", ""].join("\n")

const filesOf = (name: string): Readonly<Record<string, string>> => {
  const app = `apps/${name}`
  const sources = readdirSync(join(workspace, app, "src"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(join(workspace, app).length + 1)
        .replaceAll("\\", "/")
    )
    .toSorted()
  const code = sources.map((path) => [path, read(`${app}/${path}`)] as const)
  const all = code.map(([, text]) => text).join("\n")
  for (const [path, text] of code) {
    for (const [, from = ""] of text.matchAll(/from "(\.[^"]*)"/g)) {
      if (!posix.join(posix.dirname(path), from).startsWith("src/")) {
        throw new Error(`${app}/${path} imports ${from}, which is outside of the sample`)
      }
    }
  }
  return {
    "package.json": manifestOf(app, all),
    "tsconfig.json": compilerOptionsOf(app),
    "README.md": readmeOf(app),
    ".env.example": read(`${app}/.env.example`),
    ".gitignore": ignored,
    ...Object.fromEntries(code)
  }
}

const folder = new URL("../dist/samples/", import.meta.url)
mkdirSync(folder, { recursive: true })
for (const name of sampleNames) writeFileSync(new URL(`${name}.json`, folder), JSON.stringify(filesOf(name)))
process.stdout.write(`dist/samples: ${sampleNames.join(", ")}\n`)
