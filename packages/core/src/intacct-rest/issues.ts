import * as Result from "../config/Result.ts"
import type { Issue } from "../config/issues.ts"
import { type Connections, definitionOf } from "../Connection.ts"
import type { IntacctRestConfiguration } from "./options.ts"

/** How the options of one of the builders are read. */
export type Decode = (options: unknown, at: string) => Result.Result<IntacctRestConfiguration, ReadonlyArray<Issue>>

const isSandboxed = (options: unknown): boolean =>
  typeof options === "object" && options !== null && "environment" in options && options.environment === "sandbox"

const lenderIssues = (
  { sandbox, subject }: IntacctRestConfiguration,
  at: string,
  connections: Connections
): ReadonlyArray<Issue> => {
  if (subject?.kind !== "session") return []
  const lender = Object.hasOwn(connections, subject.connection)
    ? definitionOf(connections[subject.connection])
    : undefined
  if (lender?.surface !== "intacct-xml") {
    return [{ option: `${at}.session`, expected: "the name of an intacct-xml connection of the same application" }]
  }
  if (isSandboxed(lender.options) === sandbox) return []
  const expected =
    'a connection of the same environment: the session of a stand-in would go to Intacct, or one of Intacct\'s to a stand-in. Give both environment: "sandbox", or neither'
  return [{ option: `${at}.session`, expected }]
}

/** Every mistake in the options and in what they say of other connections. */
export const issuesOf = (
  decode: Decode,
  options: unknown,
  at: string,
  connections: Connections
): ReadonlyArray<Issue> =>
  Result.match(decode(options, at), {
    onSuccess: (configuration) => lenderIssues(configuration, at, connections),
    onFailure: (issues) => issues
  })
