import { TaggedError } from "./TaggedError.ts"

/**
 * Why an operation failed. Every `SageAuthError` carries exactly one reason; `Effect.catchReason` and
 * `error.reason._tag` tell them apart. Reasons are few on purpose: each stands for one thing a program can do next.
 */

/** Why a grant can no longer be used. */
export type ReauthorizationCause = "Revoked" | "Expired" | "Superseded" | "RotationInDoubt" | "NeverAuthorized"

/** A human has to consent again: the grant is dead, and `cause` says how it died. */
export class ReauthorizationRequired extends TaggedError("ReauthorizationRequired")<{
  readonly message: string
  readonly cause: ReauthorizationCause
}> {}

/** The server refused a configured credential (sender, login, client), or one it had just issued. Not retried. */
export class CredentialRejected extends TaggedError("CredentialRejected")<{ readonly message: string }> {}

/** The credential is fine; the user behind it may not do this. */
export class PermissionDenied extends TaggedError("PermissionDenied")<{ readonly message: string }> {}

/** No subscription, a company that has expired: the account itself is not active. */
export class AccountInactive extends TaggedError("AccountInactive")<{ readonly message: string }> {}

/** The developer licence has ended; sender credentials are refused since. */
export class LicenseExpired extends TaggedError("LicenseExpired")<{ readonly message: string }> {}

/** The server's limit was reached. `retryAfter` is what it asked for, in milliseconds. */
export class RateLimited extends TaggedError("RateLimited")<{
  readonly message: string
  readonly retryAfter: number | undefined
}> {}

/** The meter's budget is used up and its policy is to stop. Nothing was sent. */
export class BudgetExhausted extends TaggedError("BudgetExhausted")<{ readonly message: string }> {}

/** The gateway's pairing was not accepted yet. */
export class PairingPending extends TaggedError("PairingPending")<{ readonly message: string }> {}

/** The document or a parameter of the request is wrong; it did not run. */
export class RequestRejected extends TaggedError("RequestRejected")<{ readonly message: string }> {}

/** The request ran and failed, rolled back included. */
export class FunctionFailed extends TaggedError("FunctionFailed")<{ readonly message: string }> {}

/** A callback of an authorization that cannot be trusted or was used before. */
export class CallbackRejected extends TaggedError("CallbackRejected")<{ readonly message: string }> {}

/** The caller's own deadline passed. What the caller waited for goes on. */
export class DeadlineExceeded extends TaggedError("DeadlineExceeded")<{ readonly message: string }> {}

/** `close()` was called. */
export class Closed extends TaggedError("Closed")<{ readonly message: string }> {}

/** One mistake in the configuration: the option, and what would be right. Never a value. */
export interface Issue {
  /** dotted path, such as `connections.ledger.sender.password` */
  readonly option: string
  /** what would be right, in plain words */
  readonly expected: string
}

/** Options that cannot work; all of them at once. */
export class Misconfigured extends TaggedError("Misconfigured")<{
  readonly message: string
  readonly issues: ReadonlyArray<Issue>
}> {}

/** The server is away, or something else answered in its place. */
export class ServiceUnavailable extends TaggedError("ServiceUnavailable")<{ readonly message: string }> {}

/** The server answered something that its documentation does not allow. */
export class ProtocolViolation extends TaggedError("ProtocolViolation")<{ readonly message: string }> {}

/** The grant store cannot be read or written. */
export class StoreUnavailable extends TaggedError("StoreUnavailable")<{ readonly message: string }> {}

/** Every reason there is. */
export type Reason =
  | ReauthorizationRequired
  | CredentialRejected
  | PermissionDenied
  | AccountInactive
  | LicenseExpired
  | RateLimited
  | BudgetExhausted
  | PairingPending
  | RequestRejected
  | FunctionFailed
  | CallbackRejected
  | DeadlineExceeded
  | Closed
  | Misconfigured
  | ServiceUnavailable
  | ProtocolViolation
  | StoreUnavailable

/** The reason of that tag. */
export type ReasonOf<Tag extends Reason["_tag"]> = Extract<Reason, { readonly _tag: Tag }>

type CallReasons = AccountInactive | ServiceUnavailable | DeadlineExceeded | Closed
type GrantReasons = ReauthorizationRequired | StoreUnavailable

/** One API of Sage with its own way in. */
export type Surface =
  | "intacct-xml"
  | "intacct-rest"
  | "business-cloud"
  | "x3-web-services"
  | "x3-graphql"
  | "x3-gateway"

/** What acquiring a credential can fail with, by surface. */
export interface AcquireReasons {
  /** of a session of the XML API */
  "intacct-xml": CallReasons | CredentialRejected | RateLimited | LicenseExpired | ProtocolViolation | Misconfigured
  /** of a token of the REST API */
  "intacct-rest": CallReasons | GrantReasons | CredentialRejected | RateLimited | ProtocolViolation | Misconfigured
  /** of a token of Business Cloud Accounting */
  "business-cloud": CallReasons | GrantReasons | CredentialRejected | RateLimited | ProtocolViolation | Misconfigured
  /** of any credential of X3 web services */
  "x3-web-services": CallReasons | GrantReasons | CredentialRejected | RateLimited | ProtocolViolation | Misconfigured
  /** of a token that is made here, or of user and password */
  "x3-graphql": CallReasons | CredentialRejected | Misconfigured
  /** of a token of the API gateway, its pairing included */
  "x3-gateway":
    | CallReasons
    | GrantReasons
    | CredentialRejected
    | RateLimited
    | PairingPending
    | ProtocolViolation
    | Misconfigured
}
