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
