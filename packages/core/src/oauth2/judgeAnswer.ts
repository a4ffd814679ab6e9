import { mostLevels } from "../config/json.ts"
import type * as Redacted from "effect/Redacted"
import { type Body, type ErrorBody, errorBody, errorOf, fits, tokenErrorBody, wordsOf } from "./errorBody.ts"
import { catalogue, type CatalogueId } from "../errors/catalogue.ts"
import { secretsOfJson } from "../errors/maskSecrets.ts"
import type { ReauthorizationCause } from "../errors/Reason.ts"
import { failure, type Place } from "../errors/SageAuthError.ts"
import { TokenFailure, type TokenVerdict } from "./TokenFailure.ts"
import { type Answer, type Processed, retryAfter, shownMediaType } from "../transport/Answer.ts"
import type { TokenErrorRow, TokenErrors } from "./TokenErrors.ts"
import type { TransportFailure } from "../transport/TransportFailure.ts"
import { unanswered } from "../transport/unanswered.ts"

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

/** The failure for a request without an answer, or with one that is larger than is read. */
export const fromTransport = (
  lost: TransportFailure,
  unreadable: CatalogueId,
  secrets: ReadonlyArray<Redacted.Redacted>,
  place: Place
): TokenFailure => {
  const tooLarge = lost.problem === "too-large"
  return new TokenFailure({
    error: tooLarge
      ? failure(unreadable, { ...place, message: "the answer is larger than the limit" })
      : unanswered(lost, place, secrets),
    description: undefined,
    verdict: "no-answer",
    processed: lost.processed,
    cause: undefined,
    status: undefined
  })
}

const kinds: Readonly<Record<Body["kind"], string>> = {
  json: "no answer of a token endpoint",
  empty: "the body is empty",
  html: "a web page instead of an answer, as a proxy sends it",
  xml: "XML where JSON was expected",
  text: "text where JSON was expected",
  broken: "the body is cut off or not well-formed",
  deep: `JSON that nests deeper than ${mostLevels} levels`
}

/** What a body is, in our words: nothing of it is quoted, since it may be tokens. */
const described = (answer: Answer, body: Body): string => {
  const { headers, status, text } = answer
  const kind = body.kind === "text" && isForm(text) ? "a form where JSON was expected" : kinds[body.kind]
  const length = text === "" ? "" : `, ${text.length} characters`
  return `HTTP ${status}, ${shownMediaType(headers.get("content-type"))}${length}: ${kind}`
}

/** how much of a text is looked at to tell what it is, in characters */
const looked = 200

const isForm = (text: string): boolean => {
  const beginning = text.slice(0, looked).trim()
  return beginning.includes("=") && !/\s/.test(beginning)
}

/** The meaning of an entry, with the status that it was said with. */
const withStatus = (id: CatalogueId, status: number): string =>
  catalogue[id].meaning.replace(/\.$/, ` (HTTP ${status}).`)

/** The failure for an answer that was judged to be one. */
export const fromJudgement = (
  { cause, id, processed, verdict }: Judgement,
  answer: Answer,
  body: Body,
  sent: ReadonlyArray<Redacted.Redacted>,
  place: Place
): TokenFailure => {
  const json = body.kind === "json" ? body.value : undefined
  const secrets = [...sent, ...secretsOfJson(json)]
  const { code, supportId, text } = wordsOf(
    tokenErrorBody(json) ?? { codes: [], texts: [], supportId: undefined },
    secrets
  )
  const redirect = answer.status >= 300 && answer.status < 400
  const description = redirect
    ? `the server answered with a redirect (HTTP ${answer.status})`
    : // a refusal with a code and no words: the entry's own meaning says it best
      (text ?? (code === undefined ? described(answer, body) : withStatus(id, answer.status)))
  return new TokenFailure({
    error: failure(id, {
      ...place,
      message: description,
      code,
      supportId,
      retryAfter: retryAfter(answer.headers, answer.arrivedAt),
      // what is known so far; the caller with the grant's history knows better
      cause: "Revoked"
    }),
    description,
    verdict,
    processed,
    cause,
    status: answer.status
  })
}
