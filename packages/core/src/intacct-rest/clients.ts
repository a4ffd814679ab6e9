import * as Effect from "effect/Effect"
import type { World } from "../Connection.ts"
import type { OpenConnection, Work } from "../openApplication.ts"
import { type CallOptions, withCallOptions } from "../application/Application.ts"
import { onlyMembers, promiseClientOf } from "../application/promise.ts"
import type { Interactive } from "../calls/HttpClient.ts"
import { grantClient, keptAliveOf } from "../oauth2/OAuthGrants.ts"
import { extended, plainCalls } from "../calls/plainCalls.ts"
import * as Result from "../config/Result.ts"
import type { PageOptions } from "../paging/Page.ts"
import { readPages, readRecords } from "../paging/readPages.ts"
import {
  type IntacctRestClient,
  type IntacctRestListReasons,
  membersOf,
  readEntity,
  type RestQuery
} from "./IntacctRestClient.ts"
import { entityHeader, IntacctRestEngine } from "./IntacctRestEngine.ts"
import { type Decode, issuesOf } from "./options.ts"

const surface = "intacct-rest"

/** Which entity a client works in, and how. */
interface In {
  /** the context of its token: `""` for the grant's own */
  readonly context: string
  /** the entity that a header names on each request */
  readonly header: string | undefined
}

const headerOf = (entity: string | undefined): Readonly<Record<string, string>> | undefined =>
  entity === undefined ? undefined : { [entityHeader]: entity }

type Both<W extends World> = IntacctRestClient<W> & Interactive<W>

const inEntity = (
  at: IntacctRestEngine,
  tenant: string,
  given: string | null,
  options: { readonly token?: boolean | undefined } | undefined
): In => {
  const id = readEntity(at.grants.place(tenant), given, options)
  if (id === null) return { context: "", header: undefined }
  return options?.token === true ? { context: id, header: undefined } : { context: "", header: id }
}

const effectClient = (at: IntacctRestEngine, tenant: string, where: In): Both<"effect"> => {
  const { context, header } = where
  const slot = at.grants.slot(tenant, context)
  const extra = headerOf(header)
  const withEntity = extended(extra)
  /** fails before anything is sent where no header can name the entity; a token of that very entity needs none */
  const allowed = <A, E, R>(options: CallOptions | undefined, call: (named: boolean) => Effect.Effect<A, E, R>) =>
    header === undefined
      ? call(false)
      : withCallOptions(
          options,
          at.deadline,
          at.grants.place(tenant),
          at.application
        )(Effect.flatMap(at.needsHeader(tenant, header), call))
  const listed = (list: string | RestQuery, options: CallOptions | undefined, method: "pages" | "records") => {
    const called = `${method}(list)`
    return at.listed(tenant, list, options, called, (path, init) =>
      // the engine of paging minds signal and deadline
      allowed(undefined, (named) => at.whole(slot, path, init, named ? extra : undefined, called))
    )
  }
  return onlyMembers(membersOf(at.grants.rules.interactive !== undefined), {
    connection: at.name,
    tenant,
    surface,
    fetch: (path, init) =>
      allowed({ deadline: init?.deadline, signal: init?.signal ?? undefined }, (named) =>
        at.calls.fetch(slot, path, init, named ? extra : undefined)
      ),
    headers: (options) =>
      allowed(options, (named) => {
        const headers = at.calls.headers(slot, options)
        return named ? Effect.map(headers, withEntity) : headers
      }),
    run: (use, options) =>
      allowed(options, (named) => at.calls.run(slot, use, options, named ? withEntity : undefined)),
    entity: (id, options) => effectClient(at, tenant, inEntity(at, tenant, id, options)),
    records: <R>(list: string | RestQuery, options?: PageOptions<R>) =>
      readRecords<number, R, IntacctRestListReasons>(listed(list, options, "records"), options),
    pages: <R>(list: string | RestQuery, options?: PageOptions<R>) =>
      readPages<number, R, IntacctRestListReasons>(listed(list, options, "pages"), options),
    // no header binds a session to an entity: it takes a token of the entity's own
    session: (options) => at.session(tenant, header ?? context, options),
    meter: (set) => at.meter(tenant, set),
    pool: () => at.pool(tenant),
    ...grantClient(at.grants, slot, tenant, at.deadline)
  })
}

const promiseClient = (at: IntacctRestEngine, tenant: string, where: In): Both<"promise"> => {
  const { context, header } = where
  const effects = effectClient(at, tenant, where)
  const slot = at.grants.slot(tenant, context)
  const members = membersOf(at.grants.rules.interactive !== undefined)
  return promiseClientOf<Both<"promise">>(at.application, members, effects, {
    ...plainCalls(at.application, effects, {
      headers: () => (header === undefined ? at.calls.peekHeaders(slot) : undefined),
      fetch: (path, init, run) =>
        header === undefined || at.isTopLevel(tenant)
          ? at.calls.fetchPlainly(slot, path, init, headerOf(header), run)
          : undefined
    }),
    entity: (id, options) => promiseClient(at, tenant, inEntity(at, tenant, id, options))
  })
}

/** The clients of a connection at work. */
export const clientsOf = (at: IntacctRestEngine): OpenConnection => {
  const { ask } = at.grants.rules
  const own: In = { context: "", header: undefined }
  return {
    effect: (tenant) => effectClient(at, tenant, own),
    promise: (tenant) => promiseClient(at, tenant, own),
    authorizing: at.grants.authorizing,
    keptAlive: ask !== undefined ? undefined : keptAliveOf(at.grants)
  }
}

/** How connections to Intacct's REST API are put to work. */
export const workOf = (decode: Decode): Work => ({
  validate: (options, at, connections) => issuesOf(decode, options, at, connections),
  open: (options, application, name, find) =>
    clientsOf(new IntacctRestEngine(application, name, Result.getOrThrow(decode(options, `connections.${name}`)), find))
})
