import type { Check } from "../src/doctor/Check.ts"
import { applicationChecks } from "../src/doctor/application.ts"
import { connectionChecks } from "../src/doctor/examine.ts"

/** What writes the table of checks in `docs/cli.md`. */
export const regenerate = "npx -y pnpm@12.21.0 --filter @sage-auth/cli exec node scripts/writeDoctorDocs.ts"

const begin = `<!-- Written from packages/cli/src/doctor; do not edit by hand. Regenerate with:\n${regenerate}\n-->`
const end = "<!-- end -->"

const table = (): string => {
  const all: ReadonlyArray<Pick<Check, "id" | "says">> = [...applicationChecks, ...connectionChecks]
  const rows = [
    ["check", "finds out whether this is so"],
    ...all.map(({ id, says }) => [`\`${id}\``, says.replaceAll("|", "\\|")])
  ]
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: ReadonlyArray<string>): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`
  const [head = [], ...rest] = rows
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rest.map(line)].join("\n")
}

/** The page with the table of today. */
export const withChecks = (page: string): string => {
  const at = page.indexOf(begin)
  const to = page.indexOf(end, at)
  if (at < 0 || to < 0) throw new Error(`docs/cli.md has no place for the checks, which begins with ${begin}`)
  return `${page.slice(0, at)}${begin}\n\n${table()}\n\n${page.slice(to)}`
}
