import type { CatalogueId } from "../../errors/catalogue.ts"
import type { CallbackRules } from "../../oauth2/callback.ts"
import { oauthRefusals, type TokenErrors } from "../../oauth2/judgeAnswer.ts"

/** Any identity provider's errors. Source: RFC 6749, section 5.2. */
const tokenErrors = (invalidGrant: CatalogueId): TokenErrors => ({
  rules: [
    { id: "x3-web-services.client-rejected", codes: ["unauthorized_client"] },
    {
      id: "x3-web-services.token-request-invalid",
      codes: ["invalid_request", "invalid_scope", "unsupported_grant_type"]
    }
  ],
  refusals: oauthRefusals,
  invalidGrant,
  invalidClient: "x3-web-services.client-rejected",
  rateLimited: "x3-web-services.rate-limited",
  unavailable: "x3-web-services.service-unavailable",
  unreadable: "x3-web-services.unreadable-answer",
  redirected: "x3-web-services.unreadable-answer",
  misdirected: "x3-web-services.token-request-invalid",
  rejected: "x3-web-services.token-request-invalid"
})

/** What the token endpoint's errors mean when a refresh token was sent. */
export const refreshErrors: TokenErrors = {
  ...tokenErrors("x3-web-services.grant-ended"),
  interaction: "client.interaction-required"
}

/** What they mean when a code was sent. */
export const codeErrors: TokenErrors = tokenErrors("x3-web-services.code-rejected")

/** What they mean when the client's own credentials were sent. */
export const clientErrors: TokenErrors = {
  ...tokenErrors("x3-web-services.client-rejected"),
  interaction: "client.administrator-required"
}

/** What comes back from the consent. Source: RFC 6749, section 4.1.2.1. */
export const callbackRules: CallbackRules = {
  errors: [
    { id: "x3-web-services.access-denied", codes: ["access_denied"] },
    { id: "x3-web-services.client-rejected", codes: ["unauthorized_client", "invalid_client"] },
    { id: "x3-web-services.authorization-unavailable", codes: ["server_error", "temporarily_unavailable"] },
    {
      id: "x3-web-services.authorization-invalid",
      codes: ["invalid_request", "invalid_scope", "unsupported_response_type"]
    }
  ]
}
