import { TaggedError } from "./TaggedError.ts"
import {
  AccountInactive,
  BudgetExhausted,
  CallbackRejected,
  Closed,
  CredentialRejected,
  DeadlineExceeded,
  FunctionFailed,
  type Issue,
  LicenseExpired,
  Misconfigured,
  PairingPending,
  PermissionDenied,
  ProtocolViolation,
  RateLimited,
  type Reason,
  type ReauthorizationCause,
  ReauthorizationRequired,
  RequestRejected,
  ServiceUnavailable,
  StoreUnavailable,
  type Surface
} from "./Reason.ts"
import type { FunctionResult } from "../xml/FunctionResult.ts"
import { type CatalogueId, catalogue } from "./catalogue.ts"

/** Where something happened: which surface, which connection, for whom. */
export interface Place {
  readonly surface?: Surface | undefined
  readonly connection?: string | undefined
  readonly tenant?: string | undefined
}

/** The same where a tenant's connection is known. */
export interface TenantPlace extends Place {
  readonly surface: Surface
  readonly connection: string
  readonly tenant: string
}

interface ErrorFields extends Place {
  readonly message: string
  readonly reason: Reason
  /** the entry of the error catalogue */
  readonly id: CatalogueId
  /** the server's own code, such as `XL03000006` */
  readonly code: string | undefined
  /** the id that Sage's support asks for */
  readonly supportId: string | undefined
  /** whether the same call may succeed later without any change */
  readonly retryable: boolean
  /** what to do about it */
  readonly remedy: string
}

type CallResult = FunctionResult<SageAuthError<FunctionFailed | PermissionDenied>>

/** The consent to which a callback belonged that failed. */
export interface FailedAuthorization {
  readonly connection: string
  /** the path of the application that was given to `authorize`; undefined where none was given */
  readonly returnTo: string | undefined
  /** whether it is over, so that its cookie has nothing left to do; otherwise the same callback may still come */
  readonly ended: boolean
  /**
   * whether the same callback came before, and the grant that it brought works: its user has nothing left to do.
   * Default false
   */
  readonly connected?: boolean | undefined
}

/**
 * The one error of this library.
 *
 * - `reason`: what kind of failure it is. Programs branch on it
 * - `id`: the entry of the error catalogue, see `explain(error.id)`
 * - `code`: the server's own code
 * - `supportId`: what Sage's support asks for
 * - `remedy`: what a reader can do about it
 *
 * No field ever holds a secret. No foreign error object is kept as `cause`: those carry requests with their headers.
 *
 * X3 reports failures in answers with a successful status. `response` is then that answer, its body still to be read.
 * Where functions of Intacct's XML API failed, `results` says what became of each. `index` and `controlId` name the one
 * that this error is about. Neither `inspect` nor JSON shows answer or results.
 *
 * Where a callback failed that surely belongs to a consent of this application, `authorization` says where its user
 * wanted to go on. A callback that names no such consent has none.
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- it is what tells callers which reasons to expect
export class SageAuthError<out Rs extends Reason = Reason> extends TaggedError("SageAuthError")<ErrorFields> {
  /** what kind of failure it is, with what belongs to that kind */
  declare readonly reason: Rs
  /** the answer that reported the failure inside of a success; not enumerable */
  declare readonly response?: Response | undefined
  /** Intacct XML: what became of each function of the call, the rolled back ones included; not enumerable */
  declare readonly results?: ReadonlyArray<CallResult> | undefined
  /** Intacct XML: which of the functions given to `execute` failed, counted from 0 */
  declare readonly index?: number | undefined
  /** Intacct XML: the control id of the function that failed */
  declare readonly controlId?: string | undefined
  /** the consent whose callback this was; not enumerable */
  declare readonly authorization?: FailedAuthorization | undefined

  constructor(fields: ErrorFields) {
    super(fields)
    // an error itself, with the same message: what prints an uncaught error would print both, each with its stack
    Object.defineProperty(this, "reason", { enumerable: false })
  }

  /** what may be logged: every field but those that are not enumerable, and the reason */
  override toJSON(): object {
    return Object.assign({}, super.toJSON(), { reason: this.reason })
  }

  /** what `console.error` shows: where it happened, and what to do */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    const { id, remedy, stack, supportId } = this
    const support = supportId === undefined ? "" : `\n  support id: ${supportId}`
    return `${stack ?? this.message}\n  id: ${id}${support}\n  remedy: ${remedy}`
  }
}

/**
 * Narrows an unknown value to a `SageAuthError`, also one from another copy of this package.
 *
 * @category errors
 */
export const isSageAuthError = (u: unknown): u is SageAuthError =>
  u instanceof SageAuthError || (u instanceof Error && (u as { readonly _tag?: unknown })._tag === "SageAuthError")

/** What is known about one failure, beyond its entry in the catalogue. */
export interface FailureDetail extends Place {
  /** one sentence on this occurrence; without it, the meaning of the entry */
  readonly message?: string | undefined
  readonly code?: string | undefined
  readonly supportId?: string | undefined
  readonly remedy?: string | undefined
  readonly retryable?: boolean | undefined
  /** milliseconds, for `RateLimited` */
  readonly retryAfter?: number | undefined
  /** for `Misconfigured` */
  readonly issues?: ReadonlyArray<Issue> | undefined
  /** for `ReauthorizationRequired` */
  readonly cause?: ReauthorizationCause | undefined
  /** a successful answer that reports a failure, its body still to be read */
  readonly response?: Response | undefined
  /** of the function that failed */
  readonly index?: number | undefined
  readonly controlId?: string | undefined
}

const reasons: { readonly [Tag in Reason["_tag"]]: (message: string, detail: FailureDetail) => Reason } = {
  ReauthorizationRequired: (message, { cause }) =>
    new ReauthorizationRequired({ message, cause: cause ?? "NeverAuthorized" }),
  PermissionDenied: (message) => new PermissionDenied({ message }),
  AccountInactive: (message) => new AccountInactive({ message }),
  LicenseExpired: (message) => new LicenseExpired({ message }),
  BudgetExhausted: (message) => new BudgetExhausted({ message }),
  PairingPending: (message) => new PairingPending({ message }),
  RequestRejected: (message) => new RequestRejected({ message }),
  FunctionFailed: (message) => new FunctionFailed({ message }),
  CallbackRejected: (message) => new CallbackRejected({ message }),
  DeadlineExceeded: (message) => new DeadlineExceeded({ message }),
  Closed: (message) => new Closed({ message }),
  ServiceUnavailable: (message) => new ServiceUnavailable({ message }),
  ProtocolViolation: (message) => new ProtocolViolation({ message }),
  StoreUnavailable: (message) => new StoreUnavailable({ message }),
  CredentialRejected: (message) => new CredentialRejected({ message }),
  RateLimited: (message, { retryAfter }) => new RateLimited({ message, retryAfter }),
  Misconfigured: (message, { issues }) => new Misconfigured({ message, issues: issues ?? [] })
}

/**
 * The error for an entry of the catalogue.
 *
 * The catalogue decides reason, remedy and whether a retry may help. `Rs` is the reader's promise that the entry's
 * reason is among those. The catalogue is data, so the compiler cannot check it; `catalogue.test.ts` does, surface by
 * surface.
 */
export const failure = <Rs extends Reason = Reason>(id: CatalogueId, detail: FailureDetail = {}): SageAuthError<Rs> => {
  const entry = catalogue[id]
  const text = detail.message ?? entry.meaning
  const where = detail.connection === undefined ? "" : `${detail.connection}: `
  const code = detail.code === undefined ? "" : ` (${detail.code})`
  const message = `${where}${text}${code}`
  const error = new SageAuthError<Rs>({
    reason: reasons[entry.reason](message, detail),
    id,
    message,
    surface: detail.surface ?? entry.surface,
    connection: detail.connection,
    tenant: detail.tenant,
    code: detail.code,
    supportId: detail.supportId,
    remedy: detail.remedy ?? entry.remedy,
    retryable: detail.retryable ?? entry.retryable
  })
  const { controlId, index } = detail
  if (index !== undefined) Object.assign(error, { index, controlId })
  // it may hold anybody's data, so it is only there when asked for by name
  if (detail.response !== undefined) Object.defineProperty(error, "response", { value: detail.response })
  return error
}

/** The same failure as an error of its own, for another caller. */
export const againAs = <Rs extends Reason>(error: SageAuthError<Rs>): SageAuthError<Rs> => {
  const { stack: _, ...members } = Object.getOwnPropertyDescriptors(error)
  const { code, connection, id, message, reason, remedy, retryable, supportId, surface, tenant } = error
  const fields = { reason, id, message, surface, connection, tenant, code, supportId, remedy, retryable }
  const copy = new SageAuthError<Rs>(fields)
  return Object.defineProperties(copy, members)
}

/** Hangs what became of each function on the error of their call. It may hold anybody's data, as an answer may. */
export const withResults = <Rs extends Reason>(
  error: SageAuthError<Rs>,
  results: ReadonlyArray<CallResult>
): SageAuthError<Rs> => Object.defineProperty(error, "results", { value: results })

/** Says of an error to which consent it belongs, unless that was said before. */
export const ofAuthorization = <E extends SageAuthError>(error: E, authorization: FailedAuthorization): E =>
  error.authorization === undefined ? Object.defineProperty(error, "authorization", { value: authorization }) : error

/**
 * All mistakes of a configuration as one error.
 *
 * @category errors
 */
export const misconfigured = (issues: ReadonlyArray<Issue>, place: Place = {}): SageAuthError<Misconfigured> =>
  failure("client.misconfigured", {
    ...place,
    issues,
    message: [
      issues.length === 1 ? "one option cannot work" : `${issues.length} options cannot work`,
      ...issues.map(
        ({ expected, option }) => `  ${option}: ${/^(?:no such|left out)/.test(expected) ? "" : "expected "}${expected}`
      )
    ].join("\n")
  })
