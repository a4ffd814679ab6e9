import * as Effect from "effect/Effect"
import type { CallOptions } from "../Application.ts"
import { extended } from "../calls/extended.ts"
import { promiseRun } from "../calls/promiseRun.ts"
import type { OpenConnection } from "../Connection.ts"
import { runPromise, withoutSignal } from "../promise.ts"
import type { BusinessCloudClient } from "./BusinessCloudClient.ts"
import type { BusinessCloudConnection } from "./BusinessCloudConnection.ts"

const surface = "business-cloud"

const businessHeader = (business: string | undefined): Readonly<Record<string, string>> | undefined =>
  business === undefined ? undefined : { "x-business": business }

const effectClient = (
  at: BusinessCloudConnection,
  tenant: string,
  business: string | undefined
): BusinessCloudClient<"effect"> => {
  const slot = at.grants.slot(tenant)
  const chosen = businessHeader(business)
  const withBusiness = extended(chosen)
  const { interactive } = at.grants.rules
  return {
    connection: at.name,
    tenant,
    surface,
    fetch: (path, init) => at.calls.fetch(slot, path, init, chosen),
    headers: (options) => Effect.map(at.calls.headers(slot, options), withBusiness),
    run: (use, options) => at.calls.run(slot, ({ headers }) => use({ headers: withBusiness(headers) }), options),
    business: (id) => effectClient(at, tenant, id),
    businesses: (options) => at.businesses(tenant, options),
    authorize: (options) =>
      interactive === undefined ? Effect.die("not interactive") : at.grants.authorize(interactive, tenant, options),
    refresh: (options) => at.grants.refresh(slot, options, at.deadline),
    status: () => at.grants.status(tenant),
    disconnect: (options) => at.grants.disconnect(tenant, options)
  }
}

const promiseClient = (
  at: BusinessCloudConnection,
  tenant: string,
  business: string | undefined
): BusinessCloudClient => {
  const effects = effectClient(at, tenant, business)
  const slot = at.grants.slot(tenant)
  const run = <A>(effect: Effect.Effect<A, unknown>, signal?: AbortSignal) => runPromise(at.application, effect, signal)
  return {
    connection: at.name,
    tenant,
    surface,
    fetch: (path, init) => run(effects.fetch(path, init), init?.signal ?? undefined),
    headers: (options?: CallOptions) => {
      // the hit path: no fiber
      const hit = business === undefined && options?.signal?.aborted !== true ? at.calls.peekHeaders(slot) : undefined
      return hit === undefined ? run(effects.headers(withoutSignal(options)), options?.signal) : Promise.resolve(hit)
    },
    run: promiseRun(at.application, effects.run),
    business: (id) => promiseClient(at, tenant, id),
    businesses: (options) => run(effects.businesses(withoutSignal(options)), options?.signal),
    authorize: (options) => run(effects.authorize(options)),
    refresh: (options) => run(effects.refresh(withoutSignal(options)), options?.signal),
    status: () => run(effects.status()),
    disconnect: (options) => run(effects.disconnect(options))
  }
}

/** The clients of a connection at work. */
export const clientsOf = (at: BusinessCloudConnection): OpenConnection => {
  const { interactive } = at.grants.rules
  return {
    effect: (tenant) => effectClient(at, tenant, undefined),
    promise: (tenant) => promiseClient(at, tenant, undefined),
    authorizing:
      interactive === undefined
        ? undefined
        : {
            rules: interactive.callback,
            exchange: (transaction, authorized) => at.grants.exchange(interactive, transaction, authorized)
          },
    keptAlive: {
      surface,
      connection: at.name,
      renewDue: (tenant) => Effect.asVoid(at.grants.renewals.refresh(at.grants.slot(tenant), "kept-alive"))
    }
  }
}
