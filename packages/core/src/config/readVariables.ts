import type { Issue } from "../errors/Reason.ts"
import { builtin } from "./builtin.ts"

/** Which table of variables a builder reads. Both builders of a surface share its prefix. */
export type VariablesOf =
  | "intacct-xml"
  | "intacct-rest.client-credentials"
  | "intacct-rest.authorization-code"
  | "business-cloud"
  | "x3.web-services"
  | "x3.graphql"
  | "x3.gateway"

/** What is asked of the environment. */
export interface VariablesQuery {
  readonly of: VariablesOf
  /** what the names start with, instead of the surface's `SAGE_…_` */
  readonly prefix?: unknown
  /** default `process.env` */
  readonly env?: unknown
  /** how X3's web services authenticate, where the code says so; default: `AUTH`, or what the variables add up to */
  readonly auth?: unknown
}

/** What the environment holds. */
export interface FoundVariables {
  /** as a user would write them; `auth` of X3 as its kind and options */
  readonly options: Readonly<Record<string, unknown>>
  /** whether any variable of the table is set */
  readonly any: boolean
  /** the same mistakes, under the names of the variables that they are about; `at` is the connection's path */
  readonly named: (issues: ReadonlyArray<Issue>, at: string) => ReadonlyArray<Issue>
}

type Kind = "text" | "count" | "flag" | "list" | "span" | "json" | "file" | "pem" | "fractions"

/** The end of a variable's name, where its value goes, and how it is read: as it stands by default. */
export type Row = readonly [name: string, option: string, kind?: Kind]

const everywhere: ReadonlyArray<Row> = [
  ["DEADLINE", "deadline", "span"],
  ["CA", "ca", "pem"],
  ["ENVIRONMENT", "environment"]
]

const urls = (...servers: ReadonlyArray<string>): ReadonlyArray<Row> =>
  servers.map((server) => [`URL_${server.toUpperCase()}`, `urls.${server}`])

const company: ReadonlyArray<Row> = [
  ["TIER", "tier", "count"],
  ["PERMITS", "permits", "count"],
  ["METER_ALLOWANCE", "meter.allowance", "count"],
  ["METER_BUDGET", "meter.budget", "count"],
  ["METER_POLICY", "meter.policy"],
  ["METER_THRESHOLDS", "meter.thresholds", "fractions"],
  ["METER_COUNT_LOGINS", "meter.countLogins", "flag"]
]

const rotation: ReadonlyArray<Row> = [
  ["IN_DOUBT", "inDoubt"],
  ["MAX_TOKEN_AGE", "maxTokenAge", "span"]
]

const keepAlive: Row = ["KEEP_ALIVE_CONCURRENCY", "keepAliveConcurrency", "count"]

const intacctRest: ReadonlyArray<Row> = [
  ["CLIENT_ID", "clientId"],
  ["CLIENT_SECRET", "clientSecret"],
  ["ENTITY_PARAMETER", "entityParameter"],
  ["ASSUMED_GRANT_LIFE", "assumedGrantLife", "span"],
  ["BULK_COUNTS", "bulkCounts"],
  ...rotation,
  ...company,
  ...urls("authorize", "token", "revoke", "api"),
  ...everywhere
]

interface VariableTable {
  readonly prefix: string
  /** options that are objects and have to be there */
  readonly objects?: ReadonlyArray<string>
  readonly rows: ReadonlyArray<Row>
}

/**
 * The variables of every surface, which `docs/configuration.md` lists: a test compares the two. What is a function, an
 * object of a schedule or a predicate is left to code.
 */
export const variables: Readonly<Record<VariablesOf, VariableTable>> = {
  "intacct-xml": {
    prefix: "SAGE_INTACCT_XML_",
    objects: ["sender", "login"],
    rows: [
      ["SENDER_ID", "sender.id"],
      ["SENDER_PASSWORD", "sender.password"],
      ["SENDER_LICENSE_EXPIRES", "sender.licenseExpires"],
      ["COMPANY_ID", "login.companyId"],
      ["USER_ID", "login.userId"],
      ["USER_PASSWORD", "login.password"],
      ["ENTITY_ID", "login.entityId"],
      ["CLIENT_ID", "login.clientId"],
      ["AUTHENTICATION", "authentication"],
      ["ENTITIES", "entities", "list"],
      ["KEEP_SESSION_ALIVE", "keepSessionAlive", "flag"],
      ["ENDPOINT", "endpoint"],
      ...company,
      ...urls("xml"),
      ...everywhere
    ]
  },
  "intacct-rest.client-credentials": {
    prefix: "SAGE_INTACCT_REST_",
    rows: [
      ["USERNAME", "username"],
      ["SESSION_ID", "sessionId"],
      ["SESSION", "session"],
      ["TOKEN_BODY", "tokenBody"],
      ...intacctRest
    ]
  },
  "intacct-rest.authorization-code": {
    prefix: "SAGE_INTACCT_REST_",
    rows: [["REDIRECT_URI", "redirectUri"], ["SCOPE", "scope"], keepAlive, ...intacctRest]
  },
  "business-cloud": {
    prefix: "SAGE_BUSINESS_CLOUD_",
    rows: [
      ["CLIENT_ID", "clientId"],
      ["CLIENT_SECRET", "clientSecret"],
      ["REDIRECT_URI", "redirectUri"],
      ["COUNTRY", "country"],
      ["LOCALE", "locale"],
      ["SCOPE", "scope"],
      ["BUSINESS", "business"],
      ["API", "api"],
      ["SUBSCRIPTION_ID", "subscriptionId"],
      ["RESOURCE_OWNER_ID", "resourceOwnerId"],
      ...rotation,
      keepAlive,
      ...urls("authorize", "token", "revoke", "api"),
      ...everywhere
    ]
  },
  "x3.web-services": {
    prefix: "SAGE_X3_WEB_SERVICES_",
    rows: [
      ["BASE_URL", "baseUrl"],
      ["AUTH", "auth.kind"],
      ["USER", "auth.user"],
      ["PASSWORD", "auth.password"],
      ["PFX", "auth.pfx", "file"],
      ["CERT", "auth.cert", "pem"],
      ["KEY", "auth.key", "pem"],
      ["PASSPHRASE", "auth.passphrase"],
      ["AUTHORIZE_URL", "auth.authorizeUrl"],
      ["TOKEN_URL", "auth.tokenUrl"],
      ["REVOKE_URL", "auth.revokeUrl"],
      ["CLIENT_ID", "auth.clientId"],
      ["CLIENT_SECRET", "auth.clientSecret"],
      ["REDIRECT_URI", "auth.redirectUri"],
      ["SCOPE", "auth.scope"],
      ["ISSUER", "auth.issuer"],
      ["PARAMETERS", "auth.parameters", "json"],
      ["CLIENT_AUTHENTICATION", "auth.clientAuthentication"],
      ["TOKEN", "auth.token"],
      ["POOLS", "pools", "json"],
      ["PERMITS", "permits", "count"],
      ["LANGUAGE", "language"],
      ["ALLOW_PLAIN_HTTP", "allowPlainHttp"],
      ...rotation,
      keepAlive,
      ...urls("api"),
      ...everywhere
    ]
  },
  "x3.graphql": {
    prefix: "SAGE_X3_GRAPHQL_",
    objects: ["app"],
    rows: [
      ["URL", "url"],
      ["ENDPOINT", "endpoint"],
      ["CLIENT_ID", "app.clientId"],
      ["CLIENT_SECRET", "app.clientSecret"],
      ["USER", "app.user"],
      ["PASSWORD", "auth.password"],
      ["AUDIENCE", "audience"],
      ["TOKENS_VALIDITY", "tokensValidity", "span"],
      ["BACKDATE", "backdate", "span"],
      ["DEPLOYMENT", "deployment"],
      ["ALLOW_PLAIN_HTTP", "allowPlainHttp"],
      ...urls("api"),
      ...everywhere
    ]
  },
  "x3.gateway": {
    prefix: "SAGE_X3_GATEWAY_",
    rows: [
      ["ROOT_URL", "rootUrl"],
      ["CLIENT_ID", "clientId"],
      ["CLIENT_SECRET", "clientSecret"],
      ["REDIRECT_URI", "redirectUri"],
      ["CUSTOMER", "customer"],
      ["SCOPE", "scope"],
      ["REGIONS", "regions", "list"],
      ["PKCE", "pkce", "flag"],
      ["CALLBACK_WITHIN", "pairing.callbackWithin", "span"],
      ...rotation,
      keepAlive,
      ...urls("root"),
      ...everywhere
    ]
  }
}

const number = (text: string): number | string => (/^\d{1,15}(?:\.\d{1,15})?$/.test(text) ? Number(text) : text)

const items = (text: string): ReadonlyArray<string> =>
  text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "")

const isPem = (text: string): boolean => text.includes("-----BEGIN")

const isAddress = (text: string): boolean => text.slice(0, 5).toLowerCase() === "file:"

const fileUrl = (path: string): string => {
  if (isAddress(path)) return path
  return builtin("node:url").pathToFileURL(builtin("node:path").resolve(path)).href
}

/** What cannot be read stays the text that it is: the builder's own checks say what it should be. */
const readers: Readonly<Record<Kind, (text: string) => unknown>> = {
  text: (text) => text,
  count: number,
  span: number,
  flag: (text) => (text === "true" ? true : text === "false" ? false : text),
  list: items,
  fractions: (text) => items(text).map(number),
  json: (text) => {
    try {
      return JSON.parse(text) as unknown
    } catch {
      return text
    }
  },
  file: fileUrl,
  pem: (text) => (isPem(text) ? text : fileUrl(text))
}

/** Puts a value where a path such as `login.userId` says. */
const put = (options: Record<string, unknown>, path: string, value: unknown): void => {
  const [first = "", ...rest] = path.split(".")
  if (rest.length === 0) {
    options[first] = value
    return
  }
  const inner = (options[first] ??= {}) as Record<string, unknown>
  put(inner, rest.join("."), value)
}

/** The way to authenticate that the variables of X3's web services add up to, where `AUTH` does not say. */
const kindOf = (auth: Readonly<Record<string, unknown>>): string => {
  if ("token" in auth) return "bearer"
  if ("pfx" in auth || "cert" in auth) return "certificate"
  if ("authorizeUrl" in auth || "redirectUri" in auth) return "oauth2"
  if ("tokenUrl" in auth) return "client-credentials"
  return "basic"
}

/**
 * Reads the variables of a builder: `SAGE_<SURFACE>_<OPTION>`, or with the prefix given. A variable that is empty
 * counts as one that is not set, as in a `.env` that was not filled in.
 */
export const readVariables = ({ auth: wanted, env = process.env, of, prefix }: VariablesQuery): FoundVariables => {
  const table = variables[of]
  const wrong: Array<Issue> = []
  if (typeof env !== "object" || env === null)
    wrong.push({ option: "fromEnvironment.env", expected: "an object like process.env" })
  if (prefix !== undefined && (typeof prefix !== "string" || !/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(prefix))) {
    wrong.push({ option: "fromEnvironment.prefix", expected: 'the beginning of names, such as "ACME_BOOKS_"' })
  }
  const start = typeof prefix === "string" ? `${prefix}${prefix.endsWith("_") ? "" : "_"}` : table.prefix
  const values = wrong.length > 0 ? {} : (env as Readonly<Record<string, unknown>>)
  const options: Record<string, unknown> = {}
  // what is missing in them is named one by one
  for (const name of table.objects ?? []) options[name] = {}
  let any = false
  for (const [name, option, kind = "text"] of table.rows) {
    const value = values[start + name]
    if (value === undefined || value === "") continue
    any = true
    put(options, option, typeof value === "string" ? readers[kind](value) : value)
  }
  const { auth } = options
  if (of === "x3.web-services" && isRecord(auth)) {
    const { kind: configured, ...given } = auth
    const kind = typeof wanted === "string" ? wanted : (configured ?? kindOf(given))
    options["auth"] = { kind, options: given }
  }
  // user and password instead of a connected application: for development
  if (of === "x3.graphql" && isRecord(auth)) {
    const { app, ...rest } = options
    const user = isRecord(app) ? app["user"] : undefined
    const other = isRecord(app) ? Object.fromEntries(Object.entries(app).filter(([name]) => name !== "user")) : {}
    return {
      options: {
        ...rest,
        ...(Object.keys(other).length === 0 ? {} : { app: other }),
        auth: { kind: "basic", options: { user, ...auth } }
      },
      any,
      named
    }
  }
  return { options, any, named }

  function named(issues: ReadonlyArray<Issue>, at: string): ReadonlyArray<Issue> {
    if (wrong.length > 0) return wrong.map(({ option, expected }) => ({ option: `${at}: ${option}`, expected }))
    return issues.map((issue) => {
      const path = issue.option.startsWith(`${at}.`) ? issue.option.slice(at.length + 1) : issue.option
      const row =
        table.rows.find(([, option]) => option === path) ??
        table.rows.find(([, option]) => option.startsWith(`${path}.`))
      return row === undefined ? issue : { option: `${start}${row[0]} (${issue.option})`, expected: issue.expected }
    })
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null
