/**
 * What the effect entry shares with the promise entry, so that there is one of each in a process: errors, connections
 * and credentials as their builders made them, the catalogue. It also has the types that the effect entry adds to, so
 * that there is one of each in a program. No entry of the package, and nothing here knows an effect: every name is
 * listed.
 */
export type { ApplicationClock } from "./application/clock.ts"
export type { CallOptions } from "./application/Application.ts"
export type { BusinessCloudOptions } from "./business-cloud/options.ts"
export type { FetchOptions, HttpClient, Interactive, Runs } from "./calls/HttpClient.ts"
export type { ClientOptions, Completed, Config } from "./checkConfig.ts"
export type { PerTenant } from "./config/PerTenant.ts"
export type { Secret, Secrets } from "./config/Secret.ts"
export type { Target } from "./config/hosts.ts"
export {
  type AnyConnection,
  type BaseClient,
  type Builder,
  type ClientOf,
  type Clients,
  type Connection,
  type Connections,
  type Definition,
  definitionOf,
  type DisconnectOptions,
  type Kinds,
  type Linked,
  type Members,
  type Out,
  type Outs,
  type Status,
  type Streams,
  type World
} from "./Connection.ts"
export * from "./errors/catalogue.ts"
export * from "./errors/Reason.ts"
export * from "./errors/SageAuthError.ts"
export { AnyTaggedError, type Failing } from "./errors/TaggedError.ts"
export type { KeepAlivePass, Resealed, StoredGrant, StoredGrantFilter, StoredGrants } from "./grant/storePasses.ts"
export type {
  GrantPort,
  MeterPort,
  OncePort,
  StoredLease,
  StoreInspection,
  StorePort
} from "./grant/StorePort.ts"
export type { AuthorizationCodeOptions, ClientCredentialsOptions } from "./intacct-rest/options.ts"
export type { Login, Sender } from "./intacct-xml/options.ts"
export type { SessionHandover } from "./intacct-xml/IntacctXmlClient.ts"
export type { XmlResult } from "./intacct-xml/XmlResult.ts"
export type { FunctionResult, XmlRecord } from "./xml/FunctionResult.ts"
export type { AuthorizationCallback, CompletedAuthorization } from "./oauth2/completeAuthorization.ts"
export type { Coordinations, Settings, Stores } from "./Settings.ts"
export type { Advice, EventOptions, SageEvent } from "./telemetry/SageEvent.ts"
export type { Page, PageOptions, Progress } from "./paging/Page.ts"
export type { SchemaIssue, SchemaOutcome, StandardSchema } from "./schema/StandardSchema.ts"
export type {
  BroadcastPort,
  CoordinationInspection,
  CoordinationPort,
  Permit,
  PermitRequest,
  PoolState
} from "./traffic/CoordinationPort.ts"
export type { Retries, Retry, RetryPolicy } from "./traffic/options.ts"
export { authOf, type OAuth2Options, type X3ClientCredentialsOptions } from "./x3/auth.ts"
export type { XmlParseOptions } from "./xml/parseWith.ts"
