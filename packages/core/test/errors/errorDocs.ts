import { catalogue, type CatalogueEntry, type CatalogueId } from "../../src/errors/catalogue.ts"

/** What regenerates `docs/errors.md`. */
export const regenerate = "npx -y pnpm@12.21.0 --filter @sage-auth/core exec node scripts/write-error-docs.ts"

const isId = (id: string): id is CatalogueId => Object.hasOwn(catalogue, id)

const entries = Object.keys(catalogue)
  .filter(isId)
  .map((id): readonly [CatalogueId, CatalogueEntry] => [id, catalogue[id]])

const chapters: ReadonlyArray<readonly [prefix: string, title: string]> = [
  ["client", "Raised by this library, on every surface"],
  ["intacct", "Sage Intacct, both APIs"],
  ["intacct-xml", "Sage Intacct, XML API"],
  ["intacct-rest", "Sage Intacct, REST API"],
  ["business-cloud", "Sage Business Cloud Accounting"],
  ["x3-web-services", "Sage X3, web services (REST `api1` and SOAP)"],
  ["x3-graphql", "Sage X3, GraphQL"],
  ["x3-gateway", "Sage X3, API gateway of the multi-tenant cloud"]
]

// In running text a bare <, *, _ or bracket would be markup; inside code spans it is not.
const prose = (text: string): string =>
  text
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith("`") ? part : part.replace(/[<*_[\]]/g, (character) => `\\${character}`)))
    .join("")

const cell = (text: string): string => text.replaceAll("|", "\\|")

const anchor = (id: string): string => id.replaceAll(".", "")

const link = (id: CatalogueId): string => `[${id}](#${anchor(id)})`

const codesOf = (entry: CatalogueEntry): string => entry.codes.map((code) => `\`${code}\``).join(", ")

const section = ([id, entry]: readonly [CatalogueId, CatalogueEntry]): string => {
  const said = [codesOf(entry), entry.text === undefined ? "" : `"${prose(entry.text)}"`].filter((part) => part !== "")
  return [
    `### ${id}`,
    "",
    prose(entry.meaning),
    "",
    ...(said.length === 0 ? [] : [`- **Server says:** ${said.join(", ")}`]),
    `- **Level:** ${entry.level}`,
    `- **Reason:** \`${entry.reason}\`, ${entry.retryable ? "may pass by itself (`retryable`)" : "does not pass by itself"}`,
    `- **Cause:** ${prose(entry.cause)}`,
    `- **Remedy:** ${prose(entry.remedy)}`,
    ...(entry.note === undefined ? [] : [`- **Note:** ${prose(entry.note)}`]),
    `- **Source:** ${prose(entry.source)}`,
    ""
  ].join("\n")
}

const byCode = (): ReadonlyArray<string> => {
  const found = new Map<string, Array<CatalogueId>>()
  for (const [id, entry] of entries) {
    for (const code of entry.codes) found.set(code, [...(found.get(code) ?? []), id])
  }
  return [...found]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, ids]) => `| ${cell(`\`${code}\``)} | ${ids.map(link).join(", ")} |`)
}

/** The whole of `docs/errors.md`, from the catalogue. */
export const renderErrorDocs = (): string => {
  const blocks = chapters.map(([prefix, title]) =>
    [`## ${title}`, "", ...entries.filter(([id]) => id.startsWith(`${prefix}.`)).map(section)].join("\n")
  )
  return [
    "# Errors",
    "",
    "<!-- Written from packages/core/src/errors/catalogue; do not edit by hand. Regenerate with:",
    regenerate,
    "-->",
    "",
    "Every failure is a `SageAuthError`. Programs branch on `reason._tag`; `id` names an entry of this page, `code` is the server's own code, `remedy` says what to do. `explain(what)` finds the same entries. It takes an error or its JSON, an id, a server's code or status, or a part of its text. It also takes text that holds one of them, such as a line of a log.",
    "",
    "A code may stand for several things (`XL03000006` for nearly everything): the level and the text decide. `retryable` says that the same call may succeed later without any change. Whether repeating a write is safe is another question, and the remedy answers it.",
    "",
    "## By code",
    "",
    "| Code | Entries |",
    "| --- | --- |",
    ...byCode(),
    "",
    ...blocks
  ].join("\n")
}
