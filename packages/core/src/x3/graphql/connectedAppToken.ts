import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { CheckedApp } from "./options.ts"

/** What a token says. Times are whole seconds since the epoch. */
export interface TokenClaims {
  readonly iss: string
  readonly sub?: string
  readonly aud: string
  readonly iat: number
  readonly exp: number
}

/** How tokens of one connection are made. */
export interface TokenRules {
  readonly audience: string
  /** seconds from `iat` to `exp` */
  readonly life: number
  /** seconds from `iat` to now */
  readonly backdate: number
}

/**
 * The claims of a token that is made now. It is set back for a server whose clock lags, and its whole life, what lies
 * behind it included, is no longer than the rules say.
 *
 * Source: developer.sage.com, X3, GraphQL, Create a connected application; Create a Node.js client application.
 */
export const claimsOf = (
  { clientId, user }: Pick<CheckedApp, "clientId" | "user">,
  { audience, backdate, life }: TokenRules,
  now: number
): TokenClaims => {
  const iat = Math.max(0, Math.floor(now / 1000) - backdate)
  return {
    iss: clientId,
    ...(user === undefined ? {} : { sub: user }),
    aud: audience,
    iat,
    exp: iat + life
  }
}

/**
 * A signed token: HS256 with the secret's own characters as its key (RFC 7515, appendix A.1). `jose` is loaded with the
 * first one.
 */
export const mint = (clientSecret: Redacted.Redacted, claims: TokenClaims): Effect.Effect<Redacted.Redacted> =>
  Effect.promise(async () => {
    const { SignJWT } = await import("jose/jwt/sign")
    const token = await new SignJWT({ ...claims })
      .setProtectedHeader({ alg: "HS256", typ: "JWT" })
      .sign(new TextEncoder().encode(Redacted.value(clientSecret)))
    return Redacted.make(token, { label: "access token" })
  })
