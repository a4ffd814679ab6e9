import { table } from "../Table.ts"

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
