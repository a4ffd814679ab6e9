import type { CatalogueId } from "../../errors/catalogue.ts"
import type { SageEvent } from "../../telemetry/SageEvent.ts"
import { frozen, type Table, table, type WrittenRow } from "../Table.ts"

/** What shows a mistake: an event of the application, or an error. */
export type ShownBy = { readonly event: SageEvent["type"]; readonly subject?: string } | { readonly error: CatalogueId }

/** One mistake, and what to do in its place. */
export interface WrongAndRight {
  /** what it is called */
  readonly id: string
  /** whose API it is about */
  readonly product: "Intacct" | "Business Cloud Accounting" | "X3"
  /** the mistake */
  readonly wrong: {
    /** what is done */
    readonly title: string
    /** what the card shows, in Python */
    readonly python: string
    /** what is the matter with it */
    readonly because: string
  }
  /** what to do in its place */
  readonly right: {
    /** what is to be done */
    readonly title: string
    /** what the card shows, in Python */
    readonly python: string
    /** the same with this library: a TypeScript module */
    readonly code: string
  }
  /** the event or error that shows the mistake */
  readonly shownBy: ReadonlyArray<ShownBy>
  /** what sources say otherwise than the card */
  readonly note: string | undefined
}

/** An application with one connection to Intacct, as most of them begin. */
const ledger = `export const sage = createSageAuth({
  connections: {
    ledger: intacctXml({
      sender: {
        id: process.env["SAGE_INTACCT_XML_SENDER_ID"] ?? "",
        password: process.env["SAGE_INTACCT_XML_SENDER_PASSWORD"] ?? ""
      },
      login: {
        companyId: process.env["SAGE_INTACCT_XML_COMPANY_ID"] ?? "",
        userId: process.env["SAGE_INTACCT_XML_USER_ID"] ?? "",
        password: process.env["SAGE_INTACCT_XML_USER_PASSWORD"] ?? ""
      }
    })
  }
})
`

/** The three mistakes of the card. */
export const wrongAndRight: ReadonlyArray<WrongAndRight> = frozen([
  {
    id: "login-per-request",
    product: "Intacct",
    wrong: {
      title: "Using login authentication for every XML API request",
      python: `# BAD - authenticates with company credentials on every call
# Wastes a transaction, slower, and risks hitting concurrency limits
for invoice in invoices:
    response = send_xml_request(
        sender_id, sender_pwd,
        company_id, user_id, user_pwd,
        create_invoice_xml(invoice)
    )`,
      because: "Each call signs in anew: it is slower, and the password is on the wire every time."
    },
    right: {
      title: "Use getAPISession once, reuse session ID",
      python: `# GOOD - authenticate once, reuse session for all subsequent calls
session_id, endpoint = get_api_session(
    sender_id, sender_pwd, company_id, user_id, user_pwd
)
for invoice in invoices:
    response = send_xml_request_with_session(
        sender_id, sender_pwd, session_id,
        endpoint, # Use the session-specific endpoint!
        create_invoice_xml(invoice)
    )`,
      code: `import { createSageAuth, intacctXml } from "@sage-auth/core"

// authentication: "session" is the default
${ledger}
// one login for all of them
export const createAll = async (vendors: ReadonlyArray<{ readonly VENDORID: string; readonly NAME: string }>) => {
  const ledger = sage.client("ledger")
  for (const VENDOR of vendors) await ledger.execute([{ create: { VENDOR } }])
}
`
    },
    shownBy: [{ event: "advice", subject: "login-per-request" }],
    note: "That a login is billed as a transaction stands in the card alone: `meter: { countLogins: true }` counts it."
  },
  {
    id: "generic-endpoint",
    product: "Intacct",
    wrong: {
      title: "Hardcoding the generic gateway URL for session requests",
      python: `# BAD - using api.intacct.com for ALL requests after getAPISession
ENDPOINT = "https://api.intacct.com/ia/xml/xmlgw.phtml"
session_id, unique_endpoint = get_api_session(...)
# Ignoring unique_endpoint! All subsequent calls use generic URL
response = requests.post(ENDPOINT, data=session_request_xml) # FAILS`,
      because: "A session belongs to the endpoint that came with it."
    },
    right: {
      title: "Use the unique endpoint returned by getAPISession",
      python: `# GOOD - use the endpoint returned by getAPISession
session_id, unique_endpoint = get_api_session(...)
# unique_endpoint is e.g. "https://na12.intacct.com/ia/xml/xmlgw.phtml"
response = requests.post(unique_endpoint, data=session_request_xml) # WORKS`,
      code: `import { createSageAuth, intacctXml } from "@sage-auth/core"

${ledger}
// every call goes to the endpoint of its session; for a program of your own, both are here
export const handOver = async () => {
  const { endpoint, sessionId } = await sage.client("ledger").session()
  return { endpoint, sessionId }
}
`
    },
    shownBy: [{ error: "intacct-xml.session-invalid" }],
    note: "Several programs post everything to api.intacct.com, and it often works. Do not rely on it: Sage's page says to use the endpoint."
  },
  {
    id: "no-server-to-server",
    product: "Business Cloud Accounting",
    wrong: {
      title: "Assuming Sage Business Cloud supports server-to-server auth",
      python: `# BAD - trying client credentials flow with Business Cloud Accounting
# This flow does NOT exist for this product
response = requests.post("https://oauth.accounting.sage.com/token", data={
    "grant_type": "client_credentials",
    "client_id": CLIENT_ID,
    "client_secret": CLIENT_SECRET
})
# Returns error - client_credentials not supported`,
      because: "Only the authorization code exists: a user consents once."
    },
    right: {
      title: "Use authorization code flow with stored refresh token",
      python: `# GOOD - use authorization code flow, then persist refresh token
# Initial auth requires user interaction (one-time)
# Subsequently, use refresh token for unattended access
response = requests.post("https://oauth.accounting.sage.com/token", data={
    "grant_type": "refresh_token",
    "refresh_token": stored_refresh_token,
    "client_id": CLIENT_ID,
    "client_secret": CLIENT_SECRET
})
new_tokens = response.json()
# Store new refresh_token for next time`,
      code: `import { businessCloud, createSageAuth } from "@sage-auth/core"

export const sage = createSageAuth({
  connections: {
    books: businessCloud({
      clientId: process.env["SAGE_BUSINESS_CLOUD_CLIENT_ID"] ?? "",
      clientSecret: process.env["SAGE_BUSINESS_CLOUD_CLIENT_SECRET"] ?? "",
      redirectUri: "https://app.example/sage/callback/books",
      scope: "readonly"
    })
  },
  store: "sqlite:.sage-auth/grants.db",
  keys: [process.env["SAGE_AUTH_KEY"] ?? ""],
  keepAlive: { every: "7 days" }
})

// once, with a user
export const connect = () => sage.client("books").authorize({ returnTo: "/settings" })
export const callback = (url: string, cookie: string) => sage.completeAuthorization({ url, cookie })
// from then on without one: each refresh token is stored before it is used
export const contacts = async () => (await sage.client("books").fetch("contacts")).json()
`
    },
    shownBy: [{ error: "business-cloud.grant-type-unsupported" }, { error: "client.misconfigured" }],
    note: undefined
  }
])

const shown = (by: ShownBy): string =>
  "error" in by ? `error ${by.error}` : `event ${by.event}${by.subject === undefined ? "" : ` (${by.subject})`}`

/** The same as a table, without the code. */
export const wrongAndRightTable: Table & { readonly name: "wrong-and-right" } = table("wrong-and-right", {
  title: "Wrong and right",
  from: { document: "card", section: "Anti-Patterns" },
  columns: ["Product", "Wrong", "Right", "Because", "Shown by"],
  rows: wrongAndRight.map(
    ({ product, right, shownBy, wrong }): WrittenRow => [
      `+ ${product}`,
      `${wrong.title} @${product === "Intacct" ? "sessions" : "books"}`,
      `${right.title} @${product === "Intacct" ? "sessions" : "books"}`,
      `+ ${wrong.because} @${product === "Intacct" ? "sessions" : "books"}`,
      `+ ${shownBy.map(shown).join("; ")} @library`
    ]
  )
})

/** How to try a credential by hand. */
export const diagnostics = table("diagnostics", {
  title: "Diagnostic commands",
  from: { document: "card", section: "Diagnostic Commands" },
  columns: ["Test", "Command", "Expected"],
  rows: [
    [
      "Sage Intacct XML API: Test authentication",
      `curl -s -X POST "https://api.intacct.com/ia/xml/xmlgw.phtml" \\
-H "Content-Type: application/xml" \\
-d '<?xml version="1.0" encoding="UTF-8"?>
<request>
<control>
<senderid>YOUR_SENDER_ID</senderid>
<password>YOUR_SENDER_PWD</password>
<controlid>authTest</controlid>
<uniqueid>false</uniqueid>
<dtdversion>3.0</dtdversion>
</control>
<operation>
<authentication>
<login>
<userid>YOUR_USER</userid>
<companyid>YOUR_COMPANY</companyid>
<password>YOUR_PWD</password>
</login>
</authentication>
<content>
<function controlid="testSession">
<getAPISession/>
</function>
</content>
</operation>
</request>' @requests`,
      "<sessionid> and <endpoint> in response XML // with status 200 also when it fails: read `<status>` @sessions"
    ],
    [
      "Sage Intacct REST API: Test OAuth token acquisition",
      `curl -s -X POST "https://api.intacct.com/ia/api/v1/oauth2/token" \\
-H "Content-Type: application/x-www-form-urlencoded" \\
-d "grant_type=client_credentials&client_id=YOUR_ID&client_secret=YOUR_SECRET&username=YOUR_USER" ≠ curl -s -X POST "https://api.intacct.com/ia/api/v1/oauth2/token" \\
-H "Content-Type: application/x-www-form-urlencoded" \\
--data-urlencode "grant_type=client_credentials" \\
--data-urlencode "client_id=YOUR_ID" \\
--data-urlencode "client_secret=YOUR_SECRET" \\
--data-urlencode "username=YOUR_USER@YOUR_COMPANY" // the username has the company in it @guide`,
      "JSON with access_token field @guide"
    ],
    [
      "Sage Business Cloud Accounting: Test API access",
      `curl -s -X GET "https://api.accounting.sage.com/v3.1/contacts?items_per_page=1" \\
-H "Authorization: Bearer YOUR_ACCESS_TOKEN" \\
-H "Accept: application/json" @books`,
      "JSON array of contacts; HTTP 200 ≠ JSON object with `$items`, the contacts; HTTP 200 @booksPractices"
    ],
    [
      "Sage X3: Test REST API with OAuth2 bearer token",
      `curl -s -X GET "https://YOUR_X3_HOST:PORT/api1/x3/erp/SEED/BPCUSTOMER?\\$top=1" \\
-H "Authorization: Bearer YOUR_OAUTH2_TOKEN" \\
-H "Accept: application/json" ≠ curl -s -X GET "https://YOUR_X3_HOST:PORT/api1/x3/erp/SEED/BPCUSTOMER?representation=BPCUSTOMER.\\$query&count=1" \\
-H "Authorization: Bearer YOUR_OAUTH2_TOKEN" \\
-H "Accept: application/json" // \`representation\` is mandatory, and paging is \`count\` @x3Rest`,
      "JSON with customer data; HTTP 200 // look for `$diagnoses` in it as well @x3Rest"
    ]
  ]
})

/** A first call at each product, by hand. */
export const firstCalls = table("first-calls", {
  title: "First calls, step by step",
  from: { document: "card", section: "Step-by-Step Integration Guide" },
  columns: ["Step", "What to do", "Verify"],
  rows: [
    [
      "1. Authenticate with Sage Intacct XML API (Session-based)",
      "The XML API requires two-tier auth: Sender credentials identify your application, company credentials identify the tenant. First call getAPISession, then use the returned session ID and endpoint for all subsequent requests. @sessions",
      "Response contains <sessionid> and <endpoint> elements. Use the returned endpoint for all subsequent calls. @sessions"
    ],
    [
      "2. Authenticate with Sage Intacct REST API (OAuth 2.0)",
      "Register your application in the Sage App Registry. For client credentials flow, POST to the token endpoint with grant_type, client_id, client_secret, and username. // or session_id in place of username @guide",
      "Response contains access_token and refresh_token. Test with GET https://api.accounting.sage.com/v3.1/contacts. ≠ Response contains access_token and refresh_token. Test with GET https://api.intacct.com/ia/api/v1/objects/accounts-payable/vendor. // the card's address is Business Cloud's: a step is missing there @guide"
    ],
    [
      "+ 3. Authenticate with Business Cloud Accounting (OAuth 2.0)",
      "+ Send the browser to https://www.sageone.com/oauth2/auth/central?filter=apiv3.1, then exchange the code within 60 seconds at https://oauth.accounting.sage.com/token. @books",
      "+ Response contains access_token, refresh_token and expires_in 300. Test with GET https://api.accounting.sage.com/v3.1/contacts. @books"
    ],
    [
      "4. Authenticate with Sage X3 (OAuth2 Bearer Token)",
      'For X3 Online (cloud), configure your OAuth2 provider, obtain a bearer token, and pass it in the Authorization header. For on-premise, enable OAuth2 in nodelocal.js first. // with "oauth2" and "bearer" @x3OAuth2',
      "Response returns JSON with X3 business object data. HTTP 200 confirms authentication succeeded. // look for `$diagnoses` as well: 200 alone does not mean success @x3Rest"
    ]
  ]
})

/** The card's fragments of code and configuration beside its tables. */
export const fragments = table("fragments", {
  title: "Addresses and settings",
  from: { document: "card", section: "Step-by-Step Integration Guide" },
  columns: ["For", "Fragment"],
  rows: [
    [
      "+ X3, a call with a bearer token",
      `curl -X GET "https://your-x3-host:port/api1/x3/erp/SEED/BPCUSTOMER" \\
-H "Authorization: Bearer YOUR_OAUTH2_ACCESS_TOKEN" \\
-H "Accept: application/json" ≠ curl -X GET "https://your-x3-host:port/api1/x3/erp/SEED/BPCUSTOMER?representation=BPCUSTOMER.\\$query" \\
-H "Authorization: Bearer YOUR_OAUTH2_ACCESS_TOKEN" \\
-H "Accept: application/json" // \`representation\` is mandatory @x3Rest`
    ],
    [
      "+ X3, nodelocal.js",
      '# session: { auth: "oauth2", timeout: 600 } ≠ session: { auth: ["oauth2", "bearer"], timeout: 20 } // `timeout` is in minutes: 600 is ten hours @x3OAuth2'
    ]
  ]
})
