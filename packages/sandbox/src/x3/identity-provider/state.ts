import type { SystemClock } from "../../clock.ts"
import type { WayBack } from "../../oauth/answers.ts"
import type { AuthorizationRefusal, PendingAuthorizations } from "../../oauth/authorizationRequests.ts"
import type { OAuthClient } from "../../oauth/clients.ts"
import type { Challenge } from "../../oauth/pkce.ts"
import type { Grants, User } from "./grants.ts"
import type { ResolvedIdentityProviderOptions } from "./options.ts"

/** An authorization request that somebody is busy with. */
export interface PendingAuthorization extends WayBack {
  readonly client: OAuthClient
  readonly scope: ReadonlyArray<string>
  readonly nonce: string | undefined
  readonly challenge: Challenge | undefined
  readonly locale: string | undefined
}

/** Everything that the identity provider keeps between requests; apart from the endpoints, which all take it. */
export interface IdentityProviderState {
  readonly clock: SystemClock
  readonly clients: Map<string, OAuthClient>
  /** By `userKey`. */
  readonly users: Map<string, User>
  readonly grants: Grants
  readonly pending: PendingAuthorizations<PendingAuthorization>
  /** The options that hold now; tests change them on the way. */
  readonly options: () => ResolvedIdentityProviderOptions
  /** The errors that the next authorization requests are answered with. */
  readonly refusals: Array<AuthorizationRefusal>
  /** Counts a token request of an application in this minute; false when it had its number. */
  readonly countTokenRequest: (clientId: string) => boolean
}
