import type { SystemClock } from "../clock.ts"
import type { PendingAuthorizations } from "../oauth/authorizationRequests.ts"
import type { AuthorizationRefusal } from "../oauth/answered.ts"
import type { Pending } from "./authorize.ts"
import type { Directory } from "./directory.ts"
import type { Grants } from "./grants.ts"
import type { Limits } from "./limits.ts"
import type { ResolvedBusinessCloudOptions } from "./options.ts"

/** Everything that Business Cloud Accounting keeps between requests. */
export interface BusinessCloudState {
  readonly clock: SystemClock
  readonly directory: Directory
  readonly grants: Grants
  readonly pending: PendingAuthorizations<Pending>
  readonly limits: Limits
  /** The options that hold now; tests change them on the way. */
  readonly options: () => ResolvedBusinessCloudOptions
  /** The errors that the next authorization requests are answered with. */
  readonly refusals: Array<AuthorizationRefusal>
}
