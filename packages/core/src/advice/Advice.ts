/**
 * What is known about authentication at Sage's products, as data: which flow for which product, what it needs and
 * costs, and what differs between documents. `advise` recommends a flow, `tables` hold everything else.
 *
 * It is plain data and pure functions: nothing here reads, sends or keeps anything.
 */
export type { Cell, Standing } from "./Table.ts"
export { cellText, csvField, type Format, render, type RenderOptions } from "./render.ts"
export type { ReferenceDocument, Table } from "./Table.ts"
export { type Contradiction, contradictions, findTable, type TableName, tables } from "./tables.ts"
export { type ShownBy, type WrongAndRight, wrongAndRight } from "./tables/practice.ts"
export { type Advised, advise, type Route, routes, type Step } from "./tree/advise.ts"
export { type Answer, type Answers, type Choice, type Question, type QuestionId, questions } from "./tree/questions.ts"
export {
  type Cost,
  type Need,
  type Recommendation,
  type RecommendationId,
  recommendations
} from "./tree/recommendations.ts"
export { type Branch, type Leaf, type Node, tree } from "./tree/tree.ts"
export {
  x3Access,
  type X3AccessCell,
  type X3AccessSurface,
  type X3Credential,
  type X3Deployment,
  x3NotOffered,
  type X3Outcome
} from "./x3Access.ts"
