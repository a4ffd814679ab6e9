// Rehearses a release: `changeset version` and `changeset publish` in a copy of the workspace, against a registry on this
// machine, and what came out of it installed by npm and run. Nothing of the workspace is changed, and nothing leaves this
// machine. Takes `dist` as `pnpm check:packages` leaves it.
//
//   npx -y pnpm@12.21.0 release:rehearse
import assert from "node:assert/strict"
import { existsSync } from "node:fs"
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { command, node, publicPackages, readJson, workspace } from "./machine.mjs"
import { startRegistry } from "./registry.mjs"

const packages = await publicPackages()
const parent = await mkdtemp(join(tmpdir(), "sage-auth-release-"))
const copy = join(parent, "workspace")
const registry = await startRegistry()

/** The files of the workspace as they are now, with what was built and installed: built again, it would be the same. */
const copyWorkspace = async () => {
  const listed = await command(workspace, "git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
  const files = listed.split("\0").filter((file) => file !== "" && existsSync(join(workspace, file)))
  for (const file of files) {
    await mkdir(dirname(join(copy, file)), { recursive: true })
    await cp(join(workspace, file), join(copy, file))
  }
  for (const folder of packages) {
    const dist = join("packages", folder, "dist")
    if (!existsSync(join(workspace, dist))) throw new Error(`${dist} is missing: \`pnpm check:packages\` builds it`)
    await cp(join(workspace, dist), join(copy, dist), { recursive: true })
  }
  await symlink(join(workspace, "node_modules"), join(copy, "node_modules"))
  // versions of each other are read where they are installed: those of the copy
  for (const folder of packages) {
    await mkdir(join(copy, "packages", folder, "node_modules/@sage-auth"), { recursive: true })
    for (const other of packages) {
      await symlink(join(copy, "packages", other), join(copy, "packages", folder, "node_modules/@sage-auth", other))
    }
  }
  // changesets tags what it has published
  await command(copy, "git", ["init", "--quiet", "--initial-branch=main"])
  const as = ["-c", "user.name=Rehearsal", "-c", "user.email=rehearsal@example.com"]
  await command(copy, "git", ["add", "--all"])
  await command(copy, "git", [...as, "commit", "--quiet", "--no-verify", "--message", "Rehearse a release"])
}

try {
  await copyWorkspace()
  const changeset = (...parameters) =>
    command(copy, "npx", ["-y", "pnpm@12.21.0", "exec", "changeset", ...parameters], node, {
      pnpm_config_verify_deps_before_run: "false",
      // tags need an author
      GIT_COMMITTER_NAME: "Rehearsal",
      GIT_COMMITTER_EMAIL: "rehearsal@example.com"
    })

  const asking = (await readdir(join(copy, ".changeset"))).filter((file) => file.endsWith(".md"))
  const { version: before } = await readJson(join(copy, "packages/core/package.json"))
  await changeset("version")
  const { version } = await readJson(join(copy, "packages/core/package.json"))
  if (asking.length > 0) assert.notEqual(version, before, "changesets ask for another version")
  for (const folder of packages) {
    const path = join(copy, "packages", folder, "package.json")
    const manifest = await readJson(path)
    assert.equal(manifest.version, version, "all packages have one version")
    assert.ok((await readFile(join(copy, "packages", folder, "CHANGELOG.md"), "utf8")).includes(`## ${version}`))
    // who vouches for the origin of a tarball is a service of the host that builds it
    delete manifest.publishConfig.provenance
    await writeFile(path, JSON.stringify(manifest, null, 2))
  }
  console.log(`changeset version: ${before} becomes ${version} by ${asking.length} changesets, with changelogs`)

  const { host } = new URL(registry.url)
  await writeFile(join(copy, ".npmrc"), `@sage-auth:registry=${registry.url}\n//${host}/:_authToken=rehearsal\n`)
  await changeset("publish")
  const published = registry.published()
  assert.deepEqual(
    published,
    Object.fromEntries(packages.map((folder) => [`@sage-auth/${folder}`, [version]])),
    "published is what is to be, once, and nothing else"
  )
  const tags = (await command(copy, "git", ["tag"])).trim().split("\n")
  console.log(`changeset publish: ${Object.keys(published).join(", ")}; tags ${tags.join(", ")}`)

  // once more: who publishes again after half of it failed publishes what is missing
  await changeset("publish")
  assert.deepEqual(registry.published(), published)

  const application = join(parent, "application")
  await mkdir(application)
  await writeFile(join(application, "package.json"), JSON.stringify({ name: "application", private: true }))
  await writeFile(join(application, ".npmrc"), `@sage-auth:registry=${registry.url}\n`)
  await command(application, "npm", ["install", "--no-audit", "--no-fund", "@sage-auth/core", "@sage-auth/sandbox"])
  await writeFile(
    join(application, "main.mjs"),
    `import { createSageAuth } from "@sage-auth/core"
import { startSandbox } from "@sage-auth/sandbox"
const sandbox = await startSandbox()
const sage = createSageAuth({ connections: sandbox.connections() })
console.log((await sage.client("vendors").fetch("objects/accounts-payable/vendor")).status)
await sage.close()
await sandbox.stop()
`
  )
  assert.equal((await command(application, node, ["main.mjs"])).trim(), "200")
  const { packages: installed } = await readJson(join(application, "package-lock.json"))
  assert.equal(installed["node_modules/@sage-auth/core"].version, version)
  console.log(`npm install: @sage-auth/core ${version} from the registry, and it works`)
} finally {
  await registry.stop()
  await rm(parent, { recursive: true, force: true })
}
