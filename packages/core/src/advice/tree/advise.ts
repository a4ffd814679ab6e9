import { type Recommendation, type RecommendationId, recommendations } from "./recommendations.ts"
import { frozen } from "../Table.ts"

/** Something that has to be known before a flow can be recommended. */
export interface Question {
  /** the question, as a person is asked */
  readonly text: string
  /** its answers, by what they are called in `Answers` */
  readonly choices: Readonly<Record<string, Choice>>
}

/** One answer to a question. */
export interface Choice {
  /** the answer, as a person reads it */
  readonly text: string
  /** what speaks for it, where that is not obvious */
  readonly hint: string | undefined
}

interface WrittenQuestion {
  readonly text: string
  readonly choices: Readonly<Record<string, string | readonly [text: string, hint: string]>>
}

type Choices<Q extends WrittenQuestion> = { readonly [C in keyof Q["choices"]]: Choice }

const define = <Qs extends Readonly<Record<string, WrittenQuestion>>>(
  written: Qs
): { readonly [Q in keyof Qs]: { readonly text: string; readonly choices: Choices<Qs[Q]> } } => {
  const defined: Record<string, Question> = {}
  for (const [id, { choices, text }] of Object.entries(written)) {
    const read: Record<string, Choice> = {}
    for (const [answer, choice] of Object.entries(choices)) {
      const [words, hint] = typeof choice === "string" ? [choice, undefined] : choice
      read[answer] = { text: words, hint }
    }
    defined[id] = { text, choices: read }
  }
  return frozen(defined) as { readonly [Q in keyof Qs]: { readonly text: string; readonly choices: Choices<Qs[Q]> } }
}

/**
 * Every question of the tree, by its id.
 *
 * @category advice
 */
export const questions = /* @__PURE__ */ define({
  product: {
    text: "Which Sage product?",
    choices: {
      intacct: "Sage Intacct",
      "business-cloud": "Sage Business Cloud Accounting",
      x3: "Sage X3",
      several: "Using multiple Sage products"
    }
  },
  api: {
    text: "Which API?",
    choices: {
      rest: ["REST API (modern, OAuth 2.0)", "new objects and features come by REST only"],
      xml: ["XML API (legacy, full feature set)", "needs a paid Web Services developer licence"]
    }
  },
  calls: {
    text: "How many calls does a run make?",
    choices: {
      many: ["Production integration (repeated calls)", "one login for all of them"],
      one: ["First request or simple script", "the login goes with the one request"]
    }
  },
  actor: {
    text: "Who acts?",
    choices: {
      user: ["User-context (interactive)", "a user consents once, and calls act as that user"],
      program: ["Server-to-server (unattended)", "a Web Services user, and no human"]
    }
  },
  secret: {
    text: "Can the application keep a secret?",
    choices: {
      yes: ["Yes: it runs on a server", "the secret is on that server alone"],
      no: ["No: a mobile, desktop or single-page application", "whatever ships with it can be read out of it"]
    }
  },
  identity: {
    text: "What does the program sign in as?",
    choices: {
      username: ["A Web Services user, by name", "the usual way"],
      session: ["The session of an XML connection that it has as well", "one sign-in for both APIs"]
    }
  },
  deployment: {
    text: "Where does X3 run?",
    choices: {
      online: ["Cloud (Sage X3 Online)", "one customer's server, run by Sage"],
      "on-premise": ["On-premise", "the customer's own server"],
      "multi-tenant": ["The multi-tenant cloud, by its API gateway", "addresses such as api.eu-sagex3.com"]
    }
  },
  services: {
    text: "Does the server have Sage X3 Services, 2021 R2 or later?",
    choices: {
      yes: ["Yes: there is an /xtrem/api", "GraphQL needs them"],
      no: ["No, or an older version", "then there are REST and SOAP"]
    }
  },
  interface: {
    text: "Which API?",
    choices: {
      undecided: ["Not decided: a new integration", "GraphQL is what new integrations should use"],
      graphql: ["GraphQL", "tokens of a connected application"],
      "web-services": ["SOAP/REST", "for what GraphQL does not have"]
    }
  },
  method: {
    text: "What may the integration sign in with?",
    choices: {
      undecided: ["Not decided: a new integration", "OAuth2, which works in the cloud as well"],
      oauth2: ["Have OAuth2 IdP", "a user consents once at the customer's identity provider"],
      certificate: ["High-security, PKI", "a client certificate, on a port of its own"],
      basic: ["Simple, trusted network", "a user and password; it ends with a move to X3 Online"]
    }
  }
})

/** The id of a question. */
export type QuestionId = keyof typeof questions

/** What may be answered to a question. */
export type Answer<Q extends QuestionId = QuestionId> = Q extends QuestionId
  ? keyof (typeof questions)[Q]["choices"] & string
  : never

/** Answers by their questions; what is not known yet is left out. */
export type Answers = { readonly [Q in QuestionId]?: Answer<Q> | undefined }

/** A question of the tree, and where each of its answers leads. */
export type Branch = {
  readonly [Q in QuestionId]: {
    readonly question: Q
    readonly answers: { readonly [A in Answer<Q>]: Node }
  }
}[QuestionId]

/** An end of the tree. */
export interface Leaf {
  /** where the answers lead */
  readonly recommendation: RecommendationId
}

/** A place in the tree. */
export type Node = Branch | Leaf

const leaf = (recommendation: RecommendationId): Leaf => ({ recommendation })

const graphqlOr = (webServices: Node): Node => ({
  question: "services",
  answers: {
    yes: {
      question: "interface",
      answers: { undecided: leaf("x3-graphql"), graphql: leaf("x3-graphql"), "web-services": webServices }
    },
    // there is no GraphQL to choose
    no: webServices
  }
})

/**
 * The decision tree: what to ask, in which order, and where it leads.
 *
 * @category advice
 */
export const tree: Node = /* @__PURE__ */ frozen({
  question: "product",
  answers: {
    intacct: {
      question: "api",
      answers: {
        rest: {
          question: "actor",
          answers: {
            user: {
              question: "secret",
              answers: { yes: leaf("intacct-rest-consent"), no: leaf("intacct-rest-public") }
            },
            program: {
              question: "identity",
              answers: { username: leaf("intacct-rest-program"), session: leaf("intacct-rest-bridge") }
            }
          }
        },
        xml: { question: "calls", answers: { many: leaf("intacct-xml-session"), one: leaf("intacct-xml-login") } }
      }
    },
    "business-cloud": leaf("business-cloud"),
    x3: {
      question: "deployment",
      answers: {
        online: graphqlOr(leaf("x3-online")),
        "on-premise": graphqlOr({
          question: "method",
          answers: {
            undecided: leaf("x3-oauth2"),
            oauth2: leaf("x3-oauth2"),
            certificate: leaf("x3-certificate"),
            basic: leaf("x3-basic")
          }
        }),
        "multi-tenant": leaf("x3-gateway")
      }
    },
    several: leaf("several-products")
  }
})

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
