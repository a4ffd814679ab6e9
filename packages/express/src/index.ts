/**
 * Sage connections in Express, 5 and 4.
 */
export { sageAuth, type SageAuthMiddleware, type SageAuthOptions } from "./sageAuth.ts"
