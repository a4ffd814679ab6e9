// Installs the packed packages in bare projects outside the workspace, as a user would with npm, compiles those with
// their own compiler and runs them. Takes `.pack/*.tgz` as the packages' `pkg` scripts leave them.
//
//   npx -y pnpm@12.21.0 test:packed              all of them
//   node tests/bare-projects/run.mjs nest-11     some of them
import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { copyFile, cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import process from "node:process"
import { fileURLToPath } from "node:url"
import { promisify, stripVTControlCharacters } from "node:util"

const projects = ["nest-new", "nest-11", "nest-12", "express-4", "express-5", "effect-3", "effect-4"]
const packages = ["core", "express", "nest", "sandbox"]
const here = dirname(fileURLToPath(import.meta.url))
const workspace = join(here, "../..")
const node = join(workspace, "node_modules/node/bin/node")

const interrupted = new AbortController()
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => interrupted.abort(new Error(signal)))

/** The user's, not that of a script of the workspace, which would lend its modules and its settings. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(?:node_path|node_options|npm_(?!config_registry$).*|pnpm_.*)$/i.test(name)
  )
)
environment["PATH"] = [dirname(node), process.env["PATH"]].join(delimiter)

/** Runs a command of at most two minutes, and gives what it printed. What fails says what it printed, too. */
const command = async (cwd, file, parameters) => {
  try {
    const { stderr, stdout } = await promisify(execFile)(file, parameters, {
      cwd,
      env: environment,
      signal: interrupted.signal,
      timeout: 120_000,
      killSignal: "SIGKILL"
    })
    return `${stdout}${stderr}`
  } catch (error) {
    const why = error.killed ? "did not end" : `exit code ${error.code}`
    throw new Error(`${[file, ...parameters].join(" ")}: ${why}\n${error.stdout ?? ""}${error.stderr ?? ""}`, {
      cause: error
    })
  }
}

const readJson = async (path) => JSON.parse(await readFile(path, "utf8"))

/** The tarball of each package, copied: packing again meanwhile does no harm. */
const takeTarballs = async (parent) => {
  const taken = {}
  for (const folder of packages) {
    const { name, version } = await readJson(join(workspace, "packages", folder, "package.json"))
    const file = `sage-auth-${folder}-${version}.tgz`
    const packed = join(workspace, "packages", folder, ".pack", file)
    if (!existsSync(packed)) throw new Error(`${packed} is missing: pack first, with \`pnpm check:packages\``)
    taken[name] = { path: join(parent, file), version }
    await copyFile(packed, taken[name].path)
  }
  return taken
}

/** Names the tarballs, and nothing else, in place of versions: how those depend on each other is theirs to say. */
const useTarballs = async (folder, tarballs) => {
  const manifest = await readJson(join(folder, "package.json"))
  for (const dependencies of [manifest.dependencies, manifest.devDependencies]) {
    for (const [name, { path }] of Object.entries(tarballs)) {
      if (name in dependencies) dependencies[name] = `file:${path}`
    }
  }
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest, null, 2))
}

/** One copy of each, and ours from the tarballs: two would not know each other's errors and services. */
const checkCopies = async (folder, tarballs) => {
  const { packages: installed } = await readJson(join(folder, "package-lock.json"))
  for (const [place, { resolved, version }] of Object.entries(installed)) {
    const name = place.slice(place.lastIndexOf("node_modules/") + "node_modules/".length)
    const own = name.startsWith("@sage-auth/")
    if (own && place !== `node_modules/${name}`) throw new Error(`a second copy: ${place}`)
    if (own && (!resolved?.startsWith("file:") || version !== tarballs[name]?.version)) {
      throw new Error(`${place} is not the packed one but ${resolved}, ${version}`)
    }
  }
}

/** Installs, compiles and runs one project in a folder of its own below `parent`. */
const tryProject = async (project, parent, tarballs) => {
  const startedAt = performance.now()
  const folder = join(parent, project)
  await cp(join(here, project), folder, { recursive: true })
  const { scripts } = await readJson(join(folder, "package.json"))
  if (scripts.test === undefined && !project.startsWith("effect-"))
    await copyFile(join(here, "visits.ts"), join(folder, "src/visits.ts"))
  await useTarballs(folder, tarballs)
  await command(folder, "npm", [
    "install",
    "--no-audit",
    "--no-fund",
    "--prefer-offline",
    "--strict-peer-deps",
    "--engine-strict",
    "--loglevel=error"
  ])
  await checkCopies(folder, tarballs)
  const installedAt = performance.now()
  // a project with tests of its own is built and tested as its makers do, the others are compiled and run
  const tested = scripts.test !== undefined
  if (tested) await command(folder, "npm", ["run", "build"])
  else await command(folder, join(folder, "node_modules/.bin/tsc"), ["--pretty", "false"])
  const compiledAt = performance.now()
  const printed = tested ? await command(folder, "npm", ["test"]) : await command(folder, node, ["dist/main.js"])
  const seconds = [installedAt - startedAt, compiledAt - installedAt, performance.now() - compiledAt].map((duration) =>
    (duration / 1000).toFixed(1)
  )
  return { printed, seconds }
}

const chosen = process.argv.length > 2 ? process.argv.slice(2) : projects
const unknown = chosen.filter((project) => !projects.includes(project))
if (unknown.length > 0) throw new Error(`no such project: ${unknown.join(", ")}. There are ${projects.join(", ")}`)

const parent = await mkdtemp(join(tmpdir(), "sage-auth-bare-projects-"))
let failures = 0
try {
  const tarballs = await takeTarballs(parent)
  const left = [...chosen]
  const worker = async () => {
    for (let project = left.shift(); project !== undefined; project = left.shift()) {
      try {
        const { printed, seconds } = await tryProject(project, parent, tarballs)
        console.log(`\n${project}: installed in ${seconds[0]} s, compiled in ${seconds[1]} s, ran for ${seconds[2]} s`)
        console.log(stripVTControlCharacters(printed).trimEnd().replace(/^/gm, "  "))
      } catch (error) {
        failures += 1
        console.error(`\n${project} failed: ${error.message}`)
      }
    }
  }
  await Promise.all([worker(), worker()])
} finally {
  await rm(parent, { recursive: true, force: true })
}
console.log(`\n${chosen.length - failures} of ${chosen.length} bare projects work with the packed packages`)
process.exitCode = failures === 0 ? 0 : 1
