import { table, type WrittenRow } from "../Table.ts"

/** Ways to authenticate at Intacct's XML API. */
export const xmlFlows = table("xml-flows", {
  title: "Intacct XML: flows",
  from: { document: "card", section: "System Profile" },
  columns: ["Flow", "Use When", "Credential Lifetime", "Refresh?", "Notes"],
  rows: [
    [
      "Login Auth (Company + User credentials)",
      "First request or simple scripts @requests",
      "Per-request @requests",
      "N/A @requests",
      "Not recommended for repeated calls; use getAPISession instead @sessions"
    ],
    [
      "Session Auth (getAPISession)",
      "All production integrations @sessions",
      "~30 min idle timeout (configurable per company) ≠ As each answer says in `sessiontimeout`: no fixed default, a company sets an idle time and an absolute one @settings",
      "Extend by making requests before timeout // the absolute duration is not extended, so a login follows in any case @sessions",
      "Returns unique endpoint (e.g., na12.intacct.com) + session ID // the endpoint may be api.intacct.com too @sessions"
    ],
    [
      "+ Session from a REST token",
      "+ Both APIs, one OAuth 2.0 client @openapi",
      "+ 6 hours in Sage's sample (`expiresIn` 21600), and no longer than the token @openapi",
      "+ With the token @openapi",
      "+ `GET services/core/session/id`; sender and password still go into `<control>` @openapi"
    ]
  ]
})

/** Ways to authenticate at Intacct's REST API. */
export const restFlows = table("rest-flows", {
  title: "Intacct REST: flows",
  from: { document: "card", section: "Sage Intacct REST API" },
  columns: ["Flow", "Use When", "Token Lifetime", "Refresh?", "Notes"],
  rows: [
    [
      "Authorization Code",
      "User-context operations, interactive apps @guide",
      "Access: 1 hour; Refresh: 6 months ≠ As the answer says. Access: `expires_in` was 43200 beside a JWT of 3600 s, and the lesser counts. Refresh: 90 days in one sample, no end in another @guide",
      "Yes ≠ Yes, with scope `offline_access` @guide",
      "Standard OAuth 2.0; requires redirect URI @guide"
    ],
    [
      "Authorization Code + PKCE",
      "Mobile apps, SPAs, public clients @security",
      "Access: 1 hour; Refresh: 6 months ≠ As without PKCE @guide",
      "Yes // one project found that a renewal still wants the secret @security",
      "Required when client secret cannot be stored safely // method S256; of use to clients with a secret too @security"
    ],
    [
      "+ Client Credentials, with a username",
      "+ Server-to-server, without a human @guide",
      "+ As for Authorization Code @guide",
      "+ Not needed: a new token is asked for. The answer holds a refresh token all the same @recorded",
      "+ `username` is `userId@companyId` or `userId@companyId|entityId` of a Web Services user, who is listed with the client under Authorized Client Applications @guide"
    ],
    [
      "+ Client Credentials, with a session",
      "+ Beside an XML integration, which has a session @guide",
      "+ No longer than the session @recorded",
      "+ Not needed: a new token is asked for @guide",
      "+ `session_id` is a live session of the XML API or of the user interface @guide"
    ]
  ]
})

/** Programs that cannot keep a secret. */
export const publicClients = table("public-clients", {
  title: "Public clients: mobile, desktop and single-page applications",
  columns: ["Rule", "Statement", "Because"],
  rows: [
    [
      "+ A secret never ships",
      "+ No client secret, sender password or user password in a program that users have: it can be read out of it. @rfc8252",
      "+ A secret that many hold identifies none of them. @rfc8252"
    ],
    [
      "+ PKCE",
      "+ Authorization code with PKCE, method S256, for each authorization. @rfc9700",
      "+ A stolen code is of no use without its verifier. @rfc9700"
    ],
    [
      "+ Intacct REST",
      "+ `intacctRest.authorizationCode` without `clientSecret`. Try a renewal early: one project found that it wants the secret. @security",
      "+ Sage documents PKCE for mobile and public clients. @security"
    ],
    [
      "+ Intacct XML",
      "+ Not from a public client. Sage's own SDK declines browsers. @projects",
      "+ Sender id and password stand in every request. @requests"
    ],
    [
      "+ Business Cloud Accounting",
      "+ Not from a public client alone: a server holds the secret and the grant. @books",
      "+ `client_secret` stays required beside PKCE. @books"
    ],
    [
      "+ X3 by OAuth2",
      "+ As the customer's identity provider says: most take public clients with PKCE. @rfc9700",
      "+ The token is the provider's; X3 only checks it. @x3SoapOAuth2"
    ],
    [
      "+ X3 GraphQL",
      "+ Not from a public client. @x3Client",
      "+ The secret of the connected application signs every token. @x3Client"
    ],
    [
      "+ Tokens in a single-page application",
      "+ Best on a server of its own (backend for frontend) behind a session cookie that is HttpOnly, Secure and SameSite. Otherwise in memory. Never in localStorage. @browserApps",
      "+ A script that gets into the page reads what the page can read. @browserApps"
    ],
    [
      "+ Tokens in a mobile application",
      "+ In the system's key store: Keychain, Android Keystore. @rfc8252",
      "+ Files of an application are in backups. @rfc8252"
    ],
    [
      "+ The browser",
      "+ The system's browser, and not a view inside the application. @rfc8252",
      "+ The application could read what is typed into its own view. @rfc8252"
    ]
  ]
})

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

/** The codes that come up most. The catalogue has every failure: docs/errors.md. */
export const errorCodes = table("error-codes", {
  title: "Common error codes",
  from: { document: "card", section: "Common Error Codes" },
  columns: ["Code", "Product", "Meaning", "Cause", "Resolution"],
  rows: [
    [
      "GW-0010 (429)",
      "Sage Intacct @restErrors",
      "Rate limit / concurrency exceeded @restErrors",
      "More concurrent requests than tenant allows (default: 2) // REST in tier 1: 6 per application, 8 per company @restErrors",
      "Re-authenticate with getAPISession; use the returned endpoint ≠ Wait and send it again: a login takes a connection as well, and makes it worse. Send fewer at a time, or raise the tier @restErrors"
    ],
    [
      "+ XL03000006",
      "+ Sage Intacct XML @xmlErrors",
      "+ Several things: its level and text decide @recorded",
      "+ At control level: sender or its password, or a transport policy. At authentication level: login, sender not authorised by the company, or a session that has ended. At function level: a query @recorded",
      "+ Log in anew for `Invalid session` alone; correct what the text names otherwise @recorded"
    ],
    [
      "XL03000004",
      "Sage Intacct XML @card",
      "Invalid Sender ID or password ≠ Not seen in any recorded answer: a refused sender is XL03000006 with `Incorrect Intacct XML Partner ID or password.` Both are taken for it @xmlErrors",
      "Wrong Sender credentials or license expired @card",
      "Verify Sender ID in Company > Admin > Web Services Sender; check license status ≠ Check sender and password; then Company > Setup > Configuration > Company > Security, Web Services authorizations; then the licence's date @authorizations"
    ],
    [
      "401",
      "All products @rfc9110",
      "Unauthorized @rfc9110",
      "Token expired, invalid, or missing required headers // Business Cloud also: no active subscription. X3: `Error NN: Invalid token` says which field. Intacct REST may say it with 400 @booksErrors",
      "Refresh token; re-authenticate; check all required headers // once; not for `No active subscription` @booksErrors"
    ],
    [
      "403",
      "All products @rfc9110",
      "Forbidden @rfc9110",
      "User lacks permissions for the requested resource // X3's gateway: a pairing is not accepted yet @booksErrors",
      "Check user roles and entity-level permissions // Business Cloud: when every call gets it, ask for a new consent @booksErrors"
    ],
    [
      "OAUTH2_INVALID_GRANT",
      "Sage Intacct REST ≠ Not seen anywhere: the token endpoint says `invalid_grant`. Both are taken for it @grants",
      "Invalid grant @grants",
      "Authorization code expired or already used; refresh token expired // or a newer consent of the same user took its place @grants",
      "Re-initiate OAuth flow; refresh tokens expire after 6 months of non-use ≠ Let a user consent again. How long a refresh token lives is not known: 90 days in one sample, no end in another @guide"
    ],
    [
      "+ No active subscription",
      "+ Business Cloud Accounting, with 401 @booksErrors",
      "+ The business has no subscription @booksErrors",
      "+ It ended, or was never paid @booksErrors",
      "+ No token helps: ask the customer @booksErrors"
    ],
    [
      "+ Error 30",
      "+ Sage X3, with 401 @x3Projects",
      "+ The bearer token is not accepted by REST or SOAP @x3Projects",
      '+ It has ended, no user belongs to it, or `session.auth` lacks "bearer" @x3OAuth2',
      '+ List "oauth2" and "bearer"; check the user\'s e-mail address @x3OAuth2'
    ],
    [
      "+ invalid_grant",
      "+ Business Cloud Accounting, Intacct REST @booksTrouble",
      "+ The code or the refresh token is of no use @booksTrouble",
      "+ Too old, used before, revoked, or replaced by a newer one @booksTrouble",
      "+ Look whether another process has a newer one; else ask a user to consent again @booksTrouble"
    ]
  ]
})

const columns = ["Product", "Statement", "Here"]

const rules = <Name extends string>(name: Name, title: string, section: string, rows: ReadonlyArray<WrittenRow>) =>
  table(name, { title, from: { document: "card", section }, columns, rows })

/** What surprises. */
export const gotchas = rules("gotchas", "Gotchas", "Sage Intacct REST API", [
  [
    "+ Intacct",
    "Sage Intacct XML vs REST are completely separate auth systems: A Sender ID used for XML API calls does NOT work with the REST API, and vice versa. OAuth 2.0 tokens from the REST API cannot be used with the XML gateway endpoint. Plan for two credential sets if using both APIs. ≠ Plan for two credential sets. But a token gives an XML session (`GET services/core/session/id`), and an XML session gives a token (`session_id`). An application for REST is bound to a sender. @openapi",
    '+ `session: "ledger"` of `intacctRest.clientCredentials`, and `vendors.session()`. @library'
  ],
  [
    "+ Intacct XML",
    "Sage Intacct session IDs are endpoint-specific: When getAPISession returns a session ID, it also returns a unique endpoint URL (e.g., na12.intacct.com). You MUST use this endpoint for all subsequent calls in that session. // it may be api.intacct.com as well @sessions",
    "+ Always done; another host is refused as `intacct-xml.endpoint-refused`. @library"
  ],
  [
    "+ X3",
    'Sage X3 nodelocal.js supports multiple auth modes: You can enable both basic and OAuth2 simultaneously with auth: ["basic", "oauth2"], but certificate auth always takes precedence when a client certificate is presented. ≠ Web services need "bearer" as well: auth: ["basic", "oauth2", "bearer"]. A certificate takes precedence where "certificate" is listed; elsewhere it only opens the port. @nodelocal',
    "+ `x3.lintNodelocal` says so: `nodelocal.oauth2-without-bearer`, `nodelocal.certificate-precedence`. @library"
  ],
  [
    "+ Business Cloud",
    "Sage Business Cloud tokens require three headers: Every API request needs the Access Token (Authorization header), a developer subscription ID, and a resource owner ID. Missing any one returns 401. ≠ v3.1 needs `Authorization` alone, and `X-Business` is optional. The other two were v3's; Sage asks to remove them. @booksMigration",
    '+ `businessCloud` sends `Authorization`. `api: "v3"` sends all three. @library'
  ],
  [
    "+ Intacct REST",
    "Sage Intacct REST OAuth client credentials flow still requires a username parameter -- unlike standard OAuth 2.0 client credentials, you cannot just send client_id and client_secret alone. ≠ It requires `username` or `session_id`: client_id and client_secret alone do not do. @guide",
    "+ One of `username`, `sessionId` and `session` is required, by the type and at start-up. @library"
  ]
])

/** What surprises in the data. */
export const dataGotchas = rules("data-gotchas", "Gotchas of data types", "Data Type Gotchas", [
  [
    "+ Intacct XML",
    "Sage Intacct XML API returns session-specific endpoints: The gateway URL api.intacct.com is only for initial auth. After getAPISession, you must use the returned endpoint. Using the wrong endpoint causes session validation failures. @sessions",
    "+ Always done. @library"
  ],
  [
    "+ Business Cloud",
    "Sage Business Cloud requires three separate header values: Access Token (Authorization), developer subscription ID, and resource owner ID must all be present. ≠ v3.1 needs `Authorization` alone. @booksMigration",
    '+ `businessCloud`, or with `api: "v3"` all three. @library'
  ],
  [
    "+ X3",
    'Sage X3 nodelocal.js auth values are case-sensitive arrays: Use auth: ["basic", "oauth2"] for multiple methods. An invalid value silently disables authentication. // Sage\'s pages say nothing about case or wrong values: write them in lower case @card',
    "+ `x3.lintNodelocal`: `nodelocal.auth-case`, `nodelocal.auth-unknown`. @library"
  ]
])

/** What cannot be changed. */
export const constraints = rules("constraints", "Constraints", "Constraints", [
  [
    "+ Intacct XML",
    "Sage Intacct XML API requires a paid Web Services Developer License -- without it you cannot obtain a Sender ID, and there is no free tier for development. // and each company has to authorise the sender @card",
    "+ The sandbox takes its place in tests, at no cost. @library"
  ],
  [
    "+ Intacct",
    "Sage Intacct concurrent connections default to 2 -- the third concurrent request waits 30 seconds, then fails with error GW-0010 (HTTP 429). Higher concurrency requires a Performance Tier upgrade at additional cost. ≠ By REST, tier 1 serves 6 per application and 8 per company. Two are the older statement; a third waits, then fails with GW-0010 (HTTP 429). A higher tier has more. @volume",
    "+ A pool of 2 per company, or `tier`, `permits`: calls wait instead of failing. @library"
  ],
  [
    "+ X3",
    "Sage X3 basic auth is NOT available on Sage X3 Online (cloud) -- cloud deployments mandate OAuth2. Migrating from on-premise basic auth to cloud requires implementing OAuth2 from scratch. @x3Soap",
    "+ `x3.online` takes OAuth2 alone, and says why: `x3-web-services.online-needs-oauth2`. @library"
  ],
  [
    "+ Business Cloud",
    "Sage Business Cloud Accounting has no server-to-server flow -- all integrations must use authorization code flow, which requires initial user interaction. There is no client credentials grant for unattended access. @books",
    "+ One consent, then keep-alive: docs/keep-alive.md. @library"
  ],
  [
    "+ Intacct XML",
    "Sage Intacct session timeout is configurable per company -- there is no fixed global timeout. Default is ~30 minutes of inactivity, but admins can change it. Do not hardcode timeout values. ≠ A company sets an idle time, which calls prolong, and an absolute one. There is no fixed default: read `sessiontimeout` from each answer. @settings",
    "+ Read from each answer. A dead session is replaced, and the call sent again. @library"
  ],
  [
    "+ Intacct",
    "Sage Intacct API transactions are metered and billed -- Tier 1 includes 100,000 transactions/month. Each create, update, delete, query, or readByQuery counts as 1 transaction. Overages cost $0.15 per 10-transaction pack. // allowance confirmed; the price stands in the card alone @volume",
    "+ The meter counts them, and `budget` announces or stops: docs/intacct-xml.md. @library"
  ]
])

/** What breaks later, in production. */
export const failurePoints = rules("failure-points", "Failure points in production", "Failure Points in Production", [
  [
    "+ Intacct XML",
    "Sage Intacct session timeout breaks long-running integrations: Sessions expire after the configured idle timeout (~30 minutes default). Fix: Monitor the session timeout value returned in each API response; re-authenticate proactively before expiry. // no fixed default: as the answer says @sessions",
    "+ `session-opened`, `credential-renewed`; `keepSessionAlive: true` for idle ones. @library"
  ],
  [
    "+ Intacct XML",
    "Sage Intacct Sender ID license expiration: The Web Services Developer License must be renewed annually. If it lapses, all XML API integrations fail silently with authentication errors. Fix: Set renewal reminders 60 days before expiry; monitor for XL03000004 errors. // a refused sender is XL03000006 in every recorded answer @card",
    "+ `sender.licenseExpires`: `license-expiring` from 60 days before, then `intacct-xml.license-expired`. @library"
  ],
  [
    "+ Business Cloud",
    "Sage Business Cloud refresh token expiration: If no API calls are made for an extended period, the refresh token can expire, requiring manual user re-authorization. Fix: Implement a scheduled token refresh (e.g., weekly) even if no data sync is needed. ≠ A refresh token ends 31 days after its issue, with or without calls: only a renewal gives a new one. A weekly renewal is sound. @books",
    '+ `keepAlive: { every: "7 days" }`; `keep-alive-due`, `reauthorization-required`. @library'
  ],
  [
    "+ X3",
    "Sage X3 cloud migration breaks basic auth integrations: When migrating from on-premise to Sage X3 Online, all basic auth integrations stop working because X3 Online only supports OAuth2. Fix: Plan OAuth2 migration before cloud migration; test OAuth2 auth against on-premise first. @x3Soap",
    "+ `x3.onPremise` with `x3.oauth2` first; later change it to `x3.online`. @library"
  ],
  [
    "+ Intacct",
    "Sage Intacct entity restrictions hide data silently: If the API user's entity access is restricted, queries return empty results (not errors) for entities they cannot access. Fix: Verify entity-level permissions for the API user; test with queries that should return known data. @card",
    "+ `probeEntities()` tells entities that answer, refuse, or are empty. @library"
  ]
])

/** What is often done wrong. */
export const pitfalls = rules("pitfalls", "Common pitfalls", "Common Pitfalls", [
  [
    "+ Intacct",
    "Mixing Sage Intacct XML and REST credentials: The XML API uses Sender ID + Company credentials; the REST API uses OAuth 2.0 Client ID + Client Secret. These are completely separate credential systems. Fix: Maintain separate credential stores for each API surface. // one leads to the other's session: see gotchas @guide",
    "+ Options of one in the other are `client.misconfigured`, which names the bridge. @library"
  ],
  [
    "+ Intacct",
    "Not monitoring Sage Intacct transaction counts: API transactions are metered monthly. A poorly optimized integration can exhaust Tier 1's 100K transactions mid-month. Fix: Monitor usage in Company > Admin > Usage Insights. Batch operations where possible. // over the allowance is billed, not blocked @volume",
    '+ `meter`: `budget-threshold`; with `policy: "stop"` `intacct.budget-exhausted`. @library'
  ],
  [
    "+ Intacct",
    "Ignoring Sage Intacct entity restrictions: API users can be restricted to specific entities. Queries return empty results (not errors) for inaccessible entities. Fix: Configure the API user with Top Level entity access, or explicitly list all entities needed. @card",
    "+ `entities`, then `probeEntities()`. @library"
  ],
  [
    "+ Business Cloud",
    "Forgetting to implement token refresh for Sage Business Cloud: Access tokens expire after ~1 hour. Without automatic refresh, integrations fail. Fix: Implement a token refresh check before every API call batch. Store the refresh token securely. ≠ Access tokens expire after 300 seconds: renew by what `expires_in` says, one renewal at a time. Store each new refresh token before it is used. @books",
    "+ Done before each call, sealed in the grant store: docs/grant-store.md. @library"
  ],
  [
    "+ X3",
    "Using basic auth for Sage X3 Online: Basic auth is NOT supported on X3 Online. Developers testing on-premise find their integration fails completely on cloud. Fix: Always use OAuth2 for new X3 integrations, even on-premise, to ensure cloud compatibility. @x3Soap",
    "+ `x3-web-services.online-needs-oauth2`, before anything is sent. @library"
  ],
  [
    "+ Intacct",
    "Not handling Sage Intacct concurrent connection limits: The default 2 concurrent connections per tenant means parallel processes compete. Fix: Implement a connection semaphore or queue. Serialize API calls where possible. Upgrade Performance Tier for high-throughput needs. // REST: 6 per application and 8 per company in tier 1 @volume",
    "+ A pool per company: `pool-saturated` while calls wait, `rate-limited` for GW-0010. @library"
  ]
])

/** What to keep in mind. */
export const caveats = rules("caveats", "Caveats", "Important Caveats", [
  [
    "+ All",
    "Each Sage product was developed independently (Sage Intacct was acquired in 2017, X3 was acquired in 2005). There is NO shared authentication infrastructure, SSO, or credential portability between products. @card",
    "+ A connection for each product, in one application. @library"
  ],
  [
    "+ Intacct",
    "Sage Intacct's XML API and REST API coexist but share the same underlying transaction quota and concurrency limits. Using both APIs simultaneously counts against the same pool. // one quota of transactions; the limits of requests at a time are published for REST @volume",
    "+ One pool and one meter for both. @library"
  ],
  [
    "+ X3",
    "Sage X3's authentication landscape is fragmented across three API generations (SOAP, REST, GraphQL), each with different auth mechanisms. New integrations should target GraphQL with JWT for v12+. // REST and SOAP have the same mechanisms; GraphQL needs Sage X3 Services, 2021 R2 or later @x3App",
    "+ `x3.graphql`; else `x3.onPremise` with `x3.oauth2`. @library"
  ],
  [
    "+ Business Cloud",
    "Sage Business Cloud Accounting's lack of a client credentials flow means truly unattended integrations require careful refresh token management. If the refresh token expires, a human must re-authorize. @booksTrouble",
    "+ Keep-alive, and `reauthorization-required` when it is too late. @library"
  ],
  [
    "+ All",
    "Rate limits and API quotas differ dramatically between products. Sage Intacct is the most restrictive with hard metering and overage charges; Sage X3 and Business Cloud rely on throttling (429) without explicit transaction counts. ≠ Intacct meters transactions and bills those over the allowance. Business Cloud publishes 1,296,000 requests a day and 150 at a time per application. X3 on premise has no 429: its SOAP pools limit the channels, its licence the volume. @booksPractices",
    "+ docs/retries.md @library"
  ]
])
