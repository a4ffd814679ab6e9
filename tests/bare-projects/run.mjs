// Installs the packed packages in bare projects outside the workspace, as a user would, compiles those with their own
// compiler and runs them. Takes `.pack/*.tgz` as the packages' `pkg` scripts leave them.
//
//   npx -y pnpm@12.21.0 test:packed              all of them
//   node tests/bare-projects/run.mjs nest-11     some of them
import { existsSync } from "node:fs"
import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import process from "node:process"
import { stripVTControlCharacters } from "node:util"
import { command, here, node, nodeOldest, publicPackages, readJson, registryOfMachine, workspace } from "./machine.mjs"
import { startRegistry } from "./registry.mjs"

/** The longest first. Two are installed and two are run at a time: one waits for the network, the other computes. */
const projects = [
  "toolchains",
  "samples",
  "stores",
  "nest-new",
  "nextjs",
  "frameworks",
  "runners",
  "nest-11",
  "nest-12",
  "express-4",
  "express-5",
  "plug-n-play",
  "effect-3",
  "effect-4-0",
  "effect-4",
  "opentelemetry",
  "redis",
  "schemas",
  "cli",
  "core"
]
/** What is no project, and runs beside them: `release.mjs`. */
const release = "release"
/** which of them `npm test` has to pass on the oldest Node, too */
const onOldestNode = new Set(["nest-new"])
/** which of them show what they compile and what it has to answer in a file that they share */
const visited = new Set(["nest-11", "nest-12", "express-4", "express-5", "frameworks", "nextjs"])
/** which of them are what pages of the documentation show, below which headings */
const documented = {
  frameworks: {
    "docs/frameworks.md": ["The application", "Hono", "Fastify", "A bare server", "SvelteKit", "React Router and Remix"]
  },
  nextjs: { "docs/frameworks.md": ["Next.js", "The application"] },
  stores: {
    "docs/recipes/knex.md": ["The store", "The test"],
    "docs/recipes/drizzle.md": ["The schema", "The store", "The test"],
    "docs/recipes/prisma.md": ["The schema", "The store", "The test"],
    "docs/recipes/dynamodb.md": ["The store", "The test"]
  }
}
/** where that is elsewhere than on the page */
const renamed = { nextjs: { "src/session.ts": "lib/session.ts" } }
/** which of them are another one with other dependencies */
const sameAs = { "effect-4-0": "effect-3" }

/** The tarball of each package, copied: packing again meanwhile does no harm. */
const takeTarballs = async (parent) => {
  const taken = {}
  for (const folder of await publicPackages()) {
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
  for (const dependencies of [manifest.dependencies ?? {}, manifest.devDependencies ?? {}]) {
    for (const [name, { path }] of Object.entries(tarballs)) {
      if (name in dependencies) dependencies[name] = `file:${path}`
    }
  }
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest, null, 2))
}

/** One copy of each: pnpm makes another one for dependents that see other peers. */
const checkCopiesOfPnpm = async (folder) => {
  const places = await readdir(join(folder, "node_modules/.pnpm"))
  const own = places.filter((place) => place.startsWith("@sage-auth+")).map((place) => place.split("@", 2).join("@"))
  if (own.length === 0 || new Set(own).size < own.length) throw new Error(`not one copy of each: ${places.join(", ")}`)
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

/** Package managers, each with how it installs and how it runs what is installed. */
const managers = {
  npm: {
    install: async (folder, { tarballs }) => {
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
    },
    run: (folder, script) => command(folder, "npm", ["run", script])
  },
  pnpm: {
    install: async (folder, { pinned, registry }) => {
      await writeFile(join(folder, ".npmrc"), `@sage-auth:registry=${registry.url}\n`)
      await command(folder, "npx", ["-y", pinned, "install", "--prefer-offline", "--strict-peer-dependencies"])
      await checkCopiesOfPnpm(folder)
    },
    run: (folder, script, { pinned }) => command(folder, "npx", ["-y", pinned, "run", script])
  },
  yarn: {
    install: async (folder, { pinned, registry }) => {
      const settings = {
        nodeLinker: "pnp",
        enableTelemetry: false,
        enableImmutableInstalls: false,
        npmRegistryServer: await registryOfMachine(),
        npmScopes: { "sage-auth": { npmRegistryServer: registry.url } },
        unsafeHttpWhitelist: ["*"],
        // of this project's own: there are packages in it that nobody published
        enableGlobalCache: false,
        // packages of an hour ago are for their users to refuse
        npmMinimalAgeGate: 0
      }
      // YAML takes JSON
      await writeFile(join(folder, ".yarnrc.yml"), JSON.stringify(settings, null, 2))
      await writeFile(join(folder, "yarn.lock"), "")
      await command(folder, "npx", ["-y", pinned.replace(/^yarn@/, "@yarnpkg/cli-dist@"), "install"])
    },
    run: (folder, script, { pinned }) =>
      command(folder, "npx", ["-y", pinned.replace(/^yarn@/, "@yarnpkg/cli-dist@"), "run", script])
  }
}

/** At most so many of these at a time, in the order in which they came. */
const atMost = (count) => {
  const waiting = []
  let free = count
  return async (work) => {
    if (free > 0) free -= 1
    else await new Promise((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) free += 1
      else next()
    }
  }
}
const installing = atMost(2)
const running = atMost(2)

/** Writes the files that pages of the documentation show for a project: each begins with its name. */
const writeDocumented = async (project, folder) => {
  for (const [page, headings] of Object.entries(documented[project])) {
    const sections = (await readFile(join(workspace, page), "utf8")).split(/^## /m)
    for (const heading of headings) {
      const section = sections.find((each) => each.startsWith(`${heading}\n`))
      if (section === undefined) throw new Error(`${page} has no heading ${heading}`)
      for (const [, shown, code] of section.matchAll(/^```\w+\n(?:\/\/|--) (\S+)\n([\s\S]*?)^```$/gm)) {
        const name = renamed[project]?.[shown] ?? shown
        await mkdir(dirname(join(folder, name)), { recursive: true })
        await writeFile(join(folder, name), code)
      }
    }
  }
}

/** How long something takes, in words. */
const timed = async (work) => {
  const startedAt = performance.now()
  const result = await work()
  return [result, `${((performance.now() - startedAt) / 1000).toFixed(1)} s`]
}

/** Installs one project in a folder of its own below `parent`, and gives how to compile and run it. */
const installProject = async (project, parent, tarballs, registry) => {
  const folder = join(parent, project)
  if (project in sameAs) await cp(join(here, sameAs[project]), folder, { recursive: true })
  await cp(join(here, project), folder, { recursive: true })
  if (project in documented) await writeDocumented(project, folder)
  if (visited.has(project)) await mkdir(join(folder, "src"), { recursive: true })
  if (visited.has(project)) await copyFile(join(here, "visits.ts"), join(folder, "src/visits.ts"))
  const { packageManager: pinned = "npm", scripts } = await readJson(join(folder, "package.json"))
  const manager = managers[pinned.split("@")[0]]
  await manager.install(folder, { tarballs, registry, pinned })
  // a project with tests of its own is built and tested as its makers do, the others are compiled and run
  const tested = scripts.test !== undefined
  const compile = async () => {
    if (!tested) return command(folder, join(folder, "node_modules/.bin/tsc"), ["--pretty", "false"])
    return scripts.build === undefined ? "" : manager.run(folder, "build", { pinned })
  }
  const run = async () => {
    let printed = tested
      ? await manager.run(folder, "test", { pinned })
      : await command(folder, node, [scripts.start?.replace("node ", "") ?? "dist/main.js"])
    if (onOldestNode.has(project)) {
      printed += `\nNode ${(await command(folder, nodeOldest, ["--version"])).trim()}:\n`
      printed += await command(folder, "npm", ["test"], nodeOldest)
    }
    return printed
  }
  return { compile, run }
}

/** Installs, compiles and runs one project, each when it is its turn, and says how long each took. */
const tryProject = async (project, parent, tarballs, registry) => {
  const [{ compile, run }, installed] = await installing(() =>
    timed(() => installProject(project, parent, tarballs, registry))
  )
  return running(async () => {
    const [compiling, compiled] = await timed(compile)
    const [printed, ran] = await timed(run)
    return { printed: compiling + printed, took: `installed in ${installed}, compiled in ${compiled}, ran for ${ran}` }
  })
}

const rehearseRelease = () =>
  running(async () => {
    const [printed, took] = await timed(() => command(here, node, ["release.mjs"]))
    return { printed, took: `rehearsed in ${took}` }
  })

const named = process.argv.slice(2)
const known = [...projects, release]
const unknown = named.filter((project) => !known.includes(project))
if (unknown.length > 0) throw new Error(`no such project: ${unknown.join(", ")}. There are ${known.join(", ")}`)
const chosen = named.length > 0 ? known.filter((project) => named.includes(project)) : known

const parent = await mkdtemp(join(tmpdir(), "sage-auth-bare-projects-"))
let failures = 0
let registry
const [, took] = await timed(async () => {
  try {
    const tarballs = await takeTarballs(parent)
    registry = await startRegistry(Object.values(tarballs).map(({ path }) => path))
    const attempt = async (project) => {
      try {
        const { printed, took } = await (project === release
          ? rehearseRelease()
          : tryProject(project, parent, tarballs, registry))
        console.log(`\n${project}: ${took}`)
        console.log(stripVTControlCharacters(printed).trimEnd().replace(/^/gm, "  "))
      } catch (error) {
        failures += 1
        console.error(`\n${project} failed: ${error.message}`)
      }
    }
    await Promise.all(chosen.map(attempt))
  } finally {
    await registry?.stop()
    await rm(parent, { recursive: true, force: true })
  }
})
console.log(`\n${chosen.length - failures} of ${chosen.length} bare projects work with the packed packages, ${took}`)
process.exitCode = failures === 0 ? 0 : 1
