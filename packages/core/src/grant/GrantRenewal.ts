import type { Reason, ReauthorizationRequired, StoreUnavailable } from "../errors/Reason.ts"
import type { SageAuthError } from "../errors/SageAuthError.ts"
import { tokenMargin } from "../oauth2/Token.ts"
import { type GrantContents, type StoredCredential, withToken } from "./GrantContents.ts"

/** A credential of a grant, and how old it is. */
export interface AgedCredential {
  readonly credential: StoredCredential
  /** milliseconds since it arrived, by the store's clock */
  readonly age: number
  readonly contents: GrantContents
}

/** Which credential is to be renewed, and which one it replaces. */
export interface GrantRenewal {
  readonly tenant: string
  /** `""`: the grant's own; else the id of an entity */
  readonly context: string
  /** the credential that cannot be used any longer; any other fresh one that is found is taken instead */
  readonly replaces: string | undefined
  /** it was rejected, so that what is left of its life counts for nothing */
  readonly rejected: boolean
  /**
   * Rotate even if the store has a credential that is worth taking: `always`, because somebody asked; `due`, unless
   * somebody else has renewed the grant since it was found due.
   */
  readonly force?: "always" | "due" | undefined
}

type Failures = ReauthorizationRequired | StoreUnavailable
/** What a renewal fails with: the reasons of its surface, and those of every grant. */
export type RenewalFailure<Rs extends Reason> = SageAuthError<Rs | Failures>

/** A credential with less than this left, in milliseconds, is not worth taking. */
export const worthTaking = 1_000

/** How long a credential still lives, in milliseconds. */
export const left = (credential: StoredCredential, rowAge: number): number =>
  (credential.lifetime ?? Number.POSITIVE_INFINITY) - credential.age - rowAge

/** A credential in the store that is another one than the one to be replaced, and worth taking. */
export const fresh = (
  contents: GrantContents,
  rowAge: number,
  { context, replaces }: GrantRenewal
): AgedCredential | undefined => {
  const credential = withToken(contents.credentials[context])
  if (credential === undefined || credential.id === replaces) return undefined
  // what is within its margin would be renewed at once
  const margin = credential.lifetime === undefined ? 0 : tokenMargin(credential.lifetime)
  if (left(credential, rowAge) <= Math.max(worthTaking, margin)) return undefined
  return { credential, age: credential.age + rowAge, contents }
}
