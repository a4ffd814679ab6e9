import type { CallVerdict } from "../calls/CallRules.ts"
import type { CallbackRules } from "../oauth2/callback.ts"
import { errorOf, type ErrorRule, isDiagnosis, parseBody } from "../oauth2/errorBody.ts"
import { errorsWhen, type TokenErrors, type TokenErrorTable } from "../oauth2/TokenErrors.ts"
import { isAway } from "../transport/Answer.ts"

/** Refusals with status 401 that a fresh token does not change. */
const notTheToken = /no active subscription|cannot verify subscription|subscription key|not found in the request/i

/**
 * The proxy in front of the server could not agree on TLS with it. Source: developer.sage.com, Accounting, Response
 * codes.
 */
const handshakeFailed = 525

/**
 * What an answer says about the token. 401 means that it is over, unless the words say that the account or a header is
 * at fault; 403 is about the user's rights and never about the token.
 *
 * Source: developer.sage.com, Accounting, Response codes; Frequently raised errors.
 */
export const judge = (response: Response, text: string | undefined): CallVerdict => {
  const { status } = response
  if (status === 429) return "rate-limited"
  if (isAway(status) || status === handshakeFailed) return "unavailable"
  if (status !== 401) return "accepted"
  const { texts } = errorOf(parseBody(text ?? ""))
  return texts.some((errorText) => notTheToken.test(errorText)) ? "accepted" : "credential-dead"
}

/** Source: developer.sage.com, Accounting, Authentication; Response codes. */
export const tokenErrors: TokenErrorTable<"refresh-token" | "code"> = {
  rows: [
    { codes: ["unauthorized_client"], entry: "business-cloud.client-not-authorized" },
    { codes: ["invalid_request"], entry: "business-cloud.token-request-invalid" },
    { codes: ["unsupported_grant_type"], entry: "business-cloud.grant-type-unsupported" },
    // Sage's own list of errors, with a status that says that nothing was done
    { own: { is: isDiagnosis, statuses: [429, 503] } }
  ],
  refusesByRfc: true,
  invalidGrant: { "refresh-token": "business-cloud.grant-ended", code: "business-cloud.code-rejected" },
  interaction: { "refresh-token": "client.interaction-required" },
  invalidClient: "business-cloud.client-rejected",
  rateLimited: "business-cloud.rate-limited",
  unavailable: "business-cloud.service-unavailable",
  unreadable: "business-cloud.unreadable-answer",
  redirected: "business-cloud.unreadable-answer",
  misdirected: "business-cloud.token-request-invalid",
  rejected: "business-cloud.token-request-invalid"
}

export const refreshErrors: TokenErrors = errorsWhen(tokenErrors, "refresh-token")

export const codeErrors: TokenErrors = errorsWhen(tokenErrors, "code")

/**
 * What comes back from the consent. Sage says some errors in words of its own (`error=Invalid+request&reason=…`).
 *
 * Source: developer.sage.com, Accounting, Authentication; Frequently raised errors.
 */
export const callbackRules: CallbackRules = {
  extraParameters: ["country"],
  errors: [
    { id: "business-cloud.email-in-use", text: /email already in use/i },
    { id: "business-cloud.access-denied", codes: ["access_denied"] },
    { id: "business-cloud.scope-invalid", codes: ["invalid_scope"] },
    { id: "business-cloud.client-not-authorized", codes: ["unauthorized_client"] },
    { id: "business-cloud.authorization-unavailable", codes: ["server_error", "temporarily_unavailable"] },
    { id: "business-cloud.authorization-invalid", codes: ["invalid_request", "unsupported_response_type"] }
  ]
}

/**
 * What an error of the API means, where this library reads the answer itself.
 *
 * Source: developer.sage.com, Accounting, Response codes; Frequently raised errors.
 */
export const callErrors: ReadonlyArray<ErrorRule> = [
  { id: "business-cloud.no-active-subscription", text: /no active subscription/i },
  { id: "business-cloud.subscription-unverified", text: /cannot verify subscription/i },
  { id: "business-cloud.header-missing", codes: ["HeaderNotFound"] },
  { id: "business-cloud.subscription-key-missing", text: /missing subscription key/i },
  { id: "business-cloud.token-rejected", statuses: [401] },
  { id: "business-cloud.forbidden", statuses: [403] },
  { id: "business-cloud.not-found", statuses: [404] },
  { id: "business-cloud.unprocessable", statuses: [422] },
  { id: "business-cloud.rate-limited", statuses: [429] },
  { id: "business-cloud.service-unavailable", statuses: [500, 502, 503, 504, 525] }
]
