/**
 * What is known about authentication at Sage's products, as data: which flow for which product, what it needs and
 * costs, and what differs between documents. `advise` recommends a flow, `tables` hold everything else.
 *
 * It is plain data and pure functions: nothing here reads, sends or keeps anything.
 */
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
export { type Contradiction, contradictions, findTable, type TableName, tables } from "./tables.ts"
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
