import { createSageAuth } from "@sage-auth/core"
import { same } from "../../expect.ts"
import type { Flow } from "../../Flow.ts"
import { type Customers, document, graphOf, nodesOf } from "./graphqlKit.ts"
import { failureOf } from "./kit.ts"

/** Data and errors in one answer. */
export const partialAnswer: Flow = {
  name: "X3 GraphQL: a partial answer",
  run: async (stage) => {
    const { sandbox, settings, step } = stage
    const { user } = sandbox.accounts["x3-graphql"].limited
    const app = { clientId: "demo-of-the-clerk", clientSecret: "clerkApp-Jx4tQp9mVb2cRz7k", user }
    sandbox.x3.addConnectedApp({ ...app, url: sandbox.urls["x3-graphql"].api, tokensValidity: 600 })
    await using sage = createSageAuth({ connections: { graph: graphOf(stage, { app }) }, ...settings })
    await step(
      `query(…) as ${user}, who may not see credit limits`,
      () => sage.client("graph").query<Customers>(document),
      ({ data, errors }) => {
        const nodes = nodesOf(data)
        same("credit limits", [...new Set(nodes.map(({ creditLimit }) => creditLimit))], [null])
        same("errors", errors.length, nodes.length)
        return `${nodes.length} customers with their names, and ${errors.length} errors: ${errors[0]?.message}`
      }
    )
    sandbox.x3.removeConnectedApp(app.clientId)
  }
}

/** `Error NN: Invalid token` says which field of the registration it is. */
export const wrongRegistration: Flow = {
  name: "X3 GraphQL: what is wrong with the registration",
  run: async (stage) => {
    const { sandbox, settings, step } = stage
    const { app } = sandbox.accounts["x3-graphql"]
    const refused = async (
      what: string,
      id: `x3-graphql.error-${number}`,
      differs: Parameters<typeof graphOf>[1]
    ): Promise<void> => {
      await using sage = createSageAuth({ connections: { graph: graphOf(stage, differs) }, ...settings })
      await step(
        what,
        () => failureOf(sage.client("graph").query(document)),
        (error) => {
          same("id", error.id, id)
          return `${error.reason._tag} (${id}): ${error.remedy}`
        }
      )
    }
    await refused("a client id that is not there", "x3-graphql.error-41", { app: { ...app, clientId: "0123" } })
    await refused("another user", "x3-graphql.error-42", { app: { ...app, user: "wsadmin" } })
    await refused("another URL", "x3-graphql.error-45", { audience: "https://x3.acme.example/xtrem/api" })
    await refused("another secret", "x3-graphql.error-50", { app: { ...app, clientSecret: "not-the-secret" } })
    sandbox.x3.configure({ clockSkew: -120_000 })
    try {
      await refused("a server whose clock lags by two minutes", "x3-graphql.error-21", {})
    } finally {
      sandbox.x3.configure({ clockSkew: 0 })
    }
  }
}

/** Servers before Sage X3 Services 2021 R2. */
export const absentApi: Flow = {
  name: "X3 GraphQL: a server without it",
  run: async (stage) => {
    const { sandbox, settings, step } = stage
    await using sage = createSageAuth({ connections: { graph: graphOf(stage) }, ...settings })
    sandbox.x3.configure({ xtremApi: false })
    try {
      await step(
        "query(…)",
        () => failureOf(sage.client("graph").query(document)),
        (error) => {
          same("id", error.id, "x3-graphql.services-missing")
          return `${error.reason._tag}: ${error.message}`
        }
      )
    } finally {
      sandbox.x3.configure({ xtremApi: true })
    }
  }
}
