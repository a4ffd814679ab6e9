/**
 * A stand-in for Sage's servers: every documented answer, faults on demand, and a clock that tests move.
 */
export type { DurationInput, ManualClock, SystemClock } from "./clock.ts"
export type { ConnectionsOptions, SandboxConnections } from "./connections.ts"
export type { Fault, FaultKind } from "./faults.ts"
export type { IntacctXmlAccounts, LoginAccount, SenderAccount } from "./intacct-xml/accounts.ts"
export type { IntacctXmlControl } from "./intacct-xml/gateway.ts"
export type { IntacctXmlOptions, UndocumentedAnswer, UndocumentedSituation } from "./intacct-xml/options.ts"
export type { IntacctXmlTransactions } from "./intacct-xml/transactions.ts"
export type { LoggedRequest, RequestFilter } from "./requestLog.ts"
export { type Sandbox, type SandboxOptions, startSandbox } from "./startSandbox.ts"
export type { Surface } from "./surface.ts"
