import type { CatalogueId } from "../../errors/catalogue.ts"
import type { ErrorRule } from "../../oauth2/ErrorRule.ts"
import type { Refusal, TokenErrors } from "../../oauth2/judgeAnswer.ts"

/**
 * The special ones first: the gateway says nearly the same of a client and of a redirect address. What ends a grant is
 * taken as it is written: other gateways have sentences that are alike.
 */
const documented: ReadonlyArray<ErrorRule> = [
  { id: "x3-gateway.pairing-pending", text: /^the pairing request has not been accepted\.?$/i },
  { id: "x3-gateway.pairing-expired", text: /^the request has expired\.?$/i },
  { id: "x3-gateway.pairing-unknown", text: /^pairing request not found\.?$/i },
  { id: "x3-gateway.application-disabled", text: /application registered on sage business cloud is disabled/i },
  { id: "x3-gateway.customer-unknown", text: /could not associate the requested url/i },
  { id: "x3-gateway.client-unknown", text: /with an active application registered/i },
  { id: "x3-gateway.redirect-unknown", text: /with an application registered/i },
  { id: "x3-gateway.parameters-missing", text: /missing required request parameters/i },
  { id: "x3-gateway.grant-type-invalid", text: /invalid grant type/i }
]

/** Source: developer.sage.com, X3, Authorization token endpoints, API error codes. */
const refusals: ReadonlyArray<Refusal> = [
  { text: /^missing required request parameters\.?$/i, statuses: [400] },
  { text: /^invalid grant type\.?$/i, statuses: [400] },
  { text: /^the pairing request has not been accepted\.?$/i, statuses: [403] },
  { text: /^the application registered on sage business cloud is disabled\.?$/i, statuses: [403] },
  { text: /^could not associate the /i, statuses: [404] }
]

const tokenErrors = (invalidGrant: CatalogueId, rules: ReadonlyArray<ErrorRule>): TokenErrors => ({
  rules: [...documented, ...rules],
  refusals,
  invalidGrant,
  invalidClient: "x3-gateway.client-unknown",
  rateLimited: "x3-gateway.rate-limited",
  unavailable: "x3-gateway.internal-error",
  unreadable: "x3-gateway.unreadable-answer",
  redirected: "x3-gateway.unreadable-answer",
  misdirected: "x3-gateway.token-request-rejected",
  rejected: "x3-gateway.token-request-rejected"
})

/**
 * What the token endpoint's errors mean when a refresh token was sent: 401 is what the gateway says of a token that is
 * missing or has expired.
 *
 * Source: developer.sage.com, X3, Authorization token endpoints, API error codes.
 */
export const refreshErrors: TokenErrors = tokenErrors("x3-gateway.grant-ended", [
  { id: "x3-gateway.grant-ended", text: /^unauthorised\.?$/i, statuses: [401] }
])

/** What they mean when a code was sent: there is no token that 401 could be about, and the client is what is left. */
export const codeErrors: TokenErrors = tokenErrors("x3-gateway.pairing-unknown", [
  { id: "x3-gateway.client-unknown", statuses: [401] }
])

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
