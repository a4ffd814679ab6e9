import { intacctXml } from "@sage-auth/core"
import { accounts } from "./intacct-xml/accounts.ts"

/** The connections of an application that talks to the sandbox. */
// An alias: an interface has no index signature, so that `createSageAuth({ connections: sandbox.connections() })` would
// not compile.
export type SandboxConnections = {
  readonly ledger: ReturnType<typeof intacctXml>
}

/** Options of `sandbox.connections`. */
export interface ConnectionsOptions {
  /** The application's callback, for connections with an interactive consent. The Intacct XML gateway has none. */
  readonly redirectUri?: string | undefined
}

/** Connections with the sandbox's accounts and URLs in them. */
export const makeConnections = (xml: string, _options?: ConnectionsOptions): SandboxConnections => ({
  ledger: intacctXml({
    sender: accounts.sender,
    login: accounts.login,
    environment: "sandbox",
    urls: { xml }
  })
})
