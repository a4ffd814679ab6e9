// A file of its own: in `Renewals.ts` it would close a circle, since that imports `CredentialCache.ts`, which needs it.

/**
 * The short-lived thing that is put on one request. `value` is the surface's own: a session and its endpoint, an
 * access token, a minted JWT.
 */
export interface Credential<out V> {
  /** names this credential within the process: a late rejection of an old one must not hurt the new one */
  readonly id: number
  readonly value: V
  readonly issuedAt: number
  /** past this it is not used, in milliseconds since the epoch; later for a session whose timeout slides */
  readonly expiresAt: number
  /** past this, a use of it starts a renewal in the background */
  readonly renewAt: number
  /** whether a server has accepted it */
  readonly accepted: boolean
}

/** How long a fresh credential that was never accepted is in doubt, in milliseconds. */
const unprovenFor = 60_000

/** Whether a credential that is refused would be refused after a renewal too: it is new, and was never accepted. */
export const isUnproven = ({ accepted, issuedAt }: Credential<unknown>, now: number): boolean =>
  !accepted && now - issuedAt < unprovenFor

/** What a renewal brings. */
export interface Fresh<out V> {
  readonly value: V
  /** milliseconds since the epoch, margin included; `Infinity` where nothing is known */
  readonly expiresAt: number
  /** where it differs from `expiresAt` */
  readonly renewAt?: number | undefined
  /** a server has accepted it before; default false */
  readonly accepted?: boolean | undefined
  /** it is the credential that was to be replaced, once more: nothing was renewed */
  readonly unchanged?: boolean | undefined
  /** where it is older than this renewal: somebody else's, found in the store */
  readonly issuedAt?: number | undefined
}

/** Why a renewal is made. */
export type RenewalCause = "cold" | "early" | "expired" | "rejected" | "asked" | "kept-alive"
