import { table } from "../Table.ts"

/** Five surfaces, nine capabilities. */
export const quickReference = table("quick-reference", {
  title: "Quick reference",
  from: { document: "card", section: "Quick Reference" },
  columns: [
    "Capability",
    "Sage Intacct (XML)",
    "Sage Intacct (REST)",
    "Business Cloud Accounting",
    "Sage X3 (Cloud)",
    "Sage X3 (On-Prem)"
  ],
  rows: [
    [
      "Auth Method",
      "Sender ID + Session @sessions",
      "OAuth 2.0 @guide",
      "OAuth 2.0 @books",
      "OAuth2 Bearer // GraphQL: JWT of a connected application, or the gateway's pairing in the multi-tenant cloud @x3OAuth2",
      "Basic / Cert / OAuth2 // GraphQL: JWT of a connected application @nodelocal"
    ],
    [
      "Token Type",
      "Session ID (opaque) @responses",
      "JWT @guide",
      "Opaque ≠ JWT (RS512), to be treated as opaque @books",
      "Bearer token @x3SoapOAuth2",
      "Session / Bearer ≠ Header on every call: `api1` keeps no session @x3Stateless"
    ],
    [
      "Token Lifetime",
      "~30 min idle (configurable) ≠ As `sessiontimeout` says: set per company, idle and absolute @settings",
      "1h access; 6mo refresh ≠ As the answer says: 43200 s beside a JWT of 3600 s; refresh 90 days in one sample, no end in another @guide",
      "~1h access ≠ 300 s access; 31 days refresh @books",
      "Session-based ≠ As the identity provider says; gateway 5 min access, 30 days refresh; JWT at most Tokens validity @x3Gateway",
      "Session-based ≠ Basic and certificate: with every call; bearer: as the identity provider says; JWT at most Tokens validity @x3Stateless"
    ],
    [
      "Server-to-Server",
      "Yes @requests",
      "Yes (client creds + username) ≠ Yes (client credentials with `username`, or with `session_id`) @guide",
      "No (auth code only) @books",
      "Yes (OAuth2) // unproven: Sage's pages show the authorization code alone; a token has to stand for a user. GraphQL by a connected application needs no human @card",
      "Yes (basic/cert/OAuth2) // by OAuth2 unproven, as in the cloud @x3Basic"
    ],
    [
      "MFA Support",
      "N/A (service credentials) // a user under two-step verification needs Web Services only @signIn",
      "Via OAuth IdP ≠ At Intacct's own sign-in page, when a user consents; client credentials have none @guide",
      "Via OAuth IdP ≠ At Sage's own sign-in page, when a user consents @books",
      "Via OAuth2 IdP @x3Servers",
      "N/A (basic); Via IdP (OAuth2) @x3Servers"
    ],
    [
      "Credential Rotation",
      "Manual (Sender password) @requests",
      "Standard OAuth // whether a refresh token is replaced is not documented: use the newest @guide",
      "Standard OAuth // every renewal replaces the refresh token; an older one is refused @booksTrouble",
      "IdP-managed @x3Servers",
      "Manual @x3Users"
    ],
    [
      "Rate Limit",
      "2 concurrent / 100K txn/month // two is the older statement and this library's default @volume",
      "Same pool as XML ≠ 6 per application and 8 per company in tier 1; transactions are counted together with XML @volume",
      "429 with Retry-After ≠ 429, with Retry-After at times; 1,296,000 requests a day and 150 at a time per application @booksPractices",
      "Syracuse pool @x3Pools",
      "Syracuse pool @x3Pools"
    ],
    [
      "Gateway URL",
      "api.intacct.com/ia/xml/xmlgw.phtml // for the first request; then the endpoint of the session @webServices",
      "api.intacct.com/ia/api/v1/ @guide",
      "api.accounting.sage.com // with /v3.1 @booksMigration",
      "{host}:{port}/api1/ @x3Rest",
      "{host}:{port}/api1/ @x3Rest"
    ],
    [
      "+ Renewed by",
      "+ A login, when the session ends @sessions",
      "+ A refresh token; client credentials: the same request again @guide",
      "+ A refresh token, good for one use @booksTrouble",
      "+ A refresh token of the provider or the gateway; a JWT is made anew @x3Gateway",
      "+ Nothing to renew for basic and certificate; bearer as in the cloud @x3Basic"
    ]
  ]
})

/** Three products, ten capabilities. */
export const comparison = table("comparison", {
  title: "Cross-system comparison",
  from: { document: "card", section: "Cross-System Comparison" },
  columns: ["Capability", "Sage Intacct", "Business Cloud Accounting", "Sage X3", "Notes"],
  rows: [
    [
      "Auth Standard",
      "Proprietary (XML) + OAuth 2.0 (REST) @requests",
      "OAuth 2.0 @books",
      "Basic/Cert/OAuth2/JWT @nodelocal",
      "Intacct is only Sage product with dual auth systems ≠ X3 has four: Basic and certificate, OAuth2 bearer, JWT of a connected application, pairing @x3App"
    ],
    [
      "Server-to-Server",
      "Yes (both APIs) @guide",
      "No (auth code only) @books",
      "Yes (OAuth2/Cert) ≠ Basic and certificate on premise; GraphQL by a connected application; OAuth2 without a user is unproven @x3SoapOAuth2",
      "Business Cloud limitation forces user interaction @books"
    ],
    [
      "Token Lifetime",
      "XML: ~30 min; REST: 1 hour ≠ XML: as `sessiontimeout` says; REST: the lesser of `expires_in` and the JWT's own @sessions",
      "~1 hour ≠ 5 minutes @books",
      "Session-based ≠ As the identity provider, the gateway (5 min) or Tokens validity says @x3Gateway",
      "Intacct REST refresh tokens last 6 months ≠ Do not rely on it: 90 days in one sample of Sage's, no end in another @guide"
    ],
    [
      "MFA Support",
      "Via Web Services user (service account) @signIn",
      "Via OAuth IdP ≠ At Sage's own sign-in page @books",
      "Via OAuth2 IdP @x3Servers",
      "XML API bypasses MFA via service user @signIn"
    ],
    [
      "Credential Complexity",
      "High (Sender ID + Company + User) @requests",
      "Low (Client ID + Secret) @books",
      "Medium (varies) @card",
      "Intacct XML is most complex @card"
    ],
    [
      "Rate Limiting",
      "2 concurrent; 100K txn/month (Tier 1) // REST: 6 per application, 8 per company @volume",
      "429 with Retry-After ≠ 429, with Retry-After at times @booksCodes",
      "Syracuse session pool @x3Pools",
      "Intacct is most restrictive and metered @volume"
    ],
    [
      "On-Premise Support",
      "No (cloud-only) @card",
      "No (cloud-only) @card",
      "Yes (full support) @x3Rest",
      "X3 is only product with on-premise option @card"
    ],
    [
      "GraphQL",
      "No @card",
      "No @card",
      "Yes (v12+) // with Sage X3 Services, 2021 R2 or later @x3App",
      "X3 is only Sage product with GraphQL ≠ Sage Distribution and Manufacturing Operations has GraphQL as well @projects"
    ],
    [
      "API Maturity",
      "High (XML since ~2005; REST GA 2024) // Sage calls XML legacy: new objects come by REST only @card",
      "Medium (REST v3.1) @booksMigration",
      "Medium-High (SOAP/REST/GraphQL) @card",
      "Intacct has longest API track record @card"
    ],
    [
      "Developer License",
      "Required (paid) for XML API // an application for REST is bound to a sender too @card",
      "Free (register at developer.sage.com) @card",
      "Included with X3 license // web services are metered by volume @card",
      "Intacct XML API cost is an adoption barrier @card"
    ]
  ]
})

/** What Intacct serves, by performance tier. */
export const performanceTiers = table("performance-tiers", {
  title: "Intacct: performance tiers",
  columns: [
    "Tier",
    "Transactions a month",
    "REST at a time, per application",
    "REST at a time, per company",
    "Offline"
  ],
  rows: [
    ["+ 1 (default)", "+ 100,000 @volume", "+ 6 @volume", "+ 8 @volume", "+ 1 @volume"],
    ["+ 2", "+ 250,000 @volume", "+ 8 @volume", "+ 10 @volume", "+ 2 @volume"],
    ["+ 2-500k", "+ 500,000 @volume", "+ 8 @volume", "+ 10 @volume", "+ 2 @volume"],
    ["+ 3", "+ 1,000,000 @volume", "+ 12 @volume", "+ 15 @volume", "+ 3 @volume"],
    ["+ 4", "+ 2,500,000 @volume", "+ 15 @volume", "+ 20 @volume", "+ 4 @volume"],
    ["+ 5", "+ by contract @volume", "+ by contract @volume", "+ by contract @volume", "+ by contract @volume"]
  ]
})
