/**
 * The types that are public in both entries, once: `index.ts` hands them out, and `shared.ts` lets the declarations of
 * the effect entry name the same ones.
 */
export type { ApplicationClock } from "./application/clock.ts"
export type { CallOptions } from "./application/Application.ts"
export type { BusinessCloudOptions } from "./business-cloud/options.ts"
export type { FetchOptions, HttpClient, Interactive, Runs } from "./calls/HttpClient.ts"
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
  Outs,
  Status,
  Streams,
  World,
  Clients
} from "./Connection.ts"
export type { ClientOptions, Completed, Config } from "./Config.ts"
export type { PerTenant } from "./config/options.ts"
export type { Secret, Secrets } from "./config/options.ts"
export type { Failing } from "./errors/TaggedError.ts"
export type { GrantPort, MeterPort, OncePort, StoredLease, StoreInspection, StorePort } from "./grant/StorePort.ts"
export type { KeepAlivePass, Resealed, StoredGrant, StoredGrantFilter, StoredGrants } from "./grant/storePasses.ts"
export type { AuthorizationCodeOptions, ClientCredentialsOptions } from "./intacct-rest/options.ts"
export type { SessionHandover } from "./intacct-xml/IntacctXmlClient.ts"
export type { XmlResult } from "./intacct-xml/XmlResult.ts"
export type { FunctionResult, XmlRecord } from "./xml/FunctionResult.ts"
export type { XmlParseOptions } from "./xml/parseWith.ts"
export type { AuthorizationCallback, CompletedAuthorization } from "./oauth2/completeAuthorization.ts"
export type { Page, PageOptions, Progress } from "./paging/readPages.ts"
export type { SchemaIssue, SchemaOutcome, StandardSchema } from "./schema/StandardSchema.ts"
export type { Coordinations, Settings, Stores } from "./Config.ts"
export type { EventOptions, SageEvent } from "./telemetry/SageEvent.ts"
export type {
  BroadcastPort,
  CoordinationInspection,
  CoordinationPort,
  Permit,
  PermitRequest,
  PoolState
} from "./traffic/CoordinationPort.ts"
export type { Retries, Retry, RetryPolicy } from "./traffic/options.ts"
export type { X3ClientCredentialsOptions } from "./x3/auth.ts"
