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

const card = (section: string) => ({ document: "card", section }) as const

/** What the card says in five lines. */
export const summary = table("summary", {
  title: "In short",
  from: card("TL;DR"),
  columns: ["About", "Statement"],
  rows: [
    [
      "Bottom line",
      "Each Sage product uses a fundamentally different authentication model: Intacct uses dual-tier XML sessions (Sender ID + Company credentials) or OAuth 2.0 for REST; Business Cloud Accounting uses standard OAuth 2.0 authorization code flow; X3 supports basic auth, certificate auth, or OAuth2 depending on deployment (cloud mandates OAuth2). // X3's GraphQL takes tokens of a connected application, and its multi-tenant cloud a pairing @requests"
    ],
    [
      "Key limit",
      "Sage Intacct defaults to 2 concurrent API connections per tenant -- a third request waits 30 seconds then errors with GW-0010 (429). ≠ Tier 1 serves 6 REST requests of one application at a time, and 8 of one company; beyond that comes GW-0010 (429). Two connections are the older statement, and this library's default. @volume"
    ],
    [
      "Watch out for",
      "Sage Intacct's XML API and REST API use completely different authentication mechanisms -- XML uses Sender ID + session-based auth, REST uses OAuth 2.0. They are NOT interchangeable. ≠ The credentials are two pairs: sender and login for XML, an OAuth 2.0 client for REST. A session of either API can be made of the other's. @openapi"
    ],
    [
      "Best for",
      "Teams integrating with multiple Sage products who need to understand which auth pattern applies to which product and how credential management differs. @card"
    ],
    [
      "Authentication",
      "Intacct XML: Sender ID + getAPISession (session-based). Intacct REST: OAuth 2.0 (authorization code or client credentials). Business Cloud: OAuth 2.0 (authorization code). X3: Basic/Certificate/OAuth2 (deployment-dependent). @sessions"
    ]
  ]
})

/** Each product: what it is, its APIs, how they authenticate. */
export const systemProfile = table("system-profile", {
  title: "System profile",
  from: card("System Profile"),
  columns: ["System", "Role", "API Surface", "Auth Method"],
  rows: [
    [
      "Sage Intacct",
      "Cloud financial management (mid-market) @card",
      "XML API v3.0 + REST API @requests",
      "XML: Sender ID + Session; REST: OAuth 2.0 @guide"
    ],
    [
      "+ Sage Business Cloud Accounting",
      "+ Cloud accounting for small companies, formerly Sage One @booksMigration",
      "+ REST API v3.1, one address for all countries @booksMigration",
      "+ OAuth 2.0, authorization code only @books"
    ],
    [
      "+ Sage X3 on premise",
      "+ ERP for the mid-market, on the Syracuse server @x3Rest",
      "+ REST (`api1`), SOAP, GraphQL (from 2021 R2) @x3Rest",
      "+ Basic, client certificate or OAuth2 bearer; GraphQL: JWT of a connected application @nodelocal"
    ],
    [
      "+ Sage X3 Online",
      "+ The same, run by Sage for one customer @x3OAuth2",
      "+ REST (`api1`), SOAP, GraphQL @x3Soap",
      "+ OAuth2 bearer only; GraphQL: JWT of a connected application @x3OAuth2"
    ],
    [
      "+ Sage X3 multi-tenant cloud",
      "+ The same, for many customers behind one gateway per region @x3Gateway",
      "+ GraphQL, data ingestion and data delivery, by the gateway @x3Gateway",
      "+ A pairing: OAuth 2.0 code flow with a user's acceptance @x3Gateway"
    ]
  ]
})

/** What the card tells beside its tables. */
export const background = table("background", {
  title: "Background",
  from: card("System Profile"),
  columns: ["About", "Statement"],
  rows: [
    [
      "+ Products",
      "This card compares authentication patterns across three major Sage ERP/accounting products. Each product evolved independently and uses fundamentally different API architectures, which means authentication patterns are not transferable between products. Sage Intacct (acquired 2017) retained its proprietary XML API while adding a newer REST API with OAuth 2.0. Sage Business Cloud Accounting (formerly Sage One) uses a modern REST-only approach with OAuth 2.0. Sage X3 (mid-market ERP) runs on the Syracuse application server and supports SOAP, REST, and GraphQL APIs with deployment-dependent auth methods. @card"
    ],
    [
      "+ Intacct XML",
      "The XML API uses a unique dual-tier authentication: a Sender ID/Password pair identifies the developer/application, while Company ID + User ID + Password (or a session ID) identifies the tenant and user. @requests"
    ],
    [
      "+ Intacct REST",
      "The REST API uses standard OAuth 2.0 with tokens issued as JWTs. Applications register in the Sage App Registry to obtain Client ID and Client Secret. @guide"
    ],
    ["+ Legacy", "+ Sage calls the XML API legacy: new objects and features come by REST only. @legacy"]
  ]
})

/** When this advice fits, and where to look when it does not. */
export const fit = table("use", {
  title: "Use it, or not",
  from: card("Version History & Compatibility"),
  columns: ["Task", "Use"],
  rows: [
    [
      "Building a multi-product Sage integration platform",
      "+ This advice: a set of credentials for each product. @library"
    ],
    [
      "Need detailed rate limit optimization for a single product",
      "Product-specific rate limits card // of Intacct: the table `performance-tiers`, and the pool in docs/intacct-xml.md @card"
    ],
    [
      "+ Choosing the flow of a new integration",
      "+ This advice: `advise`, or the tree in docs/which-flow.md. @library"
    ],
    [
      "+ Single sign-on of people at Sage's products",
      "+ Not this advice: these flows let a program in. Products share no sign-on that an integration could use. @library"
    ],
    [
      "+ Sage 200, Sage Active, Sage Intacct Construction, Sage 50",
      "+ Not this advice: they have APIs of their own, with Sage ID or others. @library"
    ]
  ]
})

/** What changed, and when. */
export const versionHistory = table("version-history", {
  title: "Version history and compatibility",
  from: { document: "card", section: "Version History & Compatibility" },
  columns: ["Change", "Date", "Product", "Impact", "Migration Notes"],
  rows: [
    [
      "Sage Intacct REST API with OAuth 2.0 GA",
      "2024 @card",
      "Sage Intacct @guide",
      "New API surface @guide",
      "Register in Sage App Registry; coexists with XML API @guide"
    ],
    [
      "Sage X3 v12 GraphQL API GA",
      "2021 (R2) @x3App",
      "Sage X3 @x3App",
      "New API surface @x3App",
      "Create Connected App for JWT auth; requires v12+ @x3App"
    ],
    [
      "Sage X3 Online mandates OAuth2",
      "2023 ≠ Earlier: Sage's pages for the Online versions of V7 to V11 have it @x3Soap",
      "Sage X3 @x3OAuth2",
      "Breaking for basic auth @x3Soap",
      "Migrate all basic auth integrations to OAuth2 before cloud migration @x3Soap"
    ],
    [
      "+ Business Cloud Accounting v3.1",
      "+ before April 2019 @booksBusinesses",
      "+ Business Cloud Accounting @booksMigration",
      "+ Access tokens of 5 minutes in place of 60, refresh tokens of 31 days, one address for all countries @booksV1",
      "+ Remove the headers for subscription key, site, signature and nonce @booksMigration"
    ],
    [
      "+ Intacct XML API: POST only",
      "+ January 2023 @webServices",
      "+ Sage Intacct @webServices",
      "+ GET is blocked @webServices",
      "+ Send requests by POST @webServices"
    ],
    [
      "+ Intacct XML API called legacy",
      "+ January 2026 @legacy",
      "+ Sage Intacct @legacy",
      "+ New objects and features come by REST only @legacy",
      "+ Start new integrations with REST @legacy"
    ]
  ]
})
