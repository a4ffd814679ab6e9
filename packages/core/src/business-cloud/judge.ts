import type { CallVerdict } from "../calls/AuthorizedCalls.ts"
import { errorOf, readBody } from "../oauth2/errorBody.ts"
import { isAway } from "../transport/Answer.ts"

/** Refusals with status 401 that a fresh token does not change. */
const notTheToken = /no active subscription|cannot verify subscription|subscription key|not found in the request/i

/**
 * The proxy in front of the server could not agree on TLS with it. Source: developer.sage.com, Accounting, Response
 * codes.
 */
const handshakeFailed = 525

/**
 * What an answer says about the token. 401 means that it is over, unless the words say that the account or a header is
 * at fault; 403 is about the user's rights and never about the token.
 *
 * Source: developer.sage.com, Accounting, Response codes; Frequently raised errors.
 */
export const judge = (response: Response, text: string | undefined): CallVerdict => {
  const { status } = response
  if (status === 429) return "rate-limited"
  if (isAway(status) || status === handshakeFailed) return "unavailable"
  if (status !== 401) return "accepted"
  const { texts } = errorOf(readBody(text ?? ""))
  return texts.some((errorText) => notTheToken.test(errorText)) ? "accepted" : "credential-dead"
}
