import * as Predicate from "effect/Predicate"
import type * as Redacted from "effect/Redacted"
import { type Connections, definitionOf } from "../Connection.ts"
import type { Issue } from "../errors/Reason.ts"
import * as Result from "../config/Result.ts"
import { checkSandboxUrl, standInIssues, type Target } from "../config/hosts.ts"
import { redirectIssues } from "../oauth2/redirectUri.ts"
import * as Decoder from "../config/decoder.ts"
import { day } from "../config/duration.ts"
import * as OptionDecoder from "../config/options.ts"
import { isTenantFunction, type PerTenant, readId, type Secret } from "../config/options.ts"
import type { Parameters } from "../oauth2/tokenEndpoint.ts"
import type { MeterOptions } from "../traffic/Meter.ts"
import type { Tier } from "../traffic/Pool.ts"
import { meterSchema } from "../traffic/options.ts"

/** How a refresh names the entity that its token is for: Intacct documents both names. */
export const entityParameters = (name: IntacctRestConfiguration["entityParameter"], entityId: string): Parameters => ({
  entity_id: name === "location_id" ? undefined : entityId,
  location_id: name === "entity_id" ? undefined : entityId
})

/** How the options of one of the builders are read. */
export type Decode = (options: unknown, at: string) => Result.Result<IntacctRestConfiguration, ReadonlyArray<Issue>>

const isSandboxed = (options: unknown): boolean =>
  typeof options === "object" && options !== null && "environment" in options && options.environment === "sandbox"

const lenderIssues = (
  { sandbox, subject }: IntacctRestConfiguration,
  at: string,
  connections: Connections
): ReadonlyArray<Issue> => {
  if (subject?.kind !== "session") return []
  const lender = Object.hasOwn(connections, subject.connection)
    ? definitionOf(connections[subject.connection])
    : undefined
  if (lender?.surface !== "intacct-xml") {
    return [{ option: `${at}.session`, expected: "the name of an intacct-xml connection of the same application" }]
  }
  if (isSandboxed(lender.options) === sandbox) return []
  const expected =
    'a connection of the same environment: the session of a stand-in would go to Intacct, or one of Intacct\'s to a stand-in. Give both environment: "sandbox", or neither'
  return [{ option: `${at}.session`, expected }]
}

/** Every mistake in the options and in what they say of other connections. */
export const issuesOf = (
  decode: Decode,
  options: unknown,
  at: string,
  connections: Connections
): ReadonlyArray<Issue> =>
  Result.match(decode(options, at), {
    onSuccess: (configuration) => lenderIssues(configuration, at, connections),
    onFailure: (issues) => issues
  })

/** Intacct's servers for this surface. Source: developer.sage.com, Sage Intacct REST API, OAuth 2.0 authorization. */
export const productionUrls = {
  authorize: "https://api.intacct.com/ia/api/v1/oauth2/authorize",
  token: "https://api.intacct.com/ia/api/v1/oauth2/token",
  revoke: "https://api.intacct.com/ia/api/v1/oauth2/revoke",
  api: "https://api.intacct.com/ia/api/v1"
} as const

/** The servers of a connection. */
export type IntacctRestUrls = keyof typeof productionUrls

interface Common {
  /** the client id of the application that is registered at Sage, or a function of the tenant */
  readonly clientId: PerTenant<string>
  /** the name under which a refresh names its entity: Intacct documents both; default `"entity_id"` */
  readonly entityParameter?: "entity_id" | "location_id" | "both" | undefined
  /**
   * the longest that an access token is used: milliseconds, or a text such as `"5 hours"`; default: what Intacct says
   */
  readonly maxTokenAge?: number | string | undefined
  /**
   * how long an unused refresh token is taken to live where it does not say so itself. Keep-alive renews it in half of
   * that at the latest. Default `"180 days"`
   */
  readonly assumedGrantLife?: number | string | undefined
  /** what happens when a rotation was sent and its answer never came: `"replay"` it once (default), or `"report"` it */
  readonly inDoubt?: "replay" | "report" | undefined
  /** the company's performance tier: raises the pool and sets the meter's allowance */
  readonly tier?: Tier | undefined
  /** permits of the company's pool, 1 to 100, shared with its XML traffic; wins over `tier` */
  readonly permits?: number | undefined
  /** how the company's billable transactions are watched, shared with its XML traffic */
  readonly meter?: MeterOptions | undefined
  /** whether a bulk request counts one transaction a record (default) or one a call */
  readonly bulkCounts?: "record" | "call" | undefined
  /** a private authority to trust besides the platform's: PEM text, or the `file:` URL of a file with it */
  readonly ca?: string | URL | undefined
  /** how long a caller waits; default: the application's, 30 seconds */
  readonly deadline?: number | string | undefined
}

/** Who the client acts for: a user by name, or a session. Exactly one of them. */
export type Subject<S extends string = string> =
  | {
      /** `userId@companyId`, or `userId@companyId|entityId` for an entity */
      readonly username: PerTenant<string>
      readonly sessionId?: undefined
      readonly session?: undefined
    }
  | {
      /** a live session of the XML API or of the user interface */
      readonly sessionId: PerTenant<Secret>
      readonly username?: undefined
      readonly session?: undefined
    }
  | {
      /** the name of an intacct-xml connection of the same application, whose session is borrowed */
      readonly session: S
      readonly username?: undefined
      readonly sessionId?: undefined
    }

/** Options of `intacctRest.clientCredentials`. All of them accept `undefined`. */
export type ClientCredentialsOptions<S extends string = string> = Common & {
  /**
   * the client secret of the application: a text or a `Redacted`, or a function of the tenant. It is sent to the token
   * server alone, and never shown
   */
  readonly clientSecret: PerTenant<Secret>
  /** how the request for a token is written; Intacct documents JSON and takes both; default `"form"` (RFC 6749) */
  readonly tokenBody?: "form" | "json" | undefined
} & Subject<S> &
  Target<IntacctRestUrls>

/** Options of `intacctRest.authorizationCode`. All of them accept `undefined`. */
export type AuthorizationCodeOptions = Common & {
  /**
   * the client secret of the application: a text or a `Redacted`, or a function of the tenant. Left out for a public
   * client, which PKCE protects
   */
  readonly clientSecret?: PerTenant<Secret> | undefined
  /** the callback, exactly as it is registered at Sage */
  readonly redirectUri: string
  /** default `"offline_access"`, without which Intacct gives no refresh token; `""` asks for none */
  readonly scope?: string | undefined
  /** how many grants of the connection keep-alive renews at a time in this process, 1 to 1,000; default 16 */
  readonly keepAliveConcurrency?: number | undefined
} & Target<IntacctRestUrls>

const text = OptionDecoder.perTenant(OptionDecoder.text)

/** The schemas of options that may be functions, for when they were asked. */
export const textOption = OptionDecoder.text
export const secretOption = OptionDecoder.secretText("clientSecret")
export const sessionIdOption = OptionDecoder.secretText("sessionId")

const grammar = '"userId@companyId", or "userId@companyId|entityId" for an entity'

/** A user as the token endpoint takes it, in its parts. */
export interface Username {
  readonly text: string
  readonly companyId: string
  readonly entityId: string | undefined
}

/**
 * Reads `userId@companyId|entityId`. The user id may have an `@` of its own: the last one divides. Any part may hold
 * spaces, as the guide's own sample has it (`Admin@oauth2_main2|Central Region`), but not at its beginning or end.
 */
export const readUsername = (input: unknown): Result.Result<Username, string> => {
  if (typeof input !== "string") return Result.fail(grammar)
  const [subject = "", entityId, ...more] = input.split("|")
  const at = subject.lastIndexOf("@")
  const companyId = subject.slice(at + 1)
  const parts = [subject.slice(0, Math.max(at, 0)), companyId, ...(entityId === undefined ? [] : [entityId])]
  if (more.length > 0 || parts.includes("")) return Result.fail(grammar)
  const wrong = parts.map(readId).find(Result.isFailure)
  return wrong === undefined
    ? Result.succeed({ text: input, companyId, entityId })
    : Result.fail(`${grammar}, each part ${wrong.failure}`)
}

/** The schema of a username. */
export const usernameOption = OptionDecoder.leaf<Username>(grammar, readUsername)

const common = {
  clientId: text,
  entityParameter: Decoder.optional(OptionDecoder.oneOf("entity_id", "location_id", "both")),
  maxTokenAge: Decoder.optional(OptionDecoder.duration),
  assumedGrantLife: Decoder.optional(OptionDecoder.longDuration),
  inDoubt: Decoder.optional(OptionDecoder.oneOf("replay", "report")),
  tier: Decoder.optional(OptionDecoder.oneOf(1, 2, "2-500k", 3, 4)),
  permits: Decoder.optional(OptionDecoder.count(1, 100)),
  meter: Decoder.optional(meterSchema),
  bulkCounts: Decoder.optional(OptionDecoder.oneOf("record", "call")),
  ca: Decoder.optional(OptionDecoder.certificates),
  deadline: Decoder.optional(OptionDecoder.duration),
  ...OptionDecoder.oauthServers
}

const secret = OptionDecoder.perTenant(secretOption)

const ClientCredentialsSchema = Decoder.Struct(
  {
    ...common,
    clientSecret: secret,
    tokenBody: Decoder.optional(OptionDecoder.oneOf("form", "json")),
    username: Decoder.optional(OptionDecoder.perTenant(usernameOption)),
    sessionId: Decoder.optional(
      OptionDecoder.perTenant(sessionIdOption, "a session id, or a function of the tenant that returns one")
    ),
    session: Decoder.optional(OptionDecoder.text)
  },
  "an object { clientId, clientSecret, username }"
)

const AuthorizationCodeSchema = Decoder.Struct(
  {
    ...common,
    clientSecret: Decoder.optional(secret),
    redirectUri: OptionDecoder.text,
    scope: Decoder.optional(OptionDecoder.string),
    keepAliveConcurrency: Decoder.optional(OptionDecoder.count(1, 1_000))
  },
  "an object { clientId, redirectUri }"
)

/** The options of either builder, checked: secrets redacted, defaults filled in. */
export interface IntacctRestConfiguration {
  readonly clientId: unknown
  readonly clientSecret: Redacted.Redacted | ((tenant: string) => unknown) | undefined
  readonly entityParameter: "entity_id" | "location_id" | "both"
  readonly maxTokenAge: number | undefined
  readonly assumedGrantLife: number
  readonly inDoubt: "replay" | "report"
  readonly tier: Tier | undefined
  readonly permits: number | undefined
  readonly meter: MeterOptions | undefined
  readonly bulkCounts: "record" | "call"
  readonly ca: string | URL | undefined
  readonly deadline: number | undefined
  readonly sandbox: boolean
  readonly urls: { readonly [K in IntacctRestUrls]: string }
  readonly tokenBody: "form" | "json"
  /** whose token it is; undefined: a human's, by consent */
  readonly subject:
    | { readonly kind: "username"; readonly username: unknown }
    | { readonly kind: "sessionId"; readonly sessionId: unknown }
    | { readonly kind: "session"; readonly connection: string }
    | undefined
  readonly redirectUri: string | undefined
  readonly scope: string | undefined
  /** see `KeptAlive` */
  readonly keepAliveConcurrency: number | undefined
}

const xml =
  "left out: REST takes an OAuth 2.0 client, sender and login belong to intacctXml. To use that connection's session here, see session. To get an XML session from this one, see client.session()"

const misplaced = {
  sender: xml,
  login: xml,
  senderId: xml,
  senderPassword: xml,
  companyId: 'left out: the company is part of username: "userId@companyId"',
  userId: 'left out: the user is part of username: "userId@companyId"',
  password: "left out: a client of the REST API signs in without the user's password",
  entityId: 'left out: give username "userId@companyId|entityId", or use client.entity(id)'
}

const half = (input: unknown): Partial<Record<string, unknown>> => (Predicate.isObject(input) ? input : {})

const urlIssues = (input: unknown): ReadonlyArray<Issue> => {
  const { environment, urls } = half(input)
  if (urls === undefined) return []
  if (environment !== "sandbox") return [{ option: "urls", expected: 'nothing, or environment: "sandbox" beside it' }]
  return Object.entries(half(urls)).flatMap(([name, url]) => {
    const checked = typeof url === "string" ? checkSandboxUrl(url) : undefined
    return checked !== undefined && Result.isFailure(checked)
      ? [{ option: `urls.${name}`, expected: checked.failure }]
      : []
  })
}

const subjectIssues = (input: unknown): ReadonlyArray<Issue> => {
  const given = ["username", "sessionId", "session"].filter((name) => half(input)[name] !== undefined)
  return given.length === 1
    ? []
    : [{ option: given[1] ?? "username", expected: "exactly one of username, sessionId and session" }]
}

const standIns = (...needed: ReadonlyArray<IntacctRestUrls>) => ({
  needed,
  production: [".intacct.com"],
  intacct: true
})

const clientRelations = (input: unknown): ReadonlyArray<Issue> => [
  ...urlIssues(input),
  ...standInIssues(input, standIns("token", "revoke", "api")),
  ...subjectIssues(input)
]

const codeRelations = (input: unknown): ReadonlyArray<Issue> => [
  ...urlIssues(input),
  ...standInIssues(input, standIns("authorize", "token", "revoke", "api")),
  ...redirectIssues(half(input)["redirectUri"])
]

const filled = (
  checked: Omit<
    typeof AuthorizationCodeSchema.Type,
    "redirectUri" | "scope" | "clientSecret" | "keepAliveConcurrency"
  > & {
    readonly clientSecret?: IntacctRestConfiguration["clientSecret"]
  },
  rest: Pick<IntacctRestConfiguration, "tokenBody" | "subject" | "redirectUri" | "scope" | "keepAliveConcurrency">
): IntacctRestConfiguration => {
  const urls = checked.environment === "sandbox" ? checked.urls : undefined
  return {
    clientId: checked.clientId,
    clientSecret: checked.clientSecret,
    entityParameter: checked.entityParameter ?? "entity_id",
    maxTokenAge: checked.maxTokenAge,
    assumedGrantLife: checked.assumedGrantLife ?? 180 * day,
    inDoubt: checked.inDoubt ?? "replay",
    tier: checked.tier,
    permits: checked.permits,
    meter: checked.meter,
    bulkCounts: checked.bulkCounts ?? "record",
    ca: checked.ca,
    deadline: checked.deadline,
    sandbox: checked.environment === "sandbox",
    urls: {
      authorize: urls?.authorize ?? productionUrls.authorize,
      token: urls?.token ?? productionUrls.token,
      revoke: urls?.revoke ?? productionUrls.revoke,
      api: urls?.api ?? productionUrls.api
    },
    ...rest
  }
}

/** Checks the options of `clientCredentials`. */
export const decodeClientCredentials = (
  options: unknown,
  at: string
): Result.Result<IntacctRestConfiguration, ReadonlyArray<Issue>> => {
  const elsewhere = { ...misplaced, redirectUri: "left out: only authorizationCode has a callback" }
  return Result.map(
    Decoder.decode(ClientCredentialsSchema, options, at, { misplaced: elsewhere, relations: clientRelations }),
    (checked) => {
      const { session, sessionId, username } = checked
      return filled(checked, {
        tokenBody: checked.tokenBody ?? "form",
        subject:
          session !== undefined
            ? { kind: "session", connection: session }
            : sessionId !== undefined
              ? { kind: "sessionId", sessionId }
              : { kind: "username", username: isTenantFunction(username) ? username : username?.text },
        redirectUri: undefined,
        scope: undefined,
        keepAliveConcurrency: undefined
      })
    }
  )
}

/** Checks the options of `authorizationCode`. */
export const decodeAuthorizationCode = (
  options: unknown,
  at: string
): Result.Result<IntacctRestConfiguration, ReadonlyArray<Issue>> => {
  const consent = "left out: a human consents in a browser, and the token is theirs; see clientCredentials"
  const elsewhere = { ...misplaced, username: consent, session: consent, sessionId: consent }
  return Result.map(
    Decoder.decode(AuthorizationCodeSchema, options, at, { misplaced: elsewhere, relations: codeRelations }),
    (checked) =>
      filled(checked, {
        tokenBody: "form",
        subject: undefined,
        redirectUri: checked.redirectUri,
        scope: checked.scope === "" ? undefined : (checked.scope ?? "offline_access"),
        keepAliveConcurrency: checked.keepAliveConcurrency
      })
  )
}
