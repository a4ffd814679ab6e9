import * as Data from "effect/Data"
import type { SageAuthError } from "../errors/SageAuthError.ts"

/**
 * What a token request without a token means.
 *
 * | verdict | when | was the refresh token or code used? |
 * |---|---|---|
 * | `never-sent` | name resolution, refused, connect time-out, TLS | no |
 * | `rate-limited` | 429, or the surface's code for it | no |
 * | `unavailable` | 503 from the server itself: with JSON or without a body | no |
 * | `pending` | a pairing that nobody has accepted yet | no |
 * | `invalid-client` | the client was refused | no |
 * | `rejected` | any other refusal, a redirect included | no |
 * | `invalid-grant` | the refresh token or code was refused | it is dead |
 * | `in-doubt` | reset, time-out, too large, 408, 500, 502, 504 and the other 5xx, HTML, a body that is cut off, 2xx without a token | nobody knows |
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
  /** `never`: it surely did not leave; `maybe`: nobody answered; `answered`: somebody did */
  readonly sent: "never" | "maybe" | "answered"
  readonly verdict: TokenVerdict
  /** the HTTP status of the answer, if there was one */
  readonly status: number | undefined
}> {}

/** What a failure says about the refresh token that was sent: not used, dead, or nobody knows. */
export const meaningOf = ({ verdict }: Pick<TokenFailure, "verdict">): "not-run" | "dead" | "unknown" => {
  if (verdict === "in-doubt") return "unknown"
  return verdict === "invalid-grant" ? "dead" : "not-run"
}
