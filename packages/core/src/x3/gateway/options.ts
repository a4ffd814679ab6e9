import * as Predicate from "effect/Predicate"
import type * as Redacted from "effect/Redacted"
import type { Issue } from "../../errors/Reason.ts"
import * as Result from "../../config/Result.ts"
import { checkSandboxUrl, isSages, notSages, type Target, x3Hosts } from "../../config/hosts.ts"
import { redirectIssues } from "../../oauth2/redirectUri.ts"
import * as Decoder from "../../config/decoder.ts"
import { week } from "../../config/duration.ts"
import * as OptionDecoder from "../../config/options.ts"
import type { PerTenant, Secret, TenantFunction } from "../../config/options.ts"
import { type Retry, retryOption } from "../../traffic/options.ts"

/** How a pairing is waited for. */
export interface PairingWait {
  /**
   * when a pairing that was not accepted yet is asked for again. Default: after 5 s, doubled up to 5 minutes, for 30
   * days
   */
  readonly schedule?: Retry | undefined
  /** how long after `authorize()` its callback is taken: milliseconds, or a text such as `"7 days"`, the default */
  readonly callbackWithin?: number | string | undefined
}

/** Options of `x3.gateway`. All but the first six accept `undefined`. */
export type GatewayOptions = {
  /** the root of the region where the application is registered, such as `"https://api.myregion-sagex3.com/v1"` */
  readonly rootUrl: string
  /** the client id of the application that is registered at Sage for X3's gateway, or a function of the tenant */
  readonly clientId: PerTenant<string>
  /**
   * the client secret of that application: a text or a `Redacted`, or a function of the tenant. It is sent to the token
   * server of the region alone, and never shown
   */
  readonly clientSecret: PerTenant<Secret>
  /** the callback, exactly as it is registered at Sage; the gateway posts to it */
  readonly redirectUri: string
  /** the address at which the customer opens X3, such as `"https://x3.customer.com"` */
  readonly customer: PerTenant<string>
  /** such as `"api.graphQL businessDomain.ALL"` */
  readonly scope: string
  /**
   * the roots of other regions that a callback may name as its customer's. Their hosts receive the client secret and
   * the tokens. Only these and the host of `rootUrl` are accepted. Default: none
   */
  readonly regions?: ReadonlyArray<string> | undefined
  /** how a pairing that was not accepted yet is waited for */
  readonly pairing?: PairingWait | undefined
  /**
   * whether codes are bound to their consent by RFC 7636. The gateway's pages do not know it, and a server ignores what
   * it does not know (RFC 6749, sections 3.1 and 3.2). Default true; `false` for one that refuses it
   */
  readonly pkce?: boolean | undefined
  /**
   * how a refresh token is deleted when a connection is ended. Sage's pages have such an operation, and give neither
   * verb nor path. Default: left alone, and `disconnect()` says `revoked: false`
   */
  readonly deletion?: { readonly method: "POST" | "DELETE"; readonly path: string } | undefined
  /** what happens when a rotation was sent and its answer never came: `"replay"` it once (default), or `"report"` it */
  readonly inDoubt?: "replay" | "report" | undefined
  /** how many grants of the connection keep-alive renews at a time in this process, 1 to 1,000; default 16 */
  readonly keepAliveConcurrency?: number | undefined
  /** the longest that an access token is used: milliseconds, or a text such as `"4 minutes"`; default: what it says */
  readonly maxTokenAge?: number | string | undefined
  /** a private authority to trust besides the platform's: PEM text, or the `file:` URL of a file with it */
  readonly ca?: string | URL | undefined
  /** how long a caller waits; default: the application's, 30 seconds */
  readonly deadline?: number | string | undefined
} & Target<"root">

/** {@link GatewayOptions} that were checked. */
export interface GatewayConfiguration {
  /** without a slash at its end */
  readonly root: string
  /** hosts that credentials may go to, as `URL.host` writes them */
  readonly hosts: ReadonlySet<string>
  /** plain http is spoken, in the sandbox environment */
  readonly plainHttp: boolean
  readonly clientId: string | TenantFunction
  readonly clientSecret: Redacted.Redacted | TenantFunction
  readonly redirectUri: string
  readonly customer: string | TenantFunction
  readonly scope: string
  /** undefined: `RetrySchedules.pairing` */
  readonly schedule: Retry | undefined
  /** milliseconds */
  readonly callbackWithin: number
  readonly pkce: boolean
  readonly deletion: { readonly method: "POST" | "DELETE"; readonly path: string } | undefined
  readonly inDoubt: "replay" | "report"
  /** see `KeptAlive` */
  readonly keepAliveConcurrency: number | undefined
  /** milliseconds */
  readonly maxTokenAge: number | undefined
  readonly ca: string | URL | undefined
  /** milliseconds */
  readonly deadline: number | undefined
}

const rootExpected = 'the root of a region, such as "https://api.myregion-sagex3.com/v1"'

/** An address without the slashes at its end, however many there are. */
export const withoutSlashes = (address: string): string => {
  let end = address.length
  while (address[end - 1] === "/") end--
  return address.slice(0, end)
}

/** A root, without the slashes at its end. */
const rootOption = (sandbox: boolean, standIn: boolean) =>
  OptionDecoder.leaf<string>(rootExpected, (input) => {
    const checked = typeof input === "string" ? checkSandboxUrl(input) : Result.fail("")
    if (Result.isFailure(checked)) return Result.fail(`${rootExpected}, without user name and password`)
    const url = checked.success
    if (url.search !== "" || url.hash !== "") return Result.fail(`${rootExpected}, without query and fragment`)
    if (standIn && isSages(url.href, x3Hosts)) return Result.fail(notSages)
    if (url.protocol !== "https:" && !sandbox) return Result.fail(`${rootExpected}: https, as credentials go there`)
    return Result.succeed(withoutSlashes(url.href))
  })

const customerExpected = 'the address at which the customer opens X3, such as "https://x3.customer.com"'

/** Checks a customer, given or asked for; it is sent byte for byte as it is. */
export const customerOption = OptionDecoder.leaf<string>(customerExpected, (input) =>
  typeof input === "string" && Result.isSuccess(checkSandboxUrl(input))
    ? Result.succeed(input)
    : Result.fail(customerExpected)
)

/** The schemas of options that may be functions, for when they were asked. */
export const clientIdOption = OptionDecoder.text
export const clientSecretOption = OptionDecoder.secretText("client secret")

/** A path that stays below its base, whatever its parts are called. */
const isPath = (path: string): boolean =>
  !/[\s\p{Cc}\\?#]/u.test(path) &&
  path.split("/").every((part) => part !== "" && !/^(?:\.|%2e){1,2}$/i.test(part)) &&
  !/^[^/]*:/.test(path)

const scopeExpected = 'the scopes, with spaces between them, such as "api.graphQL businessDomain.ALL"'

const optionsSchema = (sandbox: boolean, standIn: boolean) =>
  Decoder.Struct(
    {
      rootUrl: rootOption(sandbox, standIn),
      clientId: OptionDecoder.perTenant(clientIdOption),
      clientSecret: OptionDecoder.perTenant(clientSecretOption),
      redirectUri: OptionDecoder.text,
      customer: OptionDecoder.perTenant(customerOption),
      scope: OptionDecoder.leaf<string>(scopeExpected, (input) =>
        // RFC 6749, section 3.3
        typeof input === "string" && /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/.test(input)
          ? Result.succeed(input)
          : Result.fail(scopeExpected)
      ),
      regions: Decoder.optional(OptionDecoder.list(rootOption(sandbox, sandbox), "an array of roots of regions")),
      pairing: Decoder.optional(
        Decoder.Struct(
          {
            schedule: Decoder.optional(retryOption),
            callbackWithin: Decoder.optional(OptionDecoder.longDuration)
          },
          "an object with a schedule, callbackWithin or both"
        )
      ),
      pkce: Decoder.optional(OptionDecoder.flag),
      deletion: Decoder.optional(
        Decoder.Struct(
          {
            method: OptionDecoder.oneOf("POST", "DELETE"),
            path: OptionDecoder.leaf<string>('a path below the root, such as "token"', (input) =>
              typeof input === "string" && isPath(input)
                ? Result.succeed(input)
                : Result.fail('a path below the root, such as "token"')
            )
          },
          'an object such as { method: "DELETE", path: "token" }'
        )
      ),
      inDoubt: Decoder.optional(OptionDecoder.oneOf("replay", "report")),
      keepAliveConcurrency: Decoder.optional(OptionDecoder.count(1, 1_000)),
      maxTokenAge: Decoder.optional(OptionDecoder.duration),
      ca: Decoder.optional(OptionDecoder.certificates),
      deadline: Decoder.optional(OptionDecoder.duration),
      environment: Decoder.optional(OptionDecoder.oneOf("production", "sandbox")),
      urls: Decoder.optional(
        Decoder.Struct({ root: Decoder.optional(rootOption(true, true)) }, "an object such as { root }")
      )
    },
    "an object { rootUrl, clientId, clientSecret, redirectUri, customer, scope }"
  )

const misplaced = {
  url: "left out: the root of the region is called rootUrl",
  baseUrl: "left out: the root of the region is called rootUrl",
  authorizeUrl: "left out: the document at rootUrl says where it is",
  tokenUrl: "left out: the document at rootUrl says where it is",
  auth: "left out: the gateway takes its own tokens alone, once an X3 user accepts the pairing; see authorize()",
  app: "left out: a connected application is for GraphQL: x3.graphql({ url, endpoint, app })",
  user: "left out: an X3 user accepts the pairing; see authorize()",
  password: "left out: an X3 user accepts the pairing; see authorize()",
  endpoint: "left out: paths such as service/REPOSX3/api go to fetch; other regions are called regions"
}

const relations = (input: unknown): ReadonlyArray<Issue> => {
  const { environment, redirectUri, urls } = (Predicate.isObject(input) ? input : {}) as Partial<
    Record<string, unknown>
  >
  const issues: Array<Issue> = [...redirectIssues(redirectUri)]
  if (environment !== "sandbox" && urls !== undefined) {
    issues.push({ option: "urls", expected: 'nothing, or environment: "sandbox" beside it' })
  }
  return issues
}

/** The host of a URL as credentials are pinned to it: in the sandbox environment on any port. */
export const hostOf = (url: URL, plainHttp: boolean): string =>
  (plainHttp ? url.hostname : url.host).replace(/\.(?=:|$)/, "")

/** Checks everything that is known before a tenant is. */
export const decodeOptions = (
  input: unknown,
  at: string
): Result.Result<GatewayConfiguration, ReadonlyArray<Issue>> => {
  const sandbox = Predicate.hasProperty(input, "environment") && input.environment === "sandbox"
  const urls = Predicate.isObject(input) ? (input as Partial<Record<string, unknown>>)["urls"] : undefined
  const standIn = sandbox && !(Predicate.hasProperty(urls, "root") && urls.root !== undefined)
  return Result.map(Decoder.decode(optionsSchema(sandbox, standIn), input, at, { misplaced, relations }), (checked) => {
    const root = (sandbox ? checked.urls?.root : undefined) ?? checked.rootUrl
    const { callbackWithin, schedule } = checked.pairing ?? {}
    return {
      root,
      hosts: new Set([root, ...(checked.regions ?? [])].map((url) => hostOf(new URL(url), sandbox))),
      plainHttp: sandbox,
      clientId: checked.clientId,
      clientSecret: checked.clientSecret,
      redirectUri: checked.redirectUri,
      customer: checked.customer,
      scope: checked.scope,
      schedule,
      callbackWithin: callbackWithin ?? week,
      pkce: checked.pkce ?? true,
      deletion: checked.deletion,
      inDoubt: checked.inDoubt ?? "replay",
      keepAliveConcurrency: checked.keepAliveConcurrency,
      maxTokenAge: checked.maxTokenAge,
      ca: checked.ca,
      deadline: checked.deadline
    }
  })
}

/** Every mistake in the options, none when they are right. */
export const validate = (options: unknown, at: string): ReadonlyArray<Issue> =>
  Result.match(decodeOptions(options, at), { onSuccess: () => [], onFailure: (issues) => issues })
