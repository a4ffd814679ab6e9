import * as Predicate from "effect/Predicate"
import type * as Redacted from "effect/Redacted"
import type { Issue } from "../../errors/Reason.ts"
import * as Result from "../../config/Result.ts"
import { checkSandboxUrl, isSages, notSages, type Target, x3Hosts } from "../../config/hosts.ts"
import * as Decoder from "../../config/decoder.ts"
import { day, millisOf } from "../../config/duration.ts"
import * as Options from "../../config/options.ts"
import {
  isTenantFunction,
  type PerTenant,
  readHeaderId,
  type Secret,
  type TenantFunction
} from "../../config/options.ts"
import { authOf, type X3Basic } from "../auth.ts"
import { type CheckedBasic, decodeBasic } from "../credentialOptions.ts"

/** A connected application, as X3 has it under Administration > Settings > Authentication > Connected applications. */
export interface ConnectedApp {
  /** the client id in its record in X3 */
  readonly clientId: string
  /** the client secret in its record in X3: a text or a `Redacted`. It signs the tokens and never leaves this process */
  readonly clientSecret: Secret
  /** the login of the allowed user in its record; left out where the record needs none */
  readonly user?: string | undefined
}

interface Common {
  /**
   * the URL of the API, exactly as it stands in the connected application's record, such as
   * `"https://x3.acme.example:8124/xtrem/api"`
   */
  readonly url: PerTenant<string>
  /** the X3 endpoint or folder, such as `"REPOSX3"`, sent with every call as `x-xtrem-endpoint` */
  readonly endpoint: PerTenant<string>
  /** a private authority to trust besides the platform's: PEM text, or the `file:` URL of a file with it */
  readonly ca?: string | URL | undefined
  /** how long a caller waits; default: the application's, 30 seconds */
  readonly deadline?: number | string | undefined
}

/** How tokens of a connected application are made. */
interface TokenOptions {
  /** what tokens say that they are for (`aud`); default: `url`, unchanged. May be empty, as in Sage's sample */
  readonly audience?: PerTenant<string> | undefined
  /**
   * the "Tokens validity" in the connected application's record: seconds, as there, or a text such as `"10 minutes"`.
   * No token lives longer, backdating counted. Default: 10 minutes are assumed, and tokens live 5, as in Sage's sample
   */
  readonly tokensValidity?: number | string | undefined
  /**
   * how far before now a token says that it was made: seconds, or a text. A server whose clock lags would otherwise
   * refuse it as one of the future. Default 30 seconds, and never more than half of a token's life
   */
  readonly backdate?: number | string | undefined
}

/** What only an installation on premise has. */
interface OnPremise {
  /** says that the server is the customer's own */
  readonly deployment: "on-premise"
  /**
   * lets `url` be plain http. Anyone on the network can then read the credential: it is for a simple network that is
   * trusted. It raises an advice event
   */
  readonly allowPlainHttp?: "trusted-network" | undefined
}

interface Anywhere {
  /** says that the server is the customer's own, which allows `auth: x3.basic(…)` and `allowPlainHttp` */
  readonly deployment?: undefined
  readonly allowPlainHttp?: undefined
}

interface WithApp extends TokenOptions {
  /** the connected application that tokens are made for */
  readonly app: PerTenant<ConnectedApp>
  readonly auth?: undefined
}

/** Options of `x3.graphql` with a connected application. */
export type ConnectedAppOptions = Common & WithApp & (OnPremise | Anywhere) & Target<"api">

/** Options of `x3.graphql`. All but `url`, `endpoint` and `app` or `auth` accept `undefined`. */
export type GraphQLOptions = Common &
  (
    | (WithApp & (OnPremise | Anywhere))
    | ({
        /** user and password, for development; see `docs/x3.md` */
        readonly auth: X3Basic
        readonly app?: undefined
      } & { readonly [K in keyof TokenOptions]?: undefined } & OnPremise)
  ) &
  Target<"api">

/** A connected application that was checked. */
export interface CheckedApp {
  readonly clientId: string
  readonly clientSecret: Redacted.Redacted
  readonly user: string | undefined
}

/** {@link GraphQLOptions} that were checked. */
export interface GraphQLConfiguration {
  readonly url: string | TenantFunction
  readonly endpoint: string | TenantFunction
  readonly credential:
    | {
        readonly kind: "app"
        readonly app: CheckedApp | TenantFunction
        /** undefined: the URL as it was given */
        readonly audience: string | TenantFunction | undefined
        /** seconds */
        readonly life: number
        /** seconds */
        readonly backdate: number
      }
    | { readonly kind: "basic"; readonly basic: CheckedBasic | TenantFunction }
  /** where requests go in place of `url`; tokens are for `url` all the same */
  readonly api: string | undefined
  /** what a function may answer for `url` */
  readonly plainHttp: boolean
  /** the server stands in for one of Sage's, and must be none of them */
  readonly standIn: boolean
  /** plain http is spoken outside of the sandbox environment, which is worth an advice */
  readonly advisePlainHttp: boolean
  readonly ca: string | URL | undefined
  /** milliseconds */
  readonly deadline: number | undefined
}

/** Seconds: what Sage's sample gives a token. */
const sampleLife = 300
const defaultBackdate = 30

/** a day: a larger number was meant as milliseconds */
const longest = day / 1_000

const seconds = (from: number) => {
  const expected = `whole seconds from ${from} to ${longest}, or a text such as "10 minutes"`
  return Options.leaf<number>(expected, (input) => {
    const given =
      typeof input === "number"
        ? input
        : typeof input === "string"
          ? (millisOf(input) ?? Number.NaN) / 1_000
          : Number.NaN
    // half seconds do not exist in a token
    const whole = Math.floor(given)
    return whole >= from && whole <= longest ? Result.succeed(whole) : Result.fail(expected)
  })
}

const plainHttpRemedy =
  'an https URL: plain http shows the credential to everybody on the network. In a simple network that you trust, deployment: "on-premise" with allowPlainHttp: "trusted-network" lets it through'

const urlExpected =
  'the URL of the API as it is in the connected application\'s record, such as "https://x3.acme.example:8124/xtrem/api"'

/** Checks a URL, given or asked for; it stays byte for byte as it is. That of a stand-in is none of Sage's own. */
export const urlOption = (plainHttp: boolean, standIn: boolean) =>
  Options.leaf<string>(urlExpected, (input) => {
    const checked = typeof input === "string" ? checkSandboxUrl(input) : Result.fail("")
    if (Result.isFailure(checked)) return Result.fail(`${urlExpected}, without user name and password`)
    if (checked.success.search !== "" || checked.success.hash !== "") {
      return Result.fail(`${urlExpected}, without query and fragment`)
    }
    if (standIn && isSages(checked.success.href, x3Hosts)) return Result.fail(notSages)
    return checked.success.protocol === "https:" || plainHttp
      ? Result.succeed(input as string)
      : Result.fail(plainHttpRemedy)
  })

/** Checks an endpoint, given or asked for: it goes into a header. */
export const endpointOption = Options.leaf<string>('the endpoint or folder, such as "REPOSX3"', (input) =>
  Result.mapError(readHeaderId(input), (expected) => `the endpoint or folder, such as "REPOSX3": ${expected}`)
)

/** Checks an audience, given or asked for. */
export const audienceOption = Options.string

const AppSchema = Decoder.Struct(
  {
    clientId: Options.text,
    clientSecret: Options.secretText("client secret"),
    user: Decoder.optional(Options.text)
  },
  "an object { clientId, clientSecret, user }, or a function of the tenant that returns one"
)

const appRules = {
  misplaced: {
    username: "left out: the allowed user is called user",
    password: "left out: a connected application has none",
    url: "left out here: it stands beside app",
    endpoint: "left out here: it stands beside app"
  }
}

/** Checks a connected application, given or asked for. */
export const decodeApp = (input: unknown, at: string): Result.Result<CheckedApp, ReadonlyArray<Issue>> =>
  Result.map(Decoder.decode(AppSchema, input, at, appRules), ({ clientId, clientSecret, user }) => ({
    clientId,
    clientSecret,
    user
  }))

const optionsSchema = (plainHttp: boolean, standIn: boolean) =>
  Decoder.Struct(
    {
      url: Options.perTenant(
        urlOption(plainHttp, standIn),
        `${urlExpected}, or a function of the tenant that returns it`
      ),
      endpoint: Options.perTenant(
        endpointOption,
        'the endpoint or folder, such as "REPOSX3", or a function of the tenant that returns it'
      ),
      // both are decoded on their own, under their own paths
      app: Decoder.optional(Decoder.Unknown),
      auth: Decoder.optional(Decoder.Unknown),
      audience: Decoder.optional(
        Options.perTenant(audienceOption, "a string, which may be empty, or a function of the tenant that returns one")
      ),
      tokensValidity: Decoder.optional(seconds(2)),
      backdate: Decoder.optional(seconds(0)),
      deployment: Decoder.optional(Options.oneOf("on-premise")),
      allowPlainHttp: Decoder.optional(Options.oneOf("trusted-network")),
      ca: Decoder.optional(Options.certificates),
      deadline: Decoder.optional(Options.duration),
      environment: Decoder.optional(Options.oneOf("production", "sandbox")),
      urls: Decoder.optional(Decoder.Struct({ api: Decoder.optional(Options.text) }, "an object such as { api }"))
    },
    "an object { url, endpoint, app }"
  )

const misplaced = {
  clientId: "left out here: it goes into app",
  clientSecret: "left out here: it goes into app",
  user: "left out here: it goes into app",
  baseUrl: "left out: the address is called url",
  folder: "left out: the folder is called endpoint"
}

const tokenOptions = ["audience", "tokensValidity", "backdate"]

const relations = (input: unknown): ReadonlyArray<Issue> => {
  const given = (Predicate.isObject(input) ? input : {}) as Partial<Record<string, unknown>>
  const { allowPlainHttp, app, auth, deployment, environment, urls } = given
  const issues: Array<Issue> = []
  const say = (option: string, expected: string) => issues.push({ option, expected })
  if (app === undefined && auth === undefined) {
    say("app", 'a connected application { clientId, clientSecret, user }, or, with deployment: "on-premise", auth')
  }
  if (app !== undefined && auth !== undefined) say("auth", "left out beside app: a request carries one credential")
  if (auth !== undefined) {
    const definition = authOf(auth)
    if (definition?.kind !== "basic") say("auth", "x3.basic({ user, password }): GraphQL takes it or a connected app")
    if (deployment !== "on-premise") {
      say("deployment", '"on-premise": user and password are for the customer\'s own server; elsewhere there is app')
    }
    for (const option of tokenOptions) {
      if (given[option] !== undefined) say(option, "left out beside auth: only tokens of a connected app have it")
    }
  }
  if (allowPlainHttp !== undefined && deployment !== "on-premise") {
    say("allowPlainHttp", 'left out without deployment: "on-premise"')
  }
  if (environment !== "sandbox" && urls !== undefined) {
    say("urls", 'nothing, or environment: "sandbox" beside it')
  }
  const api = Predicate.isObject(urls) ? (urls as Partial<Record<string, unknown>>)["api"] : undefined
  if (typeof api === "string") {
    const checked = Decoder.decode(urlOption(true, true), api, "urls.api")
    if (Result.isFailure(checked)) issues.push(...checked.failure)
  }
  return issues
}

const issuesOf = (result: Result.Result<unknown, ReadonlyArray<Issue>> | undefined): ReadonlyArray<Issue> =>
  result !== undefined && Result.isFailure(result) ? result.failure : []

const givenApp = (app: unknown, at: string): Result.Result<CheckedApp | TenantFunction, ReadonlyArray<Issue>> =>
  isTenantFunction(app) ? Result.succeed(app) : decodeApp(app, at)

const givenBasic = (auth: unknown, at: string): Result.Result<CheckedBasic | TenantFunction, ReadonlyArray<Issue>> => {
  const definition = authOf(auth)
  const options: unknown = definition?.kind === "basic" ? definition.options : undefined
  return isTenantFunction(options) ? Result.succeed(options) : decodeBasic(options, at)
}

/** Checks everything that is known before a tenant is. */
export const decodeOptions = (
  input: unknown,
  at: string
): Result.Result<GraphQLConfiguration, ReadonlyArray<Issue>> => {
  const given = (Predicate.isObject(input) ? input : {}) as Partial<Record<string, unknown>>
  const { allowPlainHttp, app, auth, deployment, environment } = given
  // where another server stands in for it, the address is the one in the application's record
  const standIn =
    environment === "sandbox" && !(Predicate.hasProperty(given["urls"], "api") && given["urls"].api !== undefined)
  const trusted = deployment === "on-premise" && allowPlainHttp === "trusted-network"
  const plainHttp = environment === "sandbox" || trusted
  const checked = Decoder.decode(optionsSchema(plainHttp, standIn), input, at, { misplaced, relations })
  // what cannot be a credential at all was said above
  const asBasic = app === undefined && authOf(auth)?.kind === "basic"
  const checkedBasic = asBasic ? givenBasic(auth, Decoder.join(at, "auth")) : undefined
  const checkedApp = app === undefined ? undefined : givenApp(app, Decoder.join(at, "app"))
  const issues = [issuesOf(checked), issuesOf(checkedBasic), issuesOf(checkedApp)].flat()
  if (Result.isFailure(checked) || issues.length > 0) return Result.fail(issues)
  const { audience, backdate, ca, deadline, endpoint, tokensValidity, url, urls } = checked.success
  const life = tokensValidity ?? sampleLife
  const credential =
    checkedBasic !== undefined && Result.isSuccess(checkedBasic)
      ? ({ kind: "basic", basic: checkedBasic.success } as const)
      : checkedApp !== undefined && Result.isSuccess(checkedApp)
        ? ({
            kind: "app",
            app: checkedApp.success,
            audience,
            life,
            backdate: Math.min(backdate ?? defaultBackdate, Math.floor(life / 2))
          } as const)
        : undefined
  if (credential === undefined) return Result.fail([{ option: at, expected: "an object { url, endpoint, app }" }])
  return Result.succeed({
    url,
    endpoint,
    credential,
    api: environment === "sandbox" ? urls?.api : undefined,
    plainHttp,
    standIn,
    advisePlainHttp: trusted && environment !== "sandbox",
    ca,
    deadline
  })
}

/** Every mistake in the options, none when they are right. */
export const validate = (options: unknown, at: string): ReadonlyArray<Issue> =>
  Result.match(decodeOptions(options, at), { onSuccess: () => [], onFailure: (issues) => issues })
