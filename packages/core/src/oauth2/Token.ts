import * as Redacted from "effect/Redacted"
import { separator } from "../credential/CredentialCache.ts"

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
export const keyOf = (tenant: string, context: string): string =>
  context === "" ? tenant : `${tenant}${separator}${context}`

/** The context of a cache key. */
export const contextOf = (key: string): string => {
  const at = key.indexOf(separator)
  return at < 0 ? "" : key.slice(at + 1)
}
