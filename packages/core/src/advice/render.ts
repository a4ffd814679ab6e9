import type { Cell, Table } from "./Table.ts"

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
