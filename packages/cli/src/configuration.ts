import { access } from "node:fs/promises"
import { dirname, join, resolve } from "node:path"
import process from "node:process"
import { pathToFileURL } from "node:url"
import { type Config, type Connections, createSageAuth, isSageAuthError, type Sage } from "@sage-auth/core"
import { exitStatus, Failure } from "./Failure.ts"
import type { Surroundings } from "./Surroundings.ts"

/** The application whose connections a command works with. */
export interface Opened {
  readonly sage: Sage<Connections>
  /** Where its connections come from, in words for the user: a file's path, or the environment. */
  readonly source: string
}

/** The names of a configuration file; the first is the one that is written. */
export const configurationNames = ["ts", "mts", "js", "mjs"].map((extension) => `sage-auth.config.${extension}`)

/**
 * Opens the application of a file, of the `sage-auth.config.*` in this folder or the nearest above, or of the
 * environment. Beside a file, `.env` is read first: it never replaces what the environment has.
 *
 * @throws Failure when there is neither, when the file cannot be loaded, or when it exports something else
 */
export const open = async (given: string | undefined, { environment, folder }: Surroundings): Promise<Opened> => {
  const file = given === undefined ? await nearest(folder) : resolve(folder, given)
  if (file === undefined) return ofEnvironment(environment)
  const env = join(dirname(file), ".env")
  if (await exists(env)) process.loadEnvFile(env)
  const exported = await exportOf(file).catch(async (error: unknown) => {
    throw isSageAuthError(error) ? error : await cannotLoad(file, error, { ...environment, ...process.env })
  })
  if (isSage(exported)) return { sage: exported, source: file }
  if (hasConnections(exported)) return { sage: createSageAuth(exported), source: file }
  throw new Failure({
    message: `${file} does not export the application as its default.`,
    remedy:
      "Write `export default createSageAuth({ connections, store, keys })`, or `export default` the options of createSageAuth, or a function that returns either.",
    status: exitStatus.misconfigured
  })
}

const exportOf = async (file: string): Promise<unknown> => {
  if (!(await exists(file))) {
    throw new Failure({
      message: `The configuration ${file} does not exist.`,
      remedy: "Give --config the path of a file, from the folder that you are in.",
      status: exitStatus.misconfigured
    })
  }
  const loaded = (await import(pathToFileURL(file).href)) as { readonly default?: unknown }
  return typeof loaded.default === "function" ? await loaded.default() : await loaded.default
}

/** Why a file's own code failed. What it says may quote what it has read, such as a secret that is no JSON. */
const cannotLoad = async (file: string, error: unknown, environment: NodeJS.ProcessEnv): Promise<Failure> => {
  if (error instanceof Failure) return error
  const { maskerOf } = await import("@sage-auth/core/web")
  const mask = maskerOf(
    Object.entries(environment).flatMap(([name, value = ""]) =>
      /SECRET|PASSWORD|PASSPHRASE|TOKEN|KEY/i.test(name) && value !== "" ? [value] : []
    )
  )
  const words = error instanceof Error ? `${error.name}: ${error.message}` : "it threw something that is no Error"
  const missing = /^Error: Cannot find package '((?:@[\w.-]+\/)?[\w.-]+)'/.exec(words)?.[1]
  return new Failure({
    message: `The configuration ${file} cannot be loaded. ${mask(words)}`,
    remedy:
      missing === undefined
        ? "Correct what the message names, in the file or in what it imports."
        : `Run \`npm install ${missing}\` in the project of the file.`,
    status: exitStatus.misconfigured
  })
}

const nearest = async (folder: string): Promise<string | undefined> => {
  for (const name of configurationNames) {
    const file = join(folder, name)
    if (await exists(file)) return file
  }
  const above = dirname(folder)
  return above === folder ? undefined : nearest(above)
}

/** Whether a file or a folder is there. */
export const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false
  )

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null

const isSage = (value: unknown): value is Sage<Connections> =>
  isObject(value) && "client" in value && typeof value.client === "function" && "connections" in value

const hasConnections = (value: unknown): value is Config<Connections> =>
  isObject(value) && "connections" in value && isObject(value.connections)

const ofEnvironment = async (environment: NodeJS.ProcessEnv): Promise<Opened> => {
  const { fromEnvironment } = await import("./environment.ts")
  const config = fromEnvironment(environment)
  if (config === undefined) {
    throw new Failure({
      message: `No connection is configured: there is no ${configurationNames[0]} here or in a folder above, and the environment names none.`,
      remedy:
        "Run `sage-auth init`, give the file as --config, or set the variables that https://github.com/sage-auth/sage-auth/blob/main/docs/configuration.md lists.",
      status: exitStatus.misconfigured
    })
  }
  return { sage: createSageAuth(config), source: "the environment" }
}
