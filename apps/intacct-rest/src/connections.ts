import type { intacctRest, intacctXml, IntacctRestConnection, IntacctRestInteractiveConnection } from "@sage-auth/core"

/** The connections of this application: a flow each. Those that are optional need more at Intacct. */
export type IntacctConnections = {
  /** by the application's own credentials, for the background service: no human, and nothing to keep */
  readonly vendors: IntacctRestConnection
  /** by the consent of somebody in the company, for what people look at */
  readonly payables: IntacctRestInteractiveConnection
  /** the same by a client without a secret: a mobile, desktop or single-page application, whose code PKCE protects */
  readonly publicPayables?: IntacctRestInteractiveConnection
  /** Intacct's XML API, for the session that the bridge borrows */
  readonly ledger?: ReturnType<typeof intacctXml>
  /** by the session of `ledger` */
  readonly bridge?: ReturnType<typeof intacctRest.clientCredentials<"ledger">>
}

declare module "@sage-auth/core" {
  interface Register {
    readonly connections: Required<IntacctConnections>
  }
}
