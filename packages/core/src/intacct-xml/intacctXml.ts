import * as Result from "effect/Result"
import { type Connection, define, type Worlds } from "../Connection.ts"
import type { Issue } from "../errors/Reason.ts"
import { clientsOf } from "./clients.ts"
import { type EnvironmentOptions, fromEnvironment as readEnvironment } from "./environment.ts"
import type { IntacctXmlClient } from "./IntacctXmlClient.ts"
import { IntacctXmlConnection } from "./IntacctXmlConnection.ts"
import { decodeOptions, type IntacctXmlOptions, type IntacctXmlSettings, validate } from "./options.ts"

/** A connection to Intacct's XML API. */
export type IntacctXml = Connection<"intacct-xml", Worlds<IntacctXmlClient, IntacctXmlClient<"effect">>>

const connectionOf = (options: unknown, issues: ReadonlyArray<Issue>): IntacctXml =>
  define({
    surface: "intacct-xml",
    interactive: false,
    validate: (at) => [
      ...issues,
      // without credentials from the environment there is nothing to check yet
      ...(issues.length > 0 ? [] : validate(options, at))
    ],
    // only after validate found nothing
    open: (application, name) =>
      clientsOf(
        new IntacctXmlConnection(application, name, Result.getOrThrow(decodeOptions(options, `connections.${name}`)))
      )
  })

/**
 * A connection to Intacct's XML API: sender and login, sessions, entities, pool and meter.
 *
 * Never throws: `createSageAuth` and `SageAuth.make` check it, with all other mistakes at once.
 *
 * Source: developer.intacct.com, Web Services.
 *
 * @example
 * ```ts
 * const ledger = intacctXml({
 *   sender: { id: "acme-sender", password: process.env["SENDER_PASSWORD"] ?? "" },
 *   login: { companyId: "acme", userId: "xml_gateway", password: process.env["USER_PASSWORD"] ?? "" }
 * })
 * ```
 */
export const intacctXml = (options: IntacctXmlOptions): IntacctXml => connectionOf(options, [])

/** What can be set beside what the environment says. */
export type EnvironmentSettings = EnvironmentOptions &
  Partial<Omit<IntacctXmlSettings, "sender" | "login" | "endpoint">>

/**
 * The same connection from what users of Intacct's own SDK have: `INTACCT_SENDER_ID` and its siblings, or a profile of
 * `~/.intacct/credentials.ini`. Read when it is called; mistakes are reported when the application starts.
 */
intacctXml.fromEnvironment = (settings: EnvironmentSettings = {}): IntacctXml => {
  const { env, environment, home, profile, ...rest } = settings
  const found = readEnvironment({ env, environment, home, profile })
  return connectionOf({ ...found.options, ...rest }, found.issues)
}
