import type { CallbackRules } from "../../oauth2/callback.ts"
import { errorsWhen, type TokenErrors, type TokenErrorTable } from "../../oauth2/TokenErrors.ts"

/** Any identity provider's errors. Source: RFC 6749, section 5.2. */
export const tokenErrors: TokenErrorTable = {
  rows: [
    { codes: ["unauthorized_client"], entry: "x3-web-services.client-rejected" },
    {
      codes: ["invalid_request", "invalid_scope", "unsupported_grant_type"],
      entry: "x3-web-services.token-request-invalid"
    }
  ],
  refusesByRfc: true,
  invalidGrant: {
    "refresh-token": "x3-web-services.grant-ended",
    code: "x3-web-services.code-rejected",
    "client-credentials": "x3-web-services.client-rejected"
  },
  interaction: {
    "refresh-token": "client.interaction-required",
    "client-credentials": "client.administrator-required"
  },
  invalidClient: "x3-web-services.client-rejected",
  rateLimited: "x3-web-services.rate-limited",
  unavailable: "x3-web-services.service-unavailable",
  unreadable: "x3-web-services.unreadable-answer",
  redirected: "x3-web-services.unreadable-answer",
  misdirected: "x3-web-services.token-request-invalid",
  rejected: "x3-web-services.token-request-invalid"
}

export const refreshErrors: TokenErrors = errorsWhen(tokenErrors, "refresh-token")

export const codeErrors: TokenErrors = errorsWhen(tokenErrors, "code")

export const clientErrors: TokenErrors = errorsWhen(tokenErrors, "client-credentials")

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
