import * as Effect from "effect/Effect"
import type { OpenConnection, Work } from "../openApplication.ts"
import { promiseClientOf } from "../application/promise.ts"
import { grantClient, keptAliveOf } from "../oauth2/OAuthGrants.ts"
import { extended, plainCalls } from "../calls/plainCalls.ts"
import * as Result from "../config/Result.ts"
import type { PageOptions } from "../paging/Page.ts"
import { readPages, readRecords } from "../paging/readPages.ts"
import {
  type BusinessCloudClient,
  type BusinessCloudListReasons,
  members,
  readBusiness
} from "./BusinessCloudClient.ts"
import { BusinessCloudEngine } from "./BusinessCloudEngine.ts"
import { decodeOptions, validate } from "./options.ts"

const surface = "business-cloud"

const businessHeader = (business: string | undefined): Readonly<Record<string, string>> | undefined =>
  business === undefined ? undefined : { "x-business": business }

const effectClient = (
  at: BusinessCloudEngine,
  tenant: string,
  business: string | undefined
): BusinessCloudClient<"effect"> => {
  const slot = at.grants.slot(tenant)
  const chosen = businessHeader(business)
  const withBusiness = extended(chosen)
  return {
    connection: at.name,
    tenant,
    surface,
    fetch: (path, init) => at.calls.fetch(slot, path, init, chosen),
    headers: (options) => Effect.map(at.calls.headers(slot, options), withBusiness),
    run: (use, options) => at.calls.run(slot, use, options, withBusiness),
    business: (id) => effectClient(at, tenant, readBusiness(at.grants.place(tenant), id)),
    businesses: (options) => at.businesses(tenant, options),
    records: <R>(path: string, options?: PageOptions<R>) =>
      readRecords<string, R, BusinessCloudListReasons>(at.listed(tenant, path, options, chosen, "records"), options),
    pages: <R>(path: string, options?: PageOptions<R>) =>
      readPages<string, R, BusinessCloudListReasons>(at.listed(tenant, path, options, chosen, "pages"), options),
    ...grantClient(at.grants, slot, tenant, at.deadline)
  }
}

const promiseClient = (at: BusinessCloudEngine, tenant: string, business: string | undefined): BusinessCloudClient => {
  const effects = effectClient(at, tenant, business)
  const slot = at.grants.slot(tenant)
  const chosen = businessHeader(business)
  return promiseClientOf<BusinessCloudClient>(at.application, members, effects, {
    ...plainCalls(at.application, effects, {
      headers: () => (business === undefined ? at.calls.peekHeaders(slot) : undefined),
      fetch: (path, init, run) => at.calls.fetchPlainly(slot, path, init, chosen, run)
    }),
    business: (id) => promiseClient(at, tenant, readBusiness(at.grants.place(tenant), id))
  })
}

/** The clients of a connection at work. */
export const clientsOf = (at: BusinessCloudEngine): OpenConnection => ({
  effect: (tenant) => effectClient(at, tenant, undefined),
  promise: (tenant) => promiseClient(at, tenant, undefined),
  authorizing: at.grants.authorizing,
  keptAlive: keptAliveOf(at.grants)
})

/** How connections to Business Cloud Accounting are put to work. */
export const work: Work = {
  validate,
  open: (options, application, name) =>
    clientsOf(
      new BusinessCloudEngine(application, name, Result.getOrThrow(decodeOptions(options, `connections.${name}`)))
    )
}
