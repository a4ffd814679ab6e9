import { frozen } from "../Table.ts"
import type { Answer, QuestionId } from "./questions.ts"
import type { RecommendationId } from "./recommendations.ts"

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
