import { createHmac, timingSafeEqual } from "node:crypto"
import { claimsOf } from "../../oauth/jwt.ts"
import { isObject, parseJson } from "../../oauth/params.ts"
import type { ResolvedSyracuseOptions } from "./options.ts"

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
export type TokenError = number

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
