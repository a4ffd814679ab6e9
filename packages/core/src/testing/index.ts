/**
 * What a test needs of this package: the contract of a store, as a suite.
 */
export { type StoreSuiteOptions, storeSuite } from "./storeSuite.ts"
