import { addressesSuite } from "./addresses.ts"
import { aheadSuite } from "./ahead.ts"
import { busyStoreSuite } from "./busyStore.ts"
import { consentSuite } from "./consent.ts"
import { failuresSuite } from "./failures.ts"
import { gatewaySuite } from "./gateway.ts"
import { healthSuite } from "./health.ts"
import { peopleSuite } from "./people.ts"
import { requestsSuite } from "./requests.ts"
import { secretsSuite } from "./secrets.ts"
import { tenantsSuite } from "./tenants.ts"
import { unfinishedSuite } from "./unfinished.ts"
import type { WebAdapter } from "./world.ts"

/** What the routes of consent, the guard and the answers to failures do, whatever the framework. */
export const webSuite = (adapter: WebAdapter): void => {
  consentSuite(adapter)
  unfinishedSuite(adapter)
  aheadSuite(adapter)
  addressesSuite(adapter)
  requestsSuite(adapter)
  gatewaySuite(adapter)
  tenantsSuite(adapter)
  failuresSuite(adapter)
  peopleSuite(adapter)
  if (adapter.byItself?.includes("health") !== true) healthSuite(adapter)
  secretsSuite(adapter)
  busyStoreSuite(adapter)
}
