import {
  type Cell,
  cellText,
  contradictions,
  findTable,
  questions,
  recommendations,
  render,
  tree,
  wrongAndRight
} from "../../src/advice/Advice.ts"
import type { Choice, Node, Question, Recommendation, ShownBy, Table, WrongAndRight } from "../../src/advice/Advice.ts"

/** What regenerates `docs/which-flow.md` and `docs/wrong-and-right.md`. */
export const regenerate = "npx -y pnpm@12.21.0 --filter @sage-auth/core exec node scripts/write-advice-docs.ts"

const written = `<!-- Written from packages/core/src/advice; do not edit by hand. Regenerate with:\n${regenerate}\n-->`

/** The anchor that GitHub gives to a heading. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, "")
    .replaceAll(" ", "-")

/** Words of the data inside of Markdown: nothing in them is markup but code. */
const words = (text: string): string =>
  text
    .split("`")
    .map((part, at) => (at % 2 === 1 ? part : part.replaceAll(/[*<[\]]|(?<!\w)_|_(?!\w)/g, "\\$&")))
    .join("`")

const cellWords = (cell: Cell): string => words(cellText(cell))

const isCode = (value: string): boolean => /^(?:curl|session:)/.test(value)

/** A table whose cells are commands: a list with blocks of code. */
const commands = ({ columns, rows }: Table): ReadonlyArray<string> =>
  rows.flatMap((row) =>
    row.flatMap((each, at) => {
      if (at === 0) return [`**${words(each.value)}**`, ""]
      if (!isCode(each.value)) return [`${columns[at]}: ${cellWords(each)}`, ""]
      const language = each.value.startsWith("curl") ? "sh" : "js"
      const remark = each.note ?? (each.standing === "contradicted" ? "the card's has a mistake" : undefined)
      return [
        `\`\`\`${language}`,
        each.value,
        "```",
        "",
        ...(remark === undefined ? [] : [`Not as the card has it: ${words(remark)}.`, ""])
      ]
    })
  )

const sourcesOf = ({ rows }: Table): string =>
  Array.from(new Set(rows.flatMap((row) => row.slice(1).map(({ source }) => source))))
    .filter((source) => source !== "@sage-auth/core")
    .map(words)
    .join("; ")

const section = (name: string, level = "##"): ReadonlyArray<string> => {
  const table = findTable(name)
  if (table === undefined) throw new Error(`no table ${name}`)
  const body = table.rows.some((row) => row.some(({ value }) => isCode(value)))
    ? commands(table)
    : [render(table, "markdown"), ""]
  const sources = sourcesOf(table)
  return [`${level} ${table.title}`, "", ...body, ...(sources === "" ? [] : [`Sources: ${sources}.`, ""])]
}

const linkTo = ({ title }: Recommendation): string => `[${title}](#${anchor(title)})`

const branches = (node: Node, depth: number): ReadonlyArray<string> => {
  const indent = "  ".repeat(depth)
  if ("recommendation" in node) return [`${indent}- → ${linkTo(recommendations[node.recommendation])}`]
  const question: Question = questions[node.question]
  const answers = Object.entries<Node>(node.answers).flatMap(([answer, next]) => {
    const { hint, text }: Choice = question.choices[answer] ?? { text: answer, hint: undefined }
    const said = hint === undefined ? text : `${text} _${hint}_`
    // an end stands on the line of its answer
    if ("recommendation" in next) {
      return [`${indent}  - ${said} → ${linkTo(recommendations[next.recommendation])}`]
    }
    return [`${indent}  - ${said}`].concat(branches(next, depth + 2))
  })
  return [`${indent}- **${question.text}** (\`${node.question}\`)`, ...answers]
}

const list = (title: string, cells: ReadonlyArray<string>): ReadonlyArray<string> => [
  `${title}:`,
  "",
  ...cells.map((each) => `- ${each}`),
  ""
]

/** A guide of this folder, as this folder links to it. */
const guide = (address: string): string => address.replace(/^.*\/docs\//, "")

const recommendation = (each: Recommendation): ReadonlyArray<string> => [
  `### ${each.title}`,
  "",
  `${each.why} Guide: [${guide(each.guide)}](${guide(each.guide)}).`,
  "",
  ...list("Flow", each.flow.map(cellWords)),
  ...list(
    "What it needs",
    each.needs.map(({ cost, what }) => `${cellWords(what)} (${cost})`)
  ),
  ...list("Limits", each.limits.map(cellWords)),
  ...list("Lifetimes", each.lifetimes.map(cellWords)),
  `Renewal: ${words(each.renewal)}`,
  "",
  ...list("Before you build on it", each.warnings.map(cellWords)),
  "```ts",
  each.code.trimEnd(),
  "```",
  ""
]

const page = (lines: ReadonlyArray<string>): string => `${lines.join("\n").trimEnd()}\n`

/** `docs/which-flow.md`. */
export const whichFlow = (): string =>
  page([
    "# Which flow",
    "",
    written,
    "",
    "Which product, which API, which flow, with what, at what price. Follow the questions, take the code, and read on in its guide. In a terminal, `npx @sage-auth/cli advise` asks them, and `npx @sage-auth/cli advise table` prints any table of this page.",
    "",
    "Two documents are checked here: a comparison of Sage's products, called the card, and Sage's guide to OAuth 2.0 at Intacct. Every statement of theirs was held against Sage's own pages and recorded answers. _(not: …)_ is what the card or the guide says otherwise; _(card only)_ is what nothing else confirms.",
    "",
    "## The questions",
    "",
    ...branches(tree, 0),
    "",
    "The same is data, in `@sage-auth/core/advice`. It says what is missing as long as something is, and its tables can be written as text, Markdown, CSV or JSON:",
    "",
    "```ts",
    'import { advise, findTable, render } from "@sage-auth/core/advice"',
    "",
    'const advised = advise({ product: "x3", deployment: "on-premise", services: "yes" })',
    'if (advised.outcome === "recommendation") console.log(advised.recommendation.code)',
    "else console.log(advised.question, advised.text, Object.keys(advised.choices)) // interface, Which API?, …",
    "",
    'const tiers = findTable("performance-tiers")',
    'if (tiers !== undefined) console.log(render(tiers, "csv"))',
    "```",
    "",
    "## Recommendations",
    "",
    ...Object.values<Recommendation>(recommendations).flatMap(recommendation),
    ...section("summary"),
    ...section("system-profile"),
    ...section("quick-reference"),
    ...section("comparison"),
    ...section("xml-flows"),
    ...section("rest-flows"),
    ...section("public-clients"),
    ...section("configuration"),
    ...section("performance-tiers"),
    ...section("constraints"),
    ...section("first-calls"),
    ...section("diagnostics"),
    ...section("fragments"),
    ...section("error-codes"),
    "Every failure with its cause and remedy: [errors](errors.md).",
    "",
    ...section("rest-consent-steps"),
    ...section("rest-parameters"),
    ...section("rest-client-setup"),
    ...section("rest-entities"),
    ...section("rest-local-testing"),
    ...section("version-history"),
    ...section("background"),
    ...section("use"),
    ...section("caveats"),
    "## What the documents have wrong",
    "",
    `${contradictions().length} statements of the two documents are contradicted by Sage's own pages, by recorded answers, or by one another. This library follows the right column.`,
    "",
    ...contradicted()
  ])

/** Statements that are too long for a table are cut at a word: the whole of them stands in their own tables. */
const short = (text: string): string => {
  const line = text.replaceAll(/\s+/g, " ")
  return line.length <= 160 ? line : `${line.slice(0, line.lastIndexOf(" ", 160))} …`
}

const plain = (value: string): Cell => ({ value, says: value, standing: "confirmed", source: "", note: undefined })

const contradicted = (): ReadonlyArray<string> => {
  const rows = contradictions().map(({ cell, column, row, table }) => [
    plain(`${findTable(table)?.title}: ${row}${column === "Statement" ? "" : `, ${column}`}`),
    plain(short(cell.says ?? "")),
    plain(short(cell.value)),
    plain(cell.source)
  ])
  const columns = ["Where", "Not", "But", "Source"]
  return [render({ name: "contradictions", title: "", from: undefined, columns, rows }, "markdown"), ""]
}

const shown = (by: ShownBy): string =>
  "error" in by
    ? `[\`${by.error}\`](errors.md#${by.error.replaceAll(".", "")})`
    : `the event [\`${by.event}\`](events.md)${by.subject === undefined ? "" : ` with subject \`${by.subject}\``}`

const pair = ({ note, product, right, shownBy, wrong }: WrongAndRight): ReadonlyArray<string> => [
  `## ${product}: ${wrong.title}`,
  "",
  "```python",
  wrong.python,
  "```",
  "",
  `${wrong.because} Shown by ${shownBy.map(shown).join(" and ")}.`,
  "",
  `### ${right.title}`,
  "",
  "```ts",
  right.code.trimEnd(),
  "```",
  "",
  ...(note === undefined ? [] : [words(note), ""])
]

/** `docs/wrong-and-right.md`. */
export const wrongAndRightPage = (): string =>
  page([
    "# Wrong and right",
    "",
    written,
    "",
    "Mistakes that many integrations with Sage begin with, what shows them here, and what to do in their place. The wrong ones are in Python, as the card has them, a comparison of Sage's products. In this library most of them cannot be written.",
    "",
    ...wrongAndRight.flatMap(pair),
    ...section("pitfalls"),
    ...section("gotchas"),
    ...section("data-gotchas"),
    ...section("failure-points"),
    "What to do when it has happened: [troubleshooting](troubleshooting.md)."
  ])

/** The pages that are written from the data, by their names below `docs/`. */
export const pages: ReadonlyArray<readonly [file: string, write: () => string]> = [
  ["which-flow.md", whichFlow],
  ["wrong-and-right.md", wrongAndRightPage]
]
