import * as Result from "effect/Result"
import type { Interactive } from "../calls/HttpClient.ts"
import type { Issue } from "../config/issues.ts"
import { type Connection, type Connections, define, definitionOf, type Worlds } from "../Connection.ts"
import { clientsOf } from "./clients.ts"
import type { IntacctRestClient } from "./IntacctRestClient.ts"
import { IntacctRestConnection } from "./IntacctRestConnection.ts"
import {
  type AuthorizationCodeOptions,
  type ClientCredentialsOptions,
  decodeAuthorizationCode,
  decodeClientCredentials,
  type IntacctRestConfiguration
} from "./options.ts"

/** A connection to Intacct's REST API by the client's own credentials. `Ref` names the connection it borrows from. */
export type IntacctRest<Ref extends string = never> = Connection<
  "intacct-rest",
  Worlds<IntacctRestClient, IntacctRestClient<"effect">>,
  Ref
>

/** A connection to Intacct's REST API by a human's consent. */
export type IntacctRestInteractive = Connection<
  "intacct-rest",
  Worlds<IntacctRestClient & Interactive, IntacctRestClient<"effect"> & Interactive<"effect">>
>

type Decode = (options: unknown, at: string) => Result.Result<IntacctRestConfiguration, ReadonlyArray<Issue>>

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

const connectionOf = (options: unknown, decode: Decode, interactive: boolean) => ({
  surface: "intacct-rest" as const,
  interactive,
  redirectUri: () => Result.getOrThrow(decode(options, "")).redirectUri,
  validate: (at: string, connections: Connections) =>
    Result.match(decode(options, at), {
      onSuccess: (configuration) => lenderIssues(configuration, at, connections),
      onFailure: (issues) => issues
    }),
  // only after validate found nothing
  open: (...[application, name, find]: Parameters<Parameters<typeof define>[0]["open"]>) =>
    clientsOf(
      new IntacctRestConnection(application, name, Result.getOrThrow(decode(options, `connections.${name}`)), find)
    )
})

/**
 * Connections to Intacct's REST API. Neither builder throws: `createSageAuth` and `SageAuth.make` check what they got,
 * with all other mistakes at once.
 *
 * Source: developer.sage.com, Sage Intacct REST API, OAuth 2.0 authorization.
 */
export const intacctRest = {
  /**
   * By the client's own credentials, without a human: for a user by name, for a session, or with the session of an
   * intacct-xml connection. The company has to have authorised the client for that user (Company > Setup > Company >
   * Security > Authorized Client Applications).
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
  clientCredentials: <const S extends string = never>(options: ClientCredentialsOptions<S>): IntacctRest<S> =>
    define(connectionOf(options, decodeClientCredentials, false)),

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
  authorizationCode: (options: AuthorizationCodeOptions): IntacctRestInteractive =>
    define(connectionOf(options, decodeAuthorizationCode, true))
}
