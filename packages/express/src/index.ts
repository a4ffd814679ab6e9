/**
 * Sage connections in Express, 5 and 4.
 */
export type { SageHealth, SageHealthOptions, SageProblem, SageProblemKind } from "@sage-auth/core/web"
export { sageAuth, type SageAuthMiddleware, type SageAuthOptions } from "./sageAuth.ts"
