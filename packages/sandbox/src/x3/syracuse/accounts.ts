import { accounts as identityProvider } from "../identity-provider/accounts.ts"
import { seededPool } from "./options.ts"
import type { NewX3User } from "./users.ts"

/** User and password of a Syracuse user. */
export interface X3Login {
  /** The user's name at X3. */
  readonly user: string
  /** The user's. */
  readonly password: string
}

/** The seeded logins of the Syracuse server, for web services and GraphQL alike. */
export interface X3Logins {
  /** May do everything, administration included. */
  readonly basic: X3Login
  /** The same in characters beyond ASCII, which go over the wire in UTF-8. */
  readonly accented: X3Login
  /** Can log in with its e-mail address too, as everything with an `@` is searched there. */
  readonly byEmail: X3Login & { readonly email: string }
  /** May not read the credit limit of a customer, nor administer. */
  readonly limited: X3Login & { readonly hiddenFields: ReadonlyArray<string> }
  /** Mapped to no endpoint. */
  readonly unmapped: X3Login
  /** Of the method OAuth2: its password is good for nothing here. */
  readonly oauth2Only: X3Login & { readonly email: string }
  /** Of the method LDAP. */
  readonly ldap: X3Login
  /** Not active any more. */
  readonly inactive: X3Login
}

/** The logins that every sandbox starts with. */
export const logins: X3Logins = {
  basic: { user: "wsadmin", password: "Syracuse-8124-kVt3" },
  accented: { user: "jürgen", password: "Straße-42-ÄöÜ-€" },
  byEmail: { user: "paula", email: "paula@acme.example", password: "Paula-Zr6nXw2k" },
  limited: { user: "clerk", password: "Clerk-Hm4tBd9s", hiddenFields: ["OSTAUZ"] },
  unmapped: { user: "visitor", password: "Visitor-Qc7yLg5p" },
  oauth2Only: { user: "grace", email: identityProvider.user.email, password: "Grace-Jw3vNf8b" },
  ldap: { user: "directory", password: "Directory-Ts2mRk6h" },
  inactive: { user: "former", password: "Former-Xb9cYj4z" }
}

/** The login that the seeded client certificate has as its common name. */
export const certificateLogin = "wscert"

/** The endpoints of the server, both of one folder. */
export const endpoints = { webServices: "SEED", graphql: "REPOSX3" } as const

/** A connected app, and the user that it is allowed. */
export const connectedApp = {
  clientId: "7d1f0c52b86e4a39",
  clientSecret: "appSecret-Gm5xTq8wLr3kZb6v-7Yd2Hs9n",
  user: "graphql"
} as const

/** The user of the connected app, who can log in as well. */
export const graphqlLogin: X3Login = { user: connectedApp.user, password: "Graphql-Wd8pKs3f" }

/** The alias of the seeded pool. */
export const pool = seededPool

/** The users that every sandbox starts with. */
export const seededUsers: ReadonlyArray<NewX3User> = [
  { login: logins.basic.user, password: logins.basic.password, administrator: true },
  { login: logins.accented.user, password: logins.accented.password },
  {
    login: logins.byEmail.user,
    email: logins.byEmail.email,
    password: logins.byEmail.password,
    method: "DB"
  },
  {
    login: logins.limited.user,
    password: logins.limited.password,
    hiddenFields: logins.limited.hiddenFields
  },
  { login: logins.unmapped.user, password: logins.unmapped.password, endpoints: [] },
  {
    login: logins.oauth2Only.user,
    password: logins.oauth2Only.password,
    email: logins.oauth2Only.email,
    method: "OAuth2"
  },
  { login: "hugo", email: identityProvider.second.email, method: "OAuth2" },
  { login: logins.ldap.user, password: logins.ldap.password, method: "LDAP" },
  { login: logins.inactive.user, password: logins.inactive.password, active: false },
  { login: certificateLogin },
  { login: graphqlLogin.user, password: graphqlLogin.password }
]
