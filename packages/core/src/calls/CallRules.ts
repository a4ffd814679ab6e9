import type {
  BudgetExhausted,
  Closed,
  DeadlineExceeded,
  Misconfigured,
  ServiceUnavailable,
  Surface
} from "../errors/Reason.ts"
import type { SageAuthError } from "../errors/SageAuthError.ts"
import type { CatalogueId } from "../errors/catalogue.ts"
import type { RequestMeter } from "../traffic/MeterEntry.ts"
import type { Fetch } from "../transport/Answer.ts"
import type { TransportFailure } from "../transport/TransportFailure.ts"
import type { Traffic } from "./Admission.ts"
import type { SentHeaders, targetOf } from "./request.ts"

/** What an answer says about the credential and the limits; what it says about the request is the caller's. */
export type CallVerdict =
  | "accepted"
  /** over: a renewal may help */
  | "credential-dead"
  /** refused as it is configured: sending it again could lock its user out */
  | "credential-refused"
  | "rate-limited"
  | "unavailable"

/** How one surface makes its calls. */
export interface CallRules<V> {
  readonly surface: Surface
  readonly connection: string
  readonly fetch: Fetch
  /** for credentials that travel below HTTP, such as a client certificate: the fetch that carries this one */
  readonly fetchOf?: ((value: V) => Fetch | undefined) | undefined
  /** a last look at the caller's own headers, before anything is sent */
  readonly prepare?: ((headers: Headers | undefined, path: string, tenant: string) => void) | undefined
  /** headers of every request, unless its caller gives others */
  readonly defaults?: Readonly<Record<string, string>> | undefined
  /** milliseconds that a caller waits unless it says otherwise */
  readonly deadline: number
  /** where relative paths count from */
  readonly base: (value: V) => string
  /** the address of a path; default: a path below the base */
  readonly target?: typeof targetOf | undefined
  /** a renewal sends no request, so one is worth it even where the credential was never accepted. Default false */
  readonly renewsFreely?: boolean | undefined
  /** what a credential puts on a request; one frozen object for each credential */
  readonly headers: (value: V) => Readonly<Record<string, string>>
  /** judges an answer; `text` is the beginning of its body, where that was read */
  readonly judge: (response: Response, text: string | undefined) => CallVerdict
  /** whether the body has to be read to judge an answer; default: from status 400 on */
  readonly reads?: ((response: Response) => boolean) | undefined
  /** how much of a body is read to judge it, in bytes; default 1 MiB */
  readonly readLimit?: number | undefined
  /** the failure that an accepted answer reports all the same */
  readonly failed?: ((response: Response, text: string, value: V) => SageAuthError | undefined) | undefined
  /** the failure behind a connection that broke, where the credential is its reason: then nothing is repeated */
  readonly explain?: ((lost: TransportFailure, value: V) => SageAuthError | undefined) | undefined
  /** a credential was refused as it is configured */
  readonly refused?: ((value: V) => void) | undefined
  /** how long a server asks to wait, in milliseconds; default: `Retry-After` */
  readonly retryAfter?: ((headers: Headers, now: number) => number | undefined) | undefined
  /** undefined: the surface has no pool */
  readonly traffic: (value: V) => Traffic | undefined
  /** the entries of the error catalogue for an answer that says so */
  readonly limited: CatalogueId
  readonly unavailable: CatalogueId
  /** the header under which a write runs once, however often it is sent */
  readonly idempotencyKey?: string | undefined
  readonly meter?: CallMeter<V> | undefined
  /** an answer of that credential came: something may be learned from it, and from the headers that it answers */
  readonly learn?: ((value: V, response: Response, sent: SentHeaders) => void) | undefined
}

/** What one call does differently from the others of its surface. */
export interface CallDifference<V> {
  /** how the caller knows the call; default `fetch(path)` */
  readonly called?: string | undefined
  /** default: the surface's */
  readonly traffic?: ((value: V) => Traffic | undefined) | undefined
  /** whether it may be sent twice; default: by its method */
  readonly idempotent?: boolean | undefined
  /** default: the surface's */
  readonly judge?: CallRules<V>["judge"] | undefined
}

/** An answer that was read to its end. */
export interface WholeAnswer {
  readonly response: Response
  readonly text: string
}

/** The meter that calls are counted on. */
export interface CallMeter<V> extends RequestMeter<V> {
  /** how many transactions a call is; `url` is undefined for what is not sent by this library */
  readonly weigh: (url: string | undefined, body: RequestInit["body"]) => number | Promise<number>
}

/** What fetching adds to what acquiring the credential can fail with. */
export type CallReasons = ServiceUnavailable | DeadlineExceeded | Closed | Misconfigured | BudgetExhausted
