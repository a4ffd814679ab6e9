import { table } from "../Table.ts"

/** What has to be configured, by surface. */
export const configuration = table("configuration", {
  title: "Configuration reference",
  from: { document: "card", section: "Authentication Configuration Reference" },
  columns: [
    "Configuration",
    "Sage Intacct (XML)",
    "Sage Intacct (REST)",
    "Business Cloud",
    "Sage X3 (Cloud)",
    "Sage X3 (On-Prem)"
  ],
  rows: [
    [
      "grant_type",
      "N/A (session-based) @requests",
      "client_credentials or authorization_code // and refresh_token @guide",
      "authorization_code // and refresh_token @books",
      "Per OAuth2 IdP // authorization_code on Sage's pages @x3SoapOAuth2",
      "Per IdP / N/A (basic) @x3SoapOAuth2"
    ],
    [
      "Primary credential",
      "Sender ID + Password @requests",
      "Client ID + Client Secret @guide",
      "Client ID + Client Secret @books",
      "OAuth2 Bearer Token @x3SoapOAuth2",
      "Username:Password or Certificate CN @x3Certificate"
    ],
    [
      "Secondary credential",
      "Company ID + User ID + Password @requests",
      "Username (in token request) ≠ Username or session_id, for client credentials @guide",
      "Subscription ID + Resource Owner ID ≠ None. Both were v3's; v3.1 has `X-Business`, which is optional @booksMigration",
      "N/A // GraphQL: the endpoint, as `x-xtrem-endpoint` @card",
      "N/A // GraphQL: the endpoint, as `x-xtrem-endpoint` @card"
    ],
    [
      "Token endpoint",
      "N/A @requests",
      "api.intacct.com/ia/api/v1/oauth2/token @guide",
      "oauth.accounting.sage.com/token @books",
      "External OAuth2 provider // multi-tenant cloud: the gateway's /v1/token @x3Servers",
      "External OAuth2 provider or N/A @x3Servers"
    ],
    [
      "API base URL",
      "api.intacct.com/ia/xml/xmlgw.phtml // then the endpoint of the session @webServices",
      "api.intacct.com/ia/api/v1/ @guide",
      "api.accounting.sage.com/v3.1/ @booksMigration",
      "{host}:{port}/api1/ @x3Rest",
      "{host}:{port}/api1/ @x3Rest"
    ],
    [
      "Config file",
      "N/A (cloud-only) @card",
      "N/A (cloud-only) @card",
      "N/A (cloud-only) @card",
      "N/A (cloud-managed) @card",
      "nodelocal.js (session.auth) @nodelocal"
    ]
  ]
})
