// A file of its own: in `SageAuth.ts` and `engine.ts` it would close a circle, since they import `openApplication.ts`, which
// needs it.

import type { Effect } from "effect/Effect"
import type { Redacted } from "effect/Redacted"
import type { Application } from "./application/Application.ts"
import type { Connections } from "./Connection.ts"
import type { AcquireReasons, Issue, Misconfigured } from "./errors/Reason.ts"
import type { SageAuthError } from "./errors/SageAuthError.ts"
import type { KeptAlive } from "./grant/keepAlive.ts"
import type { Authorizing } from "./oauth2/completeAuthorization.ts"

/** A session of Intacct's, for another surface of it. */
export interface LentSession {
  readonly id: Redacted
  /** the company, case folded */
  readonly company: string
}

/** A connection that is at work in an application. */
export interface OpenConnection {
  readonly effect: (tenant: string) => unknown
  readonly promise: (tenant: string) => unknown
  /** takes the callback of a consent, where there are any */
  readonly authorizing?: Authorizing | undefined
  /** lends the tenant's session to another surface of the same product; `fresh`: the one it lent was refused */
  readonly lendSession?:
    | ((tenant: string, fresh: boolean) => Effect<LentSession, SageAuthError<AcquireReasons["intacct-xml"]>>)
    | undefined
  /** whose session that is, as configured now; nothing is sent */
  readonly sessionOf?: ((tenant: string) => Effect<ReadonlyArray<string>, SageAuthError<Misconfigured>>) | undefined
  /** renews a grant that would die unused, where there are any */
  readonly keptAlive?: KeptAlive | undefined
}

/** How the connections of one builder are checked and put to work. An engine has one for each builder. */
export interface Work {
  /** every mistake that can be seen without asking a function */
  readonly validate: (options: unknown, at: string, connections: Connections) => ReadonlyArray<Issue>
  /** only after `validate` found nothing. `find` gives the other connections of the application, once all are open */
  readonly open: (
    options: unknown,
    application: Application,
    name: string,
    find: (connection: string) => OpenConnection | undefined
  ) => OpenConnection
}
