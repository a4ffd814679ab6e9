import type {
  X3Basic,
  X3Bearer,
  X3Certificate,
  X3GatewayConnection,
  X3GraphQLConnection,
  X3OAuth2,
  X3WebServicesConnection
} from "@sage-auth/core"

/**
 * Every connection that this application can have. A deployment has some of them: those that it allows, and that are
 * configured.
 */
export type X3Connections = {
  /** REST and SOAP by user and password, on premise */
  readonly basic: X3WebServicesConnection<X3Basic>
  /** REST and SOAP by a client certificate, on premise */
  readonly certificate: X3WebServicesConnection<X3Certificate>
  /** REST and SOAP by a human's consent at the customer's identity provider */
  readonly oauth2: X3WebServicesConnection<X3OAuth2>
  /** the same by a client without a secret, whose code PKCE alone protects */
  readonly oauth2Public: X3WebServicesConnection<X3OAuth2>
  /** REST and SOAP by tokens of the application's own, without a human: no page of Sage's shows it for X3 */
  readonly clientCredentials: X3WebServicesConnection<X3Bearer>
  /** REST and SOAP by a token that something else keeps fresh */
  readonly token: X3WebServicesConnection<X3Bearer>
  /** GraphQL by tokens of a connected application */
  readonly graphqlApp: X3GraphQLConnection
  /** GraphQL by user and password, on premise and for development */
  readonly graphqlBasic: X3GraphQLConnection
  /** GraphQL of the multi-tenant cloud, by a pairing with its gateway */
  readonly gateway: X3GatewayConnection
}

declare module "@sage-auth/core" {
  interface Register {
    readonly connections: X3Connections
  }
}
