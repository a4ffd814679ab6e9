import type { CallVerdict } from "../calls/AuthorizedCalls.ts"
import { errorOf, readBody } from "../oauth2/errorBody.ts"

/** Refusals with status 401 that a fresh token does not change. */
const notTheToken = /no active subscription|cannot verify subscription|subscription key|not found in the request/i

/** Statuses after which the same request may succeed later. Source: developer.sage.com, Accounting, Response codes. */
const passing = new Set([502, 503, 504, 525])

/**
 * What an answer says about the token: 401 means that it is over, unless the words say that the account or a header is
 * at fault; 403 is about the user's rights and never about the token.
 *
 * Source: developer.sage.com, Accounting, Response codes; Frequently raised errors.
 */
export const judge = (response: Response, text: string | undefined): CallVerdict => {
  const { status } = response
  if (status === 429) return "rate-limited"
  if (passing.has(status)) return "unavailable"
  if (status !== 401) return "accepted"
  const { texts } = errorOf(readBody(text ?? ""))
  return texts.some((said) => notTheToken.test(said)) ? "accepted" : "credential-dead"
}
