// A file of its own: it is loaded late, and `inspect.ts` imports `environment.ts` at once.

import { reveal } from "../config/options.ts"
import type { Issue } from "../errors/Reason.ts"
import { type EnvironmentOptions, fromEnvironment } from "./environment.ts"

/** The options that the environment holds, as a user would write them, and what is wrong with it. */
export const readEnvironment = (
  options: EnvironmentOptions
): { readonly options: object | undefined; readonly issues: ReadonlyArray<Issue> } => {
  const { issues, options: found } = fromEnvironment(options)
  // who puts the connection to work redacts its secrets in its own way
  const plain = found && {
    ...found,
    sender: { ...found.sender, password: reveal(found.sender.password) },
    login: { ...found.login, password: reveal(found.login.password) }
  }
  return { options: plain, issues }
}
