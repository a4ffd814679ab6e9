import { table } from "../Table.ts"

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
