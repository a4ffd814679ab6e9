import type { CallOptions } from "../application/Application.ts"
import { type HttpClient, httpCalls, interactiveCalls } from "../calls/HttpClient.ts"
import { fitsHeader, readNamedOrNull } from "../config/options.ts"
import type { Members, MembersOf, Out, Outs, World } from "../Connection.ts"
import type {
  AcquireReasons,
  BudgetExhausted,
  FunctionFailed,
  Misconfigured,
  PermissionDenied,
  ProtocolViolation,
  RequestRejected
} from "../errors/Reason.ts"
import { misconfigured, type Place } from "../errors/SageAuthError.ts"
import type { JsonRecord, Page, PageOptions } from "../paging/readPages.ts"
import type { MeterReading } from "../traffic/Meter.ts"
import type { PoolReading } from "../traffic/Pool.ts"

/**
 * An id that is missing must not widen to the top level: a header that is left out is no entity. A header carries
 * Latin-1 alone and Intacct documents no encoding for it; a token is asked for in a body, which carries everything.
 */
export const readEntity = (
  place: Place,
  id: string | null,
  options?: { readonly token?: boolean | undefined }
): string | null => {
  const named = readNamedOrNull(place, "entity(id)", id, "what the token itself is in")
  if (named === null || options?.token === true || fitsHeader(named)) return named
  const expected =
    "an id that a header can carry (characters of Latin-1). With { token: true } beside it, a token of the entity's own is asked for without a header"
  throw misconfigured([{ option: "entity(id)", expected }], place)
}

type Acquire = AcquireReasons["intacct-rest"]

/** A session of the XML API that belongs to a REST token. Handed over in the clear: treat it as a secret. */
export interface RestSession {
  /** what XML requests send in place of a login */
  readonly sessionId: string
  /** where the XML API takes it */
  readonly endpoint: string
  /** when it ends without use */
  readonly expiresAt: Date
}

/**
 * What the query service is asked: the body that is posted to `services/core/query`.
 *
 * Source: developer.sage.com, Sage Intacct REST API, Query service.
 */
export interface RestQuery {
  /** such as `accounts-payable/vendor` */
  readonly object: string
  /** the fields that come back, such as `vendor.name` */
  readonly fields?: ReadonlyArray<string> | undefined
  /** whatever else the service takes: `filters`, `filterExpression`, `orderBy` and the like */
  readonly [member: string]: unknown
}

/** What reading a list can fail with. */
export type IntacctRestListReasons =
  | Acquire
  | BudgetExhausted
  | FunctionFailed
  | Misconfigured
  | PermissionDenied
  | ProtocolViolation
  | RequestRejected

/** The client of Intacct's REST API. */
export interface IntacctRestClient<W extends World = "promise"> extends HttpClient<W, "intacct-rest"> {
  /**
   * The same connection in another entity. A header on each request names it, which needs a top-level credential. With
   * `token: true` the entity has a token of its own.
   */
  entity(id: string, options?: { readonly token?: boolean | undefined }): this
  /**
   * Every record of a list, one after the other: of a path such as `"objects/accounts-payable/vendor"`, or of a query
   * for the query service. A page is read when its first record is asked for, and no permit is held in between.
   * `pageSize` goes to 1,000, and for a query to 4,000.
   *
   * @throws `SageAuthError`: one of `IntacctRestListReasons`
   *
   * @example
   * ```ts
   * const query = { object: "accounts-payable/vendor", fields: ["id", "name"] }
   * for await (const vendor of vendors.records(query)) console.log(vendor["name"])
   * ```
   */
  records<R = JsonRecord>(list: string | RestQuery, options?: PageOptions<R>): Outs<W, R, IntacctRestListReasons>
  /**
   * the same by page, with how far it has come
   *
   * @throws `SageAuthError`: one of `IntacctRestListReasons`
   */
  pages<R = JsonRecord>(list: string | RestQuery, options?: PageOptions<R>): Outs<W, Page<R>, IntacctRestListReasons>
  /**
   * a session of the XML API for this connection's token, for clients of that API. They still need sender credentials
   *
   * @throws `SageAuthError`: one of `AcquireReasons`, `BudgetExhausted`, or `Misconfigured`
   */
  session(options?: CallOptions): Out<W, RestSession, Acquire | BudgetExhausted | Misconfigured>
  /**
   * what the company's meter shows, or what it shows after it was set to a figure read in Usage Insights
   *
   * @throws `SageAuthError`: one of `AcquireReasons`
   */
  meter(set?: { readonly used: number }): Out<W, MeterReading, Acquire | Misconfigured>
  /**
   * what the company's pool is doing now; sends nothing
   *
   * @throws `SageAuthError` with reason `Misconfigured`
   */
  pool(): Out<W, PoolReading, Misconfigured>
}

const members: MembersOf<IntacctRestClient> = {
  calls: { ...httpCalls, session: 0, meter: undefined, pool: undefined },
  lists: { records: 1, pages: 1 },
  narrowing: { entity: readEntity }
}

/** The table of its members. A client for which a human consents can also ask for that. */
export const membersOf = (interactive: boolean): Members =>
  interactive ? { ...members, calls: { ...members.calls, ...interactiveCalls } } : members
