import * as Result from "../config/Result.ts"
import type { Issue } from "../config/issues.ts"
import { type Connections, definitionOf } from "../Connection.ts"
import type { IntacctRestConfiguration } from "./options.ts"

/** How the options of one of the builders are read. */
export type Decode = (options: unknown, at: string) => Result.Result<IntacctRestConfiguration, ReadonlyArray<Issue>>

const lenderIssues = (
  { subject }: IntacctRestConfiguration,
  at: string,
  connections: Connections
): ReadonlyArray<Issue> => {
  if (subject?.kind !== "session") return []
  const lender = Object.hasOwn(connections, subject.connection)
    ? definitionOf(connections[subject.connection])
    : undefined
  return lender?.surface === "intacct-xml"
    ? []
    : [{ option: `${at}.session`, expected: "the name of an intacct-xml connection of the same application" }]
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
