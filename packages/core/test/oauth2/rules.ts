import { errorsWhen, type TokenErrors } from "../../src/oauth2/TokenErrors.ts"

/** A table such as a surface has it, here Intacct's. */
export const errors: TokenErrors = errorsWhen(
  {
    rows: [
      { codes: ["GW-0010"], entry: "intacct.rate-limited", own: { statuses: [200, 429, 503] } },
      { text: /API rate limit exceeded/i, entry: "intacct.rate-limited" },
      { codes: ["REST-1216"], entry: "intacct-rest.client-not-authorized", own: { statuses: [400] } },
      { codes: ["GW-0036"], entry: "intacct-rest.username-missing", own: { statuses: [400] } },
      {
        text: /pairing request has not been accepted/i,
        statuses: [403],
        entry: "x3-gateway.pairing-pending",
        own: { statuses: [403] }
      }
    ],
    refusesByRfc: true,
    invalidGrant: { "refresh-token": "intacct-rest.grant-ended" },
    interaction: { "refresh-token": "client.interaction-required" },
    invalidClient: "intacct-rest.client-rejected",
    rateLimited: "intacct.rate-limited",
    unavailable: "intacct.service-unavailable",
    unreadable: "intacct.unreadable-answer",
    misdirected: "intacct-rest.token-endpoint-invalid",
    redirected: "intacct.redirect-refused",
    rejected: "intacct-rest.request-invalid"
  },
  "refresh-token"
)
