/**
 * What is known about authentication at Sage's products, as data: which flow for which product, what it needs and
 * costs, and what differs between documents. `advise` recommends a flow, `tables` hold everything else.
 *
 * It is plain data and pure functions: nothing here reads, sends or keeps anything.
 */
import { type Cell, frozen, type Table } from "./Table.ts"
import {
  caveats,
  configuration,
  constraints,
  dataGotchas,
  errorCodes,
  failurePoints,
  gotchas,
  pitfalls,
  publicClients,
  restFlows,
  xmlFlows
} from "./tables/flows.ts"
import {
  authorizationSteps,
  clientCredentialsSetup,
  entityAccess,
  localTesting,
  oauthParameters
} from "./tables/guide.ts"
import { diagnostics, firstCalls, fragments, wrongAndRightTable } from "./tables/practice.ts"
import {
  background,
  comparison,
  fit,
  performanceTiers,
  quickReference,
  summary,
  systemProfile,
  versionHistory
} from "./tables/products.ts"

export {
  type Cell,
  cellText,
  csvField,
  type Format,
  type ReferenceDocument,
  render,
  type RenderOptions,
  type Standing,
  type Table
} from "./Table.ts"
export { type ShownBy, type WrongAndRight, wrongAndRight } from "./tables/practice.ts"
export {
  advise,
  type Advised,
  type Answer,
  type Answers,
  type Branch,
  type Choice,
  type Leaf,
  type Node,
  type Question,
  type QuestionId,
  questions,
  type Route,
  routes,
  type Step,
  tree
} from "./tree/advise.ts"
export {
  type Cost,
  type Need,
  type Recommendation,
  type RecommendationId,
  recommendations
} from "./tree/recommendations.ts"
export {
  x3Access,
  type X3AccessCell,
  type X3AccessSurface,
  type X3Credential,
  type X3Deployment,
  x3NotOffered,
  type X3Outcome
} from "./x3Access.ts"

const all = [
  summary,
  systemProfile,
  background,
  fit,
  quickReference,
  comparison,
  xmlFlows,
  restFlows,
  publicClients,
  configuration,
  performanceTiers,
  constraints,
  gotchas,
  dataGotchas,
  errorCodes,
  failurePoints,
  wrongAndRightTable,
  pitfalls,
  firstCalls,
  fragments,
  diagnostics,
  versionHistory,
  caveats,
  authorizationSteps,
  oauthParameters,
  clientCredentialsSetup,
  entityAccess,
  localTesting
] as const

/** What a table is asked for by. */
export type TableName = (typeof all)[number]["name"]

/**
 * Every table, in the order in which they are printed.
 *
 * @category advice
 */
export const tables: ReadonlyArray<Table & { readonly name: TableName }> = frozen(all)

const byName: ReadonlyMap<string, Table> = new Map(all.map((each) => [each.name, each]))

/**
 * A table by its name; undefined where there is none of that name.
 *
 * @category advice
 */
export const findTable = (name: string): Table | undefined => byName.get(name)

/** A statement of a reference document that is contradicted. */
export interface Contradiction {
  /** the name of the table */
  readonly table: TableName
  /** the name of the row */
  readonly row: string
  /** the name of the column */
  readonly column: string
  /** what the document says, what to use in its place, and who says so */
  readonly cell: Cell
}

/**
 * Every cell of every table that contradicts a reference document: what it says, and what to use.
 *
 * @category advice
 */
export const contradictions = (): ReadonlyArray<Contradiction> =>
  all.flatMap(({ columns, name, rows }) =>
    rows.flatMap((row) =>
      row.flatMap((cell, at) =>
        cell.standing === "contradicted"
          ? [{ table: name, row: row[0]?.value ?? "", column: columns[at] ?? "", cell }]
          : []
      )
    )
  )
