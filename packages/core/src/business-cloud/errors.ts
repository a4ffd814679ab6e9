import type { CatalogueId } from "../errors/catalogue.ts"
import type { CallbackRules } from "../oauth2/callback.ts"
import type { ErrorRule } from "../oauth2/ErrorRule.ts"
import { isDiagnosis } from "../oauth2/errorBody.ts"
import { oauthRefusals, type Refusal, type TokenErrors } from "../oauth2/judgeAnswer.ts"

/** Sage's own list of errors, with a status that says that nothing was done. Source: Response codes. */
const refusals: ReadonlyArray<Refusal> = [...oauthRefusals, { is: isDiagnosis, statuses: [429, 503] }]

const tokenErrors = (invalidGrant: CatalogueId): TokenErrors => ({
  rules: [
    { id: "business-cloud.client-not-authorized", codes: ["unauthorized_client"] },
    { id: "business-cloud.token-request-invalid", codes: ["invalid_request"] },
    { id: "business-cloud.grant-type-unsupported", codes: ["unsupported_grant_type"] }
  ],
  refusals,
  invalidGrant,
  invalidClient: "business-cloud.client-rejected",
  rateLimited: "business-cloud.rate-limited",
  unavailable: "business-cloud.service-unavailable",
  unreadable: "business-cloud.unreadable-answer",
  redirected: "business-cloud.unreadable-answer",
  misdirected: "business-cloud.token-request-invalid",
  rejected: "business-cloud.token-request-invalid"
})

/** What the token endpoint's errors mean when a refresh token was sent. */
export const refreshErrors: TokenErrors = {
  ...tokenErrors("business-cloud.grant-ended"),
  interaction: "client.interaction-required"
}

/** What they mean when a code was sent. */
export const codeErrors: TokenErrors = tokenErrors("business-cloud.code-rejected")

/**
 * What comes back from the consent. Sage says some errors in words of its own (`error=Invalid+request&reason=…`).
 *
 * Source: developer.sage.com, Accounting, Authentication; Frequently raised errors.
 */
export const callbackRules: CallbackRules = {
  keep: ["country"],
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
  { id: "business-cloud.rate-limited", statuses: [429] },
  { id: "business-cloud.service-unavailable", statuses: [500, 502, 503, 504, 525] }
]
