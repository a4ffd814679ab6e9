import * as Redacted from "effect/Redacted"
import { separator } from "../credential/CredentialCache.ts"

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
