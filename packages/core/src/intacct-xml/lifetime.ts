/**
 * When a session ends, by this machine's clock.
 *
 * The server says it in its own time: `sessiontimeout`, which every answer moves to now plus the session's duration,
 * and `sessiontimestamp`. What counts is the span from the server's now to the timeout, laid on the moment when the
 * answer arrived; the two clocks are never compared. Where the server says its now in several ways, the shorter span
 * wins: it is a hint, and a session may die before it (an absolute limit that does not slide).
 *
 * Source: developer.intacct.com, Web Services, Responses; Company console, API sessions.
 */

/** What an answer says about the session's end. */
export interface TimeoutStatement {
  /** `sessiontimeout`, ISO 8601 */
  readonly timeout: string | undefined
  /** `sessiontimestamp`, ISO 8601 */
  readonly timestamp: string | undefined
  /** the `Date` header: the server's clock as it answered */
  readonly date: string | null
  /** when the answer arrived, by this machine's clock */
  readonly arrivedAt: number
}

/** Assumed where the server says nothing: the shortest inactivity limit that Intacct lets a company set, in milliseconds. */
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
