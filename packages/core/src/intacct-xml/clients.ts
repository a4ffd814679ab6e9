import * as Effect from "effect/Effect"
import { promiseClientOf, runPromise, withoutSignal } from "../application/promise.ts"
import * as Result from "../config/Result.ts"
import type { OpenConnection, Work } from "../openApplication.ts"
import { readPages, readRecords } from "../paging/readPages.ts"
import { own, type Variant } from "./Access.ts"
import {
  type IntacctXmlClient,
  type IntacctXmlListReasons,
  members,
  readEntity,
  type XmlPageOptions
} from "./IntacctXmlClient.ts"
import { IntacctXmlEngine } from "./IntacctXmlEngine.ts"
import { decodeOptions, validate } from "./options.ts"
import type { XmlFunction } from "./wire/request.ts"
import type { XmlPosition } from "./xmlPages.ts"

const surface = "intacct-xml"

const inEntity = ({ name: connection }: IntacctXmlEngine, tenant: string, id: string | null): Variant => ({
  kind: "entity",
  id: readEntity({ surface, connection, tenant }, id)
})

const effectClient = (at: IntacctXmlEngine, tenant: string, variant: Variant): IntacctXmlClient<"effect"> => {
  const slot = at.slot(tenant, variant)
  return {
    connection: at.name,
    tenant,
    surface,
    execute: (functions, options) => at.execute(tenant, variant, functions, options),
    records: <R>(fn: XmlFunction, options?: XmlPageOptions<R>) =>
      readRecords<XmlPosition, R, IntacctXmlListReasons>(
        at.listed(tenant, variant, fn, options, "records(function)"),
        options
      ),
    pages: <R>(fn: XmlFunction, options?: XmlPageOptions<R>) =>
      readPages<XmlPosition, R, IntacctXmlListReasons>(
        at.listed(tenant, variant, fn, options, "pages(function)"),
        options
      ),
    relay: (document, options) => at.relay(tenant, variant, document, options),
    session: (options) => at.session(slot, options),
    entity: (id) => effectClient(at, tenant, inEntity(at, tenant, id)),
    probeEntities: (options) => at.probeEntities(tenant, options),
    refresh: (options) => at.refresh(slot, options),
    meter: (set) => at.meter(tenant, set),
    pool: () => at.pool(tenant),
    status: () => Effect.sync(() => at.status(slot)),
    disconnect: () => Effect.sync(() => at.disconnect(tenant))
  }
}

const promiseClient = (at: IntacctXmlEngine, tenant: string, variant: Variant): IntacctXmlClient => {
  const slot = at.slot(tenant, variant)
  const effects = effectClient(at, tenant, variant)
  const run = <A>(effect: Effect.Effect<A, unknown>, signal?: AbortSignal) => runPromise(at.application, effect, signal)
  return promiseClientOf<IntacctXmlClient>(at.application, members, effects, {
    execute: (functions, options) =>
      at.executePlainly(tenant, variant, functions, options, run) ??
      run(effects.execute(functions, withoutSignal(options)), options?.signal),
    session: (options) => {
      // the hit path: no fiber
      const miss = options?.signal?.aborted === true || at.application.isClosed()
      const hit = miss ? undefined : at.peekSession(slot)
      return hit === undefined ? run(effects.session(withoutSignal(options)), options?.signal) : Promise.resolve(hit)
    },
    entity: (id) => promiseClient(at, tenant, inEntity(at, tenant, id))
  })
}

/** The clients of a connection at work. */
export const clientsOf = (at: IntacctXmlEngine): OpenConnection => ({
  effect: (tenant) => effectClient(at, tenant, own),
  promise: (tenant) => promiseClient(at, tenant, own),
  lendSession: (tenant, fresh) => at.lendSession(tenant, fresh),
  sessionOf: (tenant) => at.sessionOf(tenant)
})

/** How connections to Intacct's XML API are put to work. */
export const work: Work = {
  validate,
  open: (options, application, name) =>
    clientsOf(new IntacctXmlEngine(application, name, Result.getOrThrow(decodeOptions(options, `connections.${name}`))))
}
