import type { Builder, Clients, Connection, Definition } from "../Connection.ts"
import type { Interactive } from "../calls/HttpClient.ts"
import { define, fromVariables, type VariablesSettings } from "../createSageAuth.ts"
import { type IntacctRestClient, membersOf } from "./IntacctRestClient.ts"
import {
  type AuthorizationCodeOptions,
  type ClientCredentialsOptions,
  type Decode,
  decodeAuthorizationCode,
  decodeClientCredentials,
  issuesOf
} from "./options.ts"

/** The clients of a connection to Intacct's REST API. */
export interface IntacctRestClients extends Clients {
  readonly client: IntacctRestClient<this["world"]>
}

/** The same where a human consents. */
export interface IntacctRestInteractiveClients extends Clients {
  readonly client: IntacctRestClient<this["world"]> & Interactive<this["world"]>
}

/** A connection to Intacct's REST API by the client's own credentials. `Ref` names the connection it borrows from. */
export type IntacctRest<Ref extends string = never> = Connection<"intacct-rest", IntacctRestClients, Ref>

/** A connection to Intacct's REST API by a human's consent. */
export type IntacctRestInteractive = Connection<"intacct-rest", IntacctRestInteractiveClients>

const definition = (
  options: unknown,
  builder: Builder,
  decode: Decode,
  interactive: boolean
): Omit<Definition<"intacct-rest">, "createSageAuth"> => ({
  surface: "intacct-rest",
  interactive,
  builder,
  options,
  members: membersOf(interactive),
  redirectUri: () => (options as { readonly redirectUri?: string }).redirectUri,
  validate: (at, connections) => issuesOf(decode, options, at, connections),
  load: () => import("./IntacctRestEngine.ts").then(({ workOf }) => workOf(decode))
})

interface ClientCredentialsBuilder {
  /**
   * By the client's own credentials, without a human: for a user by name, for a session, or with the session of an
   * intacct-xml connection. The company has to have authorised the client for that user, in Company > Setup > Company >
   * Security > Authorized Client Applications.
   *
   * @example
   * ```ts
   * const vendors = intacctRest.clientCredentials({
   *   clientId: "…",
   *   clientSecret: process.env["INTACCT_CLIENT_SECRET"] ?? "",
   *   username: "xml_gateway@acme"
   * })
   * ```
   */
  <const S extends string = never>(options: ClientCredentialsOptions<S>): IntacctRest<S>
  /**
   * The same connection from the environment: `SAGE_INTACCT_REST_CLIENT_ID` and its siblings, see
   * `docs/configuration.md`. Options given here win. Read when it is called; mistakes are reported when the application
   * starts, each under the name of its variable.
   */
  readonly fromEnvironment: <const S extends string = never>(
    settings?: VariablesSettings & Partial<ClientCredentialsOptions<S>>
  ) => IntacctRest<S>
}

interface AuthorizationCodeBuilder {
  /**
   * By a human's consent in a browser: authorization code with PKCE, with or without a client secret.
   *
   * @example
   * ```ts
   * const payables = intacctRest.authorizationCode({
   *   clientId: "…",
   *   clientSecret: process.env["INTACCT_CLIENT_SECRET"] ?? "",
   *   redirectUri: "https://app.example/sage/callback/payables"
   * })
   * ```
   */
  (options: AuthorizationCodeOptions): IntacctRestInteractive
  /**
   * The same connection from the environment: `SAGE_INTACCT_REST_CLIENT_ID` and its siblings, see
   * `docs/configuration.md`. Options given here win.
   */
  readonly fromEnvironment: (settings?: VariablesSettings & Partial<AuthorizationCodeOptions>) => IntacctRestInteractive
}

const byClient = (options: unknown) =>
  definition(options, "intacct-rest.client-credentials", decodeClientCredentials, false)

const byConsent = (options: unknown) =>
  definition(options, "intacct-rest.authorization-code", decodeAuthorizationCode, true)

/**
 * Connections to Intacct's REST API. Neither builder throws: `createSageAuth` and `SageAuth.make` check what they got,
 * with all other mistakes at once.
 *
 * Source: developer.sage.com, Sage Intacct REST API, OAuth 2.0 authorization.
 *
 * @category connections
 */
export const intacctRest: {
  /** By the client's own credentials, without a human. */
  readonly clientCredentials: ClientCredentialsBuilder
  /** By a human's consent in a browser. */
  readonly authorizationCode: AuthorizationCodeBuilder
} = {
  clientCredentials: /* @__PURE__ */ Object.assign(
    <const S extends string = never>(options: ClientCredentialsOptions<S>): IntacctRest<S> => define(byClient(options)),
    {
      fromEnvironment: <const S extends string = never>(
        settings?: VariablesSettings & Partial<ClientCredentialsOptions<S>>
      ): IntacctRest<S> => fromVariables("intacct-rest.client-credentials", settings, byClient)
    }
  ),
  authorizationCode: /* @__PURE__ */ Object.assign(
    (options: AuthorizationCodeOptions): IntacctRestInteractive => define(byConsent(options)),
    {
      fromEnvironment: (settings?: VariablesSettings & Partial<AuthorizationCodeOptions>): IntacctRestInteractive =>
        fromVariables("intacct-rest.authorization-code", settings, byConsent)
    }
  )
}
