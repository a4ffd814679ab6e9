import { isSageAuthError, type Reason, type SageAuthError } from "@sage-auth/core"
import { Data, Runtime } from "effect"
import { CliError } from "effect/cli"

/**
 * The exit statuses of `sage-auth`, for scripts. They are part of what users see: the README lists them.
 * A command that was interrupted ends with 130, or with 0 where it runs until then: see `serving.ts`.
 */
export const exitStatus = {
  /** The command did what was asked. */
  done: 0,
  /** The command failed for a reason that none of the others names, for example a server that answers with an error. */
  failed: 1,
  /** The command line is wrong: an unknown option, a missing argument, a value that cannot be. */
  usage: 2,
  /** The configuration is missing or wrong. */
  misconfigured: 3,
  /** A person has to sign in: `sage-auth login` is the remedy. */
  signIn: 4,
  /** Sage refused a credential that is configured: the sender, the login, the client. */
  refused: 5,
  /** Trying again later may help: a limit was reached, a server or the store is away, a deadline passed. */
  tryLater: 6,
  /** `doctor` or `x3 lint-nodelocal` found something that is wrong. */
  found: 7
} as const

/** A number that `sage-auth` ends with. */
export type ExitStatus = (typeof exitStatus)[keyof typeof exitStatus]

/**
 * A command that failed: what the user reads, what helps, and the status that the process ends with. Its texts hold no
 * secret: the library has masked those of its errors, and the others are this command line's own.
 */
export class Failure extends Data.TaggedError("Failure")<{
  readonly message: string
  readonly remedy?: string | undefined
  readonly status: ExitStatus
  /** What `--json` prints beside message and remedy. */
  readonly details?: Readonly<Record<string, unknown>> | undefined
}> {
  /** What the process ends with. */
  override get [Runtime.errorExitCode](): number {
    return this.status
  }
  /** `Output` has shown it: the runtime need not. */
  override readonly [Runtime.errorReported] = false
}

/** A command line that is wrong. */
export const usage = (message: string, remedy: string): Failure =>
  new Failure({ message, remedy, status: exitStatus.usage })

const statuses: Readonly<Record<Reason["_tag"], ExitStatus>> = {
  ReauthorizationRequired: exitStatus.signIn,
  CredentialRejected: exitStatus.refused,
  PermissionDenied: exitStatus.refused,
  AccountInactive: exitStatus.refused,
  LicenseExpired: exitStatus.refused,
  RateLimited: exitStatus.tryLater,
  BudgetExhausted: exitStatus.tryLater,
  PairingPending: exitStatus.signIn,
  ServiceUnavailable: exitStatus.tryLater,
  StoreUnavailable: exitStatus.tryLater,
  DeadlineExceeded: exitStatus.tryLater,
  Misconfigured: exitStatus.misconfigured,
  CallbackRejected: exitStatus.failed,
  RequestRejected: exitStatus.failed,
  FunctionFailed: exitStatus.failed,
  ProtocolViolation: exitStatus.failed,
  Closed: exitStatus.failed
}

/** What the command line makes of anything that was thrown. */
export const failureOf = (error: unknown): Failure => {
  if (error instanceof Failure) return error
  if (isSageAuthError(error)) return ofLibrary(error)
  if (CliError.isCliError(error)) return new Failure({ message: error.message, status: exitStatus.usage })
  const message = error instanceof Error ? error.message : String(error)
  return new Failure({ message, status: exitStatus.failed })
}

/** A consent that is missing is given by a command, for who sits at one. */
const remedyOf = ({ connection, reason, remedy, tenant }: SageAuthError): string => {
  if (reason._tag !== "ReauthorizationRequired" || connection === undefined) return remedy
  const more = tenant === undefined || tenant === "default" ? "" : ` --tenant ${JSON.stringify(tenant)}`
  return `Run: sage-auth login ${connection}${more}. In an application: ${remedy}`
}

const ofLibrary = (error: SageAuthError): Failure =>
  new Failure({
    message: error.message,
    remedy: remedyOf(error),
    status: statuses[error.reason._tag],
    details: {
      id: error.id,
      reason: error.reason._tag,
      surface: error.surface,
      connection: error.connection,
      tenant: error.tenant,
      code: error.code,
      supportId: error.supportId,
      retryable: error.retryable
    }
  })
