import type { CallVerdict } from "../../calls/CallRules.ts"
import type { ErrorRule } from "../../oauth2/errorBody.ts"
import {
  errorsWhen,
  interactionCodes,
  invalidGrantCodes,
  type TokenErrors,
  type TokenErrorTable
} from "../../oauth2/TokenErrors.ts"
import { isAway } from "../../transport/Answer.ts"

/** What an answer says about the token: 401 means that it is over. After 500 and 501 the request may have run. */
export const judge = ({ status }: Response): CallVerdict => {
  if (status === 429) return "rate-limited"
  if (isAway(status)) return "unavailable"
  return status === 401 ? "credential-dead" : "accepted"
}

/**
 * The special ones first: the gateway says nearly the same of a client and of a redirect address. What ends a grant,
 * and what shows that the gateway itself refused, is taken as it is written: other gateways have sentences that are
 * alike.
 *
 * Source: developer.sage.com, X3, Authorization token endpoints, API error codes.
 */
export const tokenErrors: TokenErrorTable<"refresh-token" | "code"> = {
  rows: [
    {
      text: /^the pairing request has not been accepted\.?$/i,
      entry: "x3-gateway.pairing-pending",
      own: { statuses: [403] }
    },
    { text: /^the request has expired\.?$/i, entry: "x3-gateway.pairing-expired", cause: "Expired" },
    { text: /^pairing request not found\.?$/i, entry: "x3-gateway.pairing-unknown", cause: "Revoked" },
    {
      text: /application registered on sage business cloud is disabled/i,
      entry: "x3-gateway.application-disabled",
      own: { statuses: [403], text: /^the application registered on sage business cloud is disabled\.?$/i }
    },
    { text: /could not associate the requested url/i, entry: "x3-gateway.customer-unknown" },
    { text: /with an active application registered/i, entry: "x3-gateway.client-unknown" },
    { text: /with an application registered/i, entry: "x3-gateway.redirect-unknown" },
    // whatever it is that is not known
    { text: /^could not associate the /i, own: { statuses: [404] } },
    {
      text: /missing required request parameters/i,
      entry: "x3-gateway.parameters-missing",
      own: { statuses: [400], text: /^missing required request parameters\.?$/i }
    },
    {
      text: /invalid grant type/i,
      entry: "x3-gateway.grant-type-invalid",
      own: { statuses: [400], text: /^invalid grant type\.?$/i }
    },
    // what the gateway says of a token that is missing or has expired
    { sent: "refresh-token", text: /^unauthorised\.?$/i, statuses: [401], entry: "x3-gateway.grant-ended" },
    // there is no token that it could be about, and the client is what is left
    { sent: "code", statuses: [401], entry: "x3-gateway.client-unknown" },
    {
      sent: "code",
      codes: [...invalidGrantCodes, ...interactionCodes],
      entry: "x3-gateway.pairing-unknown",
      cause: "Revoked",
      verdict: "invalid-grant"
    }
  ],
  // the gateway has sentences of its own
  refusesByRfc: false,
  invalidGrant: { "refresh-token": "x3-gateway.grant-ended", code: "x3-gateway.pairing-unknown" },
  invalidClient: "x3-gateway.client-unknown",
  rateLimited: "x3-gateway.rate-limited",
  unavailable: "x3-gateway.internal-error",
  unreadable: "x3-gateway.unreadable-answer",
  redirected: "x3-gateway.unreadable-answer",
  misdirected: "x3-gateway.token-request-rejected",
  rejected: "x3-gateway.token-request-rejected"
}

export const refreshErrors: TokenErrors = errorsWhen(tokenErrors, "refresh-token")

export const codeErrors: TokenErrors = errorsWhen(tokenErrors, "code")

/** What an error in a callback means; the gateway's pages show none. */
export const callbackErrors: ReadonlyArray<ErrorRule> = [{ id: "x3-gateway.access-denied", codes: ["access_denied"] }]

/** What an error of the API means, where this library reads the answer itself. */
export const callErrors: ReadonlyArray<ErrorRule> = [
  { id: "x3-gateway.application-disabled", text: /application registered on sage business cloud is disabled/i },
  { id: "x3-gateway.token-rejected", statuses: [401] },
  { id: "x3-gateway.forbidden", statuses: [403] },
  { id: "x3-gateway.rate-limited", statuses: [429] },
  { id: "x3-gateway.internal-error", statuses: [500, 501, 502, 503, 504] }
]
