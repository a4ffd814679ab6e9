/**
 * The same as `@sage-auth/core`, as effects: on the application's own `effect`, which it needs installed. Connections
 * are made by the builders of `@sage-auth/core`, which are the same ones for both; errors are the same classes.
 */
// oxlint-disable-next-line import/no-unassigned-import -- it comes first, and throws where `effect` is another one
import "./checkEffect.ts"
// oxlint-disable-next-line import/no-unassigned-import -- it adds effects to the types of the main entry
import "./kinds.ts"
import { makeErrorsYieldable } from "./yieldable.ts"

makeErrorsYieldable()

export type { Permit, PermitRequest, PoolState } from "../traffic/CoordinationPort.ts"
export { type Broadcast, Coordination, layerCoordinationFromPort, layerCoordinationMemory } from "../traffic/Pool.ts"
export { layerGrantStoreFromPort } from "../grant/storeFromPort.ts"
export { GrantStore, MeterStore, OnceStore } from "../grant/GrantStore.ts"
export { layerGrantStoreMemory } from "../grant/memory.ts"
export { layerGrantStoreSqlite } from "../grant/sqlite.ts"
export * as IntacctXml from "../IntacctXml.ts"
export * as OAuth2 from "../OAuth2.ts"
export * as SageAuth from "../SageAuth.ts"
export type { SageService } from "../SageAuth.ts"
export * as RetrySchedules from "../traffic/RetrySchedules.ts"
export * as X3GraphQL from "../X3GraphQL.ts"
