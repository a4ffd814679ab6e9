import type { SystemClock } from "../clock.ts"
import type { WayBack } from "../oauth/answers.ts"
import type { AuthorizationRefusal, PendingAuthorizations } from "../oauth/authorizationRequests.ts"
import type { OAuthClient } from "../oauth/clients.ts"
import type { Challenge } from "../oauth/pkce.ts"
import type { Directory, User } from "./directory.ts"
import type { Grants } from "./grants.ts"
import type { Limits } from "./limits.ts"
import type { ResolvedBusinessCloudOptions } from "./options.ts"
import type { Edition } from "./paths.ts"

/** An authorization request that somebody is busy with. */
export interface PendingAuthorization extends WayBack {
  readonly edition: Edition
  readonly client: OAuthClient
  readonly scope: string
  readonly challenge: Challenge | undefined
  readonly locale: string | undefined
  country: string | undefined
  /** Who signed in. */
  user: User | undefined
}

/** Everything that Business Cloud Accounting keeps between requests; apart from the endpoints, which all take it. */
export interface BusinessCloudState {
  readonly clock: SystemClock
  readonly directory: Directory
  readonly grants: Grants
  readonly pending: PendingAuthorizations<PendingAuthorization>
  readonly limits: Limits
  /** The options that hold now; tests change them on the way. */
  readonly options: () => ResolvedBusinessCloudOptions
  /** The errors that the next authorization requests are answered with. */
  readonly refusals: Array<AuthorizationRefusal>
}
