import type { Clients, Connection, Definition } from "../Connection.ts"
import { define, fromVariables, type VariablesSettings } from "../createSageAuth.ts"
import { type BusinessCloudClient, members } from "./BusinessCloudClient.ts"
import { type BusinessCloudOptions, validate } from "./options.ts"

/** The clients of a connection to Business Cloud Accounting. */
export interface BusinessCloudClients extends Clients {
  readonly client: BusinessCloudClient<this["world"]>
}

/** A connection to Business Cloud Accounting. */
export type BusinessCloud = Connection<"business-cloud", BusinessCloudClients>

const load = () => import("./BusinessCloudEngine.ts").then(({ work }) => work)

const definition = (options: BusinessCloudOptions): Omit<Definition<"business-cloud">, "createSageAuth"> => ({
  surface: "business-cloud",
  interactive: true,
  builder: "business-cloud",
  options,
  members,
  redirectUri: () => options.redirectUri,
  validate: (at) => validate(options, at),
  load
})

const builder = (options: BusinessCloudOptions): BusinessCloud => define(definition(options))

interface BusinessCloudBuilder {
  (options: BusinessCloudOptions): BusinessCloud
  /**
   * The same connection from the environment: `SAGE_BUSINESS_CLOUD_CLIENT_ID` and its siblings, see
   * `docs/configuration.md`. Options given here win. Read when it is called; mistakes are reported when the application
   * starts, each under the name of its variable.
   *
   * @example
   * ```ts
   * const books = businessCloud.fromEnvironment({ prefix: "ACME_BOOKS_" })
   * ```
   */
  readonly fromEnvironment: (settings?: VariablesSettings & Partial<BusinessCloudOptions>) => BusinessCloud
}

/** What JavaScript gets that asks for a flow which Sage does not have: an error when the application starts. */
const noClientCredentials = (): BusinessCloud =>
  define({
    surface: "business-cloud",
    interactive: true,
    builder: "business-cloud",
    options: undefined,
    members,
    validate: (at) => [
      {
        option: at,
        expected:
          "businessCloud({ clientId, clientSecret, redirectUri }): Business Cloud Accounting has no client-credentials flow, and no other without a human. A user consents once in a browser (client.authorize()). From then on this library renews the grant unattended. keepAlive does so even while the connection is unused"
      }
    ],
    load
  })

/**
 * A connection to Business Cloud Accounting: authorization code with PKCE, five-minute tokens, rotating refresh tokens.
 *
 * Never throws: `createSageAuth` and `SageAuth.make` check it, with all other mistakes at once.
 *
 * Source: developer.sage.com, Accounting, Authentication.
 *
 * @example
 * ```ts
 * const books = businessCloud({
 *   clientId: "…",
 *   clientSecret: process.env["BUSINESS_CLOUD_SECRET"] ?? "",
 *   redirectUri: "https://app.example/sage/callback/books",
 *   country: "gb"
 * })
 * ```
 *
 * @category connections
 */
export const businessCloud: BusinessCloudBuilder = /* @__PURE__ */ Object.assign(builder, {
  fromEnvironment: (settings?: VariablesSettings & Partial<BusinessCloudOptions>): BusinessCloud =>
    fromVariables("business-cloud", settings, definition),
  // not in the type: it exists to say at start-up why it cannot work
  clientCredentials: noClientCredentials
})
