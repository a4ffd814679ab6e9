import type { CallbackRules } from "../oauth2/callback.ts"
import { errorsWhen, type Own, type TokenErrors, type TokenErrorTable } from "../oauth2/TokenErrors.ts"

/** what the gateway refuses, it has not passed on */
const byGateway: Own = { statuses: [400, 401, 403, 404, 405, 415] }

/**
 * The errors of the gateway and of the token endpoint, which refuses a client before it looks at a token.
 *
 * Source: developer.sage.com, Sage Intacct REST API, Error handling; RFC 6749, section 5.2.
 */
export const tokenErrors: TokenErrorTable = {
  rows: [
    // a refresh token that another consent has superseded is told like an access token that is over
    { sent: "refresh-token", codes: ["REST-2102"], entry: "intacct-rest.grant-ended", cause: "Superseded" },
    { sent: "refresh-token", codes: ["REST-1206"], entry: "intacct-rest.grant-ended" },
    // and so is a session that was sent with the client's credentials and is over
    { sent: "client-credentials", codes: ["REST-2102"], entry: "intacct-rest.client-rejected" },
    { codes: ["GW-0010"], entry: "intacct.rate-limited", own: { statuses: [200, 400, 429, 503] } },
    { text: /API rate limit exceeded/i, entry: "intacct.rate-limited" },
    { codes: ["REST-1216"], entry: "intacct-rest.client-not-authorized", own: byGateway },
    { codes: ["GW-0011"], entry: "intacct.invalid-request", own: byGateway },
    { codes: ["GW-0012"], entry: "intacct-rest.tenant-missing", own: byGateway },
    { codes: ["GW-0014"], entry: "intacct-rest.content-type-invalid", own: byGateway },
    { codes: ["GW-0015"], entry: "intacct-rest.attribute-missing", own: byGateway },
    // said of the session or the token that was sent, and not of the client
    { codes: ["GW-0031"], entry: "intacct-rest.token-undecodable", verdict: "rejected", own: byGateway },
    { codes: ["GW-0032"], entry: "intacct-rest.token-payload-invalid", own: byGateway },
    { codes: ["GW-0033"], entry: "intacct-rest.token-endpoint-invalid", own: byGateway },
    { codes: ["GW-0034"], own: byGateway },
    { codes: ["GW-0035"], entry: "intacct-rest.token-payload-missing", own: byGateway },
    { codes: ["GW-0036"], entry: "intacct-rest.username-missing", own: byGateway },
    { codes: ["GW-0037"], entry: "intacct-rest.client-id-missing", own: byGateway },
    { codes: ["GW-0038"], entry: "intacct-rest.several-client-ids", own: byGateway },
    { codes: ["GW-0039"], entry: "intacct-rest.several-usernames", own: byGateway },
    { codes: ["GW-0042"], own: byGateway },
    { codes: ["GW-0001"], entry: "intacct-rest.unable-to-process" },
    { codes: ["unauthorized_client"], entry: "intacct-rest.client-rejected" }
  ],
  refusesByRfc: true,
  invalidGrant: {
    "refresh-token": "intacct-rest.grant-ended",
    code: "intacct-rest.code-rejected",
    "client-credentials": "intacct-rest.client-rejected"
  },
  interaction: {
    "refresh-token": "client.interaction-required",
    "client-credentials": "client.administrator-required"
  },
  invalidClient: "intacct-rest.client-rejected",
  rateLimited: "intacct.rate-limited",
  unavailable: "intacct.service-unavailable",
  unreadable: "intacct.unreadable-answer",
  redirected: "intacct.redirect-refused",
  misdirected: "intacct-rest.token-endpoint-invalid",
  rejected: "intacct-rest.token-request-invalid"
}

export const refreshErrors: TokenErrors = errorsWhen(tokenErrors, "refresh-token")

export const codeErrors: TokenErrors = errorsWhen(tokenErrors, "code")

export const clientErrors: TokenErrors = errorsWhen(tokenErrors, "client-credentials")

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
