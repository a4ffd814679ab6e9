import * as Data from "effect/Data"
import type { SageAuthError } from "../errors/SageAuthError.ts"

/**
 * What a token request without a token means. Whether the refresh token or code was used is another question: only what
 * proves to be the server's own refusal says that it was not. Anything in front of the server may answer after it.
 *
 * | verdict | when | was the refresh token or code used? |
 * |---|---|---|
 * | `never-sent` | name resolution, refused, connect time-out, TLS | no |
 * | `rate-limited` | 429, or the surface's code for it | no, if it is the server's own |
 * | `unavailable` | 503 of the server's own | no |
 * | `pending` | a pairing that nobody has accepted yet | no, if it is the server's own |
 * | `invalid-client` | the client was refused | no, if it is the server's own |
 * | `rejected` | any other refusal, a redirect included | no, if it is the server's own |
 * | `invalid-grant` | the refresh token or code was refused | it is dead |
 * | `in-doubt` | reset, time-out, too large, 408, 500, 502, 504 and the other 5xx, any other 503, HTML, a body that is cut off, 2xx without a token | nobody knows |
 */
export type TokenVerdict =
  | "never-sent"
  | "rate-limited"
  | "unavailable"
  | "pending"
  | "invalid-client"
  | "rejected"
  | "invalid-grant"
  | "in-doubt"

/** A token request that brought no token. */
export class TokenFailure extends Data.TaggedError("TokenFailure")<{
  readonly error: SageAuthError
  /** the message of the error, without what stands around it */
  readonly said: string | undefined
  /** `never`: it surely did not leave; `maybe`: nobody answered; `answered`: somebody did */
  readonly sent: "never" | "maybe" | "answered"
  readonly verdict: TokenVerdict
  /** the refresh token or code was surely not used */
  readonly unused: boolean
  /** the HTTP status of the answer, if there was one */
  readonly status: number | undefined
}> {}

/** What a failure says about the refresh token that was sent: not used, dead, or nobody knows. */
export const meaningOf = ({
  unused,
  verdict
}: Pick<TokenFailure, "unused" | "verdict">): "not-run" | "dead" | "unknown" => {
  if (verdict === "invalid-grant") return "dead"
  return unused ? "not-run" : "unknown"
}
