import type { CallOptions } from "../application/Application.ts"
import { type HttpClient, httpCalls, type Interactive, interactiveCalls } from "../calls/HttpClient.ts"
import { fitsHeader, readNamed } from "../config/options.ts"
import type { MembersOf, Out, Outs, World } from "../Connection.ts"
import type {
  AcquireReasons,
  BudgetExhausted,
  Misconfigured,
  FunctionFailed,
  PermissionDenied,
  ProtocolViolation,
  RequestRejected
} from "../errors/Reason.ts"
import { misconfigured, type Place } from "../errors/SageAuthError.ts"
import type { JsonRecord, Page, PageOptions } from "../paging/readPages.ts"

/** An id that is missing must not widen to the lead business, which is what Sage makes of a header that is left out. */
export const readBusiness = (place: Place, id: string): string => {
  const named = readNamed(place, "business(id)", id)
  if (fitsHeader(named)) return named
  throw misconfigured(
    [{ option: "business(id)", expected: "an id that a header can carry: characters of Latin-1" }],
    place
  )
}

/** A business that the consenting user can see. */
export interface Business {
  /** what `business` takes, and the header `X-Business` */
  readonly id: string
  /** as its owner wrote it */
  readonly name: string
}

/** What reading a list can fail with. */
export type BusinessCloudListReasons =
  | AcquireReasons["business-cloud"]
  | BudgetExhausted
  | FunctionFailed
  | Misconfigured
  | PermissionDenied
  | ProtocolViolation
  | RequestRejected

/**
 * The client of Business Cloud Accounting. A token belongs to a user and reaches every business that the user can see.
 * `X-Business` chooses one. Without it the user's lead business answers.
 */
export interface BusinessCloudClient<W extends World = "promise">
  extends HttpClient<W, "business-cloud">,
    Interactive<W> {
  /** the same connection in another business */
  business(id: string): BusinessCloudClient<W>
  /**
   * Every record of a list such as `"contacts"`, one after the other. A page is read when its first record is asked
   * for. `pageSize` goes to 200.
   *
   * @throws `SageAuthError`: one of `BusinessCloudListReasons`
   *
   * @example
   * ```ts
   * for await (const contact of books.records("contacts?attributes=email")) console.log(contact["email"])
   * ```
   */
  records<R = JsonRecord>(path: string, options?: PageOptions<R>): Outs<W, R, BusinessCloudListReasons>
  /**
   * the same by page, with how far it has come
   *
   * @throws `SageAuthError`: one of `BusinessCloudListReasons`
   */
  pages<R = JsonRecord>(path: string, options?: PageOptions<R>): Outs<W, Page<R>, BusinessCloudListReasons>
  /**
   * the businesses that the consenting user can see at present
   *
   * @throws `SageAuthError`: one of `AcquireReasons`, `BudgetExhausted`, `Misconfigured`, `PermissionDenied`, or
   * `RequestRejected`
   */
  businesses(
    options?: CallOptions
  ): Out<
    W,
    ReadonlyArray<Business>,
    AcquireReasons["business-cloud"] | BudgetExhausted | Misconfigured | PermissionDenied | RequestRejected
  >
}

/** The table of its members. */
export const members: MembersOf<BusinessCloudClient> = {
  calls: { ...httpCalls, ...interactiveCalls, businesses: 0 },
  lists: { records: 1, pages: 1 },
  narrowing: { business: readBusiness }
}
