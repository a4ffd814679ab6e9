import { builtin } from "../config/builtin.ts"
import type * as Environment from "./readEnvironment.ts"

let environment: typeof Environment | undefined

/**
 * The reader of Intacct's environment and its profiles, loaded at its first use and at once, since a builder cannot
 * wait. This is what Node runs. Bundlers take the reader itself: see `imports` in package.json.
 */
export const readEnvironment: typeof Environment.readEnvironment = (options) => {
  environment ??= builtin("node:module").createRequire(import.meta.url)("./environment.cjs") as typeof Environment
  return environment.readEnvironment(options)
}
