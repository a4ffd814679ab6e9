import type { CatalogueId } from "../errors/catalogue.ts"
import type { CallbackRules } from "../oauth2/callback.ts"
import type { ErrorRule } from "../oauth2/ErrorRule.ts"
import type { TokenErrors } from "../oauth2/judgeAnswer.ts"

/**
 * Codes of the gateway and of the token endpoint.
 *
 * Source: developer.sage.com, Sage Intacct REST API, Error handling.
 */
const rules: ReadonlyArray<ErrorRule> = [
  { id: "intacct.rate-limited", codes: ["GW-0010"] },
  { id: "intacct.rate-limited", text: /API rate limit exceeded/i },
  { id: "intacct-rest.client-not-authorized", codes: ["REST-1216"] },
  { id: "intacct.invalid-request", codes: ["GW-0011"] },
  { id: "intacct-rest.tenant-missing", codes: ["GW-0012"] },
  { id: "intacct-rest.content-type-invalid", codes: ["GW-0014"] },
  { id: "intacct-rest.attribute-missing", codes: ["GW-0015"] },
  { id: "intacct-rest.token-undecodable", codes: ["GW-0031"] },
  { id: "intacct-rest.token-payload-invalid", codes: ["GW-0032"] },
  { id: "intacct-rest.token-endpoint-invalid", codes: ["GW-0033"] },
  { id: "intacct-rest.token-payload-missing", codes: ["GW-0035"] },
  { id: "intacct-rest.username-missing", codes: ["GW-0036"] },
  { id: "intacct-rest.client-id-missing", codes: ["GW-0037"] },
  { id: "intacct-rest.several-client-ids", codes: ["GW-0038"] },
  { id: "intacct-rest.several-usernames", codes: ["GW-0039"] },
  { id: "intacct-rest.unable-to-process", codes: ["GW-0001"] }
]

const tokenErrors = (invalidGrant: CatalogueId): TokenErrors => ({
  rules,
  invalidGrant,
  invalidClient: "intacct-rest.client-rejected",
  rateLimited: "intacct.rate-limited",
  unavailable: "intacct.service-unavailable",
  unreadable: "intacct.unreadable-answer",
  redirected: "intacct.redirect-refused",
  rejected: "intacct-rest.client-rejected"
})

/** What the token endpoint's errors mean when a refresh token was sent. */
export const refreshErrors: TokenErrors = {
  ...tokenErrors("intacct-rest.grant-ended"),
  // a refresh token that another consent has superseded is told like an access token that is over
  rules: [{ id: "intacct-rest.grant-ended", codes: ["REST-2102", "REST-1206"] }, ...rules]
}

/** What they mean when a code was sent. */
export const codeErrors: TokenErrors = tokenErrors("intacct-rest.code-rejected")

/** What they mean when the client's own credentials were sent. */
export const clientErrors: TokenErrors = tokenErrors("intacct-rest.client-rejected")

/** What comes back from the consent. Source: RFC 6749, section 4.1.2.1. */
export const callbackRules: CallbackRules = {
  errors: [
    { id: "intacct-rest.access-denied", codes: ["access_denied"] },
    { id: "intacct-rest.client-rejected", codes: ["unauthorized_client", "invalid_client"] },
    { id: "intacct-rest.authorization-unavailable", codes: ["server_error", "temporarily_unavailable"] },
    {
      id: "intacct-rest.authorization-invalid",
      codes: ["invalid_request", "invalid_scope", "unsupported_response_type"]
    }
  ]
}
