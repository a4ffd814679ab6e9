import { addressesSuite } from "./addresses.ts"
import { aheadSuite } from "./ahead.ts"
import { busyStoreSuite } from "./busyStore.ts"
import { callbacksSuite, consentSuite } from "./consent.ts"
import { failuresSuite, renewalsSuite } from "./failures.ts"
import { gatewaySuite, postedSuite } from "./gateway.ts"
import { healthSuite } from "./health.ts"
import { methodsSuite } from "./methods.ts"
import { pagesSuite, peopleSuite } from "./people.ts"
import { reloadsSuite } from "./reloads.ts"
import { requestsSuite } from "./requests.ts"
import { mishapsSuite, secretsSuite } from "./secrets.ts"
import { tenantsSuite } from "./tenants.ts"
import { unfinishedSuite } from "./unfinished.ts"
import type { WebAdapter } from "./world.ts"

/**
 * What depends on the framework: how it reads addresses, methods, headers, cookies and forms, whose tenant a request is
 * of, which options it hands on, and how answers, pages and failures leave it.
 */
export const frameworkSuite = (adapter: WebAdapter): void => {
  consentSuite(adapter)
  methodsSuite(adapter)
  addressesSuite(adapter)
  requestsSuite(adapter)
  gatewaySuite(adapter)
  tenantsSuite(adapter)
  failuresSuite(adapter)
  peopleSuite(adapter)
  if (adapter.byItself?.includes("health") !== true) healthSuite(adapter)
  secretsSuite(adapter)
}

/**
 * What the routes of consent, the guard and the answers to failures do. What this adds is decided behind every framework
 * by the same code, from what the other suite shows to arrive there: two frameworks run it.
 */
export const webSuite = (adapter: WebAdapter): void => {
  frameworkSuite(adapter)
  callbacksSuite(adapter)
  postedSuite(adapter)
  pagesSuite(adapter)
  mishapsSuite(adapter)
  renewalsSuite(adapter)
  reloadsSuite(adapter)
  unfinishedSuite(adapter)
  aheadSuite(adapter)
  busyStoreSuite(adapter)
}
