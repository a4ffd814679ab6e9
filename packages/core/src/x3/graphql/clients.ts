// A file of its own: the first call loads it, with all that it imports.

import * as Effect from "effect/Effect"
import { promiseClientOf } from "../../application/promise.ts"
import { plainCalls } from "../../calls/plainCalls.ts"
import * as Result from "../../config/Result.ts"
import type { OpenConnection, Work } from "../../openApplication.ts"
import { decodeOptions, validate } from "./options.ts"
import type { PageOptions } from "../../paging/Page.ts"
import { readPages, readRecords } from "../../paging/readPages.ts"
import {
  type X3GraphQLListReasons,
  type GraphQLPage,
  type GraphQLVariables,
  members,
  type X3GraphQLClient
} from "./X3GraphQLClient.ts"
import { X3GraphQLEngine } from "./X3GraphQLEngine.ts"

const surface = "x3-graphql"

const effectClient = (at: X3GraphQLEngine, tenant: string): X3GraphQLClient<"effect"> => {
  const slot = at.slot(tenant)
  return {
    connection: at.name,
    tenant,
    surface,
    fetch: (path, init) => at.fetch(slot, path, init),
    headers: (options) => at.calls.headers(slot, options),
    run: (use, options) => at.calls.run(slot, use, options),
    query: (document, variables, options) => at.query(tenant, document, variables, options),
    records: <R>(document: string, variables?: GraphQLVariables, options?: PageOptions<R>) =>
      readRecords<string, R, X3GraphQLListReasons>(at.listed(tenant, document, variables, options, "records"), options),
    pages: <R>(document: string, variables?: GraphQLVariables, options?: PageOptions<R>) =>
      readPages<string, R, X3GraphQLListReasons, GraphQLPage<R>>(
        at.listed(tenant, document, variables, options, "pages"),
        options
      ),
    refresh: (options) => at.refresh(slot, options),
    status: () => Effect.sync(() => at.status(slot)),
    disconnect: () => Effect.sync(() => at.disconnect(tenant))
  }
}

const promiseClient = (at: X3GraphQLEngine, tenant: string): X3GraphQLClient => {
  const effects = effectClient(at, tenant)
  const slot = at.slot(tenant)
  return promiseClientOf<X3GraphQLClient>(at.application, members, effects, {
    ...plainCalls(at.application, effects, {
      headers: () => at.calls.peekHeaders(slot),
      fetch: (path, init, run) => at.calls.fetchPlainly(slot, path, init, undefined, run)
    })
  })
}

/** The clients of a connection at work. */
export const clientsOf = (at: X3GraphQLEngine): OpenConnection => ({
  effect: (tenant) => effectClient(at, tenant),
  promise: (tenant) => promiseClient(at, tenant)
})

/** How connections to X3's GraphQL API are put to work. */
export const work: Work = {
  validate,
  open: (options, application, name) =>
    clientsOf(new X3GraphQLEngine(application, name, Result.getOrThrow(decodeOptions(options, `connections.${name}`))))
}
