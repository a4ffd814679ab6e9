import type * as Redacted from "effect/Redacted"

/** An open session: what later requests authenticate with, and where they must go. */
export interface Session {
  readonly id: Redacted.Redacted
  /** the URL this session is bound to */
  readonly endpoint: string
  /** the entity it works in; undefined at top level */
  readonly entityId: string | undefined
  /** until when the server keeps it if it stays unused, in milliseconds since the epoch of this machine's clock */
  readonly expiresAt: number
}
