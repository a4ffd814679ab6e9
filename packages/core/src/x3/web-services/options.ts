import * as Predicate from "effect/Predicate"
import type * as Redacted from "effect/Redacted"
import type { Issue } from "../../errors/Reason.ts"
import * as Result from "../../config/Result.ts"
import { checkSandboxUrl, isSages, notSages, type Target, x3Hosts } from "../../config/hosts.ts"
import { redirectIssues } from "../../oauth2/redirectUri.ts"
import * as Decoder from "../../config/decoder.ts"
import * as OptionDecoder from "../../config/options.ts"
import { isTenantFunction, type PerTenant, type TenantFunction } from "../../config/options.ts"
import {
  type AuthDefinition,
  authOf,
  type CertificateOptions,
  type TokenSupplier,
  type X3Basic,
  type X3Bearer,
  type X3Certificate,
  type X3OAuth2
} from "../auth.ts"
import { certificateIssues, type CheckedBasic, decodeBasic } from "../credentialOptions.ts"
import type { SoapRefusal } from "./soap/SoapCall.ts"

/** What the web services take on premise. */
export type X3Auth = X3Basic | X3Certificate | X3OAuth2 | X3Bearer

/** What they take online. */
export type X3OnlineAuth = X3OAuth2 | X3Bearer

interface Common {
  /** the server and its port, such as `"https://x3.acme.example:8124"`: paths of `fetch` count from here */
  readonly baseUrl: PerTenant<string>
  /** permits of SOAP pools by alias, 1 to 100: at most the pool's own size. A pool that is not named has 2 */
  readonly pools?: Readonly<Record<string, number>> | undefined
  /** how many REST requests are under way at a time, 1 to 100; default: as many as are sent */
  readonly permits?: number | undefined
  /** the language of SOAP calls, as X3 writes it (`codeLang`), such as `"FRA"`; default `"ENG"` */
  readonly language?: string | undefined
  /**
   * which SOAP refusals say that all channels of a pool stayed busy for longer than its queue timeout. Those calls did
   * not run and are tried again. Sage's pages give no text for it.
   *
   * Default: a refusal whose words name the queue or the channels and say that they are busy, full or timed out, and
   * which does not say that it ran. `() => false` switches it off
   */
  readonly channelsBusy?: ((refusal: SoapRefusal) => boolean) | undefined
  /** what happens when a rotation was sent and its answer never came: `"replay"` it once (default), or `"report"` it */
  readonly inDoubt?: "replay" | "report" | undefined
  /** how many grants of the connection keep-alive renews at a time in this process, 1 to 1,000; default 16 */
  readonly keepAliveConcurrency?: number | undefined
  /** the longest that an access token is used: milliseconds, or a text such as `"4 minutes"`; default: what it says */
  readonly maxTokenAge?: number | string | undefined
  /**
   * a private authority to trust besides the platform's, at X3 and at the identity provider: PEM text, or the `file:`
   * URL of a file
   */
  readonly ca?: string | URL | undefined
  /** how long a caller waits; default: the application's, 30 seconds */
  readonly deadline?: number | string | undefined
}

/** Options of `x3.onPremise`. All but `baseUrl` and `auth` accept `undefined`. */
export type OnPremiseOptions<A extends X3Auth = X3Auth> = Common & {
  /** `x3.basic`, `x3.certificate`, `x3.oauth2`, `x3.clientCredentials` or `x3.bearer` */
  readonly auth: A
  /**
   * lets `baseUrl` be plain http. Anyone on the network can then read the credential: it is for a simple network that
   * is trusted. It raises an advice event
   */
  readonly allowPlainHttp?: "trusted-network" | undefined
} & Target<"api">

/** Options of `x3.online`. All but `baseUrl` and `auth` accept `undefined`. */
export type OnlineOptions<A extends X3OnlineAuth = X3OnlineAuth> = Common & {
  /** `x3.oauth2`, `x3.clientCredentials` or `x3.bearer`: X3 Online takes nothing else */
  readonly auth: A
} & Target<"api">

/** Where the X3 server is. */
export type Deployment = "onPremise" | "online"

/** `x3.oauth2` that was checked. */
export interface OAuth2Configuration {
  readonly authorizeUrl: string
  readonly tokenUrl: string
  readonly revokeUrl: string | undefined
  readonly clientId: unknown
  readonly clientSecret: Redacted.Redacted | TenantFunction | undefined
  readonly redirectUri: string
  readonly scope: string | undefined
  readonly issuer: string | undefined
  readonly parameters: Readonly<Record<string, string>>
  readonly clientAuthentication: "body" | "basic"
}

/** `x3.clientCredentials` that was checked. */
export interface ClientCredentialsConfiguration
  extends Pick<OAuth2Configuration, "tokenUrl" | "clientId" | "scope" | "parameters" | "clientAuthentication"> {
  readonly clientSecret: Redacted.Redacted | TenantFunction
}

/** A credential that was checked, as far as that is possible before a tenant is known. */
export type AuthConfiguration =
  | { readonly kind: "basic"; readonly options: CheckedBasic | TenantFunction }
  | { readonly kind: "certificate"; readonly options: PerTenant<CertificateOptions> }
  | ({ readonly kind: "oauth2" } & OAuth2Configuration)
  | ({ readonly kind: "client-credentials" } & ClientCredentialsConfiguration)
  | { readonly kind: "supplied"; readonly options: TokenSupplier }

/** The options of either builder that were checked. */
export interface WebServicesConfiguration {
  readonly auth: AuthConfiguration
  readonly baseUrl: string | TenantFunction
  /** what a function may answer for `baseUrl` */
  readonly plainHttp: boolean
  /** the server stands in for one of Sage's, and must be none of them */
  readonly standIn: boolean
  /** plain http is spoken outside of the sandbox environment, which is worth an advice */
  readonly advisePlainHttp: boolean
  readonly pools: Readonly<Record<string, number>>
  readonly permits: number | undefined
  readonly language: string
  readonly channelsBusy: ((refusal: SoapRefusal) => boolean) | undefined
  readonly inDoubt: "replay" | "report"
  /** see `KeptAlive` */
  readonly keepAliveConcurrency: number | undefined
  /** milliseconds */
  readonly maxTokenAge: number | undefined
  readonly ca: string | URL | undefined
  /** milliseconds */
  readonly deadline: number | undefined
}

const plainHttpRemedy =
  'an https URL: plain http shows the credential to everybody on the network. In a simple network that you trust, allowPlainHttp: "trusted-network" lets it through'

/** Checks a base URL, given or asked for; that of a stand-in is none of Sage's own. */
export const baseUrlOption = (plainHttp: boolean, standIn: boolean, remedy = plainHttpRemedy) =>
  OptionDecoder.leaf<string>('the address of the server, such as "https://x3.acme.example:8124"', (input) => {
    const expected = 'the address of the server, such as "https://x3.acme.example:8124", without user name and password'
    const checked = typeof input === "string" ? checkSandboxUrl(input) : Result.fail("")
    if (Result.isFailure(checked)) return Result.fail(expected)
    const url = checked.success
    if (url.search !== "" || url.hash !== "") return Result.fail(`${expected}, query and fragment`)
    if (/\/(?:api1|sdata|soap-generic|xtrem)(?:\/|$)/i.test(url.pathname)) {
      return Result.fail("the address of the server alone: paths such as api1/x3/erp/… go to fetch")
    }
    if (standIn && isSages(url.href, x3Hosts)) return Result.fail(notSages)
    return url.protocol === "https:" || plainHttp ? Result.succeed(url.href) : Result.fail(remedy)
  })

/** The schemas of options that may be functions, for when they were asked. */
export const clientIdOption = OptionDecoder.text
export const clientSecretOption = OptionDecoder.secretText("client secret")

const id = OptionDecoder.perTenant(clientIdOption)
const secret = OptionDecoder.perTenant(clientSecretOption)

const secureUrl = (sandbox: boolean) =>
  OptionDecoder.leaf<string>("an https URL", (input) => {
    const checked = typeof input === "string" ? checkSandboxUrl(input) : Result.fail("")
    if (sandbox && typeof input === "string" && isSages(input, x3Hosts)) return Result.fail(notSages)
    return Result.isSuccess(checked) && (sandbox || checked.success.protocol === "https:")
      ? Result.succeed(input as string)
      : Result.fail(
          sandbox
            ? "an http or https URL without user name and password"
            : 'an https URL without user name and password; plain http only with environment: "sandbox"'
        )
  })

const parameters = Decoder.optional(Decoder.Record(OptionDecoder.string, "an object of names and texts"))

const clientSchema = (sandbox: boolean) => ({
  tokenUrl: secureUrl(sandbox),
  clientId: id,
  scope: Decoder.optional(OptionDecoder.text),
  parameters,
  clientAuthentication: Decoder.optional(OptionDecoder.oneOf("body", "basic"))
})

const OAuth2Schema = (sandbox: boolean) =>
  Decoder.Struct(
    {
      ...clientSchema(sandbox),
      authorizeUrl: secureUrl(sandbox),
      revokeUrl: Decoder.optional(secureUrl(sandbox)),
      clientSecret: Decoder.optional(secret),
      redirectUri: OptionDecoder.text,
      issuer: Decoder.optional(OptionDecoder.text)
    },
    "an object { authorizeUrl, tokenUrl, clientId, redirectUri }"
  )

const ClientCredentialsSchema = (sandbox: boolean) =>
  Decoder.Struct({ ...clientSchema(sandbox), clientSecret: secret }, "an object { tokenUrl, clientId, clientSecret }")

/** options as JavaScript may give them: a property that cannot be read is none */
const half = (input: unknown): Partial<Record<string, unknown>> => {
  if (!Predicate.isObject(input)) return {}
  const read = (name: string) => Result.getOrUndefined(Result.try(() => (input as Record<string, unknown>)[name]))
  return Object.fromEntries(readNames.map((name) => [name, read(name)]))
}

const readNames = [
  "auth",
  "environment",
  "urls",
  "allowPlainHttp",
  "redirectUri",
  "clientSecret",
  "clientAuthentication"
] as const

const oauth2Relations = (input: unknown): ReadonlyArray<Issue> => {
  const { clientAuthentication, clientSecret, redirectUri } = half(input)
  return [
    ...redirectIssues(redirectUri),
    ...(clientAuthentication === "basic" && clientSecret === undefined
      ? [{ option: "clientAuthentication", expected: "left out: a client without a secret has nothing to show" }]
      : [])
  ]
}

const oauth2Misplaced = {
  redirectUrl: "left out: the callback is called redirectUri",
  audience: "left out: give parameters: { audience }",
  grantType: "left out: the builder is the grant type"
}

/** Checks what `x3.oauth2` was given. */
export const decodeOAuth2 = (
  input: unknown,
  at: string,
  sandbox: boolean
): Result.Result<OAuth2Configuration, ReadonlyArray<Issue>> =>
  Result.map(
    Decoder.decode(OAuth2Schema(sandbox), input, at, { misplaced: oauth2Misplaced, relations: oauth2Relations }),
    (checked) => ({
      authorizeUrl: checked.authorizeUrl,
      tokenUrl: checked.tokenUrl,
      revokeUrl: checked.revokeUrl,
      clientId: checked.clientId,
      clientSecret: checked.clientSecret,
      redirectUri: checked.redirectUri,
      scope: checked.scope,
      issuer: checked.issuer,
      parameters: checked.parameters ?? {},
      clientAuthentication: checked.clientAuthentication ?? "body"
    })
  )

/** Checks what `x3.clientCredentials` was given. */
export const decodeClientCredentials = (
  input: unknown,
  at: string,
  sandbox: boolean
): Result.Result<ClientCredentialsConfiguration, ReadonlyArray<Issue>> => {
  const misplaced = {
    ...oauth2Misplaced,
    redirectUri: "left out: only x3.oauth2 has a callback",
    authorizeUrl: "left out: only x3.oauth2 sends anybody to a browser"
  }
  return Result.map(Decoder.decode(ClientCredentialsSchema(sandbox), input, at, { misplaced }), (checked) => ({
    tokenUrl: checked.tokenUrl,
    clientId: checked.clientId,
    clientSecret: checked.clientSecret,
    scope: checked.scope,
    parameters: checked.parameters ?? {},
    clientAuthentication: checked.clientAuthentication ?? "body"
  }))
}

/** What a move to the cloud takes; the same for user and password and for a certificate. */
const onlineNeedsOAuth2 =
  'x3.oauth2(…), x3.clientCredentials(…) or x3.bearer(…): X3 Online takes OAuth2 only (x3-web-services.online-needs-oauth2). Try it on the on-premise server first. It needs session.auth: ["oauth2", "bearer"] (both) in nodelocal.js. It needs a record of your identity provider in Administration > Administration > Settings > Authentication > OAuth2 Servers. The record of the user needs the authentication method OAuth2 with that server, and the e-mail address that its tokens stand for'

const builders = (deployment: Deployment): string =>
  deployment === "online"
    ? "what x3.oauth2(…), x3.clientCredentials(…) or x3.bearer(…) returns"
    : "what x3.basic(…), x3.certificate(…), x3.oauth2(…), x3.clientCredentials(…) or x3.bearer(…) returns"

const decodeAuth = (
  definition: AuthDefinition | undefined,
  at: string,
  deployment: Deployment,
  sandbox: boolean
): Result.Result<AuthConfiguration, ReadonlyArray<Issue>> => {
  const wrong = (expected: string) => Result.fail([{ option: at, expected }])
  switch (definition?.kind) {
    case undefined:
      return wrong(builders(deployment))
    case "basic": {
      if (deployment === "online") return wrong(onlineNeedsOAuth2)
      const { options } = definition
      if (isTenantFunction(options)) return Result.succeed({ kind: "basic", options })
      return Result.map(decodeBasic(options, at), (checked) => ({ kind: "basic" as const, options: checked }))
    }
    case "certificate": {
      if (deployment === "online") return wrong(onlineNeedsOAuth2)
      // TLS looks at the machine's own clock
      const now = Date.now()
      const issues = certificateIssues(definition.options, at, now)
      return issues.length > 0 ? Result.fail(issues) : Result.succeed(definition)
    }
    case "oauth2":
      return Result.map(decodeOAuth2(definition.options, at, sandbox), (checked) => ({
        kind: "oauth2" as const,
        ...checked
      }))
    case "client-credentials":
      return Result.map(decodeClientCredentials(definition.options, at, sandbox), (checked) => ({
        kind: "client-credentials" as const,
        ...checked
      }))
    case "supplied":
      return isTenantFunction(definition.options)
        ? Result.succeed(definition)
        : wrong("x3.bearer((tenant) => token): a function that gives the access token of a tenant")
  }
}

const httpsOnly = "left out: X3 Online speaks https only"
const never = OptionDecoder.leaf<"trusted-network">(httpsOnly, () => Result.fail(httpsOnly))

const optionsSchema = (deployment: Deployment, plainHttp: boolean, standIn: boolean, remedy: string) =>
  Decoder.Struct(
    {
      baseUrl: OptionDecoder.perTenant(baseUrlOption(plainHttp, standIn, remedy)),
      auth: OptionDecoder.leaf<unknown>(builders(deployment), (input) => Result.succeed(input)),
      pools: Decoder.optional(
        Decoder.Record(OptionDecoder.count(1, 100), "an object of permits by pool alias, such as { AWS: 4 }")
      ),
      permits: Decoder.optional(OptionDecoder.count(1, 100)),
      language: Decoder.optional(OptionDecoder.text),
      channelsBusy: Decoder.optional(
        OptionDecoder.leaf<(refusal: SoapRefusal) => boolean>(
          "a function of a SOAP refusal that returns a boolean",
          (input) =>
            Predicate.isFunction(input)
              ? Result.succeed(input as (refusal: SoapRefusal) => boolean)
              : Result.fail("a function of a SOAP refusal that returns a boolean")
        )
      ),
      inDoubt: Decoder.optional(OptionDecoder.oneOf("replay", "report")),
      keepAliveConcurrency: Decoder.optional(OptionDecoder.count(1, 1_000)),
      maxTokenAge: Decoder.optional(OptionDecoder.duration),
      ca: Decoder.optional(OptionDecoder.certificates),
      deadline: Decoder.optional(OptionDecoder.duration),
      allowPlainHttp: Decoder.optional(deployment === "online" ? never : OptionDecoder.oneOf("trusted-network")),
      environment: Decoder.optional(OptionDecoder.oneOf("production", "sandbox")),
      urls: Decoder.optional(Decoder.Struct({ api: Decoder.optional(OptionDecoder.text) }, "an object such as { api }"))
    },
    "an object { baseUrl, auth }"
  )

const basicAuth = "left out: give auth: x3.basic({ user, password })"
const certificateAuth = "left out: give auth: x3.certificate({ pfx, passphrase }) or ({ cert, key })"
const oauth2Auth = "left out: give auth: x3.oauth2({ authorizeUrl, tokenUrl, clientId, redirectUri, … })"

const misplaced = {
  user: basicAuth,
  username: basicAuth,
  password: basicAuth,
  pfx: certificateAuth,
  cert: certificateAuth,
  key: certificateAuth,
  passphrase: certificateAuth,
  clientId: oauth2Auth,
  clientSecret: oauth2Auth,
  redirectUri: oauth2Auth,
  tokenUrl: oauth2Auth,
  authorizeUrl: oauth2Auth,
  url: "left out: the address of the server is called baseUrl",
  app: "left out: a connected application is for GraphQL: x3.graphql({ url, endpoint, app })",
  endpoint: "left out: the endpoint is part of the path, as in api1/x3/erp/<ENDPOINT>/<CLASS>",
  pool: "left out: the pool is named by each soap(…) call; permits of pools go to pools"
}

const urlIssues = (input: unknown): ReadonlyArray<Issue> => {
  const { environment, urls } = half(input)
  if (urls === undefined) return []
  if (environment !== "sandbox") return [{ option: "urls", expected: 'nothing, or environment: "sandbox" beside it' }]
  return []
}

const issuesOf = (checked: Result.Result<unknown, ReadonlyArray<Issue>> | undefined): ReadonlyArray<Issue> =>
  checked !== undefined && Result.isFailure(checked) ? checked.failure : []

/** Checks everything that is known before a tenant is. */
export const decodeOptions = (
  input: unknown,
  deployment: Deployment,
  at: string
): Result.Result<WebServicesConfiguration, ReadonlyArray<Issue>> => {
  const { allowPlainHttp, auth: given, environment, urls } = half(input)
  const sandbox = environment === "sandbox"
  const definition = authOf(given)
  // a certificate is shown in the TLS handshake, so it proves nothing without TLS
  const tls = definition?.kind === "certificate"
  const plainHttp = !tls && (sandbox || (deployment === "onPremise" && allowPlainHttp === "trusted-network"))
  const remedy = tls
    ? "an https URL, of the port that asks for client certificates"
    : deployment === "online"
      ? "an https URL"
      : plainHttpRemedy
  const api = sandbox && Predicate.hasProperty(urls, "api") && typeof urls.api === "string" ? urls.api : undefined
  const standIn = sandbox && api === undefined
  const checked = Decoder.decode(optionsSchema(deployment, plainHttp, standIn, remedy), input, at, {
    misplaced,
    relations: urlIssues
  })
  const auth = given === undefined ? undefined : decodeAuth(definition, Decoder.join(at, "auth"), deployment, sandbox)
  const replaced =
    api === undefined
      ? undefined
      : Decoder.decode(baseUrlOption(plainHttp, true, remedy), api, Decoder.join(at, "urls.api"))
  const issues = [...issuesOf(checked), ...issuesOf(auth), ...issuesOf(replaced)]
  if (Result.isFailure(checked) || auth === undefined || Result.isFailure(auth) || issues.length > 0) {
    return Result.fail(issues)
  }
  const options = checked.success
  return Result.succeed({
    auth: auth.success,
    baseUrl: replaced === undefined || Result.isFailure(replaced) ? options.baseUrl : replaced.success,
    plainHttp,
    standIn,
    advisePlainHttp: !sandbox,
    pools: options.pools ?? {},
    permits: options.permits,
    language: options.language ?? "ENG",
    channelsBusy: options.channelsBusy,
    inDoubt: options.inDoubt ?? "replay",
    keepAliveConcurrency: options.keepAliveConcurrency,
    maxTokenAge: options.maxTokenAge,
    ca: options.ca,
    deadline: options.deadline
  })
}
