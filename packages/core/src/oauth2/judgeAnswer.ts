import { type CatalogueId, catalogue } from "../errors/catalogue.ts"
import type { Answer } from "../transport/Answer.ts"
import { type ErrorRule, hasCode, matchRule } from "./ErrorRule.ts"
import { type Body, type ErrorBody, errorBody, errorOf } from "./errorBody.ts"
import type { TokenVerdict } from "./TokenFailure.ts"

/** What a surface says of the errors of its token endpoint: entries of the error catalogue. */
export interface TokenErrors {
  /** the surface's own codes and words, the special ones first */
  readonly rules: ReadonlyArray<ErrorRule>
  /** `invalid_grant`: the refresh token is over, or the code was refused */
  readonly invalidGrant: CatalogueId
  readonly invalidClient: CatalogueId
  readonly rateLimited: CatalogueId
  readonly unavailable: CatalogueId
  /** no answer of the server's: a web page, a body that is cut off, a success without a token */
  readonly unreadable: CatalogueId
  /** a redirect, which is never followed */
  readonly redirected: CatalogueId
  /** any other refusal */
  readonly rejected: CatalogueId
}

/** What an answer without a token means. */
export interface Judgement {
  readonly id: CatalogueId
  readonly verdict: TokenVerdict
  readonly said: ErrorBody
}

/** what the reason of an entry says about the token that was sent */
const verdictOf = (id: CatalogueId): TokenVerdict => {
  switch (catalogue[id].reason) {
    case "ReauthorizationRequired":
    case "CallbackRejected":
      return "invalid-grant"
    case "CredentialRejected":
      return "invalid-client"
    case "RateLimited":
      return "rate-limited"
    case "ServiceUnavailable":
      return "unavailable"
    case "PairingPending":
      return "pending"
    default:
      return "rejected"
  }
}

/** RFC 6749, section 5.2. The second is a guide's spelling of the first. */
const invalidGrant = ["invalid_grant", "OAUTH2_INVALID_GRANT"]

/**
 * Judges an answer that is no token response, by what the server means and not by the status or the body alone.
 *
 * - A server that fails (5xx) is not believed about the grant: it may have used the token before it failed. Only a 503
 *   of its own says that it did nothing; a proxy's has a page or a sentence for a body.
 * - A limit is a limit in any status; Intacct says it in a 200 as well.
 * - Where an answer is whole, a 4xx is a refusal. HTML is a proxy's, and what is cut off could have been anything.
 *
 * Source: RFC 6749, section 5.2; RFC 9110, section 15; developer.sage.com, Sage Intacct REST API, Error handling.
 */
export const judgeAnswer = (errors: TokenErrors, { status }: Answer, body: Body): Judgement => {
  const said = errorOf(body)
  const judge = (id: CatalogueId, verdict: TokenVerdict): Judgement => ({ id, verdict, said })
  if (status >= 300 && status < 400) return judge(errors.redirected, "rejected")
  const known = matchRule(errors.rules, said, status)
  const knownVerdict = known === undefined ? undefined : verdictOf(known)
  if (known !== undefined && knownVerdict === "rate-limited") return judge(known, "rate-limited")
  if (status === 429) return judge(errors.rateLimited, "rate-limited")
  const whole = body.kind === "json" || body.kind === "empty"
  if (status >= 500) {
    const id = known !== undefined && knownVerdict === "unavailable" ? known : errors.unavailable
    return judge(id, status === 503 && whole ? "unavailable" : "in-doubt")
  }
  if (status === 408) return judge(errors.unavailable, "in-doubt")
  if (body.kind === "html" || body.kind === "broken") return judge(errors.unreadable, "in-doubt")
  if (known !== undefined && knownVerdict !== undefined) return judge(known, knownVerdict)
  if (hasCode(said, invalidGrant)) return judge(errors.invalidGrant, "invalid-grant")
  if (hasCode(said, ["invalid_client"])) return judge(errors.invalidClient, "invalid-client")
  if (hasCode(said, ["temporarily_unavailable"])) return judge(errors.unavailable, "unavailable")
  if (hasCode(said, ["server_error"])) return judge(errors.unavailable, "in-doubt")
  // a success that says neither what it gives nor what is wrong
  const refused = status >= 400 || (body.kind === "json" && errorBody(body.value) !== undefined)
  return refused ? judge(errors.rejected, "rejected") : judge(errors.unreadable, "in-doubt")
}
