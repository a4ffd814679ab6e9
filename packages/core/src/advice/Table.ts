/** Freezes plain data through and through: it belongs to every part of a program that reads it. */
export const frozen = <Data>(data: Data): Data => {
  if (typeof data !== "object" || data === null || Object.isFrozen(data)) return data
  for (const part of Object.values(data)) frozen<unknown>(part)
  return Object.freeze(data)
}

/** The source of what this library itself says. */
const ownName = "@sage-auth/core"

/** Where a statement stands. The address, or the publisher and the name of the page. */
export const sources = {
  card: "the comparison card",
  guide: "developer.sage.com/intacct/docs/developer-portal/guides/oauth2",
  requests: "developer.intacct.com/web-services/requests",
  responses: "developer.intacct.com/web-services/responses",
  sessions: "developer.intacct.com/api/company-console/api-sessions",
  xmlErrors: "developer.intacct.com/web-services/error-handling",
  webServices: "developer.intacct.com/web-services",
  faq: "developer.intacct.com/support/faq",
  legacy: "developer.intacct.com, January 2026",
  restErrors: "developer.sage.com/intacct/docs/developer-portal/guides/error-handling",
  restHeaders: "developer.sage.com/intacct, HTTP headers",
  volume: "developer.sage.com/intacct/docs/developer-portal/api-essentials/txn-volume-concurrency-scaling",
  security: "developer.sage.com/intacct/docs/developer-portal/authorization-security/security",
  openapi: "Sage Intacct's OpenAPI description, common resources",
  discovery: "api.intacct.com/.well-known/openid-configuration, as of July 2026",
  settings: "Intacct help, company sign-in settings",
  authorizations: "Intacct help, Web Services authorizations",
  signIn: 'Intacct help, "Cannot log in"',
  recorded: "recorded answers of Intacct in public test suites",
  projects: "public projects that call Intacct",
  grants: "nango.dev/blog/fix-sage-intacct-oauth-token-invalid-refresh-failures",
  books: "developer.sage.com/accounting/guides/authenticating/authentication",
  booksTrouble: "developer.sage.com/accounting, OAuth troubleshooting",
  booksMigration: "developer.sage.com/accounting/guides/migrating/migrate-from-v3-to-v3-1",
  booksV1: "developer.sage.com/accounting, Migrate from v1 to v3.1",
  booksV3: "developer.sage.com/accounting/V3.0_docs/making-an-api-request",
  booksCodes: "developer.sage.com/accounting/guides/concepts/response_codes",
  booksErrors: "developer.sage.com/accounting/guides/concepts/frequently_raised_errors",
  booksBusinesses: "developer.sage.com/accounting, Multi business",
  booksPractices: "developer.sage.com/accounting, Best practices",
  nodelocal: "online-help.sagex3.com/erp/11, Configuration file",
  x3Basic: "online-help.sagex3.com/erp/12, Web services: basic authentication",
  x3OAuth2: "online-help.sagex3.com/erp/12, Web services: OAuth2 authentication",
  x3Certificate: "online-help.sagex3.com/erp/12, Web services: certificate authentication",
  x3Servers: "online-help.sagex3.com, OAuth2 servers",
  x3Users: "online-help.sagex3.com, Users",
  x3Rest: "online-help.sagex3.com, Web services: query and read",
  x3Stateless: "online-help.sagex3.com, Web services: differences between SData and api1",
  x3Requests: "online-help.sagex3.com, API requests",
  x3Pools: "developer.sage.com/x3/soap-guide/connection-pools",
  x3Soap: "developer.sage.com/x3/soap-guide",
  x3SoapOAuth2: "developer.sage.com/x3/soap-guide/call-web-service-with-oauth2",
  x3OAuth2Client: "developer.sage.com/x3/soap-guide/creating-an-oauth2-client",
  x3App: "developer.sage.com/x3/graphql/quick-start/create-connected-app",
  x3Client: "developer.sage.com/x3/graphql/quick-start/create-nodejs-client-app",
  x3Gateway: "developer.sage.com/x3/authorization-token-endpoints",
  x3Projects: "public projects that call X3",
  rfc9700: "RFC 9700, section 2.1.1",
  rfc9110: "RFC 9110, section 15.5",
  rfc8252: "RFC 8252, section 8.5",
  browserApps: "RFC 9700; draft-ietf-oauth-browser-based-apps",
  library: ownName
} as const

/** The id of a {@link sources source}. */
type SourceId = keyof typeof sources

/**
 * How sure a statement is.
 *
 * - `confirmed`: a page of Sage's, a recorded answer or a project that calls the product says the same
 * - `card-only`: it stands in the comparison card alone
 * - `contradicted`: something that is nearer to the product says otherwise
 */
export type Standing = "confirmed" | "card-only" | "contradicted"

/** One statement, and where it stands. */
export interface Cell {
  /** what to use, whatever a reference document says */
  readonly value: string
  /** what the reference document of the table says here, word for word; undefined where it says nothing */
  readonly says: string | undefined
  /** how sure `value` is, and with `contradicted`, that it replaces `says` */
  readonly standing: Standing
  /** the page, document or project that `standing` rests on */
  readonly source: string
  /** what a reader needs beside it */
  readonly note: string | undefined
}

/**
 * A cell as it is written in a table: its words, then ` @` and a source.
 *
 * - `"Session ID (opaque) @responses"`: the document's words, and the source that confirms them. `@card` confirms
 *   nothing
 * - `"~1h access ≠ 300 s @books"`: the document's words, then what to use in their place
 * - `"+ 31 days @books"`: not the document's words, or not in this place
 * - ` // ` begins a note: `"Yes (OAuth2) // no page of Sage's shows it @card"`
 *
 * The compiler knows the sources, and refuses another one.
 */
export type Written = `${string} @${SourceId}`

const added = "+ "
const otherwise = " ≠ "
const remark = " // "

const isSource = (id: string): id is SourceId => Object.hasOwn(sources, id)

/** A cell from its notation. `section` is where the document says it. */
export const cell = (written: Written, section = ""): Cell => {
  const at = written.lastIndexOf(" @")
  const id = written.slice(at + 2)
  if (!isSource(id)) throw new Error(`no source ${id}`)
  const [words = "", note] = written.slice(0, at).split(remark)
  const source = id === "card" && section !== "" ? `${sources.card}, ${section}` : sources[id]
  const standing = id === "card" ? "card-only" : "confirmed"
  if (words.startsWith(added)) return { value: words.slice(added.length), says: undefined, standing, source, note }
  const [says = "", value] = words.split(otherwise)
  return value === undefined
    ? { value: says, says, standing, source, note }
    : { value, says, standing: "contradicted", source, note }
}

/**
 * The two documents that this advice started from: a card that compares Sage's products, and an edition of Sage's own
 * guide to OAuth 2.0 at Intacct.
 */
export type ReferenceDocument = "card" | "guide"

/** A table of statements. */
export interface Table {
  /** what it is asked for by, such as `quick-reference` */
  readonly name: string
  /** its heading */
  readonly title: string
  /** the document and section that it comes from; undefined where neither has such a table */
  readonly from: { readonly document: ReferenceDocument; readonly section: string } | undefined
  /** the names of its columns; the first one names the row */
  readonly columns: ReadonlyArray<string>
  /** each row has a cell for each column */
  readonly rows: ReadonlyArray<ReadonlyArray<Cell>>
}

/**
 * A row: its name, which has no source of its own, and a cell for each further column. `"+ "` begins a name that the
 * document does not have.
 */
export type WrittenRow = readonly [name: string, ...cells: ReadonlyArray<Written>]

interface WrittenTable {
  readonly title: string
  readonly from?: NonNullable<Table["from"]>
  readonly columns: ReadonlyArray<string>
  readonly rows: ReadonlyArray<WrittenRow>
}

/** A table from what is written. Every row has as many cells as there are columns. */
export const table = <Name extends string>(
  name: Name,
  { columns, from, rows, title }: WrittenTable
): Table & { readonly name: Name } =>
  frozen({
    name,
    title,
    from,
    columns,
    rows: rows.map(([first, ...rest]) => {
      if (rest.length !== columns.length - 1) throw new Error(`${name}: ${first} has ${rest.length + 1} cells`)
      const own = first.startsWith("+ ")
      const source = from === undefined || own ? ownName : `${sources[from.document]}, ${from.section}`
      const label = own ? first.slice(2) : first
      const named: Cell = {
        value: label,
        says: own ? undefined : label,
        standing: "confirmed",
        source,
        note: undefined
      }
      return [named, ...rest.map((each) => cell(each, from?.section))]
    })
  })

/** How a table is written. */
export type Format = "text" | "markdown" | "csv" | "json"

/** What a rendered table holds beside its values. */
export interface RenderOptions {
  /** whether each cell ends with its source, in brackets; JSON always has it. Default false */
  readonly sources?: boolean | undefined
  /** of `text`: the width of a line, in characters; a table that is wider is written in paragraphs. Default 100 */
  readonly width?: number | undefined
}

/**
 * A cell in words: its value; where a document is contradicted, what the document says; where the document stands
 * alone, that it does; and its note.
 */
export const cellText = ({ note, says, source, standing, value }: Cell, options?: RenderOptions): string => {
  const remarks: Array<string> = []
  if (standing === "contradicted" && says !== undefined) remarks.push(`not: ${says}`)
  if (standing === "card-only") remarks.push("card only")
  if (note !== undefined) remarks.push(note)
  const cell = remarks.length === 0 ? value : `${value} (${remarks.join("; ")})`
  return options?.sources === true ? `${cell} [${source}]` : cell
}

const linesOf = (table: Table, options: RenderOptions | undefined): ReadonlyArray<ReadonlyArray<string>> => [
  table.columns,
  ...table.rows.map((row) =>
    // the name of a row is no statement
    row.map((each, column) => (column === 0 ? each.value : cellText(each, options)))
  )
]

/** A text in lines of at most `width` characters, broken at spaces. */
const wrap = (text: string, width: number): ReadonlyArray<string> =>
  text.split("\n").flatMap((paragraph) => {
    const lines: Array<string> = []
    let line = ""
    for (const word of paragraph.split(" ")) {
      const longer = line === "" ? word : `${line} ${word}`
      if (line !== "" && longer.length > width) {
        lines.push(line)
        line = word
      } else line = longer
    }
    lines.push(line)
    return lines
  })

/** Each row as a paragraph, for tables that are wider than the page. */
const paragraphs = (rows: ReadonlyArray<ReadonlyArray<string>>, width: number): string => {
  const [columns = [], ...body] = rows
  return body
    .map(([name = "", ...rest]) =>
      [
        ...wrap(name, width),
        ...rest.flatMap((each, at) => {
          const [first = "", ...more] = wrap(`${columns[at + 1] ?? ""}: ${each}`, width - 4)
          return [`  ${first}`, ...more.map((line) => `    ${line}`)]
        })
      ].join("\n")
    )
    .join("\n\n")
}

const text = (table: Table, options: RenderOptions | undefined): string => {
  const width = options?.width ?? 100
  const plain = linesOf(table, options)
  const widestCell = Math.max(20, Math.floor(width / 3))
  // a word that is longer than a column stays whole
  const wrapped = plain.map((row) => row.map((each) => wrap(each, widestCell)))
  const widths = table.columns.map((_, column) =>
    Math.max(...wrapped.map((row) => Math.max(...(row[column] ?? []).map((line) => line.length))))
  )
  const whole = widths.reduce((sum, each) => sum + each + 2, -2)
  if (whole > width) return `${table.title}\n\n${paragraphs(plain, width)}`
  const row = (columns: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
    const height = Math.max(...columns.map((lines) => lines.length))
    return Array.from({ length: height }, (_, at) =>
      columns
        .map((lines, column) => (lines[at] ?? "").padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd()
    )
  }
  const [head = [], ...body] = wrapped
  const rule = widths.map((width) => "-".repeat(width)).join("  ")
  const tall = body.some((columns) => columns.some((lines) => lines.length > 1))
  return [
    table.title,
    "",
    ...row(head),
    rule,
    ...body.flatMap((columns, at) => (tall && at > 0 ? [""].concat(row(columns)) : row(columns)))
  ].join("\n")
}

/**
 * Words in a cell of Markdown: nothing in them ends the cell, begins HTML or emphasis. Code keeps its own characters.
 */
const markdownCell = (words: string): string =>
  words
    .split("`")
    .map((part, at) => (at % 2 === 1 ? part : part.replaceAll(/[\\*<[\]]|(?<!\w)_|_(?!\w)/g, "\\$&")))
    .join("`")
    .replaceAll("|", "\\|")
    .replaceAll("\n", "<br>")

const markdown = (table: Table, options: RenderOptions | undefined): string => {
  const [head = [], ...body] = linesOf(table, options).map((row) => row.map(markdownCell))
  const widths = head.map((_, column) => Math.max(3, ...[head, ...body].map((row) => (row[column] ?? "").length)))
  const line = (row: ReadonlyArray<string>): string =>
    `| ${row.map((each, column) => each.padEnd(widths[column] ?? 0)).join(" | ")} |`
  return [line(head), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...body.map(line)].join("\n")
}

/**
 * A field of CSV (RFC 4180, section 2). A spreadsheet takes a field that begins with `=`, `+`, `-`, `@`, a tab or a
 * line break for a formula. Such a field gets an apostrophe in front.
 */
export const csvField = (words: string): string => {
  const harmless = /^[=+\-@\t\r\n]/.test(words) ? `'${words}` : words
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}

const csv = (table: Table, options: RenderOptions | undefined): string =>
  linesOf(table, options)
    .map((row) => `${row.map(csvField).join(",")}\r\n`)
    .join("")

const json = (table: Table): string => `${JSON.stringify(table, null, 2)}\n`

/**
 * A table as a text.
 *
 * - `text`: columns for a terminal, or paragraphs where they are too wide
 * - `markdown`: a table of GitHub's Markdown
 * - `csv`: RFC 4180, lines end with CR and LF. What a spreadsheet would run as a formula begins with an apostrophe
 * - `json`: the whole of it, with the standing and the source of every cell
 *
 * @category advice
 */
export const render = (table: Table, format: Format, options?: RenderOptions): string => {
  switch (format) {
    case "text":
      return text(table, options)
    case "markdown":
      return markdown(table, options)
    case "csv":
      return csv(table, options)
    case "json":
      return json(table)
  }
}
