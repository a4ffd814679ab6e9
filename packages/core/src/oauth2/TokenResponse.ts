import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import { year } from "../config/duration.ts"

/**
 * What a token endpoint gave.
 *
 * Source: RFC 6749, section 5.1; developer.sage.com, Accounting, Authentication (`refresh_token_expires_in`,
 * `requested_by_id`).
 */
export interface TokenResponse {
  readonly accessToken: Redacted.Redacted
  /** undefined: the server gave none or an empty one, and the one in hand stays in force (RFC 6749, section 6) */
  readonly refreshToken: Redacted.Redacted | undefined
  /** how it goes on a request: always so, however the server spells it */
  readonly tokenType: "Bearer"
  readonly scope: string | undefined
  /** milliseconds from `receivedAt`; undefined where the server says nothing that can be believed */
  readonly expiresIn: number | undefined
  /** how long the refresh token lives, in milliseconds from `receivedAt`; undefined as above */
  readonly refreshTokenExpiresIn: number | undefined
  /** Business Cloud Accounting: the id of the user who gave consent (`requested_by_id`) */
  readonly idOfUser: string | undefined
  /** further members that were asked for by name and are texts */
  readonly extras: Readonly<Record<string, string>>
  /** when the answer arrived, in milliseconds since the epoch, by the application's clock */
  readonly receivedAt: number
}

/** What an answer is read with. */
export interface TokenReading {
  readonly receivedAt: number
  /** the `Content-Type`; null where there is none */
  readonly contentType: string | null
  /** members to keep in `extras`; all others are ignored */
  readonly extraMembers?: ReadonlyArray<string> | undefined
  /** a member that is missing is looked for as `accessToken` instead of `access_token`. Default false */
  readonly camelCase?: boolean | undefined
}

/** Ten years, in seconds. A larger number is something else, such as a date or milliseconds. */
const longestLife = (10 * year) / 1_000

/**
 * A life in seconds as servers give it, in milliseconds: a number, or a text that is one. Zero, negative and
 * impossible ones, more than ten years, and anything else say nothing. Then the token's own span or an assumed life
 * counts, and in any case a rejection does.
 */
export const readLife = (value: unknown): number | undefined => {
  const seconds = typeof value === "string" && /^\s*\d{1,15}(?:\.\d+)?\s*$/.test(value) ? Number(value) : value
  return typeof seconds === "number" && seconds > 0 && seconds <= longestLife ? seconds * 1000 : undefined
}

/** can stand in an `Authorization` header */
const isHeaderText = (token: string): boolean => /^[\x21-\x7e]+$/.test(token)

const isJson = (contentType: string): boolean => /^application\/(?:[\w.+-]*\+)?json\s*(?:;|$)/i.test(contentType)

/**
 * Reads the JSON of an answer; undefined where it is no token response. Unknown members are ignored. An answer whose
 * content type is another than JSON is taken only if it is whole, with a token type. A rotated token that is thrown
 * away for its label is a grant lost.
 */
export const readTokenResponse = (
  json: unknown,
  { camelCase = false, contentType, extraMembers = [], receivedAt }: TokenReading
): TokenResponse | undefined => {
  if (!Predicate.isObject(json) || Array.isArray(json)) return undefined
  const own = (name: string): unknown =>
    Object.hasOwn(json, name) ? (json as Readonly<Record<string, unknown>>)[name] : undefined
  const member = (name: string): unknown =>
    own(name) ?? (camelCase ? own(name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())) : undefined)
  const text = (name: string): string | undefined => {
    const value = member(name)
    return typeof value === "string" && value !== "" ? value : undefined
  }
  const accessToken = text("access_token")
  if (accessToken === undefined || !isHeaderText(accessToken)) return undefined
  const tokenType = member("token_type")
  const missing = tokenType === undefined || tokenType === null || tokenType === ""
  // a token of a type that is not understood must not be used (RFC 6749, section 7.1)
  if (!missing && (typeof tokenType !== "string" || tokenType.trim().toLowerCase() !== "bearer")) return undefined
  if (missing && contentType !== null && !isJson(contentType)) return undefined
  const refreshToken = text("refresh_token")
  return {
    accessToken: Redacted.make(accessToken, { label: "access token" }),
    refreshToken: refreshToken === undefined ? undefined : Redacted.make(refreshToken, { label: "refresh token" }),
    tokenType: "Bearer",
    scope: text("scope"),
    expiresIn: readLife(member("expires_in")),
    refreshTokenExpiresIn: readLife(member("refresh_token_expires_in") ?? member("refresh_expires_in")),
    idOfUser: text("requested_by_id"),
    extras: Object.fromEntries(extraMembers.flatMap((name) => (text(name) === undefined ? [] : [[name, text(name)!]]))),
    receivedAt
  }
}
