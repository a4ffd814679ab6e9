// A file of its own: declarations of both entries name these types, see `sharedTypes` in tsdown.config.ts.

import * as Redacted from "effect/Redacted"

/** What a secret may be. `@sage-auth/core/effect` adds a `Redacted`. */
export interface Secrets {
  /** the secret itself */
  readonly text: string
}

/** A secret as options take it. */
export type Secret = Secrets[keyof Secrets]

/**
 * Redacts a secret under a label of our own. One that is redacted already is wrapped anew, so that wiping ours or the
 * caller's leaves the other alone. `label` is what prints in place of the value, as in `<redacted:password>`.
 *
 * Throws when the caller's `Redacted` was wiped before.
 */
export const secret = (value: string | Redacted.Redacted, label: string): Redacted.Redacted =>
  Redacted.make(typeof value === "string" ? value : Redacted.value(value), { label })

/** The value of a redacted secret. To be called where it is written to the wire, and nowhere before. */
export const reveal = (redacted: Redacted.Redacted): string => Redacted.value(redacted)
