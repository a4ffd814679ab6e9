import * as Result from "effect/Result"
import { type Connection, define, type Worlds } from "../Connection.ts"
import type { BusinessCloudClient } from "./BusinessCloudClient.ts"
import { BusinessCloudConnection } from "./BusinessCloudConnection.ts"
import { clientsOf } from "./clients.ts"
import { type BusinessCloudOptions, decodeOptions, validate } from "./options.ts"

/** A connection to Business Cloud Accounting. */
export type BusinessCloud = Connection<"business-cloud", Worlds<BusinessCloudClient, BusinessCloudClient<"effect">>>

const builder = (options: BusinessCloudOptions): BusinessCloud =>
  define({
    surface: "business-cloud",
    interactive: true,
    redirectUri: () => options.redirectUri,
    validate: (at) => validate(options, at),
    // only after validate found nothing
    open: (application, name) =>
      clientsOf(
        new BusinessCloudConnection(application, name, Result.getOrThrow(decodeOptions(options, `connections.${name}`)))
      )
  })

/** What JavaScript gets that asks for a flow which Sage does not have: an error when the application starts. */
const noClientCredentials = (): BusinessCloud =>
  define({
    surface: "business-cloud",
    interactive: true,
    validate: (at) => [
      {
        option: at,
        expected:
          "businessCloud({ clientId, clientSecret, redirectUri }): Business Cloud Accounting has no client-credentials flow, and no other without a human. A user consents once in a browser (client.authorize()); from then on this library renews the grant unattended, and keepAlive does so even while nobody uses it"
      }
    ],
    open: () => ({ effect: () => undefined, promise: () => undefined })
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
 */
export const businessCloud: (options: BusinessCloudOptions) => BusinessCloud = Object.assign(builder, {
  // not in the type: it exists to say at start-up why it cannot work
  clientCredentials: noClientCredentials
})
