import type { Config } from "@sage-auth/core"
import type { Sandbox } from "@sage-auth/sandbox"
import type { Sender } from "../bridge/other-xml-client.ts"
import type { IntacctConnections } from "../connections.ts"

/** What this application talks to, and what it keeps. */
export interface Deployment {
  readonly connections: IntacctConnections
  /** what the XML API needs as well; undefined where there is no bridge */
  readonly sender: Sender | undefined
  /** where grants are kept, and what seals them */
  readonly grants: Pick<Config<IntacctConnections>, "store" | "keys" | "keepAlive">
  /** signs the cookie of this application's own visitors */
  readonly sessionKey: string
  /** undefined where it talks to Intacct */
  readonly sandbox: Sandbox | undefined
}
