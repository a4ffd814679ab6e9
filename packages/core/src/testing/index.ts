/**
 * What a test needs of this package: the contract of a grant store, as a suite.
 */
export { type GrantStoreSuiteOptions, grantStoreSuite } from "./grantStoreSuite.ts"
