import { table } from "../Table.ts"

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
