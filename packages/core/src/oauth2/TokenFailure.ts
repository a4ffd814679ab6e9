// A file of its own: in `TokenRequests.ts` it would close a circle, since that imports `OAuthRules.ts` and so `TokenErrors.ts`,
// which need it.

import * as Data from "effect/Data"
import type { ReauthorizationCause } from "../errors/Reason.ts"
import type { SageAuthError } from "../errors/SageAuthError.ts"
import type { Processed } from "../transport/Answer.ts"

/**
 * What a token request without a token means. Whether the server processed the refresh token or code is another
 * question. Only what proves to be the server's own refusal says that it did not. Anything in front of the server may
 * answer after it.
 *
 * | verdict | when | was it processed? |
 * |---|---|---|
 * | `no-answer` | name resolution, refused, connect time-out, TLS | no |
 * | `no-answer` | reset, time-out, too large, 408, 500, 502, 504 and the other 5xx, any other 503, HTML, a body that is cut off, 2xx without a token | unknown |
 * | `rate-limited` | 429, or the surface's code for it | no, if it is the server's own |
 * | `unavailable` | 503 of the server's own | no |
 * | `pending` | a pairing that no X3 user has accepted yet | no, if it is the server's own |
 * | `invalid-client` | the client was refused | no, if it is the server's own |
 * | `rejected` | any other refusal, a redirect included | no, if it is the server's own |
 * | `invalid-grant` | the refresh token or code was refused | yes, and it is over |
 */
export type TokenVerdict =
  | "no-answer"
  | "rate-limited"
  | "unavailable"
  | "pending"
  | "invalid-client"
  | "rejected"
  | "invalid-grant"

/** A token request that brought no token. */
export class TokenFailure extends Data.TaggedError("TokenFailure")<{
  readonly error: SageAuthError
  /** the message of the error, without what stands around it */
  readonly description: string | undefined
  readonly verdict: TokenVerdict
  /** whether the server has processed the refresh token or code: `yes` where it says that it is over */
  readonly processed: Processed
  /** why the grant is over, where the server says it */
  readonly cause: ReauthorizationCause | undefined
  /** the HTTP status of the answer, if there was one */
  readonly status: number | undefined
}> {}
