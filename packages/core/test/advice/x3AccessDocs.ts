import {
  x3Access,
  type X3AccessCell,
  type X3AccessSurface,
  type X3Credential,
  type X3Deployment,
  x3NotOffered,
  type X3Outcome
} from "../../src/advice/x3Access.ts"

/** What regenerates the table of `docs/x3.md`. */
export const regenerate = "npx -y pnpm@12.21.0 --filter @sage-auth/core exec node scripts/write-x3-access-docs.ts"

const begin = `<!-- Written from packages/core/src/advice/x3Access.ts; do not edit by hand. Regenerate with:\n${regenerate}\n-->`
const end = "<!-- end -->"

const surfaces: Record<X3AccessSurface, string> = { rest: "REST", soap: "SOAP", graphql: "GraphQL", gateway: "gateway" }
const deployments: Record<X3Deployment, string> = {
  "on-premise": "on premise",
  online: "X3 Online",
  "multi-tenant": "multi-tenant cloud"
}
const credentials: Record<X3Credential, string> = {
  basic: "`x3.basic`",
  certificate: "`x3.certificate`",
  oauth2: "`x3.oauth2`",
  "client-credentials": "`x3.clientCredentials`",
  bearer: "`x3.bearer`",
  "connected-app": "`app`",
  pairing: "pairing"
}
const outcomes: Record<X3Outcome, string> = {
  works: "works",
  "refused-before-sending": "not sent",
  "refused-by-server": "refused",
  unproven: "unproven"
}

const place = ({ deployment, surface }: Pick<X3AccessCell, "deployment" | "surface">): string =>
  `${surfaces[surface]}, ${deployments[deployment]}`

/** As the formatter of this repository lays tables out. */
const table = (rows: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(3, ...rows.map((row) => (row[column] ?? "").length)))
  const line = (row: ReadonlyArray<string>) => `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`
  const [head = [], ...body] = rows
  return [line(head), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...body.map(line)]
}

const error = (id: string): string => `[${id}](errors.md#${id.replaceAll(".", "")})`

const overview = (): ReadonlyArray<string> => {
  const places = [...new Set(x3Access.map(place))]
  return table([
    ["", ...Object.values(credentials)],
    ...places.map((where) =>
      [where].concat(x3Access.filter((cell) => place(cell) === where).map(({ outcome }) => outcomes[outcome]))
    )
  ])
}

const detail = (): ReadonlyArray<string> => {
  // REST and SOAP, and the rows that differ in nothing, are told once
  const grouped = new Map<
    string,
    { readonly cell: X3AccessCell; readonly places: Set<string>; readonly names: Set<string> }
  >()
  for (const cell of x3Access) {
    const { builder: _, credential, deployment, surface, ...way } = cell
    const key = JSON.stringify(cell.outcome === "refused-before-sending" ? way : { credential, ...way })
    const group = grouped.get(key) ?? { cell, places: new Set(), names: new Set() }
    group.places.add(place({ deployment, surface }))
    group.names.add(credentials[credential])
    grouped.set(key, group)
  }
  return table([
    ["Credential", "Where", "", "What it takes, or why not", "Error", "Known from"],
    ...[...grouped.values()].map(({ cell, names, places }) => [
      [...names].join(", "),
      [...places].join("; "),
      outcomes[cell.outcome],
      cell.needs.length === 0
        ? cell.note
        : `\`session.auth\` lists ${cell.needs.map((method) => `\`"${method}"\``).join(" and ")}. ${cell.note}`,
      [cell.explained ?? cell.refusal, cell.without]
        .filter((id, at, all) => id !== undefined && all.indexOf(id) === at)
        .map((id) => error(id ?? ""))
        .join(", "),
      `${cell.confidence}: ${cell.source}`
    ])
  ])
}

/** The tables of `docs/x3.md`, from the data. */
export const renderX3Access = (): string =>
  [
    begin,
    "",
    ...overview(),
    "",
    "_Works_: with the right set-up. _Not sent_: it does not compile, and from JavaScript the application does not start with it and says why. _Unproven_: it is sent, and no page of Sage's says what comes of it.",
    "",
    ...detail(),
    "",
    ...x3NotOffered.map(({ deployment, note, surface }) => `- ${place({ deployment, surface })}: not offered. ${note}`),
    "",
    end
  ].join("\n")

/** A page with its tables written anew. */
export const withX3Access = (page: string): string => {
  const from = page.indexOf("<!-- Written from packages/core/src/advice/x3Access.ts")
  const to = page.indexOf(end, from)
  if (from < 0 || to < 0) throw new Error("docs/x3.md has no place for the table")
  return page.slice(0, from) + renderX3Access() + page.slice(to + end.length)
}
