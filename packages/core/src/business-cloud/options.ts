import type * as Redacted from "effect/Redacted"
import type { Issue } from "../errors/Reason.ts"
import * as Result from "../config/Result.ts"
import { checkSandboxUrl, standInIssues, type Target } from "../config/hosts.ts"
import { redirectIssues } from "../oauth2/redirectUri.ts"
import * as Decoder from "../config/decoder.ts"
import { closest } from "../config/decoder.ts"
import * as OptionDecoder from "../config/options.ts"
import type { PerTenant, Secret } from "../config/options.ts"

/** What people call the countries of Business Cloud Accounting, in letters alone, by the code that is sent. */
const names: Readonly<Record<string, string>> = {
  ca: "canada can",
  de: "germany deutschland deu ger dede allemagne",
  es: "spain espana esp eses spanien",
  fr: "france fra frfr frankreich",
  gb: "uk gbr unitedkingdom greatbritain britain england scotland wales northernireland engb",
  ie: "ireland irl eire republicofireland enie",
  us: "usa unitedstates unitedstatesofamerica america enus"
}

const codes: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(names).flatMap(([code, known]) => [code, ...known.split(" ")].map((name) => [name, code]))
)

/** `U.K.`, `Éire` and `United Kingdom` in letters alone. */
const fold = (text: string): string =>
  text
    .slice(0, 64)
    .normalize("NFD")
    .toLowerCase()
    .replaceAll(/[^a-z]/g, "")

const meantBy = (text: string): string | undefined => {
  const name = fold(text)
  const known = Object.keys(codes)
  const near = Object.hasOwn(codes, name) ? name : closest(name, known)
  return near === undefined ? undefined : codes[near]
}

const expected = 'the code of a country in two small letters, such as "gb", "ie" or "ca"'

/**
 * The country whose page of Sage is skipped. Any code of two letters is taken, but for those that stand for another
 * one: no list of what Sage takes is published. Source: developer.sage.com, Accounting, Authentication (`country`).
 */
export const readCountry = (input: unknown): Result.Result<string, string> => {
  if (typeof input !== "string" || input === "") return Result.fail(expected)
  const small = /^[a-z]{2}$/.test(input)
  const meant = small && !Object.hasOwn(codes, input) ? input : meantBy(input)
  if (meant === input) return Result.succeed(input)
  return Result.fail(meant === undefined ? expected : `${expected}; did you mean "${meant}"?`)
}

/** Sage's servers for this surface. Source: developer.sage.com, Accounting, Authentication. */
export const productionUrls = {
  authorize: "https://www.sageone.com/oauth2/auth/central?filter=apiv3.1",
  token: "https://oauth.accounting.sage.com/token",
  revoke: "https://oauth.accounting.sage.com/revoke",
  api: "https://api.accounting.sage.com/v3.1"
} as const

/**
 * The servers of the edition before, which are others for each country. Source: developer.sage.com, Accounting, V3.0,
 * Making an API request; the token servers as Sage's own samples for V3.0 name them.
 */
const v3Urls = (country: string): Partial<Record<BusinessCloudUrls, string>> | undefined => {
  const region = { ca: "ca", us: "us", de: "de", es: "es", fr: "fr", gb: "uki", ie: "uki" }[country.toLowerCase()]
  if (region === undefined) return undefined
  const token =
    region === "uki"
      ? "https://app.sageone.com/oauth2/token"
      : `https://oauth.${region === "ca" || region === "us" ? "na" : "eu"}.sageone.com/token`
  return {
    authorize: "https://www.sageone.com/oauth2/auth/central",
    token,
    api: `https://api.columbus.sage.com/${region}/sageone/accounts/v3`
  }
}

/** The servers of a connection. */
export type BusinessCloudUrls = keyof typeof productionUrls

interface Common {
  /** the client id of the application that is registered at Sage, or a function of the tenant */
  readonly clientId: PerTenant<string>
  /**
   * the client secret of that application: a text or a `Redacted`, or a function of the tenant. It is sent to the token
   * server alone, and never shown
   */
  readonly clientSecret: PerTenant<Secret>
  /** the callback, exactly as it is registered at Sage */
  readonly redirectUri: string
  /** skips the country page: `"ca"`, `"gb"`, `"ie"` */
  readonly country?: PerTenant<"ca" | "gb" | "ie" | (string & {})> | undefined
  /** the language of the login pages, such as `"en-GB"` */
  readonly locale?: PerTenant<string> | undefined
  /** default `"full_access"` */
  readonly scope?: "full_access" | "readonly" | undefined
  /** the business whose data it is, sent as `X-Business`; default: the user's lead business answers */
  readonly business?: PerTenant<string> | undefined
  /** what happens when a rotation was sent and its answer never came: `"replay"` it once (default), or `"report"` it */
  readonly inDoubt?: "replay" | "report" | undefined
  /** how many grants of the connection keep-alive renews at a time in this process, 1 to 1,000; default 16 */
  readonly keepAliveConcurrency?: number | undefined
  /**
   * the longest that an access token is used: milliseconds, or a text such as `"4 minutes"`; default: what Sage says
   */
  readonly maxTokenAge?: number | string | undefined
  /** a private authority to trust besides the platform's: PEM text, or the `file:` URL of a file with it */
  readonly ca?: string | URL | undefined
  /** how long a caller waits; default: the application's, 30 seconds */
  readonly deadline?: number | string | undefined
}

/** Options of `businessCloud`. All of them accept `undefined`. */
export type BusinessCloudOptions = Common &
  (
    | {
        /** the edition of the API; default `"v3.1"` */
        readonly api?: "v3.1" | undefined
        /** where given, sent with every call as `ocp-apim-subscription-key` */
        readonly subscriptionId?: PerTenant<string> | undefined
        /** where given, sent with every call as `X-Site` */
        readonly resourceOwnerId?: PerTenant<string> | undefined
      }
    | {
        /** the edition before v3.1, which answers 401 when one of its three headers is missing */
        readonly api: "v3"
        /** sent with every call as `ocp-apim-subscription-key` */
        readonly subscriptionId: PerTenant<string>
        /** sent with every call as `X-Site` */
        readonly resourceOwnerId: PerTenant<string>
      }
  ) &
  Target<BusinessCloudUrls>

const id = OptionDecoder.perTenant(OptionDecoder.text)

/** The schemas of options that may be functions, for when they were asked. */
export const textOption = OptionDecoder.text
export const headerIdOption = OptionDecoder.headerId
export const countryOption = OptionDecoder.leaf<string>(expected, readCountry)
export const secretOption = OptionDecoder.secretText("clientSecret")

const headerId = OptionDecoder.perTenant(OptionDecoder.headerId)

const OptionsSchema = Decoder.Struct(
  {
    clientId: id,
    clientSecret: OptionDecoder.perTenant(secretOption),
    redirectUri: OptionDecoder.text,
    country: Decoder.optional(
      OptionDecoder.perTenant(countryOption, `${countryOption.expected}, or a function of the tenant`)
    ),
    locale: Decoder.optional(id),
    scope: Decoder.optional(OptionDecoder.oneOf("full_access", "readonly")),
    business: Decoder.optional(headerId),
    inDoubt: Decoder.optional(OptionDecoder.oneOf("replay", "report")),
    keepAliveConcurrency: Decoder.optional(OptionDecoder.count(1, 1_000)),
    maxTokenAge: Decoder.optional(OptionDecoder.duration),
    api: Decoder.optional(OptionDecoder.oneOf("v3.1", "v3")),
    subscriptionId: Decoder.optional(headerId),
    resourceOwnerId: Decoder.optional(headerId),
    ca: Decoder.optional(OptionDecoder.certificates),
    deadline: Decoder.optional(OptionDecoder.duration),
    ...OptionDecoder.oauthServers
  },
  "an object { clientId, clientSecret, redirectUri }"
)

/** {@link BusinessCloudOptions} that were checked. */
export interface BusinessCloudConfiguration {
  readonly clientId: unknown
  readonly clientSecret: Redacted.Redacted | ((tenant: string) => unknown)
  readonly redirectUri: string
  readonly country: unknown
  readonly locale: unknown
  readonly scope: "full_access" | "readonly"
  readonly business: unknown
  readonly inDoubt: "replay" | "report"
  /** see `KeptAlive` */
  readonly keepAliveConcurrency: number | undefined
  /** milliseconds */
  readonly maxTokenAge: number | undefined
  readonly subscriptionId: unknown
  readonly resourceOwnerId: unknown
  readonly ca: string | URL | undefined
  /** milliseconds */
  readonly deadline: number | undefined
  /** the edition before v3.1 has no revocation that anybody knows of */
  readonly urls: { readonly [K in Exclude<BusinessCloudUrls, "revoke">]: string } & {
    readonly revoke: string | undefined
  }
}

const inV3 = 'the id that api: "v3" sends with every call; api: "v3.1" needs none'

const relations = (input: unknown): ReadonlyArray<Issue> => {
  const { api, country, environment, redirectUri, resourceOwnerId, subscriptionId, urls } = (input ?? {}) as Partial<
    Record<string, unknown>
  >
  const issues: Array<Issue> = []
  if (api === "v3" && subscriptionId === undefined) issues.push({ option: "subscriptionId", expected: inV3 })
  if (api === "v3" && resourceOwnerId === undefined) issues.push({ option: "resourceOwnerId", expected: inV3 })
  // its servers are others for each country
  const told = country !== undefined && typeof country !== "function" && Result.isFailure(readCountry(country))
  if (
    api === "v3" &&
    environment !== "sandbox" &&
    !told &&
    (typeof country !== "string" || v3Urls(country) === undefined)
  ) {
    issues.push({
      option: "country",
      expected: 'one of "ca", "us", "de", "es", "fr", "gb", "ie": api: "v3" has servers for each'
    })
  }
  issues.push(...redirectIssues(redirectUri))
  issues.push(
    ...standInIssues(input, {
      needed: ["authorize", "token", ...(api === "v3" ? [] : ["revoke"]), "api"],
      production: [".sage.com", ".sageone.com"]
    })
  )
  if (environment !== "sandbox" && urls !== undefined) {
    issues.push({ option: "urls", expected: 'nothing, or environment: "sandbox" beside it' })
  }
  for (const [name, url] of Object.entries(urlsOf(urls))) {
    if (typeof url !== "string") continue
    const checked = checkSandboxUrl(url)
    if (Result.isFailure(checked)) issues.push({ option: `urls.${name}`, expected: checked.failure })
  }
  return issues
}

const urlsOf = (urls: unknown): Partial<Record<string, unknown>> =>
  typeof urls === "object" && urls !== null ? urls : {}

const misplaced = {
  sender: "left out: Business Cloud Accounting knows no sender",
  username: "left out: a human consents in a browser; see authorize()",
  password: "left out: a human consents in a browser; see authorize()"
}

/** Checks everything that is known before a tenant is. */
export const decodeOptions = (
  options: unknown,
  at: string
): Result.Result<BusinessCloudConfiguration, ReadonlyArray<Issue>> =>
  Result.map(Decoder.decode(OptionsSchema, options, at, { misplaced, relations }), (checked) => {
    const older = checked.api === "v3" && typeof checked.country === "string" ? v3Urls(checked.country) : undefined
    const urls = checked.environment === "sandbox" ? checked.urls : older
    return {
      clientId: checked.clientId,
      clientSecret: checked.clientSecret,
      redirectUri: checked.redirectUri,
      country: checked.country,
      locale: checked.locale,
      scope: checked.scope ?? "full_access",
      business: checked.business,
      inDoubt: checked.inDoubt ?? "replay",
      keepAliveConcurrency: checked.keepAliveConcurrency,
      maxTokenAge: checked.maxTokenAge,
      subscriptionId: checked.subscriptionId,
      resourceOwnerId: checked.resourceOwnerId,
      ca: checked.ca,
      deadline: checked.deadline,
      urls: {
        authorize: urls?.authorize ?? productionUrls.authorize,
        token: urls?.token ?? productionUrls.token,
        // what one server gave is not sent to another
        revoke: urls?.revoke ?? (older === undefined ? productionUrls.revoke : undefined),
        api: urls?.api ?? productionUrls.api
      }
    }
  })

/** Every mistake in the options, none when they are right. */
export const validate = (options: unknown, at: string): ReadonlyArray<Issue> =>
  Result.match(decodeOptions(options, at), { onSuccess: () => [], onFailure: (issues) => issues })
