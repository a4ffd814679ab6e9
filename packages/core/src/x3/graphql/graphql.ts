import type { Clients, Connection, Definition } from "../../Connection.ts"
import { define, fromVariables, type VariablesSettings } from "../../createSageAuth.ts"
import { withAuth } from "../auth.ts"
import { members, type X3GraphQLClient } from "./X3GraphQLClient.ts"
import { type GraphQLOptions, validate } from "./options.ts"

/** The clients of a connection to X3's GraphQL API. */
export interface X3GraphQLClients extends Clients {
  readonly client: X3GraphQLClient<this["world"]>
}

/** A connection to X3's GraphQL API. */
export type X3GraphQL = Connection<"x3-graphql", X3GraphQLClients>

const definition = (options: GraphQLOptions): Omit<Definition<"x3-graphql">, "createSageAuth"> => ({
  surface: "x3-graphql",
  interactive: false,
  builder: "x3.graphql",
  options,
  members,
  validate: (at) => validate(options, at),
  load: () => import("./X3GraphQLEngine.ts").then(({ work }) => work)
})

/** `x3.graphql`. */
export interface GraphQLBuilder {
  (options: GraphQLOptions): X3GraphQL
  /**
   * The same connection from the environment: `SAGE_X3_GRAPHQL_URL` and its siblings, see `docs/configuration.md`.
   * Options given here win. Read when it is called; mistakes are reported when the application starts, each under the
   * name of its variable.
   */
  readonly fromEnvironment: (settings?: VariablesSettings & Partial<GraphQLOptions>) => X3GraphQL
}

/**
 * A connection to X3's GraphQL API, with tokens that are made here for a connected application. On premise also with
 * user and password. It needs Sage X3 Services 2021 R2 or later.
 *
 * Never throws: `createSageAuth` and `SageAuth.make` check it, with all other mistakes at once.
 *
 * Source: developer.sage.com, X3, GraphQL, Create a connected application; Create a Node.js client application.
 *
 * @example
 * ```ts
 * const graph = x3.graphql({
 *   url: "https://x3.acme.example:8124/xtrem/api",
 *   endpoint: "REPOSX3",
 *   app: { clientId: "…", clientSecret: process.env["X3_APP_SECRET"] ?? "", user: "integration" }
 * })
 * ```
 *
 * @category connections
 */
export const graphql: GraphQLBuilder = /* @__PURE__ */ Object.assign(
  (options: GraphQLOptions): X3GraphQL => define(definition(options)),
  {
    fromEnvironment: (settings?: VariablesSettings & Partial<GraphQLOptions>): X3GraphQL =>
      fromVariables("x3.graphql", settings, (options: never) => definition(withAuth(options)))
  }
)
