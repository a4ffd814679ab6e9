import { logins, type X3Login } from "../syracuse/accounts.ts"

/** An application that is registered with Sage's App Registry. */
export interface X3GatewayClient {
  /** As Sage issued it. */
  readonly clientId: string
  /** As Sage issued it. */
  readonly clientSecret: string
  /** The callback that it registered. */
  readonly redirectUri: string
}

/** The seeded accounts of the cloud gateway, as plain values for any client. */
export interface X3GatewayAccounts extends X3GatewayClient {
  /** The URL of a customer's X3, which a pairing request names. */
  readonly customer: string
  /** What `connections()` asks for. */
  readonly scope: string
  /** The folders of every customer. */
  readonly folders: ReadonlyArray<string>
  /** A second customer: a second tenant. */
  readonly secondCustomer: string
  /** A second application. */
  readonly otherClient: X3GatewayClient
  /** An X3 user whose security profile lets them accept pairing requests. */
  readonly user: X3Login
  /** An X3 user without that right. */
  readonly clerk: X3Login
}

const redirectUri = "https://app.example/sage/callback/gateway"

/** The accounts that every sandbox starts with. */
export const accounts: X3GatewayAccounts = {
  clientId: "c0febabe-5b1d-4d6a-9f27-30c4a8e6b1d2",
  clientSecret: "gatewaySecret-Tz6qNm3xHv9rKb5w",
  redirectUri,
  customer: "https://x3.acme.example",
  scope: "api.graphQL businessDomain.ALL",
  folders: ["SEED", "REPOSX3"],
  secondCustomer: "https://x3.birch.example",
  otherClient: {
    clientId: "9b61d0f4-27ce-4a83-b5f0-6d8e13c7a925",
    clientSecret: "gatewayOther-Yf2cLp7sDj4gWx8e",
    redirectUri
  },
  user: logins.basic,
  clerk: { user: logins.limited.user, password: logins.limited.password }
}
