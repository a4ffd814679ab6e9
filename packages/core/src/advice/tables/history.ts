import { table } from "../Table.ts"

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
