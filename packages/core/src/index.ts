/**
 * Authentication for every Sage product, as promises. `@sage-auth/core/effect` has the same as effects.
 */
export type { Business, BusinessCloudClient, BusinessCloudListReasons } from "./business-cloud/BusinessCloudClient.ts"
export { type BusinessCloud as BusinessCloudConnection, businessCloud } from "./business-cloud/businessCloud.ts"
export { createSageAuth, type Sage } from "./createSageAuth.ts"
export { type CatalogueEntry, type CatalogueId, catalogue, explain } from "./errors/catalogue.ts"
export * from "./errors/Reason.ts"
export { isSageAuthError, SageAuthError } from "./errors/SageAuthError.ts"
export type {
  CompareAndSetOptions,
  GrantFilter,
  GrantKey,
  GrantPage,
  GrantRecord,
  GrantRow,
  GrantState,
  Intent,
  Lease
} from "./grant/GrantStore.ts"
export { type StoreFailure, storeUnavailable } from "./grant/storeUnavailable.ts"
export { generateKey } from "./grant/keys.ts"
export type {
  IntacctRestClient,
  IntacctRestListReasons,
  RestQuery,
  RestSession
} from "./intacct-rest/IntacctRestClient.ts"
export {
  type IntacctRest as IntacctRestConnection,
  type IntacctRestInteractive as IntacctRestInteractiveConnection,
  intacctRest
} from "./intacct-rest/intacctRest.ts"
export type {
  EntityProbe,
  ExecuteOptions,
  IntacctXmlClient,
  IntacctXmlListReasons,
  ProbeOptions,
  RelayedAnswer,
  XmlPageOptions
} from "./intacct-xml/IntacctXmlClient.ts"
export { type IntacctXml as IntacctXmlConnection, intacctXml } from "./intacct-xml/intacctXml.ts"
export type { IntacctXmlOptions } from "./intacct-xml/options.ts"
export type { XmlFunction } from "./intacct-xml/wire/request.ts"
export type { XmlNode, XmlValue } from "./xml/parseRecords.ts"
export type { JsonRecord } from "./paging/readPages.ts"
export type {
  Register,
  RegisteredConnection,
  RegisteredConnections,
  RegisteredName,
  SageClient
} from "./createSageAuth.ts"
export { isUnderTest } from "./Config.ts"
export type { Log } from "./telemetry/log.ts"
export type { MeterOptions, MeterReading } from "./traffic/Meter.ts"
export type { PoolReading, Tier } from "./traffic/Pool.ts"
export type {
  BasicOptions as X3BasicOptions,
  CertificateOptions as X3CertificateOptions,
  OAuth2Options as X3OAuth2Options,
  SuppliedToken,
  TokenSupplier,
  X3Basic,
  X3Bearer,
  X3Certificate,
  X3OAuth2
} from "./x3/auth.ts"
export type { ClientTls } from "./x3/ClientCertificates.ts"
export type { X3Gateway as X3GatewayConnection } from "./x3/gateway/gateway.ts"
export type { GatewayOptions as X3GatewayOptions, PairingWait } from "./x3/gateway/options.ts"
export type { X3GatewayClient } from "./x3/gateway/X3GatewayClient.ts"
export type { X3GraphQL as X3GraphQLConnection } from "./x3/graphql/graphql.ts"
export type { ConnectedApp, GraphQLOptions as X3GraphQLOptions } from "./x3/graphql/options.ts"
export type {
  GraphQLAnswer,
  GraphQLError,
  GraphQLPage,
  GraphQLVariables,
  X3GraphQLClient,
  X3GraphQLListReasons
} from "./x3/graphql/X3GraphQLClient.ts"
export type { NodelocalReport, WayIn } from "./x3/nodelocal/lintNodelocal.ts"
export type { NodelocalFinding } from "./x3/nodelocal/rules.ts"
export type {
  OnlineOptions as X3OnlineOptions,
  OnPremiseOptions as X3OnPremiseOptions,
  X3Auth,
  X3OnlineAuth
} from "./x3/web-services/options.ts"
export type {
  ObjectKeys as SoapObjectKeys,
  OtherOperation as OtherSoapOperation,
  Payload as SoapPayload,
  SoapCall,
  SoapMessage,
  SoapOperation,
  SoapOperations,
  SoapRefusal,
  SoapResult,
  TechnicalInfos as SoapTechnicalInfos
} from "./x3/web-services/soap/SoapCall.ts"
export type { X3WebServices as X3WebServicesConnection } from "./x3/web-services/webServices.ts"
export type { WithTls, X3WebServicesClient, X3WebServicesListReasons } from "./x3/web-services/X3WebServicesClient.ts"
export { x3 } from "./x3/x3.ts"
export type * from "./publicTypes.ts"
