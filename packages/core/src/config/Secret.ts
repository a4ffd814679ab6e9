import * as Redacted from "effect/Redacted"

/** A secret as options take it: a plain string, or one that is already redacted. */
export type Secret = string | Redacted.Redacted

/**
 * Redacts a secret under a label of our own. One that is redacted already is wrapped anew, so that wiping ours or the
 * caller's leaves the other alone. `label` is what prints in place of the value, as in `<redacted:password>`.
 *
 * Throws when the caller's `Redacted` was wiped before.
 */
export const secret = (value: Secret, label: string): Redacted.Redacted =>
  Redacted.make(typeof value === "string" ? value : Redacted.value(value), { label })

/** The value of a redacted secret. To be called where it is written to the wire, and nowhere before. */
export const reveal = (redacted: Redacted.Redacted): string => Redacted.value(redacted)
