import type { Clients, Connection, Definition } from "../Connection.ts"
import { readVariables } from "../config/readVariables.ts"
import { define, fromVariables, type VariablesSettings } from "../createSageAuth.ts"
import type { Issue } from "../errors/Reason.ts"
import { type IntacctXmlClient, members } from "./IntacctXmlClient.ts"
import type { EnvironmentOptions } from "./environment.ts"
import { type IntacctXmlOptions, type IntacctXmlSettings, validate } from "./options.ts"
import { readEnvironment } from "./readEnvironment.ts"

/** The clients of a connection to Intacct's XML API. */
export interface IntacctXmlClients extends Clients {
  readonly client: IntacctXmlClient<this["world"]>
}

/** A connection to Intacct's XML API. */
export type IntacctXml = Connection<"intacct-xml", IntacctXmlClients>

const definition = (
  options: unknown,
  issues: ReadonlyArray<Issue> = []
): Omit<Definition<"intacct-xml">, "createSageAuth"> => ({
  surface: "intacct-xml",
  interactive: false,
  builder: "intacct-xml",
  options,
  issues,
  members,
  // without credentials from the environment there is nothing to check yet
  validate: (at) => (issues.length > 0 ? issues : validate(options, at)),
  load: () => import("./IntacctXmlEngine.ts").then(({ work }) => work)
})

/** What can be set beside what the environment says. */
export type EnvironmentSettings = EnvironmentOptions &
  Pick<VariablesSettings, "prefix"> &
  Partial<Omit<IntacctXmlSettings, "sender" | "login" | "endpoint">>

interface IntacctXmlBuilder {
  (options: IntacctXmlOptions): IntacctXml
  /**
   * The same connection from the environment: `SAGE_INTACCT_XML_SENDER_ID` and its siblings, see
   * `docs/configuration.md`. Where none of them is set, from what users of Intacct's own SDK have: `INTACCT_SENDER_ID`
   * and its siblings, or a profile of `~/.intacct/credentials.ini`. Both are never mixed. Read when it is called;
   * mistakes are reported when the application starts.
   */
  readonly fromEnvironment: (settings?: EnvironmentSettings) => IntacctXml
}

const fromEnvironment = (settings: EnvironmentSettings = {}): IntacctXml => {
  const { env, environment, home, prefix, profile, ...rest } = settings
  const variables = profile === undefined ? readVariables({ of: "intacct-xml", env, prefix }) : undefined
  if (variables !== undefined && (variables.any || prefix !== undefined)) {
    const beside = environment === undefined ? rest : { environment, ...rest }
    return fromVariables("intacct-xml", beside as VariablesSettings, definition, variables)
  }
  const found = readEnvironment({ env, environment, home, profile })
  return define(definition({ ...found.options, ...rest }, found.issues))
}

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
 *
 * @category connections
 */
export const intacctXml: IntacctXmlBuilder = /* @__PURE__ */ Object.assign(
  (options: IntacctXmlOptions): IntacctXml => define(definition(options)),
  { fromEnvironment }
)
