import * as Advice from "@sage-auth/core/advice"
import { assert, describe, it } from "vitest"
import { card, guide, type Line, plain, samples } from "../../src/reference/documents.ts"

/**
 * Walks both reference documents line by line: each line is a cell of a table, an end or a question of the tree, a
 * sample that `samples.test.ts` tries, or prose that is named here. A row that is dropped from the data turns it red.
 */

/** Headings and sentences of the card that no data repeats. */
const cardProse = [
  "Sage Authentication Patterns: Intacct vs Business Cloud vs X3",
  "How do authentication patterns differ across Sage products (Intacct, Business Cloud, X3)?",
  "TL;DR",
  "System Profile",
  "Sage Intacct REST API",
  "Constraints",
  "Integration Pattern Decision Tree",
  "START - Authenticate with a Sage product",
  "Quick Reference",
  "Step-by-Step Integration Guide",
  "# X3 OAuth2 - pass bearer token to Syracuse API",
  "# For on-premise: enable in nodelocal.js",
  "Code Examples",
  "Data Mapping",
  "Authentication Configuration Reference",
  "Data Type Gotchas",
  "Error Handling & Failure Points",
  "Common Error Codes",
  "Failure Points in Production",
  "Anti-Patterns",
  "Common Pitfalls",
  "Diagnostic Commands",
  "Version History & Compatibility",
  "Cross-System Comparison",
  "Important Caveats"
]

/** Headings and sentences of the guide that no data repeats. */
const guideProse = [
  "OAuth 2.0 authorization",
  "Sage Intacct uses the OAuth 2.0 authorization standard to allow REST API clients to obtain secure access to our web services on behalf of specific resource owners. Client applications can use the authorization code or the client credentials grant type depending on the type of access required.",
  "Authorization code grant type",
  "The authorization code grant type is supported for applications in which a user can click a button or link to grant the application access to their data in Sage Intacct. The OAuth 2.0 authorization code flow involves the following steps:",
  "Authorization code request",
  "To request an authorization code, send a GET request to the following endpoint with the listed parameters:",
  "Sample authorization code request:",
  "Sample redirect URI response with code and state in query string:",
  "Validate that the response is authentic by verifying that the state value matches the value sent in the request. Extract the authorization code from the response, then include it in a request for an access token.",
  "Access token request",
  "To request an access token, send a POST request to the following endpoint with the listed parameters:",
  "Sample access token request:",
  "Sample response, if a refresh token was requested in the authorization code request:",
  "Refresh token request",
  "To request a refresh token, send a POST request to the following endpoint with the listed parameters:",
  "Sample refresh token request:",
  "Sample response:",
  "Client credentials grant type",
  "The client credentials grant type is supported for applications needing direct access without user interaction.",
  "To use the client credentials grant type, the client application must be associated with a Web Services user and explicitly authorized in your company's configuration:",
  "After these steps are completed, your client application is authorized to request client credentials tokens.",
  "To request client credentials tokens, send a POST request to the following endpoint with the listed parameters, including either username or session_id:",
  "Sample client credentials request with username:",
  "Sample client credentials request with session_id:",
  "Entity-level access",
  "Multi-entity companies have a top-level parent entity with one or more sub-entities underneath. These sub-entities may own their records, and the REST API provides mechanisms to interact with them. You must first obtain a top-level access token as described in Authorization code grant type or Client credentials grant type.",
  "You can now use the new token to access records specific to the sub-entity.",
  "Test your OAuth 2.0 integration",
  "This section provides the steps and PHP code samples for testing your integration in a development environment. This can be done either locally, using a self-signed SSL certificate and a custom domain mapped to localhost, or with a production domain.",
  "For local testing:",
  "For testing with a production domain:",
  "Test your integration",
  "You can download and extract the OAuth 2.0 example zip file that contains these code samples:",
  "Replace mycustomdomain with your domain name. Provide the client ID and client secret values where needed. Make sure to store your credentials securely and exclude files that contain them from your remote repository.",
  "See the PHP tutorial or the Node.js tutorial for more details on how to authenticate with the OAuth2 server, and send requests to the REST API."
]

const tablesOf = (document: Advice.ReferenceDocument): ReadonlyArray<Advice.Table> =>
  Advice.tables.filter((table) => table.from?.document === document)

/** What a row says of its document, cell by cell. */
const said = (row: ReadonlyArray<Advice.Cell>): ReadonlyArray<string> =>
  row.flatMap(({ says }) => (says === undefined ? [] : [says]))

/** Every line that a table of the data has of its document, as the document writes it. */
const claimedByTables = (tables: ReadonlyArray<Advice.Table>): ReadonlyArray<string> =>
  tables.flatMap(({ columns, name, rows }) => [
    ...columns,
    ...rows.flatMap((row) => {
      if (said(row).length === 0) return []
      const [first = "", second = "", third = ""] = said(row)
      if (name === "summary") return [`${first}: ${second}`]
      if (name === "rest-parameters") return [`${first} ${second}`]
      if (name === "first-calls") return [first, second, `Verify: ${third}`]
      if (name === "wrong-and-right") return [`Wrong: ${first}`, `Correct: ${second}`]
      if (name === "diagnostics") return [`# === ${first} ===`, ...second.split("\n"), `# Expected: ${third}`]
      return said(row).flatMap((each) => each.split("\n"))
    })
  ])

const claimedByCode = (): ReadonlyArray<string> =>
  Advice.wrongAndRight.flatMap(({ right, wrong }) => `${wrong.python}\n${right.python}`.split("\n"))

const claimedByTree = (): ReadonlyArray<string> => [
  ...Object.values(Advice.questions).map(({ text }) => text),
  ...Object.values(Advice.questions).flatMap(({ choices }) =>
    Object.values<Advice.Choice>(choices).map(({ text }) => text)
  ),
  ...Object.values<Advice.Recommendation>(Advice.recommendations).flatMap(({ flow }) => said(flow))
]

/** The texts of a line of the drawn tree: a question or choice, an end, or both. */
const drawn = (text: string): ReadonlyArray<string> =>
  text
    .replace(/^[|\s]*(?:--(?!>))?/, "")
    .split("-->")
    .map((each) => each.trim())
    .filter((each) => each !== "")

const isDrawn = ({ text }: Line): boolean => /^(?:\||-->)/.test(text)

const inSample = (document: Advice.ReferenceDocument, { number }: Line): boolean =>
  samples.some((each) => !each.data && each.document === document && each.from <= number && number <= each.to)

/** The lines that nothing has. */
const unclaimed = (
  document: Advice.ReferenceDocument,
  lines: ReadonlyArray<Line>,
  prose: ReadonlyArray<string>,
  tables: ReadonlyArray<Advice.Table> = tablesOf(document)
): ReadonlyArray<string> => {
  const claimed = new Set([...claimedByTables(tables), ...claimedByCode(), ...prose].map(plain))
  const tree = new Set(claimedByTree())
  return lines.flatMap((line) => {
    // an answer is no question
    if (isDrawn(line)) return drawn(line.text).filter((each) => !tree.has(each) && !tree.has(each.replace(/\?$/, "")))
    return claimed.has(plain(line.text)) || inSample(document, line) ? [] : [line.text]
  })
}

/** Where in a document a table stands whole, line after line. */
const isWhole = (lines: ReadonlyArray<string>, wanted: ReadonlyArray<string>): boolean =>
  lines.some((_, at) => wanted.every((each, offset) => lines[at + offset] === each))

describe("the comparison card", () => {
  it("has no line that the data lacks", () => {
    assert.deepStrictEqual(unclaimed("card", card, cardProse), [])
  })

  it("has no prose that is gone", () => {
    const lines = new Set(card.map(({ text }) => plain(text)))
    assert.deepStrictEqual(
      cardProse.filter((each) => !lines.has(each)),
      []
    )
  })

  const lines = card.map(({ text }) => plain(text))

  it.each([
    "system-profile",
    "xml-flows",
    "rest-flows",
    "quick-reference",
    "configuration",
    "error-codes",
    "version-history",
    "comparison"
  ])("has %s as the data does, row by row and column by column", (name) => {
    const table = Advice.findTable(name)
    assert.isDefined(table)
    const rows = table.rows.filter((row) => row[0]?.says !== undefined)
    assert.isTrue(isWhole(lines, [...table.columns, ...rows.flatMap(said).map(plain)]), name)
    for (const row of rows) assert.strictEqual(said(row).length, table.columns.length, row[0]?.value)
  })

  it.each(["constraints", "gotchas", "data-gotchas", "failure-points", "pitfalls", "caveats"])(
    "has %s as the data does, in the same order",
    (name) => {
      const table = Advice.findTable(name)
      assert.isDefined(table)
      assert.isTrue(isWhole(lines, table.rows.flatMap(said).map(plain)), name)
    }
  )

  it("has every end of its tree in the tree of the data, behind the same answers", () => {
    // the drawing, from a question or choice to its end
    const ends = [
      ["intacct", "xml", "one", "Login Auth (Company ID + User ID + Password + Sender ID)"],
      ["intacct", "xml", "many", "getAPISession: get session ID + unique endpoint, reuse"],
      ["intacct", "rest", "user", "yes", "Authorization Code flow (+ PKCE for public clients)"],
      ["intacct", "rest", "program", "username", "Client Credentials flow (requires username param)"],
      ["business-cloud", "OAuth 2.0 Authorization Code flow (only option)"],
      ["business-cloud", "Store refresh token; auto-renew access tokens before expiry"],
      ["x3", "online", "yes", "web-services", "OAuth2 Bearer Token"],
      ["x3", "online", "yes", "graphql", "JWT via Connected App"],
      ["x3", "on-premise", "no", "basic", "Basic Auth"],
      ["x3", "on-premise", "no", "certificate", "Certificate Auth"],
      ["x3", "on-premise", "no", "oauth2", "OAuth2 Bearer Token"],
      ["several", "Each product has independent auth; no SSO across products"],
      ["several", "Manage separate credential sets for each product"]
    ]
    for (const [at, end] of ends.entries()) {
      const answers = end.slice(0, -1)
      const route = Advice.routes().find(({ path }) => path.map(({ answer }) => answer).join() === answers.join())
      assert.isDefined(route, `end ${at}`)
      assert.include(said(route.recommendation.flow), end.at(-1), answers.join())
    }
    const drawnEnds = card.filter(isDrawn).filter(({ text }) => text.includes("-->"))
    assert.strictEqual(drawnEnds.length, ends.length)
  })
})

describe("the guide to OAuth 2.0 at Intacct", () => {
  it("has no line that the data lacks", () => {
    assert.deepStrictEqual(unclaimed("guide", guide, guideProse), [])
  })

  it("has every parameter as the data does, in the same order", () => {
    const table = Advice.findTable("rest-parameters")
    assert.isDefined(table)
    const wanted = table.rows.map(said).filter((each) => each.length > 0)
    const lines = guide.map(({ text }) => text.trim())
    const found = wanted.map(([name = "", meaning = ""]) => `${name} ${meaning}`)
    const parameters = new Set(found)
    assert.deepStrictEqual(
      lines.filter((each) => parameters.has(each)),
      found
    )
  })
})

describe("the tables", () => {
  const documents = [
    ["card", card, cardProse],
    ["guide", guide, guideProse]
  ] as const

  it.each(documents)("say of the %s what it says, and nothing that it does not", (document, lines) => {
    const known = new Set(lines.flatMap((line) => (isDrawn(line) ? drawn(line.text) : [plain(line.text)])))
    const columns = new Set(Advice.tables.flatMap((table) => table.columns))
    const invented = claimedByTables(tablesOf(document))
      .map(plain)
      .filter((each) => !known.has(each) && !columns.has(each))
    assert.deepStrictEqual(invented, [])
  })

  it.each(documents)("of the %s are missed, each row of them", (document, lines, prose) => {
    // what another row says as well is missed by the tests of order above
    const counted = new Map<string, number>()
    for (const each of claimedByTables(tablesOf(document))) counted.set(each, (counted.get(each) ?? 0) + 1)
    for (const table of tablesOf(document)) {
      for (const row of table.rows) {
        const own = claimedByTables([{ ...table, columns: [], rows: [row] }])
        if (own.every((each) => (counted.get(each) ?? 0) > 1 || prose.some((known) => known === each))) continue
        const without = { ...table, rows: table.rows.filter((other) => other !== row) }
        const dropped = tablesOf(document).map((each) => (each === table ? without : each))
        assert.isNotEmpty(unclaimed(document, lines, prose, dropped), `${table.name}: ${row[0]?.value}`)
      }
    }
  })
})
