import { oauthRefusals, type TokenErrors } from "../../src/oauth2/judgeAnswer.ts"

/** Rules such as a surface gives them, here Intacct's. */
export const errors: TokenErrors = {
  rules: [
    { id: "intacct.rate-limited", codes: ["GW-0010"] },
    { id: "intacct.rate-limited", text: /API rate limit exceeded/i },
    { id: "intacct-rest.client-not-authorized", codes: ["REST-1216"] },
    { id: "intacct-rest.username-missing", codes: ["GW-0036"] },
    { id: "x3-gateway.pairing-pending", text: /pairing request has not been accepted/i, statuses: [403] }
  ],
  refusals: [
    ...oauthRefusals,
    { codes: ["GW-0010"], statuses: [200, 429, 503] },
    { codes: ["GW-0036", "REST-1216"], statuses: [400] },
    { text: /pairing request has not been accepted/i, statuses: [403] }
  ],
  invalidGrant: "intacct-rest.grant-ended",
  interaction: "client.interaction-required",
  invalidClient: "intacct-rest.client-rejected",
  rateLimited: "intacct.rate-limited",
  unavailable: "intacct.service-unavailable",
  unreadable: "intacct.unreadable-answer",
  misdirected: "intacct-rest.token-endpoint-invalid",
  redirected: "intacct.redirect-refused",
  rejected: "intacct-rest.request-invalid"
}
