/**
 * The contract of a grant store that is a layer, as a suite.
 */
export { type GrantStoreSuiteOptions, grantStoreSuite } from "../testing/grantStoreSuite.ts"
