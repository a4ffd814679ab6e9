import { type Answer, type Answers, type Question, type QuestionId, questions } from "./questions.ts"
import { type Recommendation, recommendations } from "./recommendations.ts"
import { type Branch, type Node, tree } from "./tree.ts"

/** A question that was asked, and its answer. */
export interface Step {
  /** what was asked */
  readonly question: QuestionId
  /** what was answered */
  readonly answer: Answer
}

interface Walked {
  /** what led there, in order */
  readonly path: ReadonlyArray<Step>
  /** questions that were answered and that this path does not ask */
  readonly unused: ReadonlyArray<QuestionId>
}

/**
 * What comes of answers.
 *
 * - `recommendation`: nothing is missing
 * - `missing`: `question` has to be answered next
 * - `unknown`: `question` was answered with something that is none of its choices. Only JavaScript and a command line
 *   can get there; the answer itself is not repeated
 */
export type Advised =
  | ({ readonly outcome: "recommendation"; readonly recommendation: Recommendation } & Walked)
  | ({ readonly outcome: "missing" | "unknown"; readonly question: QuestionId } & Question & Walked)

const choiceOf = ({ answers }: Branch, given: unknown): readonly [Answer, Node] | undefined =>
  Object.entries(answers).find((each): each is [Answer, Node] => each[0] === given)

/**
 * The way to authenticate, for what is known so far; or the question that has to be answered next. It is total: every
 * combination of answers has one of these outcomes. Answers to questions that the path does not ask change nothing, and
 * are named in `unused`.
 *
 * @example
 * ```ts
 * const advised = advise({ product: "intacct", api: "rest", actor: "program", identity: "username" })
 * if (advised.outcome === "recommendation") console.log(advised.recommendation.code)
 * else console.log(advised.question, Object.keys(advised.choices))
 * ```
 *
 * @category advice
 */
export const advise = (answers: Answers): Advised => {
  // what an object inherits is no answer
  const given: Readonly<Record<string, unknown>> = { ...answers }
  const path: Array<Step> = []
  const walked = (): Walked => {
    const used = new Set(path.map(({ question }) => question))
    const answered = (Object.keys(questions) as ReadonlyArray<QuestionId>).filter((each) => given[each] !== undefined)
    return { path, unused: answered.filter((each) => !used.has(each)) }
  }
  let node: Node = tree
  while ("question" in node) {
    const { question } = node
    const answer = given[question]
    if (answer === undefined) return { outcome: "missing", question, ...questions[question], ...walked() }
    const chosen = choiceOf(node, answer)
    if (chosen === undefined) {
      const { path: _, unused } = walked()
      return {
        outcome: "unknown",
        question,
        ...questions[question],
        path,
        unused: unused.filter((each) => each !== question)
      }
    }
    path.push({ question, answer: chosen[0] })
    node = chosen[1]
  }
  return { outcome: "recommendation", recommendation: recommendations[node.recommendation], ...walked() }
}

/** An end of the tree with the way to it. */
export interface Route {
  /** the answers that lead there, in order */
  readonly path: ReadonlyArray<Step>
  /** where they lead */
  readonly recommendation: Recommendation
}

const routesFrom = (node: Node, path: ReadonlyArray<Step>): ReadonlyArray<Route> =>
  "question" in node
    ? (Object.entries(node.answers) as ReadonlyArray<[Answer, Node]>).flatMap(([answer, next]) =>
        routesFrom(next, [...path, { question: node.question, answer }])
      )
    : [{ path, recommendation: recommendations[node.recommendation] }]

/**
 * Every end of the tree with the way to it.
 *
 * @category advice
 */
export const routes = (): ReadonlyArray<Route> => routesFrom(tree, [])
