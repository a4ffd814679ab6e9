import type { SystemClock } from "../../clock.ts"
import type { OAuthClient } from "../../oauth/clients.ts"
import type { PendingAuthorizations } from "../../oauth/authorizationRequests.ts"
import type { AuthorizationRefusal } from "../../oauth/answered.ts"
import type { Pending } from "./authorize.ts"
import type { Grants } from "./grants.ts"
import type { ResolvedIdentityProviderOptions } from "./options.ts"

/** Somebody who can sign in. */
export interface User {
  /** The `sub` of tokens and of the userinfo. */
  readonly id: string
  readonly email: string
  password: string
  readonly name: string
}

/** Everything that the identity provider keeps between requests. */
export interface IdentityProviderState {
  readonly clock: SystemClock
  readonly clients: Map<string, OAuthClient>
  /** By {@link userKey}. */
  readonly users: Map<string, User>
  readonly grants: Grants
  readonly pending: PendingAuthorizations<Pending>
  /** The options that hold now; tests change them on the way. */
  readonly options: () => ResolvedIdentityProviderOptions
  /** The errors that the next authorization requests are answered with. */
  readonly refusals: Array<AuthorizationRefusal>
  /** Counts a token request of an application in this minute; false when it had its number. */
  readonly countTokenRequest: (clientId: string) => boolean
}

/** The key of a user; addresses are not case-sensitive. */
export const userKey = (email: string): string => email.trim().toLowerCase()
