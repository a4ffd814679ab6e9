/**
 * The flows of OAuth 2.0 as Sage's servers speak it, each usable alone: an effect with a span, one request, and nothing
 * kept or repeated. What an application does with more than a few tokens, sharing, renewing and never losing them, is
 * `intacctRest`, `businessCloud`, `x3` and a client.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import * as Result from "../config/Result.ts"
import * as BusinessCloud from "../business-cloud/errors.ts"
import { type BusinessCloudOptions, decodeOptions } from "../business-cloud/options.ts"
import { decode, type Issue } from "../config/issues.ts"
import { isFunction } from "../config/PerTenant.ts"
import { type Secret, secret } from "../config/Secret.ts"
import * as Option from "../config/schema.ts"
import type { AcquireReasons, CallbackRejected, RequestRejected } from "../errors/Reason.ts"
import type { Place, SageAuthError } from "../errors/SageAuthError.ts"
import { raiseMisconfigured } from "../errors/raise.ts"
import { entityParameters } from "../intacct-rest/entityParameters.ts"
import * as IntacctRest from "../intacct-rest/errors.ts"
import { type AuthorizationCodeOptions, decodeAuthorizationCode } from "../intacct-rest/options.ts"
import type { Fetch } from "../transport/Answer.ts"
import { fetchTrusting } from "../transport/privateCa.ts"
import * as Transport from "../transport/Transport.ts"
import type { OAuth2Options } from "../x3/auth.ts"
import * as X3WebServices from "../x3/web-services/errors.ts"
import { decodeOAuth2 } from "../x3/web-services/options.ts"
import { authorizationUrl } from "./authorizationUrl.ts"
import type { ClientAuthentication, Parameters } from "./ClientRequest.ts"
import type { TokenErrors } from "./judgeAnswer.ts"
import { challengeOf, makeVerifier } from "./pkce.ts"
import * as Revocation from "./revocation.ts"
import { makeState } from "./state.ts"
import { tokenRequest } from "./tokenEndpoint.ts"
import type { TokenFailure } from "./TokenFailure.ts"
import type { TokenResponse } from "./TokenResponse.ts"

export type { TokenResponse } from "./TokenResponse.ts"

/** What a flow fails with. */
export type FlowReasons = AcquireReasons["intacct-rest"] | CallbackRejected | RequestRejected

/** What the flows of X3 take: the options of `x3.oauth2`, for the customer's own identity provider. */
export interface X3FlowOptions extends OAuth2Options {
  /** plain http only with `"sandbox"` */
  readonly environment?: "production" | "sandbox" | undefined
  /** a private authority to trust besides the platform's: PEM text, or the `file:` URL of a file with it */
  readonly ca?: string | URL | undefined
}

/**
 * Whose flow it is: the options of `businessCloud`, of `intacctRest.authorizationCode` or of `x3.oauth2`, functions
 * excepted.
 */
export type FlowOptions = (
  | ({ readonly surface: "business-cloud" } & BusinessCloudOptions)
  | ({ readonly surface: "intacct-rest" } & AuthorizationCodeOptions)
  | ({ readonly surface: "x3-web-services" } & X3FlowOptions)
) & { readonly fetch?: Fetch | undefined }

/** What goes to the browser, and what the application keeps until the callback. */
export interface Authorization {
  readonly url: string
  /** what the callback's `state` has to be: compare it, and bind it to the browser that was sent away */
  readonly state: string
  /** what {@link exchangeCode} takes as `verifier` */
  readonly verifier: Redacted.Redacted
}

/** what the options of all surfaces say */
interface Checked {
  readonly clientId: unknown
  readonly clientSecret: Redacted.Redacted | ((tenant: string) => unknown) | undefined
  readonly clientAuthentication?: "body" | "basic"
  readonly redirectUri: string | undefined
  readonly scope: string | undefined
  readonly ca: string | URL | undefined
  readonly urls: { readonly authorize: string; readonly token: string; readonly revoke: string | undefined }
  /** what goes to the browser besides */
  readonly parameters: Readonly<Record<string, string | undefined>>
  /** undefined where there are no entities */
  readonly entityParameters: ((entityId: string) => Parameters) | undefined
}

interface Server extends Pick<Checked, "urls" | "scope" | "parameters" | "entityParameters"> {
  readonly place: Place
  readonly client: ClientAuthentication
  readonly redirectUri: string
  readonly errors: Readonly<Record<"codeErrors" | "refreshErrors", TokenErrors>>
  readonly transport: Transport.Transport
}

const textOf = (option: unknown): string | undefined => (typeof option === "string" ? option : undefined)

type Check = (options: unknown, name: string) => Result.Result<Checked, ReadonlyArray<Issue>>

const checkX3: Check = (options, name) => {
  const { ca, environment, ...rest } = options as X3FlowOptions
  const checkedCa = ca === undefined ? Result.succeed(undefined) : decode(Option.certificates, ca, `${name}.ca`)
  if (Result.isFailure(checkedCa)) return Result.fail(checkedCa.failure)
  return Result.map(decodeOAuth2(rest, name, environment === "sandbox"), (configuration) => ({
    ...configuration,
    ca: checkedCa.success,
    urls: {
      authorize: configuration.authorizeUrl,
      token: configuration.tokenUrl,
      revoke: configuration.revokeUrl
    },
    entityParameters: undefined
  }))
}

const checkedOf: { readonly [S in FlowOptions["surface"]]: Check } = {
  "business-cloud": (options, name) =>
    Result.map(decodeOptions(options, name), (configuration) => ({
      ...configuration,
      parameters: { country: textOf(configuration.country), locale: textOf(configuration.locale) },
      entityParameters: undefined
    })),
  "intacct-rest": (options, name) =>
    Result.map(decodeAuthorizationCode(options, name), (configuration) => ({
      ...configuration,
      parameters: {},
      entityParameters: (entityId: string) => entityParameters(configuration.entityParameter, entityId)
    })),
  "x3-web-services": checkX3
}

const errorsOf: { readonly [S in FlowOptions["surface"]]: Server["errors"] } = {
  "business-cloud": BusinessCloud,
  "intacct-rest": IntacctRest,
  "x3-web-services": X3WebServices
}

/** the options, checked, and the server that they are about */
const serverOf = (name: string, options: FlowOptions): Effect.Effect<Server, SageAuthError<FlowReasons>> =>
  Effect.gen(function* () {
    const { fetch, surface, ...rest } = options
    const place: Place = { surface }
    if (!Object.hasOwn(checkedOf, surface)) {
      const expected = `one of ${Object.keys(checkedOf).join(", ")}`
      return yield* raiseMisconfigured([{ option: `${name}.surface`, expected }])
    }
    const checked = checkedOf[surface](rest, name)
    if (Result.isFailure(checked)) return yield* raiseMisconfigured(checked.failure, place)
    const { ca, clientAuthentication = "body", clientId, clientSecret, redirectUri, ...said } = checked.success
    // a function needs a tenant, and a flow has none
    const asked = Object.entries(rest).filter(([, value]) => isFunction(value))
    if (asked.length > 0) {
      const issues = asked.map(([option]) => ({ option: `${name}.${option}`, expected: "a value, not a function" }))
      return yield* raiseMisconfigured(issues, place)
    }
    const id = clientId as string
    const carrier = ca === undefined ? (fetch ?? ((input, init) => globalThis.fetch(input, init))) : fetchTrusting(ca)
    return {
      ...said,
      place,
      client:
        clientSecret === undefined
          ? { method: "none", clientId: id }
          : { method: clientAuthentication, clientId: id, clientSecret: clientSecret as Redacted.Redacted },
      redirectUri: redirectUri ?? "",
      errors: errorsOf[surface],
      transport: Transport.make(carrier, yield* Clock.Clock)
    }
  })

const errorOf = (lost: TokenFailure) => lost.error as SageAuthError<FlowReasons>

const tokens = (
  { client, place, transport, urls }: Server,
  parameters: Parameters,
  errors: TokenErrors
): Effect.Effect<TokenResponse, SageAuthError<FlowReasons>> =>
  Effect.mapError(
    tokenRequest(transport, { url: urls.token, clientAuthentication: client, parameters, errors, place }),
    errorOf
  )

/**
 * Makes the address to send a human's browser to, with a state and a PKCE verifier of its own. It asks no server.
 *
 * Source: RFC 6749, section 4.1.1; RFC 7636, section 4.3.
 */
export const authorize = (options: FlowOptions): Effect.Effect<Authorization, SageAuthError<FlowReasons>> =>
  Effect.gen(function* () {
    const { client, parameters, redirectUri, scope, urls } = yield* serverOf("authorize", options)
    const state = yield* makeState
    const verifier = yield* makeVerifier
    const url = authorizationUrl({
      authorizeUrl: urls.authorize,
      clientId: client.clientId,
      redirectUri,
      scope,
      state,
      challenge: challengeOf(verifier),
      parameters
    })
    return { url, state, verifier }
  }).pipe(Effect.withSpan("OAuth2.authorize"))

/**
 * Exchanges the code of a callback for tokens. A code is good once: after any failure but those of a request that never
 * left (`client.not-sent`, `client.name-not-found`, `client.certificate-not-trusted`, `client.tls-failed`) a human may
 * have to consent again.
 *
 * Source: RFC 6749, section 4.1.3; RFC 7636, section 4.5.
 */
export const exchangeCode = (
  options: FlowOptions & { readonly code: string; readonly verifier: Secret }
): Effect.Effect<TokenResponse, SageAuthError<FlowReasons>> =>
  Effect.gen(function* () {
    const { code, verifier, ...rest } = options
    const server = yield* serverOf("exchangeCode", rest)
    const parameters = {
      grant_type: "authorization_code",
      code: secret(code, "authorization code"),
      redirect_uri: server.redirectUri,
      code_verifier: secret(verifier, "code verifier")
    }
    return yield* tokens(server, parameters, server.errors.codeErrors)
  }).pipe(Effect.withSpan("OAuth2.exchangeCode"))

/**
 * Renews tokens with a refresh token, once. Servers rotate it: where the answer holds another one, the old one is over.
 * After any failure but `client.not-sent` and the server's own documented refusal, nobody knows whether it was used. Keep the
 * new one before anything else.
 *
 * Source: RFC 6749, section 6.
 */
export const refresh = (
  options: FlowOptions & {
    readonly refreshToken: Secret
    /**
     * Intacct: the entity that the token is for; without it the server gives one for the top level. Look at the `entityId`
     * claim of the token that comes back: a server that ignores the entity gives a token all the same
     */
    readonly entityId?: string | undefined
  }
): Effect.Effect<TokenResponse, SageAuthError<FlowReasons>> =>
  Effect.gen(function* () {
    const { entityId, refreshToken, ...rest } = options
    const server = yield* serverOf("refresh", rest)
    const { entityParameters: named, place } = server
    if (entityId !== undefined && named === undefined) {
      return yield* raiseMisconfigured(
        [{ option: "refresh.entityId", expected: "left out: only Intacct has entities" }],
        place
      )
    }
    const parameters = {
      grant_type: "refresh_token",
      refresh_token: secret(refreshToken, "refresh token"),
      ...(entityId === undefined ? {} : named?.(entityId))
    }
    return yield* tokens(server, parameters, server.errors.refreshErrors)
  }).pipe(Effect.withSpan("OAuth2.refresh"))

/**
 * Ends a refresh token at the server, and with it its access tokens; at Intacct, every token of the same user and
 * company. The edition of Business Cloud Accounting before v3.1 has no such server, and an identity provider of X3's only
 * the one that is given: `Misconfigured`.
 *
 * Source: RFC 7009, section 2.
 */
export const revoke = (
  options: FlowOptions & { readonly refreshToken: Secret }
): Effect.Effect<void, SageAuthError<FlowReasons>> =>
  Effect.gen(function* () {
    const { refreshToken, ...rest } = options
    const { client, errors, place, transport, urls } = yield* serverOf("revoke", rest)
    if (urls.revoke === undefined) {
      const option =
        rest.surface === "x3-web-services"
          ? "revoke.revokeUrl"
          : rest.environment === "sandbox"
            ? "revoke.urls.revoke"
            : "revoke.api"
      return yield* raiseMisconfigured([{ option, expected: "a server that revokes" }], place)
    }
    const token = secret(refreshToken, "refresh token")
    yield* Effect.mapError(
      Revocation.revoke(transport, {
        url: urls.revoke,
        clientAuthentication: client,
        parameters: { token },
        errors: errors.refreshErrors,
        place
      }),
      errorOf
    )
  })
