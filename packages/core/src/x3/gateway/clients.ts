import * as Effect from "effect/Effect"
import { promiseRun } from "../../calls/promiseRun.ts"
import type { OpenConnection } from "../../Connection.ts"
import { runPromise, withoutSignal } from "../../promise.ts"
import type { X3GatewayClient } from "./X3GatewayClient.ts"
import type { X3GatewayConnection } from "./X3GatewayConnection.ts"

const surface = "x3-gateway"

const effectClient = (at: X3GatewayConnection, tenant: string): X3GatewayClient<"effect"> => {
  const slot = at.grants.slot(tenant)
  const { interactive } = at.grants.rules
  return {
    connection: at.name,
    tenant,
    surface,
    fetch: (path, init) => at.calls.fetch(slot, path, init),
    headers: (options) => at.calls.headers(slot, options),
    run: (use, options) => at.calls.run(slot, use, options),
    folders: (options) => at.folders(tenant, options),
    authorize: (options) =>
      interactive === undefined ? Effect.die("not interactive") : at.grants.authorize(interactive, tenant, options),
    refresh: (options) => at.grants.refresh(slot, options, at.deadline),
    status: () => at.grants.status(tenant),
    disconnect: (options) => at.grants.disconnect(tenant, options)
  }
}

const promiseClient = (at: X3GatewayConnection, tenant: string): X3GatewayClient => {
  const effects = effectClient(at, tenant)
  const slot = at.grants.slot(tenant)
  const run = <A>(effect: Effect.Effect<A, unknown>, signal?: AbortSignal) => runPromise(at.application, effect, signal)
  return {
    connection: at.name,
    tenant,
    surface,
    fetch: (path, init) => run(effects.fetch(path, init), init?.signal ?? undefined),
    headers: (options) => {
      // the hit path: no fiber
      const hit = options?.signal?.aborted === true ? undefined : at.calls.peekHeaders(slot)
      return hit === undefined ? run(effects.headers(withoutSignal(options)), options?.signal) : Promise.resolve(hit)
    },
    run: promiseRun(at.application, effects.run),
    folders: (options) => run(effects.folders(withoutSignal(options)), options?.signal),
    authorize: (options) => run(effects.authorize(options)),
    refresh: (options) => run(effects.refresh(withoutSignal(options)), options?.signal),
    status: () => run(effects.status()),
    disconnect: (options) => run(effects.disconnect(options))
  }
}

/** The clients of a connection at work. */
export const clientsOf = (at: X3GatewayConnection): OpenConnection => {
  const { interactive } = at.grants.rules
  return {
    effect: (tenant) => effectClient(at, tenant),
    promise: (tenant) => promiseClient(at, tenant),
    authorizing:
      interactive === undefined
        ? undefined
        : {
            rules: interactive.callback,
            keep: (transaction, authorized) => at.grants.keep(transaction, authorized),
            exchange: ({ tenant }) => at.grants.exchangeKept(tenant)
          },
    keptAlive: {
      surface,
      connection: at.name,
      renewDue: (tenant) => Effect.asVoid(at.grants.renewals.refresh(at.grants.slot(tenant), "kept-alive"))
    }
  }
}
