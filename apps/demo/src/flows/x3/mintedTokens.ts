import { createSageAuth } from "@sage-auth/core"
import { same } from "../../expect.ts"
import type { Flow } from "../../Flow.ts"
import { type Customers, document, graphOf, nodesOf } from "./graphqlKit.ts"

/** There is no token endpoint: the client makes its tokens. */
export const mintedTokens: Flow = {
  name: "X3 GraphQL: tokens made here",
  run: async (stage) => {
    const { sandbox, settings, step } = stage
    await using sage = createSageAuth({ connections: { graph: graphOf(stage) }, ...settings })
    const graph = sage.client("graph")
    const token = async () => (await graph.headers())["authorization"]
    await step(
      "query(…)",
      () => graph.query<Customers>(document),
      ({ data, errors }, requests) => {
        same("requests", requests.length, 1)
        same("errors", errors.length, 0)
        return `${nodesOf(data).length} customers; nothing else was asked for a token`
      }
    )
    const first = await token()
    await step(
      "50 more at once",
      () => Promise.all(Array.from({ length: 50 }, () => graph.query<Customers>(document))),
      (answers, requests) => {
        same("answers", answers.length, 50)
        same("requests", requests.length, 50)
        return "50 answers, with the same token"
      }
    )
    same("the same token", await token(), first)
    await sandbox.clock.advance("6 minutes")
    await step(
      "6 minutes later",
      () => graph.query<Customers>(document),
      ({ errors }, requests) => {
        same("errors", errors.length, 0)
        same(
          "answers",
          requests.map(({ status }) => status),
          [200]
        )
        return "a token was made anew before the old one was refused"
      }
    )
    same("another token", (await token()) === first, false)
  }
}
