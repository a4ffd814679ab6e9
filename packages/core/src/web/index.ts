/**
 * `webHandler` for every framework with the web's `Request` and `Response`, and what adapters for other frameworks are
 * made of: `@sage-auth/express` and `@sage-auth/nest` are.
 */
export { misconfigured } from "../errors/SageAuthError.ts"
export {
  type Caller,
  callerOf,
  deferredClient,
  type DeferredClients,
  type Extend,
  goneSignal,
  isCallerGone,
  orAborted,
  outsideOfRequest,
  type ResolvedTenant,
  tenantOf
} from "./Caller.ts"
export {
  healthReply,
  HealthWatch,
  type HealthWatchOptions,
  type SageHealth,
  type SageHealthOptions,
  type SageProblem,
  type SageProblemKind
} from "./health.ts"
export { maskerOf, problemOf } from "./problems.ts"
export { headersOf, readBody, requestOf, sendResponse, type WebReply, type WebRequest } from "./WebRequest.ts"
export type { PageKind, PageText, PageTexts, Problem, ShownProblem, SomePageTexts, TextsByLanguage } from "./pages.ts"
export { type ListedConnection, type Web, webOf } from "./webOf.ts"
export { webHandler, type WebHandler, type WebHandlerOptions } from "./webHandler.ts"
export {
  type CheckedWebOptions,
  checkWebOptions,
  type OwnOptions,
  settingNames,
  webOptionNames,
  type WebOptions
} from "./webOptions.ts"
export { unknownOptions } from "../config/unknownOptions.ts"
