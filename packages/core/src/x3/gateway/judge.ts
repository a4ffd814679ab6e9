import type { CallVerdict } from "../../calls/AuthorizedCalls.ts"
import { isAway } from "../../transport/Answer.ts"

/** What an answer says about the token: 401 means that it is over. After 500 and 501 the request may have run. */
export const judge = ({ status }: Response): CallVerdict => {
  if (status === 429) return "rate-limited"
  if (isAway(status)) return "unavailable"
  return status === 401 ? "credential-dead" : "accepted"
}
