import type * as Redacted from "effect/Redacted"
import { separator } from "../credential/CredentialCache.ts"
import type { CheckedLogin, CheckedSender } from "./options.ts"

/**
 * When a session ends, by this machine's clock.
 *
 * The server says it in its own time: `sessiontimeout`, which every answer moves to now plus the session's duration,
 * and `sessiontimestamp`. What counts is the span from the server's now to the timeout, laid on the moment when the
 * answer arrived. The two clocks are never compared. Where the server says its now in several ways, the shorter span
 * wins. It is a hint, and a session may die before it (an absolute limit that does not slide).
 *
 * Source: developer.intacct.com, Web Services, Responses; Company console, API sessions.
 */

/** What an answer says about the session's end. */
interface TimeoutStatement {
  /** `sessiontimeout`, ISO 8601 */
  readonly timeout: string | undefined
  /** `sessiontimestamp`, ISO 8601 */
  readonly timestamp: string | undefined
  /** the `Date` header: the server's clock as it answered */
  readonly date: string | null
  /** when the answer arrived, by this machine's clock */
  readonly arrivedAt: number
}

/**
 * Assumed where the server says nothing: the shortest inactivity limit that Intacct lets a company set, in
 * milliseconds.
 */
export const shortestTimeout = 10 * 60_000

/** Reads times. The last one is known: calls of the same second bring the same. */
const timeReader = () => {
  let known: string | undefined
  let time = Number.NaN
  return (text: string | null | undefined): number | undefined => {
    if (text === null || text === undefined) return undefined
    if (text !== known) {
      known = text
      time = Date.parse(text)
    }
    return Number.isNaN(time) ? undefined : time
  }
}

const timeoutOf = timeReader()
const dateOf = timeReader()
const timestampOf = timeReader()

/** When the session ends, in milliseconds since the epoch; undefined where the answer does not say. */
export const endOf = (statement: TimeoutStatement): number | undefined => {
  const timeout = timeoutOf(statement.timeout)
  if (timeout === undefined) return undefined
  let shortest = Number.POSITIVE_INFINITY
  for (const now of [dateOf(statement.date), timestampOf(statement.timestamp)]) {
    // a timeout in the past would only say that one of the statements is nonsense
    if (now !== undefined && timeout > now) shortest = Math.min(shortest, timeout - now)
  }
  return shortest === Number.POSITIVE_INFINITY ? undefined : statement.arrivedAt + shortest
}

/** How long before its end a session is no longer used, in milliseconds: a minute, or a tenth of a short life. */
export const sessionMargin = (end: number, now: number): number => Math.min(60_000, Math.max(0, (end - now) * 0.1))

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

/** What one request needs: the sender always, and a session, or the login itself where every request carries it. */
export interface Access {
  readonly sender: CheckedSender
  readonly login: CheckedLogin
  /** the company whose pool and meter count, case folded */
  readonly company: string
  /** undefined with `authentication: "login"` */
  readonly session: Session | undefined
}

/** Which context a credential is for: the connection's own, the top level, or another entity. */
export type Variant = { readonly kind: "own" } | { readonly kind: "entity"; readonly id: string | null }

/** The connection's own context. */
export const own: Variant = { kind: "own" }

/** The cache key of a tenant's credential in a context. */
export const variantKeyOf = (tenant: string, variant: Variant): string =>
  variant.kind === "own"
    ? tenant
    : variant.id === null
      ? `${tenant}${separator}top`
      : `${tenant}${separator}entity${separator}${variant.id}`

/** The context of a cache key. */
export const variantOf = (key: string): Variant => {
  const [, kind, ...id] = key.split(separator)
  if (kind === undefined) return own
  return { kind: "entity", id: kind === "top" ? null : id.join(separator) }
}
