import type { CallVerdict } from "../../calls/AuthorizedCalls.ts"
import { isAway } from "../../transport/Answer.ts"

/** What an answer says about the credential. A login that was refused is not sent again; a token is made anew once. */
export const judgeFor =
  (kind: "app" | "basic") =>
  ({ status }: Response): CallVerdict => {
    if (status === 429) return "rate-limited"
    if (isAway(status)) return "unavailable"
    if (status !== 401) return "accepted"
    return kind === "basic" ? "credential-refused" : "credential-dead"
  }
