import type { Issue, Reason, ReauthorizationCause, Surface } from "../errors/Reason.ts"

interface At {
  readonly surface: Surface
  readonly connection: string
  readonly tenant: string
  /** when, in milliseconds since the epoch, by the application's clock */
  readonly at: number
}

interface OfCompany {
  /** the Intacct company, case folded: pool and meter are shared by all its connections */
  readonly company: string
  readonly at: number
}

/** A session was opened where there was none, or none that could be used. */
export interface SessionOpened extends At {
  readonly type: "session-opened"
  readonly expiresAt: number
}

/** A credential was replaced by a fresh one; `cause` says why it had to be. */
export interface CredentialRenewed extends At {
  readonly type: "credential-renewed"
  readonly cause: "early" | "expired" | "rejected" | "asked" | "kept-alive"
  /** undefined: it does not end by itself */
  readonly expiresAt: number | undefined
}

/**
 * A renewal failed. While the credential in hand is valid, only this event tells. Once where only a human can renew, until
 * one has.
 */
export interface RenewalFailed extends At {
  readonly type: "renewal-failed"
  readonly reason: Reason["_tag"]
  readonly code: string | undefined
  /** whether callers still have a valid credential */
  readonly covered: boolean
  /** for `Misconfigured`, where it is known: what is wrong with what was to take over, such as a new certificate */
  readonly issues?: ReadonlyArray<Issue> | undefined
}

/** The server refused the sender, the login or the client. Once per incident. */
export interface CredentialRejectedEvent extends At {
  readonly type: "credential-rejected"
  readonly what: "sender" | "login" | "client"
  readonly code: string | undefined
}

/** A refresh token was replaced. */
export interface RotationDone extends At {
  readonly type: "rotation-done"
}

/** A rotation was sent and its answer never came. */
export interface RotationInDoubt extends At {
  readonly type: "rotation-in-doubt"
}

/**
 * The owner of a grant's lease gives no sign of life, or does not finish. No other process renews the grant meanwhile.
 * Once for each lease, in every process that waits for it.
 */
export interface RenewalStalled extends At {
  readonly type: "renewal-stalled"
  /** of the owner; undefined where an older release wrote the lease */
  readonly host: string | undefined
  readonly processId: number | undefined
  /** for how long it was seen to hold the lease, in milliseconds */
  readonly heldFor: number
  /** whether its lease is taken from it, because it surely has sent nothing */
  readonly overtaken: boolean
}

/** A human has to consent again. Once per incident. */
export interface ReauthorizationRequiredEvent extends At {
  readonly type: "reauthorization-required"
  readonly cause: ReauthorizationCause
}

/** A human has given consent where there was no grant: a first one, or one after `disconnect()`. */
export interface ConnectedEvent extends At {
  readonly type: "connected"
}

/** What was refused works again. */
export interface Recovered extends At {
  readonly type: "recovered"
}

/** `disconnect()` forgot the credential and the grant. Not where nothing was connected. */
export interface Disconnected extends At {
  readonly type: "disconnected"
  readonly revoked: boolean
}

/** The server's limit was reached; `retryAfter` in milliseconds where the server said so. */
export interface RateLimitedEvent extends At {
  readonly type: "rate-limited"
  readonly code: string | undefined
  readonly retryAfter: number | undefined
}

/**
 * Every permit of a pool is taken and a call waits. Once until no call waits any more. At X3, `company` is the host and
 * the alias of the SOAP pool.
 */
export interface PoolSaturated extends OfCompany {
  readonly type: "pool-saturated"
  readonly permits: number
}

/** The meter passed one of its thresholds, for the first time this month. */
export interface BudgetThreshold extends OfCompany {
  readonly type: "budget-threshold"
  /** calendar month, such as `2026-11` */
  readonly month: string
  /** the threshold, as a fraction of the budget */
  readonly threshold: number
  readonly used: number
  readonly budget: number
}

/** The developer licence ends soon or has ended. Once a day at most. */
export interface LicenseExpiring extends At {
  readonly type: "license-expiring"
  /** the configured date, `YYYY-MM-DD` */
  readonly expires: string
  /** negative once it has ended */
  readonly daysLeft: number
}

/** A client certificate ends soon or has ended. */
export interface CertificateExpiring extends At {
  readonly type: "certificate-expiring"
  readonly daysLeft: number
}

/** Business Cloud Accounting answers for another lead business than before. */
export interface LeadBusinessChanged extends At {
  readonly type: "lead-business-changed"
}

/** A grant was due to be renewed so that it does not die unused. */
export interface KeepAliveDue extends At {
  readonly type: "keep-alive-due"
}

/** Something works, and would work better otherwise. Once per subject. */
export interface Advice extends At {
  readonly type: "advice"
  /** a stable name, such as `login-per-request` */
  readonly subject: string
  readonly message: string
}

/** Which events are read. */
export interface EventOptions {
  /**
   * `process` (default): of this application. `all`: also of all others that share its `coordination`, where that tells
   * them, such as that of `@sage-auth/postgres`. Others may be missed: while a connection breaks, and the last ones of
   * a process that is killed. With `coordination: "memory:"` there are no others
   */
  readonly scope?: "process" | "all" | undefined
}

/** Everything that is announced. No event carries a secret. */
export type SageEvent =
  | SessionOpened
  | CredentialRenewed
  | RenewalFailed
  | CredentialRejectedEvent
  | RotationDone
  | RotationInDoubt
  | RenewalStalled
  | ReauthorizationRequiredEvent
  | ConnectedEvent
  | Recovered
  | Disconnected
  | RateLimitedEvent
  | PoolSaturated
  | BudgetThreshold
  | LicenseExpiring
  | CertificateExpiring
  | LeadBusinessChanged
  | KeepAliveDue
  | Advice
