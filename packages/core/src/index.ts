/**
 * Authentication for every Sage product, as effects and as promises.
 */
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
  type PoolState,
  type Tier
} from "./traffic/Pool.ts"
export * as RetrySchedules from "./traffic/RetrySchedules.ts"
