/**
 * The flow of X3's GraphQL API, usable alone: an effect with a span, and nothing kept between two calls. An application
 * that makes more than a few calls wants `x3.graphql` and a client instead. There tokens are kept for as long as they
 * are good, and a refused application is not tried again and again.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import { isTenantFunction } from "./config/options.ts"
import * as Result from "./config/Result.ts"
import type { Misconfigured } from "./errors/Reason.ts"
import type { SageAuthError } from "./errors/SageAuthError.ts"
import { raiseMisconfigured } from "./errors/raise.ts"
import { inSpan } from "./telemetry/instrumentation.ts"
import { claimsOf, mint } from "./x3/graphql/X3GraphQLEngine.ts"
import { type CheckedApp, type ConnectedAppOptions, decodeOptions } from "./x3/graphql/options.ts"

/** Whose token it is: the options of `x3.graphql` with a connected application, functions excepted. */
export type FlowOptions = ConnectedAppOptions

/** A token that was made here. */
export interface MintedToken {
  /** goes on a request as `Authorization: Bearer …`, beside `x-xtrem-endpoint` with the options' endpoint */
  readonly accessToken: Redacted.Redacted
  /** when it ends, in milliseconds since the epoch by this machine's clock */
  readonly expiresAt: number
}

/**
 * Makes a token of a connected application: a JWT that is signed with its secret. It asks no server, so that a wrong
 * secret is known when the API refuses the token and not before.
 *
 * Source: developer.sage.com, X3, GraphQL, Create a connected application; Create a Node.js client application.
 *
 * @category tokens
 */
export const mintToken = (options: FlowOptions): Effect.Effect<MintedToken, SageAuthError<Misconfigured>> =>
  Effect.gen(function* () {
    const place = { surface: "x3-graphql" } as const
    const decoded = decodeOptions(options, "mintToken")
    if (Result.isFailure(decoded)) return yield* raiseMisconfigured(decoded.failure, place)
    // a function needs a tenant, and a flow has none
    const asked = Object.entries(options).filter(([, value]) => isTenantFunction(value))
    const { credential, url } = decoded.success
    if (credential.kind !== "app" || asked.length > 0) {
      const issues = asked.map(([option]) => ({ option: `mintToken.${option}`, expected: "a value, not a function" }))
      const noApp = { option: "mintToken.app", expected: "a connected application { clientId, clientSecret, user }" }
      return yield* raiseMisconfigured(credential.kind === "app" ? issues : [noApp, ...issues], place)
    }
    const { backdate, life } = credential
    const app = credential.app as CheckedApp
    const audience = (credential.audience ?? url) as string
    const claims = claimsOf(app, { audience, life, backdate }, yield* Clock.currentTimeMillis)
    return { accessToken: yield* mint(app.clientSecret, claims), expiresAt: claims.exp * 1000 }
  }).pipe(inSpan("X3GraphQL.mintToken"))
