import * as Predicate from "effect/Predicate"
import { type CatalogueId, catalogue } from "../errors/catalogue.ts"
import type { Answer } from "../transport/Answer.ts"
import { type ErrorRule, fits, hasCode, isAmong, matchRule } from "./ErrorRule.ts"
import type { Processed } from "../transport/Processed.ts"
import { type Body, type ErrorBody, errorBody, errorOf } from "./errorBody.ts"
import type { TokenVerdict } from "./TokenFailure.ts"

/** How an answer shows that it is the server's own refusal. Everything given must hold. */
export interface Refusal extends Omit<ErrorRule, "id"> {
  /** the JSON is of a form that nobody else writes */
  readonly is?: ((json: unknown) => boolean) | undefined
}

/** What a surface says of the errors of its token endpoint: entries of the error catalogue. */
export interface TokenErrors {
  /** the surface's own codes and words, the special ones first */
  readonly rules: ReadonlyArray<ErrorRule>
  /**
   * The documented refusals of the server's own: JSON that fits one of them says that the token or code was not used.
   * What fits none may come from anything in front, after the server used it.
   */
  readonly refusals: ReadonlyArray<Refusal>
  /** `invalid_grant`: the refresh token is over, or the code was refused */
  readonly invalidGrant: CatalogueId
  /** the server wants a human to act; left out where that is said by `invalidGrant` */
  readonly interaction?: CatalogueId | undefined
  readonly invalidClient: CatalogueId
  readonly rateLimited: CatalogueId
  readonly unavailable: CatalogueId
  /** no answer of the server's: a web page, a body that is cut off, a success without a token */
  readonly unreadable: CatalogueId
  /** a redirect, which is never followed */
  readonly redirected: CatalogueId
  /** there is no token endpoint at that address */
  readonly misdirected: CatalogueId
  /** any other refusal */
  readonly rejected: CatalogueId
}

/** What an answer without a token means. */
export interface Judgement {
  readonly id: CatalogueId
  readonly verdict: TokenVerdict
  /** whether the server has processed the refresh token or code */
  readonly processed: Processed
  readonly said: ErrorBody
}

/** Codes where RFC 6749 has them, in `error` itself: gateways in front write the same words as codes of their own. */
const oauthRefusal = (statuses: ReadonlyArray<number>, ...codes: ReadonlyArray<string>): Refusal => ({
  statuses,
  is: (json) => Predicate.hasProperty(json, "error") && typeof json.error === "string" && isAmong(json.error, codes)
})

/** The refusals of RFC 6749, section 5.2, with the statuses of that section, and the code for a server that is away. */
export const oauthRefusals: ReadonlyArray<Refusal> = [
  oauthRefusal(
    [400, 401],
    "invalid_request",
    "invalid_client",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope"
  ),
  oauthRefusal([400, 429, 503], "temporarily_unavailable")
]

/** RFC 6749, section 5.2. The second is a guide's spelling of the first. */
const invalidGrant = ["invalid_grant", "OAUTH2_INVALID_GRANT"]

/** OpenID Connect Core 1.0, section 3.1.2.6: identity providers say these of a refresh token and a client as well. */
const interaction = ["interaction_required", "login_required", "consent_required", "account_selection_required"]

/** Statuses of a server that has nothing at this address, or no such method. */
const nowhere = new Set([404, 405, 410])

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

/**
 * Judges an answer that is no token response, by what the server means and not by the status or the body alone.
 *
 * - A server that fails (5xx) is not believed about the grant: it may have used the token before it failed. Only a
 *   documented 503 of its own says that it did nothing.
 * - A limit is a limit in any status; Intacct says it in a 200 as well.
 * - A 4xx is a refusal; whether it is the server's own is told by its JSON. HTML is a proxy's, and what is cut off could
 *   have been anything.
 * - 401 without a known code is about the client: nothing else is authenticated here.
 *
 * Source: RFC 6749, section 5.2; RFC 9110, section 15; developer.sage.com, Sage Intacct REST API, Error handling.
 */
export const judgeAnswer = (errors: TokenErrors, { status }: Answer, body: Body): Judgement => {
  const said = errorOf(body)
  const own =
    body.kind === "json" &&
    errors.refusals.some((refusal) => fits(refusal, said, status) && refusal.is?.(body.value) !== false)
  const judge = (id: CatalogueId, verdict: TokenVerdict): Judgement => ({
    id,
    verdict,
    processed: verdict === "invalid-grant" ? "yes" : own && verdict !== "no-answer" ? "no" : "unknown",
    said
  })
  if (status >= 300 && status < 400) return judge(errors.redirected, "rejected")
  const known = matchRule(errors.rules, said, status)
  const knownVerdict = known === undefined ? undefined : verdictOf(known)
  if (known !== undefined && knownVerdict === "rate-limited") return judge(known, "rate-limited")
  if (status === 429) return judge(errors.rateLimited, "rate-limited")
  if (status >= 500) {
    const id = known !== undefined && knownVerdict === "unavailable" ? known : errors.unavailable
    return judge(id, status === 503 && own ? "unavailable" : "no-answer")
  }
  if (status === 408) return judge(errors.unavailable, "no-answer")
  if (body.kind === "broken") return judge(errors.unreadable, "no-answer")
  if (body.kind === "html") return judge(nowhere.has(status) ? errors.misdirected : errors.unreadable, "no-answer")
  if (known !== undefined && knownVerdict !== undefined) return judge(known, knownVerdict)
  if (hasCode(said, invalidGrant)) return judge(errors.invalidGrant, "invalid-grant")
  if (hasCode(said, interaction)) {
    const id = errors.interaction ?? errors.invalidGrant
    return judge(id, id === errors.invalidGrant ? "invalid-grant" : verdictOf(id))
  }
  if (hasCode(said, ["invalid_client"])) return judge(errors.invalidClient, "invalid-client")
  if (hasCode(said, ["temporarily_unavailable"])) return judge(errors.unavailable, "unavailable")
  if (hasCode(said, ["server_error"])) return judge(errors.unavailable, "no-answer")
  if (nowhere.has(status)) return judge(errors.misdirected, "rejected")
  if (status === 401) return judge(errors.invalidClient, "invalid-client")
  // a success that says neither what it gives nor what is wrong
  const refused = status >= 400 || (body.kind === "json" && errorBody(body.value) !== undefined)
  return refused ? judge(errors.rejected, "rejected") : judge(errors.unreadable, "no-answer")
}
