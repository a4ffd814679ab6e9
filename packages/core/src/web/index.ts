/**
 * What adapters for web frameworks are made of: `@sage-auth/express` and `@sage-auth/nest` are, and one for another
 * framework can be. Applications use an adapter instead.
 */
export { isUnderTest } from "../Settings.ts"
export { misconfigured } from "../errors/SageAuthError.ts"
export {
  type Caller,
  callerOf,
  goneSignal,
  isCallerGone,
  orAborted,
  outsideOfRequest,
  type ResolvedTenant,
  tenantOf
} from "./Caller.ts"
export { deferredClient, type DeferredClients, type Extend } from "./deferredClient.ts"
export {
  HealthWatch,
  type HealthWatchOptions,
  type SageHealth,
  type SageHealthOptions,
  type SageProblem,
  type SageProblemKind
} from "./health.ts"
export { maskerOf } from "./problems.ts"
export type { PageKind, PageText, PageTexts, SomePageTexts, TextsByLanguage } from "./pages.ts"
export type { Problem, ShownProblem } from "./pages.ts"
export { problemOf } from "./problems.ts"
export { type ListedConnection, type Web, webOf } from "./webOf.ts"
export type { WebOptions } from "./webOptions.ts"
export { readBody, type WebReply, type WebRequest } from "./WebRequest.ts"
