import { accounts as xml, type LoginAccount } from "../intacct-xml/accounts.ts"

/** An application that is registered with Sage. */
export interface IntacctRestClient {
  /**
   * Its id, which names the sender that it belongs to. The part before the first dot and `app.sage.com` is enough too.
   */
  readonly clientId: string
  /** As Sage issued it. */
  readonly clientSecret: string
  /** The callback that it registered. */
  readonly redirectUri: string
}

/** A user in both of its shapes: for the login page, and as the `username` of client credentials. */
export interface IntacctRestUser extends LoginAccount {
  /** `user@company`. */
  readonly username: string
}

/**
 * The seeded accounts of the Intacct REST API, as plain values for any client. Their companies are those of the XML
 * API.
 */
export interface IntacctRestAccounts {
  /** An application that every company but one authorised for its users. */
  readonly client: IntacctRestClient
  /** One without a secret, for the authorization code flow with PKCE. */
  readonly publicClient: Omit<IntacctRestClient, "clientSecret">
  /** One that no company has among its authorised client applications. */
  readonly unknownToCompanies: IntacctRestClient
  /** A Web Services user with access to the top level and every entity. */
  readonly user: IntacctRestUser
  /** A user of the same company restricted to one entity. */
  readonly restricted: IntacctRestUser & { readonly entityId: string }
  /** A user of the same company without permission for invoices and bills, and to read only. */
  readonly limited: IntacctRestUser
  /** A user of another company. */
  readonly second: IntacctRestUser
  /** A user whose ids hold what ids may hold: spaces, accents, an `@`. */
  readonly unusual: IntacctRestUser & { readonly entityId: string; readonly entities: ReadonlyArray<string> }
  /** A user of a company that has authorised neither the sender nor its applications. */
  readonly unauthorised: IntacctRestUser
  /** A user of a demo company that has expired. */
  readonly expired: IntacctRestUser
  /** The entities of every company but that of `unusual`. */
  readonly entities: readonly ["E1", "E2", "E3"]
}

const user = <Account extends LoginAccount>(account: Account): Account & IntacctRestUser => ({
  ...account,
  username: `${account.userId}@${account.companyId}`
})

const redirectUri = "https://app.example/sage/callback/payables"

/** The accounts that every sandbox starts with. */
export const accounts: IntacctRestAccounts = {
  client: {
    clientId: `4c1f0a9be27d35c86a10.${xml.sender.id}.app.sage.com`,
    clientSecret: "5b0e7c3a91d84f26ae17c0d93b6852f4e1a7d09c",
    redirectUri
  },
  publicClient: { clientId: `b83d6e02f7194ca5508e.${xml.sender.id}.app.sage.com`, redirectUri },
  unknownToCompanies: {
    clientId: `0e94d7b1a63c582fd470.${xml.sender.id}.app.sage.com`,
    clientSecret: "c27f94b08e1d563a7f0c92e85d41b6a3098e7f15",
    redirectUri
  },
  user: user(xml.login),
  restricted: user(xml.restricted),
  limited: user(xml.limited),
  second: user(xml.second),
  unusual: user(xml.unusual),
  unauthorised: user(xml.unauthorised),
  expired: user(xml.expired),
  entities: xml.entities
}
