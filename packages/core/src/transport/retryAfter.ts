import * as Duration from "effect/Duration"
import { parseRetryAfter, retryAfterDelay } from "effect/http/Headers"
import * as Result from "effect/Result"

/**
 * How long a server asks to wait, in milliseconds: `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3).
 * A header that cannot be read says nothing.
 */
export const retryAfter = (headers: Headers, now: number): number | undefined => {
  const header = headers.get("retry-after")
  if (header === null) return undefined
  const parsed = parseRetryAfter(header)
  return Result.isSuccess(parsed) ? Duration.toMillis(retryAfterDelay(parsed.success, now)) : undefined
}
