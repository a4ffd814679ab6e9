import * as Predicate from "effect/Predicate"
import type * as Redacted from "effect/Redacted"
import type { Issue } from "../errors/Reason.ts"
import * as Result from "../config/Result.ts"
import { checkSandboxUrl, checkUrl, standInIssues, type Target } from "../config/hosts.ts"
import * as Decoder from "../config/decoder.ts"
import * as OptionDecoder from "../config/options.ts"
import { isTenantFunction, type PerTenant, type Secret } from "../config/options.ts"
import type { MeterOptions } from "../traffic/Meter.ts"
import type { Tier } from "../traffic/Pool.ts"
import { meterSchema } from "../traffic/options.ts"

/** Where the first request of a session goes. Source: developer.intacct.com, Web Services. */
export const productionEndpoint = "https://api.intacct.com/ia/xml/xmlgw.phtml"

/** Endings of the hosts that Intacct's credentials may be sent to in production. */
export const intacctHosts: ReadonlyArray<string> = [".intacct.com"]

/** The application: what Sage issued with the Web Services developer licence. */
export interface Sender {
  /** the sender id; case-sensitive; each company has to authorise it for Web Services */
  readonly id: string
  /** the password of the sender id: a text or a `Redacted`. It is sent with every request, and never shown */
  readonly password: Secret
  /**
   * The day on which the licence ends, such as `2027-06-30`. From 60 days before an event says so, and sender errors
   * after it fail as `LicenseExpired`. Default: not known.
   */
  readonly licenseExpires?: string | undefined
}

/** The user whose data it is. Source: developer.intacct.com, Web Services, Requests (`login`). */
export interface Login {
  /**
   * The company. From a console, `console|client|entity` slides into an entity of a client company; then `clientId` and
   * `entityId` are left out. Two parts are read as `company|entity`: to slide in without an entity, give `clientId`.
   */
  readonly companyId: string
  /** the Web Services user, as it stands in the company */
  readonly userId: string
  /** the password of that user: a text or a `Redacted`. It is sent where a session is opened, and never shown */
  readonly password: Secret
  /** the entity that sessions are bound to; default: top level */
  readonly entityId?: string | undefined
  /** the client company to slide into when `companyId` is a console; default: none */
  readonly clientId?: string | undefined
}

/** Everything {@link IntacctXmlOptions} has but where its requests go. */
export interface IntacctXmlSettings {
  /** the application: sender id and password of the Web Services developer licence, or a function of the tenant */
  readonly sender: PerTenant<Sender>
  /** the user whose data it is, or a function of the tenant */
  readonly login: PerTenant<Login>
  /**
   * `"session"` (default) opens a session and uses it for every call. `"login"` sends the login with every request,
   * which suits one-off scripts.
   */
  readonly authentication?: "session" | "login" | undefined
  /**
   * Entities that the connection must be able to see. A user who is restricted gets empty answers and no error, so this
   * is what `probeEntities()` asks about. Default: none.
   */
  readonly entities?: ReadonlyArray<string> | undefined
  /**
   * renew an idle session in the background before it times out. Default false: an idle session is renewed at its next
   * use
   */
  readonly keepSessionAlive?: boolean | undefined
  /**
   * The company's performance tier: raises the pool and sets the meter's allowance. Default: two connections at a time
   * and the allowance of tier 1.
   */
  readonly tier?: Tier | undefined
  /** permits of the company's pool, 1 to 100; wins over `tier` */
  readonly permits?: number | undefined
  /** how the company's billable transactions are watched; counted by company and calendar month */
  readonly meter?: MeterOptions | undefined
  /** a private authority to trust besides the platform's: PEM text, or the `file:` URL of a file, which is watched */
  readonly ca?: string | URL | undefined
  /**
   * how long a caller waits: milliseconds, or a string such as `"30 seconds"`; default: the application's, 30 seconds
   */
  readonly deadline?: number | string | undefined
  /**
   * The first request's URL when Sage names another one than {@link productionEndpoint}: https, a host that ends with
   * `.intacct.com`. Servers elsewhere need `environment: "sandbox"` and `urls.xml`.
   */
  readonly endpoint?: string | undefined
}

/** Options of `intacctXml`. All of them accept `undefined`, which means the default. */
export type IntacctXmlOptions = IntacctXmlSettings & Target<"xml">

/** A {@link Sender} that was checked. */
export interface CheckedSender {
  readonly id: string
  readonly password: Redacted.Redacted
  readonly licenseExpires?: string | undefined
}

/** A {@link Login} that was checked. */
export interface CheckedLogin {
  readonly companyId: string
  readonly userId: string
  readonly password: Redacted.Redacted
  readonly entityId?: string | undefined
  readonly clientId?: string | undefined
}

/** {@link IntacctXmlOptions} that were checked: secrets redacted, defaults filled in. */
export interface IntacctXmlConfiguration {
  /** a function is still to be asked and checked, see {@link decodeSender} */
  readonly sender: CheckedSender | ((tenant: string) => unknown)
  /** a function is still to be asked and checked, see {@link decodeLogin} */
  readonly login: CheckedLogin | ((tenant: string) => unknown)
  readonly authentication: "session" | "login"
  readonly entities: ReadonlyArray<string>
  readonly keepSessionAlive: boolean
  readonly tier: Tier | undefined
  readonly permits: number | undefined
  readonly meter: MeterOptions | undefined
  readonly ca: string | URL | undefined
  /** milliseconds */
  readonly deadline: number | undefined
  readonly environment: "production" | "sandbox"
  /** where the first request of a session goes */
  readonly endpoint: URL
  /** the `urls` of the sandbox environment: the hosts a session's endpoint may name besides Intacct's own */
  readonly allowed: ReadonlyArray<string>
}

const SenderSchema = Decoder.Struct(
  {
    id: OptionDecoder.text,
    password: OptionDecoder.secretText("sender.password"),
    licenseExpires: Decoder.optional(OptionDecoder.date)
  },
  "an object { id, password }"
)

const LoginSchema = Decoder.Struct(
  {
    companyId: OptionDecoder.text,
    userId: OptionDecoder.text,
    password: OptionDecoder.secretText("login.password"),
    entityId: Decoder.optional(OptionDecoder.text),
    clientId: Decoder.optional(OptionDecoder.text)
  },
  "an object { companyId, userId, password }"
)

const OptionsSchema = Decoder.Struct(
  {
    sender: OptionDecoder.perTenant(SenderSchema),
    login: OptionDecoder.perTenant(LoginSchema),
    authentication: Decoder.optional(OptionDecoder.oneOf("session", "login")),
    entities: Decoder.optional(OptionDecoder.list(OptionDecoder.text, "a list of entity ids")),
    keepSessionAlive: Decoder.optional(OptionDecoder.flag),
    tier: Decoder.optional(OptionDecoder.oneOf(1, 2, "2-500k", 3, 4)),
    permits: Decoder.optional(OptionDecoder.count(1, 100)),
    meter: Decoder.optional(meterSchema),
    ca: Decoder.optional(OptionDecoder.certificates),
    deadline: Decoder.optional(OptionDecoder.duration),
    endpoint: Decoder.optional(OptionDecoder.text),
    environment: Decoder.optional(OptionDecoder.oneOf("production", "sandbox")),
    urls: Decoder.optional(Decoder.Struct({ xml: Decoder.optional(OptionDecoder.text) }, "an object { xml }"))
  },
  "an object { sender, login }"
)

const oauth =
  "left out: the XML API takes a sender and a login, OAuth 2.0 clients belong to intacctRest. To use this connection's session there, see intacctRest.clientCredentials({ clientId, clientSecret, session })"
const inSender = "left out: the sender is given as sender: { id, password }"
const inLogin = "left out: the login is given as login: { companyId, userId, password }"

/** Keys that people bring along from Intacct's other ways in and from Sage's own SDK. */
const misplaced = {
  clientId: oauth,
  clientSecret: oauth,
  redirectUri: oauth,
  username: oauth,
  scope: oauth,
  senderId: inSender,
  senderPassword: inSender,
  companyId: inLogin,
  userId: inLogin,
  userPassword: inLogin,
  entityId: inLogin.replace("password }", "password, entityId }"),
  sessionId: "left out: sessions are opened from sender and login, and renewed",
  endpointUrl: 'left out: endpoint names another host of Intacct, urls.xml one of environment "sandbox"',
  profileName: "left out: profiles are read by intacctXml.fromEnvironment({ profile })"
}

const inUserId = "left out: the user is given as userId"

/** Checks a sender, in its plain form or as a function of the tenant answered. */
export const decodeSender = (input: unknown, at: string): Result.Result<CheckedSender, ReadonlyArray<Issue>> =>
  Decoder.decode(SenderSchema, input, at, { misplaced })

/** Checks a login, in its plain form or as a function of the tenant answered. */
export const decodeLogin = (input: unknown, at: string): Result.Result<CheckedLogin, ReadonlyArray<Issue>> =>
  Decoder.decode(LoginSchema, input, at, { misplaced: { ...misplaced, username: inUserId }, relations: loginRelations })

/**
 * Checks everything that is known before a tenant is; `at` is where the options stand, such as `connections.ledger`.
 */
export const decodeOptions = (
  options: unknown,
  at: string
): Result.Result<IntacctXmlConfiguration, ReadonlyArray<Issue>> =>
  Result.map(
    Decoder.decode(OptionsSchema, options, at, {
      misplaced: {
        ...misplaced,
        "login.username": inUserId,
        "meter.tier": "left out here: tier stands beside meter and sets pool and meter alike"
      },
      relations
    }),
    (checked) => ({
      sender: checked.sender,
      login: checked.login,
      authentication: checked.authentication ?? "session",
      entities: checked.entities ?? [],
      keepSessionAlive: checked.keepSessionAlive ?? false,
      tier: checked.tier,
      permits: checked.permits,
      meter: checked.meter,
      ca: checked.ca,
      deadline: checked.deadline,
      environment: checked.environment ?? "production",
      endpoint: new URL(checked.urls?.xml ?? checked.endpoint ?? productionEndpoint),
      allowed: checked.urls?.xml === undefined ? [] : [checked.urls.xml]
    })
  )

/** Every mistake in the options, none when they are right. */
export const validate = (options: unknown, at: string): ReadonlyArray<Issue> =>
  Result.match(decodeOptions(options, at), { onSuccess: () => [], onFailure: (issues) => issues })

const field = (value: unknown, key: string): unknown => (Predicate.hasProperty(value, key) ? value[key] : undefined)

const filled = (value: unknown): value is string => typeof value === "string" && value !== ""

const loginRelations = (login: unknown): ReadonlyArray<Issue> => {
  const companyId = field(login, "companyId")
  if (!filled(companyId) || !companyId.includes("|")) return []
  const parts = companyId.split("|")
  const issues: Array<Issue> = []
  if (parts.length > 3 || parts.some((part) => part === "" || part.trim() !== part)) {
    issues.push({
      option: "companyId",
      expected:
        'a company id, or "console|client" or "console|client|entity", with no part empty and no white space around one'
    })
  }
  if (filled(field(login, "clientId"))) {
    issues.push({ option: "clientId", expected: 'left out: companyId names the client after its "|"' })
  }
  if (parts.length > 2 && filled(field(login, "entityId"))) {
    issues.push({ option: "entityId", expected: 'left out: companyId names the entity after its second "|"' })
  }
  return issues
}

const relations = (options: unknown): ReadonlyArray<Issue> => {
  const issues: Array<Issue> = []
  const say = (option: string, expected: string) => issues.push({ option, expected })

  const login = field(options, "login")
  if (!isTenantFunction(login)) for (const issue of loginRelations(login)) say(`login.${issue.option}`, issue.expected)

  if (field(options, "authentication") === "login" && field(options, "keepSessionAlive") === true) {
    say("keepSessionAlive", 'left out, or authentication: "session": a login with every request has no session')
  }

  const urls = field(options, "urls")
  const xml = field(urls, "xml")
  if (field(options, "environment") === "sandbox") {
    if (filled(xml)) Result.mapError(checkSandboxUrl(xml), (expected) => say("urls.xml", expected))
    const standIns = { needed: ["xml"], production: intacctHosts, intacct: true }
    for (const { expected, option } of standInIssues(options, standIns)) say(option, expected)
  } else if (typeof urls === "object" && urls !== null && Object.values(urls).some((url) => url !== undefined)) {
    say("urls", 'left out, or environment: "sandbox": production credentials go to hosts of Intacct only')
  }

  const endpoint = field(options, "endpoint")
  if (filled(endpoint)) {
    const hosts = { environment: "production", suffixes: intacctHosts } as const
    Result.mapError(checkUrl(endpoint, hosts), (expected) => say("endpoint", expected))
    if (filled(xml)) say("endpoint", "left out: urls.xml says where requests go")
  }
  return issues
}
