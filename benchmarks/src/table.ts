/** One subject's result: what was measured, the figures, and what to know when reading them. */
export interface Table {
  readonly title: string
  readonly header: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
  readonly notes: ReadonlyArray<string>
}

/** A number with as many digits as say something. */
export const number = (value: number): string =>
  Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en-US") : value.toPrecision(Math.abs(value) >= 10 ? 3 : 2)

/** How many times as much. */
export const times = (value: number, than: number): string => `${(value / than).toFixed(2)} x`

/** The table as text: the first column to the left, figures to the right. */
export const print = ({ header, notes, rows, title }: Table): string => {
  const widths = header.map((name, column) => Math.max(name.length, ...rows.map((row) => (row[column] ?? "").length)))
  const line = (cells: ReadonlyArray<string>): string =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("   ")
  const body = [line(header), widths.map((width) => "-".repeat(width)).join("   "), ...rows.map(line)]
  return [title, "", ...body.map((text) => `  ${text}`), "", ...notes.map((note) => `  ${note}`), ""].join("\n")
}
