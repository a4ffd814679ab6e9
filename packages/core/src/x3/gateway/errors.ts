import type { CatalogueId } from "../../errors/catalogue.ts"
import type { ErrorRule } from "../../oauth2/ErrorRule.ts"
import type { TokenErrors } from "../../oauth2/judgeAnswer.ts"

/** The special ones first: the gateway says nearly the same of a client and of a redirect address. */
const documented: ReadonlyArray<ErrorRule> = [
  { id: "x3-gateway.pairing-pending", text: /pairing request has not been accepted/i },
  { id: "x3-gateway.pairing-expired", text: /request has expired/i },
  { id: "x3-gateway.pairing-unknown", text: /pairing request not found/i },
  { id: "x3-gateway.application-disabled", text: /application registered on sage business cloud is disabled/i },
  { id: "x3-gateway.customer-unknown", text: /could not associate the requested url/i },
  { id: "x3-gateway.client-unknown", text: /with an active application registered/i },
  { id: "x3-gateway.redirect-unknown", text: /with an application registered/i },
  { id: "x3-gateway.parameters-missing", text: /missing required request parameters/i },
  { id: "x3-gateway.grant-type-invalid", text: /invalid grant type/i }
]

const tokenErrors = (invalidGrant: CatalogueId, rules: ReadonlyArray<ErrorRule>): TokenErrors => ({
  rules: [...documented, ...rules],
  invalidGrant,
  invalidClient: "x3-gateway.client-unknown",
  rateLimited: "x3-gateway.rate-limited",
  unavailable: "x3-gateway.internal-error",
  unreadable: "x3-gateway.unreadable-answer",
  redirected: "x3-gateway.unreadable-answer",
  rejected: "x3-gateway.token-request-rejected"
})

/**
 * What the token endpoint's errors mean when a refresh token was sent: 401 is what the gateway says of a token that is
 * missing or has expired.
 *
 * Source: developer.sage.com, X3, Authorization token endpoints, API error codes.
 */
export const refreshErrors: TokenErrors = tokenErrors("x3-gateway.grant-ended", [
  { id: "x3-gateway.grant-ended", text: /unauthori[sz]ed/i, statuses: [401] }
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
