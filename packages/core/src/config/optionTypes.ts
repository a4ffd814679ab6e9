// A file of its own: declarations of both entries name these types, see `sharedTypes` in tsdown.config.ts.

import * as Redacted from "effect/Redacted"
import { askAgainAfter } from "./duration.ts"

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

/**
 * A value, or a function of the tenant that returns or resolves it. A function is asked at each renewal and after a
 * rejection, so a vault can rotate what it answers.
 */
export type PerTenant<T> = T | ((tenant: string) => T | Promise<T>)

/** An option given as a function, before it is asked. */
export type TenantFunction = (tenant: string) => unknown

export const isTenantFunction = (option: unknown): option is TenantFunction => typeof option === "function"

/** Until when what was made of these options holds: for ever, or until a function among them is asked again. */
export const holdsUntil = (now: number, ...options: ReadonlyArray<unknown>): number =>
  options.some(isTenantFunction) ? now + askAgainAfter : Number.POSITIVE_INFINITY
