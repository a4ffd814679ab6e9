import { businessCloud, intacctRest, intacctXml } from "@sage-auth/core"
import { accounts as books } from "./business-cloud/accounts.ts"
import { accounts as rest } from "./intacct-rest/accounts.ts"
import { accounts as xml } from "./intacct-xml/accounts.ts"
import type { SandboxUrls } from "./startSandbox.ts"

/** The connections of an application that talks to the sandbox. A type, since an interface is no index of connections. */
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
}

/** Options of `sandbox.connections`. */
export interface ConnectionsOptions {
  /**
   * The application's callback, for connections with an interactive consent: each gets its own, the connection's name
   * added behind a slash. Default: what the sandbox's applications have registered.
   */
  readonly redirectUri?: string | undefined
}

/** Connections with the sandbox's accounts and URLs in them. */
export const makeConnections = (urls: SandboxUrls, options?: ConnectionsOptions): SandboxConnections => {
  const environment = "sandbox"
  const callback = (name: string, registered: string) =>
    options?.redirectUri === undefined ? registered : `${options.redirectUri.replace(/\/$/, "")}/${name}`
  const { clientId, clientSecret } = rest.client
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
      redirectUri: callback("payables", rest.client.redirectUri),
      environment,
      urls: urls["intacct-rest"]
    }),
    books: businessCloud({
      clientId: books.client.clientId,
      clientSecret: books.client.clientSecret,
      redirectUri: callback("books", books.client.redirectUri),
      country: "gb",
      environment,
      urls: urls["business-cloud"]
    })
  }
}
