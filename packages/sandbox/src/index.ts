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
export type { Fault, FaultKind, PendingFault } from "./faults.ts"
export type { IntacctRestAccounts, IntacctRestClient, IntacctRestUser } from "./intacct-rest/accounts.ts"
export type { IntacctRestOptions, RejectedTokenShape } from "./intacct-rest/options.ts"
export type { IntacctRestControl, IntacctRestSelection } from "./intacct-rest/surface.ts"
export type { AuthorizationRefusal } from "./oauth/authorizationRequests.ts"
export type { IntacctXmlAccounts, LoginAccount, SenderAccount } from "./intacct-xml/accounts.ts"
export type {
  IntacctCompanyDefinition,
  IntacctContent,
  IntacctFieldDefinition,
  IntacctFieldValue,
  IntacctFunction,
  IntacctFunctionAnswer,
  IntacctFunctionCall,
  IntacctFunctionError,
  IntacctObjectDefinition,
  IntacctUserDefinition,
  SandboxCompany
} from "./intacct-xml/define.ts"
export type { FieldKind, Relation } from "./intacct-xml/objectTypes.ts"
export type { IntacctRecord } from "./intacct-xml/records.ts"
export type { IntacctXmlControl } from "./intacct-xml/gateway.ts"
export type { IntacctXmlOptions, UndocumentedAnswer, UndocumentedSituation } from "./intacct-xml/options.ts"
export type { IntacctXmlTransactions } from "./intacct-xml/call.ts"
export type { Reading } from "./reading.ts"
export type { LoggedRequest, RequestFilter } from "./requestLog.ts"
export { type ServedSandbox, type ServeOptions, readFault, serveSandbox } from "./serveSandbox.ts"
export { type Sandbox, type SandboxOptions, startSandbox } from "./startSandbox.ts"
export type { OAuthUrls, SandboxUrls } from "./urls.ts"
export type { Authentication, Listener, Surface } from "./surface.ts"
export type { CertificateOptions, ClientCertificate } from "./x3/certificates.ts"
export type { X3GatewayAccounts, X3GatewayClient } from "./x3/gateway/accounts.ts"
export type { CloudGatewayOptions } from "./x3/gateway/options.ts"
export type { CloudGatewayUrls } from "./x3/gateway/paths.ts"
export type { PairingCallback } from "./x3/gateway/pairings.ts"
export type {
  CloudGatewayControl,
  PairingAcceptance,
  PairingCallbackOptions,
  PairingControl,
  PairingSelection,
  PairingView
} from "./x3/gateway/surface.ts"
export type {
  IdentityProviderAccounts,
  IdentityProviderClient,
  IdentityProviderUser
} from "./x3/identity-provider/accounts.ts"
export type { IdentityProviderOptions } from "./x3/identity-provider/options.ts"
export type { IdentityProviderUrls } from "./x3/identity-provider/paths.ts"
export type { IdentityProviderControl, IdentityProviderSelection } from "./x3/identity-provider/surface.ts"
export type { X3Login, X3Logins } from "./x3/syracuse/accounts.ts"
export type { PoolOptions, SessionOptions, SyracuseOptions } from "./x3/syracuse/options.ts"
export type { SyracuseControl } from "./x3/syracuse/surface.ts"
export type { NewX3User, UserMethod } from "./x3/syracuse/users.ts"
export type {
  X3Accounts,
  X3Control,
  X3GraphQLAccounts,
  X3Options,
  X3Urls,
  X3WebServicesAccounts
} from "./x3/x3.ts"
