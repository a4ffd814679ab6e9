/**
 * What a test needs of this package: the contracts of a store and of a coordination, as suites.
 */
export { type CoordinationSuiteOptions, coordinationSuite } from "./coordinationSuite.ts"
export { type StoreSuiteOptions, storeSuite } from "./grantStoreSuite.ts"
