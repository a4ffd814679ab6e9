/**
 * What is loaded at its first use and at once, since no caller can wait: few programs need any of it, and every import
 * would pay for it. This is what Node runs. Bundlers, which could not see what is loaded here, take the modules
 * themselves: see `imports` in package.json.
 */
import { builtin } from "./config/builtin.ts"
import type * as Variables from "./config/readVariables.ts"
import type * as Entries from "./errors/findEntries.ts"
import type * as Environment from "./intacct-xml/readEnvironment.ts"
import type * as Linter from "./x3/nodelocal/lintNodelocal.ts"

const late = (file: string): (() => unknown) => {
  let loaded: unknown
  return () => (loaded ??= builtin("node:module").createRequire(import.meta.url)(file))
}

const variables = late("./variables.cjs") as () => typeof Variables
const entries = late("./entries.cjs") as () => typeof Entries
const environment = late("./environment.cjs") as () => typeof Environment
// with its parser it is as large as what an import of this package runs
const linter = late("./linter.cjs") as () => typeof Linter

export const readVariables: typeof Variables.readVariables = (query) => variables().readVariables(query)

export const findEntries: typeof Entries.findEntries = (search) => entries().findEntries(search)

export const readEnvironment: typeof Environment.readEnvironment = (options) => environment().readEnvironment(options)

export const lintNodelocal: typeof Linter.lintNodelocal = (source) => linter().lintNodelocal(source)
