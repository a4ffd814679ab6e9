import type { Clients, Connection, Definition } from "../../Connection.ts"
import { madeByEffect, remedyFor } from "../../config/options.ts"
import { define, fromVariables, type VariablesSettings } from "../../createSageAuth.ts"
import type { Issue } from "../../errors/Reason.ts"
import { retryOption } from "../../traffic/options.ts"
import { members, type X3GatewayClient } from "./X3GatewayClient.ts"
import { type GatewayOptions, validate } from "./options.ts"

/** The clients of a connection to the API gateway of X3's cloud. */
export interface X3GatewayClients extends Clients {
  readonly client: X3GatewayClient<this["world"]>
}

/** A connection to the API gateway of X3's multi-tenant cloud. */
export type X3Gateway = Connection<"x3-gateway", X3GatewayClients>

/** The promise entry cannot run a schedule of the application's own effect. */
const scheduleIssues = (options: GatewayOptions, at: string): ReadonlyArray<Issue> => {
  const schedule: unknown = options?.pairing?.schedule
  const made = madeByEffect("Schedule", schedule)
  if (made === undefined) return []
  return [{ option: `${at}.pairing.schedule`, expected: `${retryOption.expected}: ${remedyFor(made, "a Schedule")}` }]
}

const definition = (options: GatewayOptions): Omit<Definition<"x3-gateway">, "createSageAuth"> => ({
  surface: "x3-gateway",
  interactive: true,
  builder: "x3.gateway",
  options,
  members,
  redirectUri: () => options.redirectUri,
  callbackPosted: true,
  validate: (at) => [...validate(options, at), ...scheduleIssues(options, at)],
  load: () => import("./X3GatewayEngine.ts").then(({ work }) => work)
})

/** `x3.gateway`. */
export interface GatewayBuilder {
  (options: GatewayOptions): X3Gateway
  /**
   * The same connection from the environment: `SAGE_X3_GATEWAY_ROOT_URL` and its siblings, see `docs/configuration.md`.
   * Options given here win. Read when it is called; mistakes are reported when the application starts, each under the
   * name of its variable.
   */
  readonly fromEnvironment: (settings?: VariablesSettings & Partial<GatewayOptions>) => X3Gateway
}

/**
 * A connection to the API gateway of X3's multi-tenant cloud, by pairing with a customer's X3. A user there accepts the
 * pairing in their own time. Tokens live five minutes; refresh tokens rotate and live 30 days.
 *
 * Its callback is a POST from another site. It brings no cookie and may come days later. What belongs to it is in the
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
 *
 * @category connections
 */
export const gateway: GatewayBuilder = /* @__PURE__ */ Object.assign(
  (options: GatewayOptions): X3Gateway => define(definition(options)),
  {
    fromEnvironment: (settings?: VariablesSettings & Partial<GatewayOptions>): X3Gateway =>
      fromVariables("x3.gateway", settings, definition)
  }
)
