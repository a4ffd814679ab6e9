// A file of its own: the first call loads it, with all that it imports.

import { promiseClientOf } from "../../application/promise.ts"
import { grantClient, keptAliveOf } from "../../oauth2/OAuthGrants.ts"
import { plainCalls } from "../../calls/plainCalls.ts"
import * as Result from "../../config/Result.ts"
import type { OpenConnection, Work } from "../../openApplication.ts"
import { decodeOptions, validate } from "./options.ts"
import { members, type X3GatewayClient } from "./X3GatewayClient.ts"
import { X3GatewayEngine } from "./X3GatewayEngine.ts"

const surface = "x3-gateway"

const effectClient = (at: X3GatewayEngine, tenant: string): X3GatewayClient<"effect"> => {
  const slot = at.grants.slot(tenant)
  return {
    connection: at.name,
    tenant,
    surface,
    fetch: (path, init) => at.calls.fetch(slot, path, init),
    headers: (options) => at.calls.headers(slot, options),
    run: (use, options) => at.calls.run(slot, use, options),
    folders: (options) => at.folders(tenant, options),
    ...grantClient(at.grants, slot, tenant, at.deadline)
  }
}

const promiseClient = (at: X3GatewayEngine, tenant: string): X3GatewayClient => {
  const effects = effectClient(at, tenant)
  const slot = at.grants.slot(tenant)
  return promiseClientOf<X3GatewayClient>(at.application, members, effects, {
    ...plainCalls(at.application, effects, {
      headers: () => at.calls.peekHeaders(slot),
      fetch: (path, init, run) => at.calls.fetchPlainly(slot, path, init, undefined, run)
    })
  })
}

/** The clients of a connection at work. */
export const clientsOf = (at: X3GatewayEngine): OpenConnection => ({
  effect: (tenant) => effectClient(at, tenant),
  promise: (tenant) => promiseClient(at, tenant),
  authorizing: at.grants.authorizing,
  keptAlive: keptAliveOf(at.grants)
})

/** How connections to X3's gateway are put to work. */
export const work: Work = {
  validate,
  open: (options, application, name) =>
    clientsOf(new X3GatewayEngine(application, name, Result.getOrThrow(decodeOptions(options, `connections.${name}`))))
}
