/**
 * Authentication for every Sage product, as effects and as promises.
 */
export * as Advice from "./advice/Advice.ts"
export type { ApplicationClock, CallOptions } from "./Application.ts"
export type { Business, BusinessCloudClient } from "./business-cloud/BusinessCloudClient.ts"
export { type BusinessCloud as BusinessCloudConnection, businessCloud } from "./business-cloud/businessCloud.ts"
export type { BusinessCloudOptions } from "./business-cloud/options.ts"
export type { FetchOptions, HttpClient, Interactive } from "./calls/HttpClient.ts"
export type {
  AnyConnection,
  BaseClient,
  ClientOf,
  Connection,
  Connections,
  DisconnectOptions,
  Kinds,
  Linked,
  Out,
  Status,
  World,
  Worlds
} from "./Connection.ts"
export { createSageAuth, type Sage } from "./createSageAuth.ts"
export type { PerTenant } from "./config/PerTenant.ts"
export type { Secret } from "./config/Secret.ts"
export { type CatalogueEntry, type CatalogueId, catalogue, explain } from "./errors/catalogue.ts"
export * from "./errors/Reason.ts"
export { isSageAuthError, SageAuthError } from "./errors/SageAuthError.ts"
export {
  type GrantFilter,
  type GrantKey,
  type GrantPage,
  type GrantRecord,
  type GrantRow,
  type GrantState,
  GrantStore,
  type Intent,
  type Lease
} from "./grant/GrantStore.ts"
export type { KeepAlivePass } from "./grant/keepAlive.ts"
export { generateKey } from "./grant/keys.ts"
export { layerMemory as layerGrantStoreMemory } from "./grant/memory.ts"
export type { Resealed } from "./grant/reseal.ts"
export { layerSqlite as layerGrantStoreSqlite } from "./grant/sqlite.ts"
export type { IntacctRestClient, RestSession } from "./intacct-rest/IntacctRestClient.ts"
export {
  type IntacctRest as IntacctRestConnection,
  type IntacctRestInteractive as IntacctRestInteractiveConnection,
  intacctRest
} from "./intacct-rest/intacctRest.ts"
export type { AuthorizationCodeOptions, ClientCredentialsOptions } from "./intacct-rest/options.ts"
export * as IntacctXml from "./intacct-xml/flows.ts"
export type {
  EntityProbe,
  ExecuteOptions,
  IntacctXmlClient,
  ProbeOptions,
  SessionHandover
} from "./intacct-xml/IntacctXmlClient.ts"
export { type IntacctXml as IntacctXmlConnection, intacctXml } from "./intacct-xml/intacctXml.ts"
export type { IntacctXmlOptions } from "./intacct-xml/options.ts"
export type { XmlFunction } from "./intacct-xml/wire/functionBody.ts"
export type { XmlResult } from "./intacct-xml/XmlResult.ts"
export type { AuthorizationCallback, CompletedAuthorization } from "./oauth2/completeAuthorization.ts"
export * as OAuth2 from "./oauth2/flows.ts"
export type { Register, RegisteredConnection, RegisteredConnections, RegisteredName, SageClient } from "./Register.ts"
export * as SageAuth from "./SageAuth.ts"
export type { ClientOptions, Completed, Config, SageService } from "./SageAuth.ts"
export type { Settings } from "./Settings.ts"
export type { Surface } from "./Surface.ts"
export type { SageEvent } from "./telemetry/SageEvent.ts"
export type { MeterOptions, MeterReading } from "./traffic/Meter.ts"
export {
  Coordination,
  layerMemory as layerCoordinationMemory,
  type Permit,
  type PermitRequest,
  type PoolReading,
  type PoolState,
  type Tier
} from "./traffic/Pool.ts"
export * as RetrySchedules from "./traffic/RetrySchedules.ts"
export type {
  BasicOptions as X3BasicOptions,
  CertificateOptions as X3CertificateOptions,
  ClientCredentialsOptions as X3ClientCredentialsOptions,
  OAuth2Options as X3OAuth2Options,
  SuppliedToken,
  TokenSupplier,
  X3Basic,
  X3Bearer,
  X3Certificate,
  X3OAuth2
} from "./x3/auth.ts"
export type { ClientTls } from "./x3/certificate/ClientCertificates.ts"
export type { X3Gateway as X3GatewayConnection } from "./x3/gateway/gateway.ts"
export type { GatewayOptions as X3GatewayOptions, PairingWait } from "./x3/gateway/options.ts"
export type { X3GatewayClient } from "./x3/gateway/X3GatewayClient.ts"
export type { X3GraphQL as X3GraphQLConnection } from "./x3/graphql/graphql.ts"
export type { ConnectedApp, GraphQLOptions as X3GraphQLOptions } from "./x3/graphql/options.ts"
export type { GraphQLAnswer, GraphQLError, X3GraphQLClient } from "./x3/graphql/X3GraphQLClient.ts"
export type { NodelocalFinding, NodelocalReport, WayIn } from "./x3/nodelocal/Finding.ts"
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
export type { WithTls, X3WebServicesClient } from "./x3/web-services/X3WebServicesClient.ts"
export { x3 } from "./x3/x3.ts"
