import type { CallVerdict } from "../../calls/AuthorizedCalls.ts"

/** Statuses after which the same request may succeed later; 500 and 501 may say that it ran. */
const passing = new Set([502, 503, 504])

/** What an answer says about the token: 401 means that it is over. */
export const judge = ({ status }: Response): CallVerdict => {
  if (status === 429) return "rate-limited"
  if (passing.has(status)) return "unavailable"
  return status === 401 ? "credential-dead" : "accepted"
}
