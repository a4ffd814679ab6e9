import * as Predicate from "effect/Predicate"
import type { FetchOptions } from "../calls/HttpClient.ts"
import type { RequestRejected } from "../errors/Reason.ts"
import { failure, type Place, type SageAuthError } from "../errors/SageAuthError.ts"
import { type ReadPage, withParameter } from "../paging/readPages.ts"
import type { RestQuery } from "./IntacctRestClient.ts"

/** The service that queries are posted to. */
export const queryPath = "services/core/query"

/** The most records of a page. Source: developer.sage.com, Sage Intacct REST API, Query service; Objects. */
export const mostRecordsOf = (list: string | RestQuery): number => (typeof list === "string" ? 1_000 : 4_000)

/** What a page is asked for with. `start` is the number of its first record, undefined for what the request says. */
export const pageRequestOf = (
  list: string | RestQuery,
  start: number | undefined,
  pageSize: number | undefined
): { readonly path: string; readonly init: FetchOptions } => {
  if (typeof list === "string") {
    return { path: withParameter(withParameter(list, "size", pageSize), "start", start), init: {} }
  }
  const body = {
    ...list,
    ...(pageSize === undefined ? {} : { size: pageSize }),
    ...(start === undefined ? {} : { start })
  }
  const headers = { "content-type": "application/json" }
  return { path: queryPath, init: { method: "POST", headers, body: JSON.stringify(body) } }
}

/** What is wrong with a list that is asked for; undefined: nothing. */
export const wrongList = (list: unknown, called: string, place: Place): SageAuthError<RequestRejected> | undefined => {
  const refuse = (message: string) => failure<RequestRejected>("client.request-rejected", { ...place, message })
  if (typeof list === "string") return undefined
  if (!Predicate.isObject(list) || Array.isArray(list) || !Predicate.hasProperty(list, "object")) {
    return refuse(
      `${called} is no list: give a path such as objects/accounts-payable/vendor, or a query with its object`
    )
  }
  try {
    JSON.stringify(list)
    return undefined
  } catch {
    // what was thrown may quote the query
    return refuse(`${called} is a query that JSON cannot hold`)
  }
}

const numberIn = (meta: unknown, name: string): number | undefined => {
  const number = Predicate.hasProperty(meta, name) ? Number(meta[name] ?? Number.NaN) : Number.NaN
  return Number.isSafeInteger(number) ? number : undefined
}

/** Source: developer.sage.com, Sage Intacct REST API, Query service. */
export const pageIn = (body: unknown): ReadPage<number> | undefined => {
  if (!Predicate.hasProperty(body, "ia::result") || !Array.isArray(body["ia::result"])) return undefined
  const meta = Predicate.hasProperty(body, "ia::meta") ? body["ia::meta"] : undefined
  return {
    records: body["ia::result"] as ReadonlyArray<unknown>,
    total: numberIn(meta, "totalCount"),
    next: numberIn(meta, "next")
  }
}
