import { builtin } from "../../config/builtin.ts"
import type * as Linter from "./lintNodelocal.ts"

let linter: typeof Linter | undefined

/**
 * The reader of nodelocal.js, loaded at its first use and at once. With its parser it is as large as what an import of
 * this package runs, and an answer that is only a matter of reading should not be a promise. This is what Node runs.
 * Bundlers, which could not see what is loaded here, take the reader itself: see `imports` in package.json.
 */
export const lintNodelocal: typeof Linter.lintNodelocal = (source) => {
  linter ??= builtin("node:module").createRequire(import.meta.url)("./linter.cjs") as typeof Linter
  return linter.lintNodelocal(source)
}
