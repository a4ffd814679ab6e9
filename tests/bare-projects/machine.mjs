// What programs of this folder run others with: this machine's Node and package managers, and nothing of the workspace's.
import { execFile } from "node:child_process"
import { readdir, readFile } from "node:fs/promises"
import { delimiter, dirname, join } from "node:path"
import process from "node:process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

export const here = dirname(fileURLToPath(import.meta.url))
export const workspace = join(here, "../..")
export const node = join(workspace, "node_modules/node/bin/node")
/** the oldest Node that the packages name in their `engines` */
export const nodeOldest = join(workspace, "tests/node_modules/node22/bin/node")

const interrupted = new AbortController()
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => interrupted.abort(new Error(signal)))

/** The user's, not that of a script of the workspace, which would lend its modules and its settings. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(?:node_path|node_options|npm_(?!config_registry$).*|pnpm_.*)$/i.test(name)
  )
)
// a package manager asks whether it should change what it has installed; nobody is there to answer
environment["CI"] = "true"
// what CI asked for: there, a server that is missing fails what it would skip elsewhere
environment["SAGE_AUTH_TEST_ALL"] = process.env["CI"] === undefined ? "" : "true"
// a test tells its makers nothing
environment["NEXT_TELEMETRY_DISABLED"] = "1"

/** Runs a command of at most five minutes (on a machine that is busy with something else), and gives what it printed. What fails says what it printed, too. */
export const command = async (cwd, file, parameters, withNode = node, more = {}) => {
  try {
    const { stderr, stdout } = await promisify(execFile)(file, parameters, {
      cwd,
      env: { ...environment, PATH: [dirname(withNode), process.env["PATH"]].join(delimiter), ...more },
      signal: interrupted.signal,
      timeout: 300_000,
      killSignal: "SIGKILL",
      maxBuffer: 1 << 26
    })
    return `${stdout}${stderr}`
  } catch (error) {
    const why = error.killed ? "did not end" : `exit code ${error.code}`
    throw new Error(`${[file, ...parameters].join(" ")}: ${why}\n${error.stdout ?? ""}${error.stderr ?? ""}`, {
      cause: error
    })
  }
}

/** Where this machine has packages from that are not ours. */
export const registryOfMachine = async () => (await command(here, "npm", ["config", "get", "registry"])).trim()

export const readJson = async (path) => JSON.parse(await readFile(path, "utf8"))

/** The folders below `packages` of what is published. */
export const publicPackages = async () => {
  const folders = (await readdir(join(workspace, "packages"))).toSorted()
  const manifests = await Promise.all(
    folders.map((folder) => readJson(join(workspace, "packages", folder, "package.json")))
  )
  return folders.filter((_folder, index) => manifests[index].private !== true)
}
