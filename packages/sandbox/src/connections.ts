import {
  businessCloud,
  intacctRest,
  intacctXml,
  x3,
  type X3Basic,
  type X3Certificate,
  type X3GatewayConnection,
  type X3GraphQLConnection,
  type X3OAuth2,
  type X3WebServicesConnection
} from "@sage-auth/core"
import { accounts as books } from "./business-cloud/accounts.ts"
import { accounts as rest } from "./intacct-rest/accounts.ts"
import { accounts as xml } from "./intacct-xml/accounts.ts"
import type { SandboxUrls } from "./urls.ts"
import type { X3Accounts } from "./x3/x3.ts"

/**
 * The connections of an application that talks to the sandbox. A type, since an interface is no index of connections.
 */
export type SandboxConnections = {
  /** Intacct's XML API, by sender and login */
  readonly ledger: ReturnType<typeof intacctXml>
  /** Intacct's REST API, by client credentials for a user */
  readonly vendors: ReturnType<typeof intacctRest.clientCredentials<never>>
  /** Intacct's REST API, with the session of `ledger` */
  readonly bridge: ReturnType<typeof intacctRest.clientCredentials<"ledger">>
  /** Intacct's REST API, by a human's consent */
  readonly payables: ReturnType<typeof intacctRest.authorizationCode>
  /** Business Cloud Accounting, by a human's consent */
  readonly books: ReturnType<typeof businessCloud>
  /** X3's web services on premise, by user and password over plain HTTP */
  readonly erp: X3WebServicesConnection<X3Basic>
  /** the same by a TLS client certificate, on the port that asks for one */
  readonly erpTls: X3WebServicesConnection<X3Certificate>
  /** the same by a human's consent at the customer's identity provider */
  readonly erpSso: X3WebServicesConnection<X3OAuth2>
  /** X3 Online's web services, by such a consent */
  readonly erpCloud: X3WebServicesConnection<X3OAuth2>
  /** X3's GraphQL, by tokens of a connected app */
  readonly graph: X3GraphQLConnection
  /** the gateway of X3's cloud, by a pairing */
  readonly gateway: X3GatewayConnection
}

/** Options of `sandbox.connections`. */
export interface ConnectionsOptions {
  /**
   * The application's callback, for connections with an interactive consent. Each gets its own, with the connection's
   * name added behind a slash, and registers it. Default: what the sandbox's applications have registered.
   */
  readonly redirectUri?: string | undefined
}

/** Who sends people back to an application. */
export type AuthorizationServer = "intacct-rest" | "business-cloud" | "identity-provider" | "gateway"

/** What connections are made of. */
export interface ConnectionParts {
  readonly accounts: X3Accounts
  /** Adds a callback to those of the seeded application. */
  readonly register: (server: AuthorizationServer, redirectUri: string) => void
  /** PEM of the authority behind the ports with TLS. */
  readonly ca: string
  /** Whether Business Cloud Accounting wants three headers with each call. */
  readonly threeHeaders: boolean
}

/** Connections with the sandbox's accounts and URLs in them. */
export const makeConnections = (
  urls: SandboxUrls,
  { accounts, ca, register, threeHeaders }: ConnectionParts,
  options?: ConnectionsOptions
): SandboxConnections => {
  const environment = "sandbox"
  const callback = (server: AuthorizationServer, name: string, registered: string): string => {
    if (options?.redirectUri === undefined) return registered
    const redirectUri = `${options.redirectUri.replace(/\/$/, "")}/${name}`
    register(server, redirectUri)
    return redirectUri
  }
  const { clientId, clientSecret } = rest.client
  const web = accounts["x3-web-services"]
  const graph = accounts["x3-graphql"]
  const gateway = accounts["x3-gateway"]
  const sso = (name: string, registered: string): X3OAuth2 =>
    x3.oauth2({
      authorizeUrl: web.oauth2.authorizeUrl,
      tokenUrl: web.oauth2.tokenUrl,
      revokeUrl: web.oauth2.revokeUrl,
      clientId: web.oauth2.clientId,
      clientSecret: web.oauth2.clientSecret,
      redirectUri: callback("identity-provider", name, registered),
      scope: web.oauth2.scope
    })
  return {
    ledger: intacctXml({ sender: xml.sender, login: xml.login, environment, urls: urls["intacct-xml"] }),
    vendors: intacctRest.clientCredentials({
      clientId,
      clientSecret,
      username: rest.user.username,
      environment,
      urls: urls["intacct-rest"]
    }),
    bridge: intacctRest.clientCredentials({
      clientId,
      clientSecret,
      session: "ledger",
      environment,
      urls: urls["intacct-rest"]
    }),
    payables: intacctRest.authorizationCode({
      clientId,
      clientSecret,
      redirectUri: callback("intacct-rest", "payables", rest.client.redirectUri),
      environment,
      urls: urls["intacct-rest"]
    }),
    books: businessCloud({
      clientId: books.client.clientId,
      clientSecret: books.client.clientSecret,
      redirectUri: callback("business-cloud", "books", books.client.redirectUri),
      country: "gb",
      ...(threeHeaders ? books.v3 : {}),
      environment,
      urls: urls["business-cloud"]
    }),
    erp: x3.onPremise({ baseUrl: urls["x3-web-services"].onPremise, auth: x3.basic(web.basic), environment }),
    erpTls: x3.onPremise({
      baseUrl: urls["x3-web-services"].tls,
      auth: x3.certificate({ pfx: web.certificate.pfx, passphrase: web.certificate.passphrase, ca }),
      environment
    }),
    erpSso: x3.onPremise({
      baseUrl: urls["x3-web-services"].onPremise,
      auth: sso("erpSso", web.oauth2.redirectUri),
      environment
    }),
    erpCloud: x3.online({
      baseUrl: urls["x3-web-services"].online,
      auth: sso("erpCloud", web.oauth2.onlineRedirectUri),
      ca,
      environment
    }),
    graph: x3.graphql({
      url: urls["x3-graphql"].api,
      endpoint: graph.endpoint,
      app: graph.app,
      environment
    }),
    gateway: x3.gateway({
      rootUrl: urls["x3-gateway"].root,
      clientId: gateway.clientId,
      clientSecret: gateway.clientSecret,
      redirectUri: callback("gateway", "gateway", gateway.redirectUri),
      customer: gateway.customer,
      scope: gateway.scope,
      environment
    })
  }
}
