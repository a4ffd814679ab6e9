// Checks what a package's tarball holds, after `pnpm pack`: node ../../build/check.ts, from the package's folder.
//
// - the declarations of entries that need no Effect never mention it
// - every entry has a budget, and does not grow above it: minified, with everything that its import loads at once
// - nothing that has a budget has a letter outside of ASCII, which would double what the file takes in memory
// - what is there for `require` asks for nothing that is an ES module, which Jest cannot load
// - what users are owed is there: licences, also of what is inlined, readme and changelog
// - what is the workspace's alone is not
import { execFileSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { isBuiltin } from "node:module"
import { dirname, join, posix } from "node:path"
import process from "node:process"
import { minifySync } from "rolldown/utils"

/**
 * kB of an entry, minified: what an import of it reads, compiles and runs. The front has 160 at most: what comes to it has
 * to make room, and few need what a late file can hold.
 */
const budgets: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  "@sage-auth/core": {
    index: 160,
    advice: 100,
    inspect: 172,
    web: 212,
    testing: 260,
    ky: 162,
    late: 2,
    effect: 550,
    "effect-testing": 185
  },
  "@sage-auth/express": { index: 2 },
  "@sage-auth/nest": { index: 16, testing: 18 },
  "@sage-auth/postgres": { index: 40 },
  "@sage-auth/redis": { index: 19 },
  "@sage-auth/sandbox": { index: 320 }
}

/** What is inlined: by their licences its notices have to go with it, and with what it needs itself. */
const inlined: Readonly<Record<string, ReadonlyArray<string>>> = {
  "@sage-auth/cli": ["effect"],
  "@sage-auth/core": [
    "acorn",
    "effect",
    "jose",
    "ky",
    // the parser, and what it needs itself
    "fast-xml-parser",
    "@nodable/entities",
    "anynum",
    "is-unsafe",
    "path-expression-matcher",
    "strnum",
    "xml-naming"
  ],
  "@sage-auth/sandbox": ["asn1js", "pkijs"]
}

/** Entries on the application's own Effect. */
const onEffect = /^dist\/effect/

const [tarball, ...others] = readdirSync(".pack").filter((file) => file.endsWith(".tgz"))
if (tarball === undefined || others.length > 0) throw new Error("there has to be one tarball in .pack")
const packed = join(".pack", tarball)
const tar = (...parameters: ReadonlyArray<string>): string =>
  execFileSync("tar", [...parameters], { encoding: "utf8", maxBuffer: 1 << 26 })
const files = tar("-tzf", packed)
  .split("\n")
  .filter((file) => file !== "")
  .map((file) => file.replace(/^package\//, ""))
const read = (file: string): string => tar("-xzOf", packed, `package/${file}`)

const { exports, name, version } = JSON.parse(read("package.json")) as {
  readonly exports: Readonly<Record<string, unknown>>
  readonly name: string
  readonly version: string
}
const wrong: Array<string> = []

for (const file of ["LICENSE", "README.md", "CHANGELOG.md", "package.json"]) {
  if (!files.includes(file)) wrong.push(`${file} is missing`)
}
const notices = files.includes("dist/THIRD-PARTY-NOTICES.md") ? read("dist/THIRD-PARTY-NOTICES.md") : ""
for (const each of inlined[name] ?? []) {
  if (!notices.includes(`## ${each} `)) wrong.push(`dist/THIRD-PARTY-NOTICES.md says nothing about ${each}`)
}
if (version !== "0.0.0" && !read("CHANGELOG.md").includes(`## ${version}`)) {
  wrong.push(`CHANGELOG.md says nothing about ${version}`)
}
if (/@sage-auth\/source|"(?:workspace|catalog):/.test(read("package.json"))) {
  wrong.push("package.json names what only the workspace has")
}
for (const file of files) {
  if (/^src\/|\.map$|\.tsbuild/.test(file)) wrong.push(`${file} is not for users`)
  if (!/\.d\.c?ts$/.test(file) || onEffect.test(file)) continue
  const line = read(file)
    .split("\n")
    .find((each) => /(?:from|import\() ?"(?:effect|@effect)[/"]/.test(each))
  if (line !== undefined) wrong.push(`${file} mentions effect: ${line.slice(0, 120)}`)
}

/** Whether a package has ES modules alone: what its manifest says, since Node would take those where Jest does not. */
const isModuleAlone = (asked: string): boolean => {
  const [name = ""] = /^(?:@[^/]+\/)?[^/]+/.exec(asked) ?? []
  const { exports, type } = JSON.parse(readFileSync(join("node_modules", name, "package.json"), "utf8")) as {
    readonly exports?: unknown
    readonly type?: string
  }
  return type === "module" && !JSON.stringify(exports ?? {}).includes('"require"')
}

for (const file of files.filter((each) => each.endsWith(".cjs"))) {
  for (const [, asked = ""] of read(file).matchAll(/\brequire\("([^"]+)"\)/g)) {
    if (asked.startsWith(".") || asked.startsWith("@sage-auth/") || isBuiltin(asked)) continue
    // the framework is the application's, of whatever version: Nest 11 is CommonJS, Nest 12 is not
    if (asked.startsWith("@nestjs/")) continue
    if (isModuleAlone(asked)) wrong.push(`${file} requires ${asked}, which has ES modules alone`)
  }
}

/** What an import of a file loads at once. */
const loadedBy = (file: string, seen = new Map<string, string>()): ReadonlyMap<string, string> => {
  if (seen.has(file)) return seen
  const text = read(file)
  seen.set(file, text)
  for (const [, neighbour = ""] of text.matchAll(/^(?:import|export)\b[^"]*? ?(?:from )?"(\.\.?\/[^"]+)";?$/gm)) {
    loadedBy(posix.join(dirname(file), neighbour), seen)
  }
  return seen
}

const seen: Array<string> = []
for (const [entry, given] of Object.entries(exports)) {
  const [, file] = /"default":"\.\/dist\/([^"]+)\.js"/.exec(JSON.stringify(given)) ?? []
  if (file !== undefined && budgets[name]?.[file] === undefined) wrong.push(`${entry} has no budget`)
}
for (const [entry, budget] of Object.entries(budgets[name] ?? {})) {
  let bytes = 0
  for (const [file, text] of loadedBy(`dist/${entry}.js`)) {
    bytes += Buffer.byteLength(minifySync(file, text).code)
    const letter = /[\u0080-\uffff]/.exec(text)?.[0]
    if (letter !== undefined) wrong.push(`${file} has the letter ${letter}: write it as an escape`)
  }
  seen.push(`${entry} ${(bytes / 1000).toFixed(1)} of ${budget} kB`)
  if (bytes > budget * 1000)
    wrong.push(`${entry} has ${(bytes / 1000).toFixed(1)} kB minified, its budget is ${budget}`)
}

console.log(`${name}: ${seen.join(", ")}`)
if (wrong.length > 0) {
  console.error(wrong.map((each) => `${name}: ${each}`).join("\n"))
  process.exitCode = 1
}
