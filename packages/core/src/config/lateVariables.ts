import { builtin } from "./builtin.ts"
import type * as Variables from "./readVariables.ts"

let variables: typeof Variables | undefined

/**
 * The reader of the environment's variables, loaded at its first use and at once, since a builder cannot wait. This is
 * what Node runs. Bundlers take the reader itself: see `imports` in package.json.
 */
export const readVariables: typeof Variables.readVariables = (query) => {
  variables ??= builtin("node:module").createRequire(import.meta.url)("./variables.cjs") as typeof Variables
  return variables.readVariables(query)
}
