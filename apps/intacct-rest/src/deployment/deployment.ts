import type { Config } from "@sage-auth/core"
import type { Sandbox } from "@sage-auth/sandbox"
import type { IntacctConnections } from "../connections.ts"

/** What this application talks to, and what it keeps. */
export interface Deployment {
  readonly connections: IntacctConnections
  /** where grants are kept, and what seals them */
  readonly grants: Pick<Config<IntacctConnections>, "store" | "keys" | "keepAlive">
  /** signs the cookie of this application's own visitors */
  readonly sessionKey: string
  /** undefined where it talks to Intacct */
  readonly sandbox: Sandbox | undefined
}
