import type { IntacctRestConnection, IntacctRestInteractiveConnection } from "@sage-auth/core"

/** The connections of this application: one client, and the two ways in. */
export type IntacctConnections = {
  /** by the application's own credentials, for the background service: no human, and nothing to keep */
  readonly vendors: IntacctRestConnection
  /** by the consent of somebody in the company, for what people look at */
  readonly payables: IntacctRestInteractiveConnection
}

declare module "@sage-auth/core" {
  interface Register {
    readonly connections: IntacctConnections
  }
}
