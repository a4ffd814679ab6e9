import type { ReauthorizationCause } from "../errors/Reason.ts"
import { catalogue, type CatalogueId } from "../errors/catalogue.ts"
import type { Answer, Processed } from "../transport/Answer.ts"
import { type Body, type ErrorBody, errorBody, errorOf, fits } from "./errorBody.ts"
import type { TokenErrorRow, TokenErrors } from "./TokenErrors.ts"
import type { TokenVerdict } from "./TokenFailure.ts"

/** What an answer without a token means. */
export interface Judgement {
  readonly id: CatalogueId
  readonly verdict: TokenVerdict
  /** whether the server has processed the refresh token or code */
  readonly processed: Processed
  /** why the grant is over, where the server says it */
  readonly cause: ReauthorizationCause | undefined
  readonly serverError: ErrorBody
}

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

/** whether a row shows that the server itself refused */
const isOwn = ({ own, ...row }: TokenErrorRow, serverError: ErrorBody, status: number, json: unknown): boolean =>
  own !== undefined && fits(row, serverError, status) && fits(own, serverError, status) && own.is?.(json) !== false

/**
 * Judges an answer that is no token response, by what the server means and not by the status or the body alone.
 *
 * - A server that fails (5xx) is not believed about the grant: it may have used the token before it failed. Only a
 *   documented 503 of its own says that it did nothing.
 * - A limit is a limit in any status; Intacct says it in a 200 as well.
 * - A 4xx is a refusal; whether it is the server's own is told by its JSON. HTML is a proxy's, and what is cut off
 *   could have been anything.
 * - 401 without a known code is about the client: nothing else is authenticated here.
 *
 * Source: RFC 6749, section 5.2; RFC 9110, section 15; developer.sage.com, Sage Intacct REST API, Error handling.
 */
export const judgeAnswer = (errors: TokenErrors, { status }: Answer, body: Body): Judgement => {
  const serverError = errorOf(body)
  const own = body.kind === "json" && errors.rows.some((row) => isOwn(row, serverError, status, body.value))
  const judge = (id: CatalogueId, verdict: TokenVerdict, cause?: ReauthorizationCause): Judgement => ({
    id,
    verdict,
    processed: verdict === "invalid-grant" ? "yes" : own && verdict !== "no-answer" ? "no" : "unknown",
    cause,
    serverError
  })
  if (status >= 300 && status < 400) return judge(errors.redirected, "rejected")
  const row = errors.rows.find((each) => each.entry !== undefined && fits(each, serverError, status))
  const known = row?.entry
  const knownVerdict = known === undefined ? undefined : (row?.verdict ?? verdictOf(known))
  if (known !== undefined && knownVerdict === "rate-limited") return judge(known, "rate-limited")
  if (status === 429) return judge(errors.rateLimited, "rate-limited")
  if (status >= 500) {
    const id = known !== undefined && knownVerdict === "unavailable" ? known : errors.unavailable
    return judge(id, status === 503 && own ? "unavailable" : "no-answer")
  }
  if (status === 408) return judge(errors.unavailable, "no-answer")
  if (body.kind === "broken" || body.kind === "deep") return judge(errors.unreadable, "no-answer")
  if (body.kind === "html") return judge(nowhere.has(status) ? errors.misdirected : errors.unreadable, "no-answer")
  if (known !== undefined && knownVerdict !== undefined) return judge(known, knownVerdict, row?.cause)
  if (nowhere.has(status)) return judge(errors.misdirected, "rejected")
  if (status === 401) return judge(errors.invalidClient, "invalid-client")
  // a success that says neither what it gives nor what is wrong
  const refused = status >= 400 || (body.kind === "json" && errorBody(body.value) !== undefined)
  return refused ? judge(errors.rejected, "rejected") : judge(errors.unreadable, "no-answer")
}
