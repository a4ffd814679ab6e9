import { builtin } from "../config/builtin.ts"
import type * as Entries from "./findEntries.ts"

let entries: typeof Entries | undefined

/**
 * The search of the error catalogue, loaded at its first use and at once: few programs explain an error, and every
 * import would pay for it. This is what Node runs. Bundlers take the search itself: see `imports` in package.json.
 */
export const findEntries: typeof Entries.findEntries = (search) => {
  entries ??= builtin("node:module").createRequire(import.meta.url)("./entries.cjs") as typeof Entries
  return entries.findEntries(search)
}
