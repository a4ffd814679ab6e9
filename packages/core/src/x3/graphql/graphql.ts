import * as Result from "effect/Result"
import { type Connection, define, type Worlds } from "../../Connection.ts"
import { clientsOf } from "./clients.ts"
import { decodeOptions, type GraphQLOptions, validate } from "./options.ts"
import type { X3GraphQLClient } from "./X3GraphQLClient.ts"
import { X3GraphQLConnection } from "./X3GraphQLConnection.ts"

/** A connection to X3's GraphQL API. */
export type X3GraphQL = Connection<"x3-graphql", Worlds<X3GraphQLClient, X3GraphQLClient<"effect">>>

/**
 * A connection to X3's GraphQL API, with tokens that are made here for a connected application; on premise also with
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
 */
export const graphql = (options: GraphQLOptions): X3GraphQL =>
  define({
    surface: "x3-graphql",
    interactive: false,
    validate: (at) => validate(options, at),
    // only after validate found nothing
    open: (application, name) =>
      clientsOf(
        new X3GraphQLConnection(application, name, Result.getOrThrow(decodeOptions(options, `connections.${name}`)))
      )
  })
