import { table, type WrittenRow } from "../Table.ts"

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
