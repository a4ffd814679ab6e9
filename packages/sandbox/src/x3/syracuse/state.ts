import { createHmac, randomUUID, timingSafeEqual } from "node:crypto"
import type { SystemClock } from "../../clock.ts"
import type { CompanyPool } from "../../intacct-xml/companyPool.ts"
import { claimsOf } from "../../oauth/jwt.ts"
import type { BoundedMap } from "../../BoundedMap.ts"
import { isObject, parseJson } from "../../oauth/params.ts"
import type { PoolOptions, ResolvedSyracuseOptions } from "./options.ts"
import type { Folder } from "./tables.ts"
import type { Users, X3User } from "./users.ts"

/** A connected application, as an administrator registered it. */
export interface ConnectedApp {
  readonly clientId: string
  clientSecret: string
  /** "URL": what `aud` must be, to the byte. The seeded app has one for each port. */
  readonly urls: ReadonlySet<string>
  /** "Tokens validity": the longest life of a token in seconds. */
  readonly tokensValidity: number
  /** "Allowed user": a login of the Syracuse server. */
  readonly user: string
}

/** A number of `Error NN: Invalid token`. */
type TokenError = number

// Bad tokens of every kind, as SOAP and REST know them.
const unreadable = 30

/**
 * Checks the JWT of a connected app, in the order of the numbers: 21 issued in the future, 41 unknown `iss`, 42 `sub`,
 * 45 `aud`, 50 signature and life.
 *
 * @returns the login it acts as, or the number of the error
 */
export const checkToken = (
  token: string,
  apps: ReadonlyMap<string, ConnectedApp>,
  options: ResolvedSyracuseOptions,
  now: number
): string | TokenError => {
  const claims = claimsOf(token)
  if (claims === undefined) return unreadable
  const seconds = (now + options.clockSkew) / 1000
  const { iss, sub, aud, iat, exp } = claims
  if (typeof iat === "number" && iat > seconds) return 21
  const app = typeof iss === "string" ? apps.get(iss) : undefined
  if (app === undefined) return 41
  if (sub === undefined ? options.subject === "required" : sub !== app.user) return 42
  if (options.audience === "exact" && !(typeof aud === "string" && app.urls.has(aud))) return 45
  if (!isSigned(token, app.clientSecret)) return 50
  if (typeof iat !== "number" || typeof exp !== "number" || exp <= seconds) return 50
  if (exp - iat > app.tokensValidity) return options.overlongToken
  return app.user
}

const isSigned = (token: string, secret: string): boolean => {
  const [header = "", payload = "", signature = ""] = token.split(".")
  const parsed = parseJson(Buffer.from(header, "base64url").toString("utf8"))
  if (!isObject(parsed) || parsed["alg"] !== "HS256") return false
  const expected = createHmac("sha256", secret).update(`${header}.${payload}`).digest()
  const given = Buffer.from(signature, "base64url")
  return given.length === expected.length && timingSafeEqual(given, expected)
}

/** The interactive sessions, each of which takes one badge of the licence. */
export class Sessions {
  readonly #now: () => number
  readonly #sessions = new Map<string, { readonly user: X3User; expiresAt: number }>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** How many badges are taken. */
  get taken(): number {
    this.#expire()
    return this.#sessions.size
  }

  /** Opens a session of `life` milliseconds without use; undefined when all of `badges` are taken. */
  open(user: X3User, badges: number, life: number): string | undefined {
    if (this.taken >= badges) return undefined
    const id = randomUUID()
    this.#sessions.set(id, { user, expiresAt: this.#now() + life })
    return id
  }

  /** The user of a session, which lives for another `life` milliseconds. */
  use(id: string, life: number): X3User | undefined {
    this.#expire()
    const session = this.#sessions.get(id)
    if (session === undefined) return undefined
    session.expiresAt = this.#now() + life
    return session.user
  }

  end(id: string): void {
    this.#sessions.delete(id)
  }

  #expire(): void {
    for (const [id, session] of this.#sessions) if (session.expiresAt <= this.#now()) this.#sessions.delete(id)
  }
}

/** Whom an access token of the customer's identity provider stands for. */
export interface TokenOwner {
  /** Undefined with client credentials, which no person stands behind. */
  readonly email: string | undefined
  readonly clientId: string
}

/** Everything that the Syracuse server keeps. */
export interface SyracuseState {
  readonly clock: SystemClock
  readonly options: () => ResolvedSyracuseOptions
  readonly users: Users
  readonly apps: Map<string, ConnectedApp>
  readonly sessions: Sessions
  /** Its endpoints, by their names; two can be of one folder. */
  readonly endpoints: ReadonlyMap<string, Folder>
  /** The channels of the SOAP pools, by alias. */
  readonly channels: CompanyPool
  /** Changes a pool, or adds it. */
  readonly setPool: (alias: string, change: PoolOptions) => void
  /** What the identity provider said of access tokens. */
  readonly tokenOwners: BoundedMap<{ readonly owner: TokenOwner; readonly askedAt: number }>
  /** Asks the customer's identity provider. */
  readonly whoIs: (accessToken: string) => TokenOwner | undefined
}
