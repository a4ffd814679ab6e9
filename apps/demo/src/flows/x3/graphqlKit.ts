import { x3, type X3GraphQLConnection, type X3GraphQLOptions } from "@sage-auth/core"
import type { Stage } from "../../Flow.ts"

/** The first customers, with a field that not everybody may read. */
export const document = "{ x3MasterData { customer { query(first: 3) { edges { node { code name creditLimit } } } } } }"

/** What comes back for it. */
export interface Customers {
  readonly x3MasterData: {
    readonly customer: {
      readonly query: {
        readonly edges: ReadonlyArray<{
          readonly node: { readonly code: string; readonly name: string; readonly creditLimit: string | number | null }
        }>
      }
    }
  }
}

/** The customers of an answer. */
export const nodesOf = (data: Customers) => data.x3MasterData.customer.query.edges.map(({ node }) => node)

type OfApp = Extract<X3GraphQLOptions, { readonly app: unknown }>

/** A connection to the sandbox's GraphQL, and what a flow wants otherwise. */
export const graphOf = (
  { sandbox }: Stage,
  differs: Partial<Pick<OfApp, "app" | "audience" | "backdate" | "tokensValidity">> = {}
): X3GraphQLConnection => {
  const { app, endpoint } = sandbox.accounts["x3-graphql"]
  return x3.graphql({ url: sandbox.urls["x3-graphql"].api, endpoint, app, ...differs, environment: "sandbox" })
}
