/** An application that the customer registered with its identity provider. */
export interface IdentityProviderClient {
  /** As the identity provider issued it. */
  readonly clientId: string
  /** As the identity provider issued it. */
  readonly clientSecret: string
  /** The callback that it registered. */
  readonly redirectUri: string
  /** What it usually asks for: the e-mail address, which X3 finds its user by, and refresh tokens. */
  readonly scope: string
}

/** A person who can sign in to the customer's identity provider. */
export interface IdentityProviderUser {
  /** What the user signs in with, and what X3 finds its user by. */
  readonly email: string
  /** What the user signs in with. */
  readonly password: string
  /** As the pages show it. */
  readonly name: string
}

/** The seeded accounts of the identity provider, as plain values for any client. */
export interface IdentityProviderAccounts {
  /** The application that `connections()` uses. */
  readonly client: IdentityProviderClient
  /** A second application. */
  readonly otherClient: IdentityProviderClient
  /** An application without a secret, which must use PKCE. */
  readonly publicClient: Omit<IdentityProviderClient, "clientSecret">
  /** A person whose e-mail address X3 knows. */
  readonly user: IdentityProviderUser
  /** A second person. */
  readonly second: IdentityProviderUser
  /** A person whose e-mail address X3 does not know. */
  readonly stranger: IdentityProviderUser
}

const redirectUri = "https://app.example/sage/callback/erpSso"
const scope = "email offline_access"

/** The accounts that every sandbox starts with. */
export const accounts: IdentityProviderAccounts = {
  client: { clientId: "x3-web-services", clientSecret: "idpSecret-Vn4rTb8kYz2mQw6s", redirectUri, scope },
  otherClient: { clientId: "x3-reporting", clientSecret: "idpOther-Kd7gXp3hLc9jRf5u", redirectUri, scope },
  publicClient: { clientId: "x3-desktop", redirectUri, scope },
  user: { email: "grace@acme.example", password: "grace-Rk8wHn3tVd6q", name: "Grace Miller" },
  second: { email: "hugo@acme.example", password: "hugo-Ly5bSx9pMc2f", name: "Hugo Brandt" },
  stranger: { email: "sam@elsewhere.example", password: "sam-Wg7jQe4zTk1v", name: "Sam Ortiz" }
}
