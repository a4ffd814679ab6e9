import * as Result from "effect/Result"
import { type Connection, define, type Worlds } from "../../Connection.ts"
import { clientsOf } from "./clients.ts"
import { decodeOptions, type GatewayOptions, validate } from "./options.ts"
import type { X3GatewayClient } from "./X3GatewayClient.ts"
import { X3GatewayConnection } from "./X3GatewayConnection.ts"

/** A connection to the API gateway of X3's multi-tenant cloud. */
export type X3Gateway = Connection<"x3-gateway", Worlds<X3GatewayClient, X3GatewayClient<"effect">>>

/**
 * A connection to the API gateway of X3's multi-tenant cloud: pairing with a customer's X3, which a user there accepts in
 * their own time; five-minute tokens, rotating refresh tokens of 30 days.
 *
 * Its callback is a POST from another site, which brings no cookie and may come days later: what belongs to it is in the
 * store, under its `state`.
 *
 * Never throws: `createSageAuth` and `SageAuth.make` check it, with all other mistakes at once.
 *
 * Source: developer.sage.com, X3, Authorization token endpoints.
 *
 * @example
 * ```ts
 * const gateway = x3.gateway({
 *   rootUrl: "https://api.myregion-sagex3.com/v1",
 *   clientId: "…",
 *   clientSecret: process.env["X3_GATEWAY_SECRET"] ?? "",
 *   redirectUri: "https://app.example/sage/callback/gateway",
 *   customer: "https://x3.customer.com",
 *   scope: "api.graphQL businessDomain.ALL"
 * })
 * ```
 */
export const gateway = (options: GatewayOptions): X3Gateway =>
  define({
    surface: "x3-gateway",
    interactive: true,
    redirectUri: () => options.redirectUri,
    callbackPosted: true,
    validate: (at) => validate(options, at),
    // only after validate found nothing
    open: (application, name) =>
      clientsOf(
        new X3GatewayConnection(application, name, Result.getOrThrow(decodeOptions(options, `connections.${name}`)))
      )
  })
