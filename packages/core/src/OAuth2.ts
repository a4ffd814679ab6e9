/**
 * The flows of OAuth 2.0 as Sage's servers speak it, each usable alone. Each is an effect with a span, one token
 * request, and nothing kept or repeated. What an application does with more than a few tokens, sharing, renewing and
 * never losing them, is `intacctRest`, `businessCloud`, `x3` and a client.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import * as BusinessCloud from "./business-cloud/judge.ts"
import { type BusinessCloudOptions, decodeOptions } from "./business-cloud/options.ts"
import * as Result from "./config/Result.ts"
import { decode } from "./config/decoder.ts"
import * as OptionDecoder from "./config/options.ts"
import { isTenantFunction, type Secret, secret } from "./config/options.ts"
import type {
  AcquireReasons,
  CallbackRejected,
  Issue,
  Misconfigured,
  PairingPending,
  RequestRejected
} from "./errors/Reason.ts"
import type { Place, SageAuthError } from "./errors/SageAuthError.ts"
import { raise, raiseMisconfigured } from "./errors/raise.ts"
import * as IntacctRest from "./intacct-rest/judge.ts"
import {
  type AuthorizationCodeOptions,
  type ClientCredentialsOptions,
  decodeAuthorizationCode,
  decodeClientCredentials,
  entityParameters
} from "./intacct-rest/options.ts"
import * as Revocation from "./oauth2/tokenEndpoint.ts"
import { type ClientAuthentication, type Parameters, tokenRequest, type TokenResponse } from "./oauth2/tokenEndpoint.ts"
import type { TokenErrors, TokenFailure } from "./oauth2/TokenErrors.ts"
import { authorizationUrl, challengeOf, makeState, makeVerifier } from "./oauth2/Transaction.ts"
import { inSpan } from "./telemetry/instrumentation.ts"
import type { Fetch } from "./transport/Answer.ts"
import * as Transport from "./transport/Transport.ts"
import { fetchTrusting } from "./transport/tls.ts"
import type { OAuth2Options, X3ClientCredentialsOptions } from "./x3/auth.ts"
import { checkPinned, lookOnce } from "./x3/gateway/RootDocuments.ts"
import * as X3Gateway from "./x3/gateway/judge.ts"
import * as Gateway from "./x3/gateway/options.ts"
import * as X3WebServices from "./x3/web-services/judge.ts"
import * as WebServices from "./x3/web-services/options.ts"

export type { TokenResponse } from "./oauth2/tokenEndpoint.ts"

/** What a flow fails with. */
export type FlowReasons = AcquireReasons["intacct-rest"] | CallbackRejected | RequestRejected

interface X3Target {
  /** plain http only with `"sandbox"` */
  readonly environment?: "production" | "sandbox" | undefined
  /** a private authority to trust besides the platform's: PEM text, or the `file:` URL of a file with it */
  readonly ca?: string | URL | undefined
}

/** What the flows of X3 take: the options of `x3.oauth2`, for the customer's own identity provider. */
export interface X3FlowOptions extends OAuth2Options, X3Target {}

/** What client credentials of X3 take: the options of `x3.clientCredentials`. */
export interface X3ClientCredentialsFlowOptions extends X3ClientCredentialsOptions, X3Target {}

interface Carried {
  /** carries the request; default: the platform's. Options with `ca` have one of their own */
  readonly fetch?: Fetch | undefined
}

/**
 * Whose flow it is: the options of `businessCloud`, of `intacctRest.authorizationCode`, of `x3.oauth2` or of
 * `x3.gateway`, functions excepted.
 */
export type FlowOptions = (
  | ({ readonly surface: "business-cloud" } & BusinessCloudOptions)
  | ({ readonly surface: "intacct-rest" } & AuthorizationCodeOptions)
  | ({ readonly surface: "x3-web-services" } & X3FlowOptions)
  | ({ readonly surface: "x3-gateway" } & Gateway.GatewayOptions)
) &
  Carried

/**
 * Whose client it is: the options of `intacctRest.clientCredentials` with `username` or `sessionId`, or of
 * `x3.clientCredentials`, functions excepted.
 */
export type ClientCredentialsFlowOptions = (
  | ({ readonly surface: "intacct-rest" } & ClientCredentialsOptions<never>)
  | ({ readonly surface: "x3-web-services" } & X3ClientCredentialsFlowOptions)
) &
  Carried

/** Where a flow of X3's gateway goes on after its callback. */
export interface Region {
  /**
   * X3's gateway: the `endpoint` of the callback, the region that the customer belongs to. Only the host of `rootUrl`
   * and of `regions` is taken. Default: `rootUrl`
   */
  readonly endpoint?: string | undefined
}

/** What goes to the browser, and what the application keeps until the callback. */
export interface Authorization {
  readonly url: string
  /** what the callback's `state` has to be: compare it, and bind it to the browser that was sent away */
  readonly state: string
  /** what {@link exchangeCode} takes as `verifier` */
  readonly verifier: Redacted.Redacted
}

interface Endpoints {
  readonly authorize: string
  readonly token: string
  readonly revoke: string | undefined
}

type Refused = SageAuthError<Misconfigured>

/** what the options of all surfaces say of the client */
interface CheckedClient {
  readonly clientId: unknown
  readonly clientSecret: Redacted.Redacted | ((tenant: string) => unknown) | undefined
  readonly clientAuthentication?: "body" | "basic"
  readonly ca: string | URL | undefined
}

/** what they say of consent */
interface CheckedConsentClient extends CheckedClient {
  readonly redirectUri: string | undefined
  readonly scope: string | undefined
  readonly endpoints: (transport: Transport.Transport, region: string | undefined) => Effect.Effect<Endpoints, Refused>
  /** what goes to the browser besides */
  readonly parameters: Readonly<Record<string, string | undefined>>
  /** undefined where there are no entities */
  readonly entityParameters: ((entityId: string) => Parameters) | undefined
  /** what differs at X3's gateway, which is no OAuth server */
  readonly unlike?: {
    readonly pkce: boolean
    readonly revocation: "POST" | "DELETE" | undefined
  }
}

interface FlowClient {
  readonly place: Place
  readonly client: ClientAuthentication
  readonly transport: Transport.Transport
}

interface Server
  extends FlowClient,
    Pick<CheckedConsentClient, "scope" | "parameters" | "entityParameters" | "unlike"> {
  readonly endpoints: (region: string | undefined) => Effect.Effect<Endpoints, Refused>
  readonly redirectUri: string
  readonly errors: Readonly<Record<"codeErrors" | "refreshErrors", TokenErrors>>
}

const textOf = (option: unknown): string | undefined => (typeof option === "string" ? option : undefined)

type Check<A = CheckedConsentClient> = (options: unknown, name: string) => Result.Result<A, ReadonlyArray<Issue>>

const known = (endpoints: Endpoints) => () => Effect.succeed(endpoints)

/** checks what `x3.oauth2` and its like take beside their own options, too */
const checkX3 =
  <A, B>(
    decodeOwn: (input: unknown, at: string, sandbox: boolean) => Result.Result<A, ReadonlyArray<Issue>>,
    found: (configuration: A, ca: string | URL | undefined) => B
  ): Check<B> =>
  (options, name) => {
    const { ca, environment, ...rest } = options as X3Target
    const target = Result.flatMap(
      environment === undefined
        ? Result.succeed(undefined)
        : decode(OptionDecoder.oneOf("production", "sandbox"), environment, `${name}.environment`),
      () => (ca === undefined ? Result.succeed(undefined) : decode(OptionDecoder.certificates, ca, `${name}.ca`))
    )
    if (Result.isFailure(target)) return Result.fail(target.failure)
    return Result.map(decodeOwn(rest, name, environment === "sandbox"), (configuration) =>
      found(configuration, target.success)
    )
  }

const gatewayPlace: Place = { surface: "x3-gateway" }

const hostRefused = (name: string, message: string): Effect.Effect<never, Refused> => {
  const issues = [{ option: `${name}.regions`, expected: "the roots of the regions that are used" }]
  return raise<Misconfigured>("client.host-refused", { ...gatewayPlace, message, issues })
}

const gatewayEndpoints =
  (configuration: Gateway.GatewayConfiguration, name: string): CheckedConsentClient["endpoints"] =>
  (transport, region) =>
    Effect.gen(function* () {
      const root = region === undefined ? Result.succeed(configuration.root) : checkPinned(region, configuration)
      if (Result.isFailure(root)) return yield* hostRefused(name, `the callback's endpoint ${root.failure}`)
      const looked = yield* lookOnce(transport, configuration, root.success)
      if (Result.isFailure(looked)) return yield* hostRefused(name, looked.failure)
      const { authorise, token } = looked.success
      const { deletion } = configuration
      const revoke = deletion === undefined ? undefined : `${root.success}/${deletion.path}`
      return { authorize: authorise, token, revoke }
    })

const checkedOf: { readonly [S in FlowOptions["surface"]]: Check } = {
  "business-cloud": (options, name) =>
    Result.map(decodeOptions(options, name), ({ urls, ...configuration }) => ({
      ...configuration,
      endpoints: known(urls),
      parameters: { country: textOf(configuration.country), locale: textOf(configuration.locale) },
      entityParameters: undefined
    })),
  "intacct-rest": (options, name) =>
    Result.map(decodeAuthorizationCode(options, name), ({ urls, ...configuration }) => ({
      ...configuration,
      endpoints: known(urls),
      parameters: {},
      entityParameters: (entityId: string) => entityParameters(configuration.entityParameter, entityId)
    })),
  "x3-web-services": checkX3(
    WebServices.decodeOAuth2,
    ({ authorizeUrl, revokeUrl, tokenUrl, ...configuration }, ca) => ({
      ...configuration,
      ca,
      endpoints: known({ authorize: authorizeUrl, token: tokenUrl, revoke: revokeUrl }),
      entityParameters: undefined
    })
  ),
  "x3-gateway": (options, name) =>
    Result.map(Gateway.decodeOptions(options, name), (configuration) => ({
      ...configuration,
      endpoints: gatewayEndpoints(configuration, name),
      parameters: { customer: textOf(configuration.customer) },
      entityParameters: undefined,
      unlike: { pkce: configuration.pkce, revocation: configuration.deletion?.method }
    }))
}

const errorsOf: { readonly [S in FlowOptions["surface"]]: Server["errors"] } = {
  "business-cloud": BusinessCloud,
  "intacct-rest": IntacctRest,
  "x3-web-services": X3WebServices,
  "x3-gateway": X3Gateway
}

interface CheckedMachine extends CheckedClient {
  readonly tokenUrl: string
  readonly parameters: Parameters
  readonly body?: "form" | "json"
}

const machineOf: { readonly [S in ClientCredentialsFlowOptions["surface"]]: Check<CheckedMachine> } = {
  "intacct-rest": (options, name) =>
    Result.flatMap(decodeClientCredentials(options, name), ({ subject, tokenBody, urls, ...configuration }) => {
      if (subject?.kind === "session") {
        const expected = "left out: a flow is alone, and has no connection to borrow from; give sessionId or username"
        return Result.fail([{ option: `${name}.session`, expected }])
      }
      return Result.succeed({
        ...configuration,
        tokenUrl: urls.token,
        body: tokenBody,
        parameters:
          subject?.kind === "sessionId"
            ? { session_id: subject.sessionId as Redacted.Redacted }
            : { username: textOf(subject?.username) }
      })
    }),
  "x3-web-services": checkX3(WebServices.decodeClientCredentials, ({ parameters, scope, ...configuration }, ca) => ({
    ...configuration,
    ca,
    parameters: { ...parameters, scope }
  }))
}

/** the options, checked by what checks those of the builder */
const checkedFor = <A extends CheckedClient>(
  name: string,
  checks: Readonly<Record<string, Check<A>>>,
  options: Carried & { readonly surface: string }
): Effect.Effect<A & FlowClient, Refused> =>
  Effect.gen(function* () {
    const { fetch, surface, ...rest } = options
    const check = Object.hasOwn(checks, surface) ? checks[surface] : undefined
    if (check === undefined) {
      const expected = `one of ${Object.keys(checks).join(", ")}`
      return yield* raiseMisconfigured([{ option: `${name}.surface`, expected }])
    }
    const place: Place = { surface: surface as FlowOptions["surface"] }
    const checked = check(rest, name)
    if (Result.isFailure(checked)) return yield* raiseMisconfigured(checked.failure, place)
    // a function needs a tenant, and a flow has none
    const asked = Object.entries(rest).filter(([, value]) => isTenantFunction(value))
    if (asked.length > 0) {
      const issues = asked.map(([option]) => ({ option: `${name}.${option}`, expected: "a value, not a function" }))
      return yield* raiseMisconfigured(issues, place)
    }
    const { ca, clientAuthentication = "body", clientSecret } = checked.success
    const clientId = checked.success.clientId as string
    const carrier = ca === undefined ? (fetch ?? ((input, init) => globalThis.fetch(input, init))) : fetchTrusting(ca)
    return {
      ...checked.success,
      place,
      client:
        clientSecret === undefined
          ? { method: "none", clientId }
          : { method: clientAuthentication, clientId, clientSecret: clientSecret as Redacted.Redacted },
      transport: Transport.make(carrier, yield* Clock.Clock)
    }
  })

/** the options, checked, and the server that they are about */
const serverOf = (name: string, options: FlowOptions): Effect.Effect<Server, SageAuthError<FlowReasons>> =>
  Effect.map(checkedFor(name, checkedOf, options), ({ endpoints, redirectUri, ...checked }) => ({
    ...checked,
    endpoints: (region) => endpoints(checked.transport, region),
    redirectUri: redirectUri ?? "",
    errors: errorsOf[options.surface]
  }))

const errorOf = (lost: TokenFailure) => lost.error as SageAuthError<FlowReasons>

/** only X3's gateway takes JSON, and may spell what it answers in another way */
const shapeOf = ({ unlike }: Pick<Server, "unlike">) =>
  unlike === undefined ? {} : ({ body: "json", camelCase: true } as const)

const tokens = (
  server: Server,
  region: string | undefined,
  parameters: Parameters,
  errors: TokenErrors
): Effect.Effect<TokenResponse, SageAuthError<FlowReasons>> =>
  Effect.gen(function* () {
    const { client, place, transport } = server
    const { token: url } = yield* server.endpoints(region)
    const request = { url, clientAuthentication: client, parameters, errors, place, ...shapeOf(server) }
    return yield* Effect.mapError(tokenRequest(transport, request), errorOf)
  })

/**
 * Makes the address to send a human's browser to, with a state and a PKCE verifier of its own. It asks no server, but
 * for X3's gateway, whose root document says where a pairing is asked for.
 *
 * Source: RFC 6749, section 4.1.1; RFC 7636, section 4.3; developer.sage.com, X3, Authorization token endpoints.
 *
 * @category consent
 */
export const authorize = (options: FlowOptions): Effect.Effect<Authorization, SageAuthError<FlowReasons>> =>
  Effect.gen(function* () {
    const { client, endpoints, parameters, redirectUri, scope, unlike } = yield* serverOf("authorize", options)
    const state = yield* makeState
    const verifier = yield* makeVerifier
    const url = authorizationUrl({
      authorizeUrl: (yield* endpoints(undefined)).authorize,
      clientId: client.clientId,
      redirectUri,
      scope,
      state,
      challenge: unlike?.pkce === false ? undefined : challengeOf(verifier),
      responseType: unlike === undefined ? "code" : null,
      parameters
    })
    return { url, state, verifier }
  }).pipe(inSpan("OAuth2.authorize"))

/**
 * Exchanges the code of a callback for tokens. A code is good once. After a failure a user may have to consent again,
 * unless the request never left: `client.not-sent`, `client.name-not-found`, `client.certificate-not-trusted`,
 * `client.tls-failed`.
 *
 * X3's gateway says `PairingPending` until an X3 user has accepted the pairing. The code stays good meanwhile, and is
 * sent again later.
 *
 * Source: RFC 6749, section 4.1.3; RFC 7636, section 4.5; developer.sage.com, X3, Authorization token endpoints.
 *
 * @category consent
 */
export const exchangeCode = (
  options: FlowOptions & Region & { readonly code: string; readonly verifier: Secret }
): Effect.Effect<TokenResponse, SageAuthError<FlowReasons | PairingPending>> =>
  Effect.gen(function* () {
    const { code, endpoint, verifier, ...rest } = options
    const server = yield* serverOf("exchangeCode", rest)
    const parameters = {
      grant_type: "authorization_code",
      code: secret(code, "authorization code"),
      redirect_uri: server.redirectUri,
      code_verifier: server.unlike?.pkce === false ? undefined : secret(verifier, "code verifier")
    }
    return yield* tokens(server, endpoint, parameters, server.errors.codeErrors)
  }).pipe(inSpan("OAuth2.exchangeCode"))

/**
 * Renews tokens with a refresh token, once. Servers rotate it: where the answer holds another one, the old one is over.
 * Keep the new one before anything else.
 *
 * After `client.not-sent` and after the server's own documented refusal, the refresh token was not used. After any
 * other failure this is not known.
 *
 * Source: RFC 6749, section 6.
 *
 * @category tokens
 */
export const refresh = (
  options: FlowOptions &
    Region & {
      readonly refreshToken: Secret
      /**
       * Intacct: the entity that the token is for; without it the token is for the top level. A server that ignores the
       * entity gives a token all the same: look at the `entityId` claim of the token
       */
      readonly entityId?: string | undefined
    }
): Effect.Effect<TokenResponse, SageAuthError<FlowReasons>> =>
  Effect.gen(function* () {
    const { endpoint, entityId, refreshToken, ...rest } = options
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
    return yield* tokens(server, endpoint, parameters, server.errors.refreshErrors)
  }).pipe(inSpan("OAuth2.refresh"))

/**
 * Asks for a token by the client's own credentials, without a human. At Intacct it is for a user or a session. At X3's
 * identity provider it is for what the client was registered for. It may be repeated.
 *
 * Source: RFC 6749, section 4.4; developer.sage.com, Sage Intacct REST API, OAuth 2.0 authorization. No page of Sage's
 * shows it for X3: unproven, see `docs/x3.md`.
 *
 * @category tokens
 */
export const clientCredentials = (
  options: ClientCredentialsFlowOptions
): Effect.Effect<TokenResponse, SageAuthError<FlowReasons>> =>
  Effect.gen(function* () {
    const machine = yield* checkedFor("clientCredentials", machineOf, options)
    const { body, client, parameters, place, tokenUrl, transport } = machine
    const request = {
      url: tokenUrl,
      body,
      clientAuthentication: client,
      // the grant type is not among what options may say
      parameters: { ...parameters, grant_type: "client_credentials" },
      errors: (options.surface === "intacct-rest" ? IntacctRest : X3WebServices).clientErrors,
      place
    }
    return yield* Effect.mapError(tokenRequest(transport, request), errorOf)
  }).pipe(inSpan("OAuth2.clientCredentials"))

/** which option would say where a refresh token is ended */
const revokeOption = (options: FlowOptions): string => {
  switch (options.surface) {
    case "x3-web-services":
      return "revoke.revokeUrl"
    case "x3-gateway":
      return "revoke.deletion"
    case "business-cloud":
    case "intacct-rest":
      return options.environment === "sandbox" ? "revoke.urls.revoke" : "revoke.api"
  }
}

/**
 * Ends a refresh token at the server, and its access tokens with it. At Intacct this ends every token of the same user
 * and company.
 *
 * It fails with `Misconfigured` where no address is known. Business Cloud Accounting before v3.1 has none. For an
 * identity provider of X3's and for X3's gateway, it is an option.
 *
 * Source: RFC 7009, section 2.
 *
 * @category tokens
 */
export const revoke = (
  options: FlowOptions & Region & { readonly refreshToken: Secret }
): Effect.Effect<void, SageAuthError<FlowReasons>> =>
  Effect.gen(function* () {
    const { endpoint, refreshToken, ...rest } = options
    const server = yield* serverOf("revoke", rest)
    const { client, errors, place, transport, unlike } = server
    const { revoke: url } = yield* server.endpoints(endpoint)
    if (url === undefined) {
      return yield* raiseMisconfigured([{ option: revokeOption(rest), expected: "a server that revokes" }], place)
    }
    const token = secret(refreshToken, "refresh token")
    const request = {
      url,
      method: unlike?.revocation,
      clientAuthentication: client,
      parameters: unlike === undefined ? { token } : { refresh_token: token },
      errors: errors.refreshErrors,
      place,
      ...shapeOf(server)
    }
    yield* Effect.mapError(Revocation.revoke(transport, request), errorOf)
  })
