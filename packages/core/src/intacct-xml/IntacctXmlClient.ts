import type { CallOptions } from "../application/Application.ts"
import type { BaseClient, MembersOf, Out, Outs, World } from "../Connection.ts"
import { readNamedOrNull } from "../config/options.ts"
import type {
  AcquireReasons,
  BudgetExhausted,
  FunctionFailed,
  Misconfigured,
  PermissionDenied,
  ProtocolViolation,
  RequestRejected
} from "../errors/Reason.ts"
import type { Place, SageAuthError } from "../errors/SageAuthError.ts"
import type { Page, PageOptions } from "../paging/readPages.ts"
import type { MeterReading } from "../traffic/Meter.ts"
import type { PoolReading } from "../traffic/Pool.ts"
import type { XmlFunction } from "./wire/request.ts"
import type { XmlRecord } from "../xml/FunctionResult.ts"
import type { XmlResult } from "./XmlResult.ts"

/** An id that is missing must not widen to the top level, which is what Intacct makes of an empty one. */
export const readEntity = (place: Place, id: string | null): string | null =>
  readNamedOrNull(place, "entity(id)", id, "the top level")

type Acquire = AcquireReasons["intacct-xml"]

/** How functions are sent. */
export interface ExecuteOptions extends CallOptions {
  /** all or nothing: one failure rolls everything back, and the call fails. Default false */
  readonly transaction?: boolean | undefined
  /**
   * Intacct refuses a function whose control id it has seen. So a write may be sent again after a lost answer. Every
   * function needs a control id of your own, which names the write for good. Default false
   */
  readonly uniqueid?: boolean | undefined
  /**
   * a transport policy of the company's. Intacct queues the functions and answers at once, and each result is
   * `acknowledged`. What became of them goes where the policy says, under the same control ids. They are sent with the
   * login, since a session may be over when their turn comes
   */
  readonly policyid?: string | undefined
}

/**
 * How a list of Intacct's XML API is read. `pageSize` goes to 1,000, and with `query` to 2,000.
 *
 * @typeParam R one record
 */
export interface XmlPageOptions<R = XmlRecord> extends PageOptions<R> {
  /**
   * What to do when the result of `readByQuery`, `readView` or `readReport` is lost between two pages: it ends with its
   * session, and a lost answer takes its page with it.
   *
   * - `restart`: reads the list again and goes on behind what was handed over, which counts as transactions. It fails
   *   with `ServiceUnavailable` where the last record is not in its place any more
   * - `fail`: fails with `ServiceUnavailable`
   *
   * Default `restart`. `query` and `get_list` have no such result: their pages are numbered
   */
  readonly onLostResult?: "restart" | "fail" | undefined
}

/** What reading a list can fail with. */
export type IntacctXmlListReasons =
  | AcquireReasons["intacct-xml"]
  | PermissionDenied
  | ProtocolViolation
  | RequestRejected
  | FunctionFailed
  | BudgetExhausted

/** What other XML clients need to use the same session. Handed over in the clear: treat it as a secret. */
export interface SessionHandover {
  /** what XML requests send in place of a login */
  readonly sessionId: string
  /** the only address at which the session may be used */
  readonly endpoint: string
  /** when it ends without use */
  readonly expiresAt: Date
}

/** The answer to a request document that another XML client wrote. */
export interface RelayedAnswer {
  /** the answer's document, or the JSON of a `readByQuery` that asked for JSON */
  readonly body: string
  /** `application/xml`, or `application/json` */
  readonly contentType: string
}

/** What can be seen of one entity. */
export interface EntityProbe {
  /** the entity's id */
  readonly entity: string
  /**
   * - `answers`: records came back
   * - `empty`: none did, which is what a restricted user gets instead of an error
   * - `refuses`: Intacct refused to work in it
   */
  readonly outcome: "answers" | "refuses" | "empty"
  /** why, where it refuses */
  readonly error: SageAuthError | undefined
}

/** What `probeEntities` looks for. */
export interface ProbeOptions extends CallOptions {
  /** an object that every entity has records of. Default `LOCATIONENTITY`, the entity itself */
  readonly object?: string | undefined
  /** the query; by default `LOCATIONID = '<entity>'` for `LOCATIONENTITY`, everything for another object */
  readonly query?: string | undefined
}

/**
 * The client of Intacct's XML API. Its credential travels in the body of the request, so there are neither headers nor
 * `fetch`. Functions are executed, or the session is handed over.
 */
export interface IntacctXmlClient<W extends World = "promise"> extends BaseClient<W, "intacct-xml"> {
  /**
   * Sends functions in one request and returns a result for each, in order.
   *
   * A single function that fails makes the call fail, and so does any function in a transaction. Of several functions
   * outside of one, each result tells for itself. A call that fails so has every result on its error, as
   * `error.results`.
   *
   * @throws `SageAuthError`: one of `AcquireReasons`, `PermissionDenied`, `RequestRejected`, `FunctionFailed`, or
   * `BudgetExhausted`
   */
  execute(
    functions: ReadonlyArray<XmlFunction | string>,
    options?: ExecuteOptions
  ): Out<W, ReadonlyArray<XmlResult>, Acquire | PermissionDenied | RequestRejected | FunctionFailed | BudgetExhausted>
  /**
   * Every record of a list, one after the other: of `readByQuery`, `readView`, `readReport`, `query` or `get_list`. A
   * page is read when its first record is asked for, and no permit is held in between.
   *
   * @throws `SageAuthError`: one of `IntacctXmlListReasons`
   *
   * @example
   * ```ts
   * for await (const vendor of ledger.records({ readByQuery: { object: "VENDOR", fields: "*", query: "" } })) {
   *   console.log(vendor["NAME"])
   * }
   * ```
   */
  records<R = XmlRecord>(fn: XmlFunction, options?: XmlPageOptions<R>): Outs<W, R, IntacctXmlListReasons>
  /**
   * the same by page, with how far it has come
   *
   * @throws `SageAuthError`: one of `IntacctXmlListReasons`
   */
  pages<R = XmlRecord>(fn: XmlFunction, options?: XmlPageOptions<R>): Outs<W, Page<R>, IntacctXmlListReasons>
  /**
   * Carries out a request document that another XML client wrote, inside pool and meter, and returns a document that
   * answers it. The sender, login or session in it are not sent: those of this connection are. The entity of its login,
   * its transaction, `uniqueid` and `policyid` count. Functions that fail are results of the answer, as Intacct writes
   * them. Only documents with `dtdversion` 3.0 are taken.
   *
   * @throws `SageAuthError`: one of `AcquireReasons`, `PermissionDenied`, `RequestRejected`, `FunctionFailed`, or
   * `BudgetExhausted`, where there are no results
   */
  relay(
    document: string,
    options?: CallOptions
  ): Out<W, RelayedAnswer, Acquire | PermissionDenied | RequestRejected | FunctionFailed | BudgetExhausted>
  /**
   * the session, opened or renewed if need be, for other XML clients. What they do with it is outside pool and meter
   *
   * @throws `SageAuthError`: one of `AcquireReasons`
   */
  session(options?: CallOptions): Out<W, SessionHandover, Acquire>
  /** the same connection in another entity, by a session of its own; `null` for the top level */
  entity(id: string | null): IntacctXmlClient<W>
  /**
   * asks for each of the connection's `entities` whether it can be seen. A restricted user gets empty answers and no
   * error
   *
   * @throws `SageAuthError`: one of `AcquireReasons`, `PermissionDenied`, `RequestRejected`, `FunctionFailed`, or
   * `BudgetExhausted`
   */
  probeEntities(
    options?: ProbeOptions
  ): Out<W, ReadonlyArray<EntityProbe>, Acquire | PermissionDenied | RequestRejected | FunctionFailed | BudgetExhausted>
  /**
   * a new session even if the one in hand is valid. It also sends a rejected password again before its 15 minutes are
   * over
   *
   * @throws `SageAuthError`: one of `AcquireReasons`
   */
  refresh(options?: CallOptions): Out<W, void, Acquire>
  /**
   * what the company's meter shows, or what it shows after it was set to a figure read in Usage Insights
   *
   * @throws `SageAuthError`: one of `AcquireReasons`
   */
  meter(set?: { readonly used: number }): Out<W, MeterReading, Acquire | Misconfigured>
  /**
   * what the company's pool is doing now; sends nothing
   *
   * @throws `SageAuthError`: one of `AcquireReasons`
   */
  pool(): Out<W, PoolReading, Acquire>
}

/** The table of its members. */
export const members: MembersOf<IntacctXmlClient> = {
  calls: {
    execute: 1,
    relay: 1,
    session: 0,
    probeEntities: 0,
    refresh: 0,
    meter: undefined,
    pool: undefined,
    status: undefined,
    disconnect: undefined
  },
  lists: { records: 1, pages: 1 },
  narrowing: { entity: readEntity }
}
