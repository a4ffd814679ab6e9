import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"

/**
 * What a token tells about itself. Never verified and never decisive: a hint for expiry, and names to show or to
 * compare with what was asked for. Any of them may be missing; a token that is no JSON web token gives none.
 *
 * Source: RFC 7519, section 4.1; developer.sage.com, Sage Intacct REST API, OAuth 2.0 authorization (samples).
 */
export interface JwtHints {
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
