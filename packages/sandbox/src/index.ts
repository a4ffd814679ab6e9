/**
 * A stand-in for Sage's servers: every documented answer, faults on demand, and a clock that tests move.
 */
export type { ApproveOptions } from "./approve.ts"
export type {
  BusinessAccount,
  BusinessCloudAccounts,
  BusinessCloudClient,
  BusinessCloudUser
} from "./business-cloud/accounts.ts"
export type { BusinessCloudOptions } from "./business-cloud/options.ts"
export type { BusinessCloudControl, BusinessCloudSelection } from "./business-cloud/surface.ts"
export type { DurationInput, ManualClock, SystemClock } from "./clock.ts"
export type { ConnectionsOptions, SandboxConnections } from "./connections.ts"
export type { Fault, FaultKind } from "./faults.ts"
export type { IntacctRestAccounts, IntacctRestClient, IntacctRestUser } from "./intacct-rest/accounts.ts"
export type { IntacctRestOptions, RejectedTokenShape } from "./intacct-rest/options.ts"
export type { IntacctRestControl, IntacctRestSelection } from "./intacct-rest/surface.ts"
export type { AuthorizationRefusal } from "./oauth/refusals.ts"
export type { IntacctXmlAccounts, LoginAccount, SenderAccount } from "./intacct-xml/accounts.ts"
export type { IntacctXmlControl } from "./intacct-xml/gateway.ts"
export type { IntacctXmlOptions, UndocumentedAnswer, UndocumentedSituation } from "./intacct-xml/options.ts"
export type { IntacctXmlTransactions } from "./intacct-xml/transactions.ts"
export type { LoggedRequest, RequestFilter } from "./requestLog.ts"
export { type OAuthUrls, type Sandbox, type SandboxOptions, type SandboxUrls, startSandbox } from "./startSandbox.ts"
export type { Authentication, Surface } from "./surface.ts"
