import { checkChoices, checkCounts, checkDurations, type Choices, laidOver } from "../../checkedOptions.ts"
import { type DurationInput, toMilliseconds } from "../../clock.ts"
import type { Reading } from "../../reading.ts"

/** `session` of `nodelocal.js`, as far as it says who gets in. */
export interface SessionOptions {
  /**
   * The ways in, one or several: `"basic"`, `"oauth2"`, `"bearer"`, `"saml2"`, `"certificate"`, `"sage-id"`, `"ldap"`,
   * spelled exactly so. Default `["basic", "oauth2", "bearer", "certificate"]`.
   */
  readonly auth?: string | ReadonlyArray<string> | undefined
  /** The realm of the Basic challenge. Default `"Syracuse"`. */
  readonly realm?: string | undefined
  /**
   * Whether a login with an `@` is searched among the logins too, and not among the e-mail addresses. Default false.
   */
  readonly authAlwaysLogin?: boolean | undefined
  /** How long an interactive session lives without use, in minutes. Default 20. */
  readonly timeout?: number | undefined
}

/** A classic SOAP pool. */
export interface PoolOptions {
  /** The endpoint that its calls go to. Default `"SEED"`. */
  readonly endpoint?: string | undefined
  /** How many channels each web service process has. Default 10. */
  readonly size?: number | undefined
  /** How long a call waits for a channel. Published without a default; here 30 seconds. */
  readonly queueTimeout?: DurationInput | undefined
  /** Default `"started"`. */
  readonly state?: "started" | "stopped" | undefined
}

/** {@link PoolOptions} with every default in place. */
export type Pool = { readonly [key in keyof PoolOptions]-?: Exclude<PoolOptions[key], undefined> }

/**
 * How the Syracuse server behaves. Lengths of time are milliseconds or text such as `"10 minutes"`.
 */
export interface SyracuseOptions {
  /** `session` of `nodelocal.js`. X3 Online takes bearer tokens alone, whatever stands here. */
  readonly session?: SessionOptions | undefined
  /**
   * `"documented"`: what Sage's pages say. `"card"`: what only the reference document shows. There `oauth2` alone
   * enables bearer tokens, `representation` may be left out, `$top` is `count`, an unknown value of `session.auth`
   * disables authentication, a client certificate precedes whatever `session.auth` lists, and a token without a user
   * acts as the first login of the accounts. Default `"documented"`.
   */
  readonly reading?: Reading | undefined
  /**
   * What a value of `session.auth` does that is none of the seven, or is one in another case. It does nothing, or it
   * leaves no way in, which the reference document alone says. Default as `reading` says: `"ignored"`, or `"disables"`.
   */
  readonly unknownAuth?: "ignored" | "disables" | undefined
  /** "Number of web services children" of the host. Sage's default is 0: `No Web services accepted`. Default 1. */
  readonly webServiceProcesses?: number | undefined
  /** The classic SOAP pools by their alias; these replace the seeded ones. */
  readonly pools?: Readonly<Record<string, PoolOptions>> | undefined
  /**
   * How a call is refused that waited too long for a channel: Sage says "with an error". Status 200 is a result with
   * `status` 0 and this message. Default 500 and `Queue timeout`.
   */
  readonly queueTimeoutAnswer?: { readonly status: 200 | 500 | 503; readonly message: string } | undefined
  /**
   * The login that an access token without a user acts as, which is what client credentials give. null: such a token is
   * refused, as nothing maps it. Default as `reading` says: null, or the first login of the accounts.
   */
  readonly clientCredentialsUser?: string | null | undefined
  /**
   * How long the identity provider's answer about a token is kept before it is asked again. No page says it. Default 0:
   * it is asked each time.
   */
  readonly tokenOwnerKept?: DurationInput | undefined
  /** Whether the JWT of a connected app is also taken by REST and SOAP, which no page says. Default false. */
  readonly connectedAppsOnWebServices?: boolean | undefined
  /** Whether there is a `/xtrem/api`, which needs Sage X3 Services 2021 R2 or later. Default true. */
  readonly xtremApi?: boolean | undefined
  /** Whether `aud` must be the registered URL to the byte; samples leave it empty. Default `"exact"`. */
  readonly audience?: "exact" | "unchecked" | undefined
  /** Whether a JWT must name the allowed user as `sub`. Default `"optional"`, as in Sage's sample. */
  readonly subject?: "optional" | "required" | undefined
  /** The number of `Error NN` for a JWT that lives longer than its app allows, which no source states. Default 50. */
  readonly overlongToken?: number | undefined
  /** How far the server's clock is ahead, in milliseconds; negative when it lags. Default 0. */
  readonly clockSkew?: number | undefined
  /** Whether answers set the cookies `syracuse.sid.<port>` and `client.id`. Default true. */
  readonly cookies?: boolean | undefined
  /**
   * How many interactive sessions the licence allows at a time; `/sdata` and the login page consume one. Default 10.
   */
  readonly badges?: number | undefined
  /** How long each request takes, by the sandbox's clock. Default 0. */
  readonly latency?: DurationInput | undefined
}

type Plain = Omit<SyracuseOptions, "session" | "pools" | "unknownAuth" | "clientCredentialsUser">

/** {@link SyracuseOptions} with every default in place. */
export type ResolvedSyracuseOptions = {
  readonly [key in keyof Plain]-?: Exclude<Plain[key], undefined>
} & {
  readonly session: { readonly [key in keyof SessionOptions]-?: Exclude<SessionOptions[key], undefined> }
  /** Null: as `reading` says. */
  readonly unknownAuth: "ignored" | "disables" | null
  /** Undefined: as `reading` says. */
  readonly clientCredentialsUser: string | null | undefined
  readonly pools: ReadonlyMap<string, Pool>
}

/** The pool that every sandbox starts with. */
export const seededPool = "WSSEED"

const defaultPool: Pool = { endpoint: "SEED", size: 10, queueTimeout: "30 seconds", state: "started" }

/** What holds until an option says otherwise. */
export const defaultOptions: ResolvedSyracuseOptions = {
  session: {
    auth: ["basic", "oauth2", "bearer", "certificate"],
    realm: "Syracuse",
    authAlwaysLogin: false,
    timeout: 20
  },
  reading: "documented",
  unknownAuth: null,
  webServiceProcesses: 1,
  pools: new Map([[seededPool, defaultPool]]),
  queueTimeoutAnswer: { status: 500, message: "Queue timeout" },
  clientCredentialsUser: undefined,
  tokenOwnerKept: 0,
  connectedAppsOnWebServices: false,
  xtremApi: true,
  audience: "exact",
  subject: "optional",
  overlongToken: 50,
  clockSkew: 0,
  cookies: true,
  badges: 10,
  latency: 0
}

/**
 * A pool with defaults in place of what it leaves out; `name` is the option that an error has to point at.
 *
 * @throws `RangeError` for an option out of its range.
 */
export const poolOf = (given: PoolOptions, name: string, current: Pool = defaultPool): Pool => {
  const pool = laidOver(current, given)
  checkCounts(pool, ["size"])
  checkChoices(pool, { state: ["started", "stopped"] })
  toMilliseconds(pool.queueTimeout, `${name}.queueTimeout`)
  return pool
}

/** The values of options that have few. */
const choices: Choices<ResolvedSyracuseOptions> = {
  unknownAuth: ["ignored", "disables", null],
  connectedAppsOnWebServices: [true, false],
  xtremApi: [true, false],
  audience: ["exact", "unchecked"],
  subject: ["optional", "required"],
  cookies: [true, false]
}

/**
 * Lays the given options over those that hold. Members of `session` are laid over one by one; `pools` replace all
 * pools.
 *
 * @throws `RangeError` for an option out of its range.
 */
export const mergeOptions = (
  current: ResolvedSyracuseOptions,
  given: SyracuseOptions | undefined
): ResolvedSyracuseOptions => {
  const { session, pools, ...rest } = given ?? {}
  const merged: ResolvedSyracuseOptions = {
    ...laidOver(current, rest),
    session: laidOver(current.session, session),
    pools:
      pools === undefined
        ? current.pools
        : new Map(Object.entries(pools).map(([alias, pool]) => [alias, poolOf(pool, `pools.${alias}`)]))
  }
  if (merged.reading !== "documented" && merged.reading !== "card") {
    throw new RangeError('reading must be "documented" or "card"')
  }
  checkDurations(merged, ["tokenOwnerKept", "latency"])
  checkCounts(merged.session, ["timeout"])
  for (const name of ["webServiceProcesses", "badges", "overlongToken"] as const) {
    const value: unknown = merged[name]
    if (!(typeof value === "number" && Number.isInteger(value) && value >= 0)) {
      throw new RangeError(`${name} must be a whole number from 0`)
    }
  }
  if (!Number.isFinite(merged.clockSkew)) throw new RangeError("clockSkew must be a number of milliseconds")
  checkChoices(merged, choices)
  return merged
}

const methods = ["basic", "oauth2", "bearer", "saml2", "certificate", "sage-id", "ldap"] as const

/** A way in that `session.auth` can name. */
export type Method = (typeof methods)[number]

/** The ways in that are open on premise. */
export const enabledMethods = (options: ResolvedSyracuseOptions): ReadonlySet<Method> => {
  const { auth } = options.session
  const values = typeof auth === "string" ? [auth] : auth
  const known = methods.filter((method) => values.includes(method))
  const unknownAuth = options.unknownAuth ?? (options.reading === "card" ? "disables" : "ignored")
  if (unknownAuth === "disables" && values.some((value) => !methods.some((method) => method === value))) {
    return new Set()
  }
  return new Set(options.reading === "card" && known.includes("oauth2") ? [...known, "bearer"] : known)
}
