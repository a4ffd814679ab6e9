/**
 * What an application and its connections are set to, as plain data without a secret: for tools that look at them, such
 * as `sage-auth doctor`. Nothing here sends anything.
 */
import { decodeOptions as decodeBusinessCloud } from "./business-cloud/options.ts"
import * as Result from "./config/Result.ts"
import { type AnyConnection, type Connections, type Definition, definitionOf } from "./Connection.ts"
import { openedWith, type Sage } from "./createSageAuth.ts"
import type { Issue, Surface } from "./errors/Reason.ts"
import type { StoreInspection } from "./grant/StorePort.ts"
import { intacctRest } from "./intacct-rest/intacctRest.ts"
import {
  decodeAuthorizationCode,
  decodeClientCredentials,
  type IntacctRestConfiguration
} from "./intacct-rest/options.ts"
import { decodeOptions as decodeIntacctXml } from "./intacct-xml/options.ts"
import type { CheckedSettings } from "./Config.ts"
import type { CoordinationInspection } from "./traffic/CoordinationPort.ts"
import { checkCertificate, decodeCertificate, readAuthority } from "./x3/credentialOptions.ts"
import { decodeOptions as decodeGateway } from "./x3/gateway/options.ts"
import { decodeOptions as decodeGraphQL } from "./x3/graphql/options.ts"
import { decodeOptions as decodeWebServices, type Deployment } from "./x3/web-services/options.ts"

export type { Sage } from "./createSageAuth.ts"
export type { CoordinationInspection } from "./traffic/CoordinationPort.ts"
export type { AnyConnection, Connections } from "./Connection.ts"
export {
  intacctSdkCredentials,
  type IntacctSdkCredentials,
  type IntacctSdkSettings
} from "./intacct-xml/environment.ts"

/** How a connection authenticates. */
export type Flow =
  | "login"
  | "client-credentials"
  | "authorization-code"
  | "basic"
  | "certificate"
  | "supplied-token"
  | "connected-application"
  | "pairing"

/** A TLS client certificate, as far as anybody may see it. */
export interface ShownCertificate {
  /** the X3 login that it stands for */
  readonly commonName: string | undefined
  /** as OpenSSL writes it */
  readonly issuer: string
  /** its first moment */
  readonly validFrom: Date
  /** its last moment */
  readonly validTo: Date
  /** SHA-256, in hexadecimal with colons */
  readonly fingerprint: string
}

/** What a connection is set to for one tenant. No member holds a secret. */
export interface ConnectionSettings {
  /** its name among `connections` */
  readonly connection: string
  /** the tenant whose options were asked for */
  readonly tenant: string
  /** the API that it speaks */
  readonly surface: Surface
  /** how it authenticates */
  readonly flow: Flow
  /** whether a human consents in a browser */
  readonly interactive: boolean
  /** whether each request of Intacct's XML API signs in by itself, and no session is kept */
  readonly loginEachTime: boolean
  /** Sage's own servers, or those that stand in for them */
  readonly environment: "production" | "sandbox"
  /** where requests go, by what they are for: `authorize`, `token`, `revoke`, `api`, `xml` or `root` */
  readonly urls: Readonly<Record<string, string>>
  /**
   * who it is, by the option's name, such as `clientId`, `senderId`, `companyId`, `userId`, `username`, `user`,
   * `business`, `country`, `endpoint`, `audience` or `customer`
   */
  readonly ids: Readonly<Record<string, string>>
  /** the callback of consents */
  readonly redirectUri: string | undefined
  /** what tokens are asked for */
  readonly scope: string | undefined
  /** the entities that it must see */
  readonly entities: ReadonlyArray<string>
  /** permits of SOAP pools, by alias */
  readonly pools: Readonly<Record<string, number>>
  /** permits of the company's pool or of REST; undefined: the default */
  readonly permits: number | undefined
  /** the day on which the developer licence ends, as `YYYY-MM-DD` */
  readonly licenseExpires: string | undefined
  /** private authorities that it trusts besides the platform's, as PEM */
  readonly authorities: ReadonlyArray<string>
  /** the TLS client certificate, where that is its credential */
  readonly certificate: ShownCertificate | undefined
  /** the connection whose session it borrows */
  readonly session: string | undefined
  /** whether each API call also needs a subscription key and a resource owner: Business Cloud Accounting before v3.1 */
  readonly threeHeaders: boolean
  /** seconds that a token of a connected application lives */
  readonly tokenLife: number | undefined
  /** options that are functions and gave nothing usable for this tenant; never what they gave */
  readonly issues: ReadonlyArray<Issue>
}

/** What an application is set to. No member holds a secret. */
export interface ApplicationSettings {
  /** where grants live: in memory, in a file of SQLite, or in a store of another kind */
  readonly store: "memory" | "sqlite" | "other"
  /** the file of SQLite */
  readonly storePath: string | undefined
  /** which parts a store of another kind has */
  readonly storeParts: { readonly once: boolean; readonly meters: boolean }
  /** how many keys seal and open what is stored */
  readonly keys: number
  /** whether the keys were made for this process, and end with it */
  readonly ownKeys: boolean
  /** where the pools are */
  readonly coordination: "memory" | "other"
  /** milliseconds between renewals of unused grants; undefined: nothing renews them by itself */
  readonly keepAliveEvery: number | undefined
  /** milliseconds that callers wait; undefined: the default */
  readonly deadline: number | undefined
  /** milliseconds since the epoch by the application's own clock; undefined: it lives by the machine's */
  readonly now: (() => number) | undefined
}

/** An application of `createSageAuth`, whatever its connections are called. */
export type Opened = Pick<Sage<Connections>, "connections">

const settingsOf = (sage: Opened): CheckedSettings | undefined =>
  (sage as Opened & { readonly [openedWith]?: () => CheckedSettings })[openedWith]?.()

const hasPart = (store: unknown, part: string): boolean =>
  typeof store === "object" && store !== null && part in store && (store as Record<string, unknown>)[part] !== undefined

/**
 * What an application of `createSageAuth` is set to.
 *
 * @throws `TypeError` for something else
 */
export const inspectApplication = (sage: Opened): ApplicationSettings => {
  const settings = settingsOf(sage)
  if (settings === undefined)
    throw new TypeError('inspectApplication takes what createSageAuth of "@sage-auth/core" returned')
  const { clock, coordination, keepAlive, keys, store } = settings
  const sqlite = typeof store === "string" && store !== "memory:"
  const kept = typeof store === "string"
  return {
    store: store === "memory:" ? "memory" : sqlite ? "sqlite" : "other",
    storePath: sqlite ? store.slice("sqlite:".length) : undefined,
    storeParts: { once: kept || hasPart(store, "once"), meters: kept || hasPart(store, "meters") },
    keys: keys.length,
    ownKeys: settings.ownKeys,
    coordination: coordination === "memory:" ? "memory" : "other",
    keepAliveEvery: keepAlive?.every,
    deadline: settings.deadline,
    now: clock === undefined ? undefined : () => clock.now()
  }
}

/** A lease that is held, for people who look. */
export interface ShownLease {
  /** the grant's connection */
  readonly connection: string
  /** the grant's tenant */
  readonly tenant: string
  /** whose it is, such as `process 4711 on host web-1` */
  readonly holder: string
  /** whether a refresh token may be under way */
  readonly sent: boolean
}

/** What processes share, and who works with it. Where a store or a coordination says nothing, it is left out. */
export interface Sharing {
  /** where grants are */
  readonly store:
    | { readonly place: string; readonly processes: number; readonly leases: ReadonlyArray<ShownLease> }
    | undefined
  /** where pools are */
  readonly coordination: CoordinationInspection | undefined
}

const inspection = async <A>(of: unknown): Promise<A | undefined> =>
  hasPart(of, "inspect") ? (of as { readonly inspect: () => Promise<A> }).inspect() : undefined

/**
 * Asks store and coordination who works with them. Sends nothing to Sage. The application is to be open, see `ready()`.
 *
 * @throws what they fail with
 */
export const inspectSharing = async (sage: Opened): Promise<Sharing> => {
  const settings = settingsOf(sage)
  const store = await inspection<StoreInspection>(settings?.store)
  // it is a part of the engine, which an open application has loaded
  const { describeHolder, holderOf } = await import("./grant/Leases.ts")
  return {
    store: store && {
      place: store.place,
      processes: store.processes,
      leases: store.leases.map(({ key, owner, sent }) => ({
        connection: key.connection,
        tenant: key.tenant,
        holder: describeHolder(holderOf(owner)),
        sent
      }))
    },
    coordination: await inspection<CoordinationInspection>(settings?.coordination)
  }
}

/** Whether the events of other processes can be read, with `events({ scope: "all" })`. Sends nothing. */
export const tellsEvents = (sage: Opened): boolean => hasPart(settingsOf(sage)?.coordination, "broadcast")

/**
 * Asks the application's coordination for the state of an unused pool: whether it answers.
 *
 * @throws what the coordination fails with
 */
export const tryCoordination = async (sage: Opened): Promise<void> => {
  const coordination = settingsOf(sage)?.coordination
  if (typeof coordination === "object" && "state" in coordination) {
    await coordination.state("sage-auth-doctor")
  }
}

const filled = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined)

/** What options answer for a tenant, and which of them did not. */
class Asked {
  readonly issues: Array<Issue> = []
  readonly #at: string
  readonly #tenant: string

  constructor(at: string, tenant: string) {
    this.#at = at
    this.#tenant = tenant
  }

  async ask(option: string, value: unknown): Promise<unknown> {
    if (typeof value !== "function") return value
    try {
      const answer: unknown = await (value as (tenant: string) => unknown)(this.#tenant)
      if (answer !== undefined && answer !== null) return answer
    } catch {
      // what it threw may hold anything
    }
    this.issues.push({ option: `${this.#at}.${option}`, expected: "a function that gives this tenant a usable value" })
    return undefined
  }

  async text(option: string, value: unknown): Promise<string | undefined> {
    return filled(await this.ask(option, value))
  }

  async member(option: string, value: unknown, name: string): Promise<string | undefined> {
    const answer = await this.ask(option, value)
    return typeof answer === "object" && answer !== null
      ? filled((answer as Readonly<Record<string, unknown>>)[name])
      : undefined
  }
}

type Found = Partial<Omit<ConnectionSettings, "ids">> & {
  readonly flow: Flow
  readonly ids?: Readonly<Record<string, string | undefined>> | undefined
  readonly ca?: string | URL | undefined
}

const present = (values: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined))

const intacctXmlOf = async (options: unknown, at: string, asked: Asked): Promise<Found> => {
  const { authentication, ca, endpoint, entities, login, permits, sender } = Result.getOrThrow(
    decodeIntacctXml(options, at)
  )
  const by = await asked.ask("sender", sender)
  const who = await asked.ask("login", login)
  const licence = await asked.member("sender", by, "licenseExpires")
  return {
    flow: "login",
    loginEachTime: authentication === "login",
    urls: { xml: endpoint.href },
    ids: {
      senderId: await asked.member("sender", by, "id"),
      companyId: await asked.member("login", who, "companyId"),
      userId: await asked.member("login", who, "userId"),
      entityId: await asked.member("login", who, "entityId"),
      clientId: await asked.member("login", who, "clientId")
    },
    entities,
    permits,
    licenseExpires: licence,
    ca
  }
}

const intacctRestOf = async (
  { ca, clientId, permits, redirectUri, scope, subject, urls }: IntacctRestConfiguration,
  asked: Asked
): Promise<Found> => ({
  flow: subject === undefined ? "authorization-code" : "client-credentials",
  urls: subject === undefined ? { ...urls } : { token: urls.token, revoke: urls.revoke, api: urls.api },
  ids: {
    clientId: await asked.text("clientId", clientId),
    username: subject?.kind === "username" ? await asked.text("username", subject.username) : undefined
  },
  session: subject?.kind === "session" ? subject.connection : undefined,
  redirectUri,
  scope,
  permits,
  ca
})

const businessCloudOf = async (options: unknown, at: string, asked: Asked): Promise<Found> => {
  const checked = Result.getOrThrow(decodeBusinessCloud(options, at))
  return {
    flow: "authorization-code",
    urls: present({ ...checked.urls }),
    ids: {
      clientId: await asked.text("clientId", checked.clientId),
      business: await asked.text("business", checked.business),
      country: await asked.text("country", checked.country)
    },
    redirectUri: checked.redirectUri,
    scope: checked.scope,
    threeHeaders: checked.subscriptionId !== undefined || checked.resourceOwnerId !== undefined,
    ca: checked.ca
  }
}

const webServicesOf = async (options: unknown, deployment: Deployment, at: string, asked: Asked): Promise<Found> => {
  const { auth, baseUrl, ca, permits, pools } = Result.getOrThrow(decodeWebServices(options, deployment, at))
  const common = { permits, pools, ca }
  const api = await asked.text("baseUrl", baseUrl)
  switch (auth.kind) {
    case "basic":
      return {
        ...common,
        flow: "basic",
        urls: present({ api }),
        ids: { user: await asked.member("auth", auth.options, "user") }
      }
    case "certificate": {
      const given = await asked.ask("auth", auth.options)
      const source = given === undefined ? undefined : Result.getOrUndefined(decodeCertificate(given, `${at}.auth`))
      // TLS looks at the machine's own clock
      const checked =
        source === undefined ? undefined : Result.getOrUndefined(checkCertificate(source, `${at}.auth`, Date.now()))
      const own = source?.ca === undefined ? [] : readPem(source.ca, `${at}.auth`)
      const leaf = checked?.leaf
      return {
        ...common,
        flow: "certificate",
        urls: present({ api }),
        authorities: own,
        certificate:
          leaf === undefined
            ? undefined
            : {
                commonName: checked?.commonName,
                issuer: leaf.issuer.replaceAll("\n", ", "),
                validFrom: leaf.validFromDate,
                validTo: leaf.validToDate,
                fingerprint: leaf.fingerprint256
              }
      }
    }
    case "oauth2": {
      const { authorizeUrl: authorize, redirectUri, revokeUrl: revoke, scope, tokenUrl: token } = auth
      const ids = { clientId: await asked.text("auth.clientId", auth.clientId) }
      return {
        ...common,
        flow: "authorization-code",
        urls: present({ authorize, token, revoke, api }),
        ids,
        redirectUri,
        scope
      }
    }
    case "client-credentials":
      return {
        ...common,
        flow: "client-credentials",
        urls: present({ token: auth.tokenUrl, api }),
        ids: { clientId: await asked.text("auth.clientId", auth.clientId) },
        scope: auth.scope
      }
    case "supplied":
      return { ...common, flow: "supplied-token", urls: present({ api }) }
  }
}

const graphqlOf = async (options: unknown, at: string, asked: Asked): Promise<Found> => {
  const { api, ca, credential, endpoint, url } = Result.getOrThrow(decodeGraphQL(options, at))
  const registered = await asked.text("url", url)
  const common = { urls: present({ api: api ?? registered }), ca }
  const place = { endpoint: await asked.text("endpoint", endpoint) }
  if (credential.kind === "basic") {
    return {
      ...common,
      flow: "basic",
      ids: { ...place, user: await asked.member("auth", credential.basic, "user") }
    }
  }
  const app = await asked.ask("app", credential.app)
  return {
    ...common,
    flow: "connected-application",
    ids: {
      ...place,
      clientId: await asked.member("app", app, "clientId"),
      user: await asked.member("app", app, "user"),
      audience: credential.audience === undefined ? registered : await asked.text("audience", credential.audience)
    },
    tokenLife: credential.life
  }
}

const gatewayOf = async (options: unknown, at: string, asked: Asked): Promise<Found> => {
  const { ca, clientId, customer, redirectUri, root, scope } = Result.getOrThrow(decodeGateway(options, at))
  return {
    flow: "pairing",
    urls: { root },
    ids: {
      clientId: await asked.text("clientId", clientId),
      customer: await asked.text("customer", customer)
    },
    redirectUri,
    scope,
    ca
  }
}

const foundOf = ({ builder, options }: Definition, at: string, asked: Asked): Promise<Found> => {
  switch (builder) {
    case "intacct-xml":
      return intacctXmlOf(options, at, asked)
    case "intacct-rest.client-credentials":
      return intacctRestOf(Result.getOrThrow(decodeClientCredentials(options, at)), asked)
    case "intacct-rest.authorization-code":
      return intacctRestOf(Result.getOrThrow(decodeAuthorizationCode(options, at)), asked)
    case "business-cloud":
      return businessCloudOf(options, at, asked)
    case "x3.on-premise":
      return webServicesOf(options, "onPremise", at, asked)
    case "x3.online":
      return webServicesOf(options, "online", at, asked)
    case "x3.graphql":
      return graphqlOf(options, at, asked)
    case "x3.gateway":
      return gatewayOf(options, at, asked)
  }
}

const readPem = (ca: string | URL, at: string): ReadonlyArray<string> =>
  Result.match(readAuthority(ca, at, "ca"), { onSuccess: (pem) => [pem], onFailure: () => [] })

const isSandbox = (options: unknown): boolean =>
  typeof options === "object" &&
  options !== null &&
  (options as { readonly environment?: unknown }).environment === "sandbox"

/**
 * What a connection is set to for a tenant. Options that are functions are asked.
 *
 * @throws `TypeError` for a name that is none of its connections
 *
 * @example
 * ```ts
 * const { urls, ids } = await inspectConnection(sage, "ledger")
 * console.log(urls["xml"], ids["senderId"])
 * ```
 */
export const inspectConnection = async (
  sage: Opened,
  connection: string,
  tenant = "default"
): Promise<ConnectionSettings> => {
  const definition = Object.hasOwn(sage.connections, connection)
    ? definitionOf(sage.connections[connection])
    : undefined
  if (definition === undefined) throw new TypeError("inspectConnection takes the name of a connection")
  const at = `connections.${connection}`
  const asked = new Asked(at, tenant)
  const { authorities = [], ca, ids = {}, ...found } = await foundOf(definition, at, asked)
  return {
    connection,
    tenant,
    surface: definition.surface,
    interactive: definition.interactive,
    environment: isSandbox(definition.options) ? "sandbox" : "production",
    loginEachTime: false,
    urls: {},
    redirectUri: undefined,
    scope: undefined,
    entities: [],
    pools: {},
    permits: undefined,
    licenseExpires: undefined,
    certificate: undefined,
    session: undefined,
    threeHeaders: false,
    tokenLife: undefined,
    ...found,
    ids: present(ids),
    authorities: [...authorities, ...(ca === undefined ? [] : readPem(ca, at))],
    issues: asked.issues
  }
}

/**
 * A connection with the same OAuth 2.0 client in the authorization code flow. Whether a server knows the client can be
 * told by a code that it must refuse. An interactive connection is one already.
 *
 * @returns undefined where no server issued a client
 */
export const clientAlone = (connection: AnyConnection): AnyConnection | undefined => {
  if (connection.interactive) return connection
  const definition = definitionOf(connection)
  if (definition?.builder !== "intacct-rest.client-credentials") return undefined
  const { ca, clientId, clientSecret, environment, urls } = definition.options as Readonly<Record<string, unknown>>
  const { token } = (urls ?? {}) as Readonly<Record<string, unknown>>
  return intacctRest.authorizationCode({
    ca,
    clientId,
    clientSecret,
    environment,
    // no browser is sent there
    redirectUri: "https://sage-auth.invalid/doctor",
    ...(environment === "sandbox" ? { urls: { authorize: token, ...(urls as object) } } : {})
  } as never)
}
