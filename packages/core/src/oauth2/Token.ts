import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import { separator } from "../credential/CredentialCache.ts"

/**
 * What a token tells about itself. Never verified and never decisive: a hint for expiry, and names to show or to
 * compare with what was asked for. Any of them may be missing; a token that is no JSON web token gives none.
 *
 * Source: RFC 7519, section 4.1; developer.sage.com, Sage Intacct REST API, OAuth 2.0 authorization (samples).
 */
interface JwtHints {
  /** `exp − iat` in milliseconds: how long the issuer lets it live. Neither is compared with a clock of ours. */
  readonly span: number | undefined
  /** Intacct: the company's id (`cnyId`) */
  readonly companyId: string | undefined
  /** Intacct: the user's id */
  readonly userId: string | undefined
  /** Intacct: the entity that the token is bound to; undefined at the top level */
  readonly entityId: string | undefined
  /** Intacct: the client's id, in the form that holds the sender's */
  readonly clientId: string | undefined
  /** Intacct: the live session behind the token, as good as the token itself */
  readonly sessionId: Redacted.Redacted | undefined
}

/** What no access token of a server's is longer than, in characters. */
const longestToken = 64 * 1024

type Claims = Readonly<Record<string, unknown>>

const none: Claims = {}

const claimsOf = (token: string): Claims => {
  if (token.length > longestToken) return none
  const parts = token.split(".")
  const payload = parts[1]
  if (parts.length !== 3 || payload === undefined) return none
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"))
    return Predicate.isObject(claims) ? claims : none
  } catch {
    // an opaque token
    return none
  }
}

const textOf = (claims: Claims, name: string): string | undefined => {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined
  return typeof value === "string" && value !== "" ? value : undefined
}

const secondsOf = (claims: Claims, name: string): number => {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined
  return typeof value === "number" ? value : Number.NaN
}

const spanOf = (claims: Claims): number | undefined => {
  const span = (secondsOf(claims, "exp") - secondsOf(claims, "iat")) * 1000
  return span > 0 && Number.isFinite(span) ? span : undefined
}

/** Reads the hints of a token. It never fails: what cannot be read is not there. */
export const jwtHints = (token: Redacted.Redacted): JwtHints => {
  const claims = claimsOf(Redacted.value(token))
  const sessionId = textOf(claims, "sessionId")
  return {
    span: spanOf(claims),
    companyId: textOf(claims, "cnyId"),
    userId: textOf(claims, "userId"),
    entityId: textOf(claims, "entityId"),
    clientId: textOf(claims, "clientId"),
    sessionId: sessionId === undefined ? undefined : Redacted.make(sessionId, { label: "session id" })
  }
}

/**
 * How long an access token is used, and when it is renewed. All spans, in milliseconds, from the moment when the answer
 * arrived: no server's clock is ever compared with one of ours.
 */

/** What is known about a token's life, in milliseconds each. */
interface LifeStatement {
  /** `expires_in`, where the server said something that can be believed */
  readonly expiresIn: number | undefined
  /** the token's own `exp − iat` */
  readonly tokenSpan: number | undefined
  /** the most that the configuration allows */
  readonly cap?: number | undefined
  /** taken where neither the server nor the token says anything */
  readonly assumed: number
}

/** How long a token lives: the least of what is said, or what is assumed, and never more than the cap. */
export const lifeOf = ({ assumed, cap, expiresIn, tokenSpan }: LifeStatement): number => {
  const lifetimes = [expiresIn, tokenSpan].filter((span) => span !== undefined)
  return Math.min(...(lifetimes.length === 0 ? [assumed] : lifetimes), cap ?? Number.POSITIVE_INFINITY)
}

/** How much of its life a token is not used for: a minute, or a twentieth of a short life (15 s of five minutes). */
export const tokenMargin = (life: number): number => Math.min(60_000, life / 20)

/** The spans of one token. */
interface Lifetime {
  /** from here on it is not put on a request any more */
  readonly usable: number
  /** from here on a use of it starts a renewal in the background */
  readonly renewAfter: number
}

/**
 * The spans of a token of that life. It is renewed at a random point between 50 and 70 % of it, less the margin, so
 * that 30 % of a life are left to use should the server be away then: 90 s of a token that lives five minutes.
 *
 * @param random from 0 to 1: spreads the renewals of tokens that were issued together
 */
export const lifetimeOf = (life: number, random: number): Lifetime => {
  const margin = tokenMargin(life)
  const earliest = life * 0.5
  const latest = life * 0.7 - margin
  return { usable: life - margin, renewAfter: earliest + (latest - earliest) * random }
}

/** An access token in hand, and what its surface remembers of it. */
export interface Token {
  /** names it across processes */
  readonly id: string
  readonly tenant: string
  /** the entity or other context it is for; `""`: the grant's own */
  readonly context: string
  readonly accessToken: Redacted.Redacted
  /** the `Authorization` header: one frozen object for each token, made once */
  readonly headers: Readonly<Record<string, string>>
  /** where the tenant's calls go, for surfaces whose tenants have servers of their own */
  readonly base?: string | undefined
  readonly extras: Readonly<Record<string, string>>
  readonly grantExtras: Readonly<Record<string, string>>
}

/** A token as it goes on requests. `fixed` are headers that every request of the connection carries. */
export const tokenOf = (token: Omit<Token, "headers">, fixed: Readonly<Record<string, string>> = {}): Token => ({
  ...token,
  headers: Object.freeze({ ...fixed, authorization: `Bearer ${Redacted.value(token.accessToken)}` })
})

/** The cache key of a tenant's token in a context. */
export const contextKeyOf = (tenant: string, context: string): string =>
  context === "" ? tenant : `${tenant}${separator}${context}`

/** The context of a cache key. */
export const contextOf = (key: string): string => {
  const at = key.indexOf(separator)
  return at < 0 ? "" : key.slice(at + 1)
}
