import type { SystemClock } from "../../clock.ts"
import type { CompanyPool } from "../../intacct-xml/companyPool.ts"
import type { Kept } from "../../oauth/kept.ts"
import type { ConnectedApp } from "./connectedApps.ts"
import type { PoolOptions, ResolvedSyracuseOptions } from "./options.ts"
import type { Sessions } from "./sessions.ts"
import type { Folder } from "./tables.ts"
import type { Users } from "./users.ts"

/** Whom an access token of the customer's identity provider stands for. */
export interface TokenOwner {
  /** Undefined with client credentials, which no person stands behind. */
  readonly email: string | undefined
  readonly clientId: string
}

/** Everything that the Syracuse server keeps. */
export interface SyracuseState {
  readonly clock: SystemClock
  readonly options: () => ResolvedSyracuseOptions
  readonly users: Users
  readonly apps: Map<string, ConnectedApp>
  readonly sessions: Sessions
  /** Its endpoints, by their names; two can be of one folder. */
  readonly endpoints: ReadonlyMap<string, Folder>
  /** The channels of the SOAP pools, by alias. */
  readonly channels: CompanyPool
  /** Changes a pool, or adds it. */
  readonly setPool: (alias: string, change: PoolOptions) => void
  /** What the identity provider said of access tokens. */
  readonly tokenOwners: Kept<{ readonly owner: TokenOwner; readonly askedAt: number }>
  /** Asks the customer's identity provider. */
  readonly whoIs: (accessToken: string) => TokenOwner | undefined
}
