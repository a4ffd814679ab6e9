import type { CatalogueId } from "../errors/catalogue.ts"
import type { CallbackRules } from "../oauth2/callback.ts"
import type { ErrorRule } from "../oauth2/ErrorRule.ts"
import { oauthRefusals, type Refusal, type TokenErrors } from "../oauth2/judgeAnswer.ts"

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
  { id: "intacct-rest.unable-to-process", codes: ["GW-0001"] },
  { id: "intacct-rest.client-rejected", codes: ["unauthorized_client"] }
]

/**
 * What the gateway refuses it has not passed on, and the token endpoint refuses a client before it looks at a token.
 *
 * Source: as above; RFC 6749, section 5.2.
 */
const refusals: ReadonlyArray<Refusal> = [
  ...oauthRefusals,
  { codes: ["GW-0010"], statuses: [200, 400, 429, 503] },
  {
    codes: [
      "GW-0011",
      "GW-0012",
      "GW-0014",
      "GW-0015",
      "GW-0031",
      "GW-0032",
      "GW-0033",
      "GW-0034",
      "GW-0035",
      "GW-0036",
      "GW-0037",
      "GW-0038",
      "GW-0039",
      "GW-0042",
      "REST-1216"
    ],
    statuses: [400, 401, 403, 404, 405, 415]
  }
]

const tokenErrors = (invalidGrant: CatalogueId): TokenErrors => ({
  rules,
  refusals,
  invalidGrant,
  invalidClient: "intacct-rest.client-rejected",
  rateLimited: "intacct.rate-limited",
  unavailable: "intacct.service-unavailable",
  unreadable: "intacct.unreadable-answer",
  redirected: "intacct.redirect-refused",
  misdirected: "intacct-rest.token-endpoint-invalid",
  rejected: "intacct-rest.token-request-invalid"
})

/** What the token endpoint's errors mean when a refresh token was sent. */
export const refreshErrors: TokenErrors = {
  ...tokenErrors("intacct-rest.grant-ended"),
  interaction: "client.interaction-required",
  // a refresh token that another consent has superseded is told like an access token that is over
  rules: [{ id: "intacct-rest.grant-ended", codes: ["REST-2102", "REST-1206"] }, ...rules]
}

/** What they mean when a code was sent. */
export const codeErrors: TokenErrors = tokenErrors("intacct-rest.code-rejected")

/** What they mean when the client's own credentials were sent. */
export const clientErrors: TokenErrors = {
  ...tokenErrors("intacct-rest.client-rejected"),
  interaction: "client.administrator-required",
  // a session that was sent with them and is over is told like an access token that is over
  rules: [{ id: "intacct-rest.client-rejected", codes: ["REST-2102"] }, ...rules]
}

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
