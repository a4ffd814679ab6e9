/**
 * The contract of a grant store that is a layer, as a suite.
 */
// oxlint-disable-next-line import/no-unassigned-import -- it comes first, and throws where `effect` is another one
import "./checkEffect.ts"

export { type GrantStoreSuiteOptions, grantStoreSuite } from "../testing/grantStoreSuite.ts"
