import * as Effect from "effect/Effect"
import type { Interactive } from "../../calls/HttpClient.ts"
import { promiseHttpClient } from "../../calls/promiseHttpClient.ts"
import type { World } from "../../Connection.ts"
import type { OpenConnection } from "../../OpenConnection.ts"
import { runPromise, withoutSignal } from "../../application/promise.ts"
import type { Carried } from "./Credentials.ts"
import type { WebServicesConnection } from "./WebServicesConnection.ts"
import type { WithTls, X3WebServicesClient } from "./X3WebServicesClient.ts"

const surface = "x3-web-services"

type All<W extends World> = X3WebServicesClient<W> & WithTls<W> & Interactive<W>

const effectClient = <V extends Carried>(at: WebServicesConnection<V>, tenant: string): All<"effect"> => {
  const { credentials } = at
  const slot = credentials.slot(tenant)
  return {
    connection: at.name,
    tenant,
    surface,
    fetch: (path, init) => at.fetch(tenant, path, init),
    headers: (options) => at.calls.headers(slot, options),
    run: (use, options) => at.calls.run(slot, use, options),
    soap: (call) => at.soap(tenant, call),
    tls: (options) => at.tls(tenant, options),
    authorize: (options) => credentials.interactive?.authorize(tenant, options) ?? Effect.die("not interactive"),
    refresh: (options) => at.refresh(tenant, options),
    status: () => credentials.status(tenant),
    disconnect: (options) => credentials.disconnect(tenant, options)
  }
}

const promiseClient = <V extends Carried>(at: WebServicesConnection<V>, tenant: string): All<"promise"> => {
  const effects = effectClient(at, tenant)
  const slot = at.credentials.slot(tenant)
  const run = <A>(effect: Effect.Effect<A, unknown>, signal?: AbortSignal) => runPromise(at.application, effect, signal)
  return {
    ...promiseHttpClient(at.application, effects, {
      headers: () => at.calls.peekHeaders(slot),
      fetch: (path, init, run) => at.calls.fetchPlainly(slot, path, init, undefined, run)
    }),
    // its signal also ends the reading of the answer
    soap: (call) => run(effects.soap(call), call?.signal),
    tls: (options) => run(effects.tls(withoutSignal(options)), options?.signal),
    authorize: (options) => run(effects.authorize(options))
  }
}

/** The clients of a connection at work. What its credential cannot do does not exist on them. */
export const clientsOf = <V extends Carried>(at: WebServicesConnection<V>): OpenConnection => {
  const { certificates, interactive } = at.credentials
  const only = ({ authorize, tls, ...rest }: { readonly authorize: unknown; readonly tls: unknown }): object => ({
    ...rest,
    ...(certificates ? { tls } : {}),
    ...(interactive === undefined ? {} : { authorize })
  })
  return {
    effect: (tenant) => only(effectClient(at, tenant)),
    promise: (tenant) => only(promiseClient(at, tenant)),
    authorizing: interactive?.authorizing,
    keptAlive: interactive?.keptAlive
  }
}
