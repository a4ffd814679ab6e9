import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { builtin } from "../config/builtin.ts"

/**
 * The method of the challenge, always this one: `plain` would show the verifier to anyone who sees the address.
 *
 * Source: RFC 7636, section 4.2.
 */
export const challengeMethod = "S256"

/** A verifier as it is kept in a transaction. */
export const redactVerifier = (verifier: string): Redacted.Redacted =>
  Redacted.make(verifier, { label: "code verifier" })

/**
 * A fresh verifier for one authorization: 32 random bytes, 43 characters in base64url.
 *
 * Source: RFC 7636, section 4.1.
 */
export const makeVerifier: Effect.Effect<Redacted.Redacted> = Effect.sync(() =>
  redactVerifier(builtin("node:crypto").randomBytes(32).toString("base64url"))
)

/**
 * The challenge that goes with a verifier: its SHA-256 in base64url.
 *
 * Source: RFC 7636, section 4.2.
 */
export const challengeOf = (verifier: Redacted.Redacted): string =>
  builtin("node:crypto").createHash("sha256").update(Redacted.value(verifier), "ascii").digest("base64url")

/**
 * A fresh `state`: 256 random bits, 43 characters in base64url. It is good for one authorization.
 *
 * Source: RFC 6749, section 10.12.
 */
export const makeState: Effect.Effect<string> = Effect.sync(() =>
  builtin("node:crypto").randomBytes(32).toString("base64url")
)

const digest = (text: string): Buffer => builtin("node:crypto").createHash("sha256").update(text).digest()

/** Whether two texts are the same, in a time that tells nothing about where they differ. */
export const sameText = (a: string, b: string): boolean => builtin("node:crypto").timingSafeEqual(digest(a), digest(b))

/** What an authorization request says. */
export interface AuthorizationRequest {
  /** the authorization endpoint; what its query holds is kept */
  readonly authorizeUrl: string | URL
  readonly clientId: string
  /** exactly as it is registered: servers compare it character by character */
  readonly redirectUri: string
  readonly state: string
  /** the PKCE challenge; undefined only for a server that is no OAuth server, such as X3's gateway */
  readonly challenge: string | undefined
  readonly scope?: string | undefined
  /** default `code`; null leaves it out, as X3's gateway has none */
  readonly responseType?: "code" | null | undefined
  /** what the server takes besides, such as `country`, `locale` or `customer`; never in place of the above */
  readonly parameters?: Readonly<Record<string, string | undefined>> | undefined
}

/** The space as `%20`: a reader of URLs and a reader of forms both understand it, and a plus only the second. */
const encode = (text: string): string => new URLSearchParams({ "": text }).toString().slice(1).replaceAll("+", "%20")

const decodedName = (pair: string): string | undefined => new URLSearchParams(pair).keys().next().value

/**
 * The address to send the user's browser to. The endpoint's own query stays byte for byte, but for parameters that this
 * request sets itself: none may appear twice.
 *
 * Source: RFC 6749, sections 3.1 and 4.1.1; RFC 7636, section 4.3.
 */
export const authorizationUrl = (request: AuthorizationRequest): string => {
  const { authorizeUrl, challenge, clientId, parameters, redirectUri, responseType, scope, state } = request
  const set = Object.entries({
    ...parameters,
    response_type: responseType === null ? undefined : "code",
    client_id: clientId,
    redirect_uri: redirectUri,
    scope,
    state,
    code_challenge: challenge,
    code_challenge_method: challenge === undefined ? undefined : challengeMethod
  }).filter((pair): pair is [string, string] => pair[1] !== undefined)
  const names = new Set(set.map(([name]) => name))
  const url = new URL(authorizeUrl)
  const own = url.search
    .slice(1)
    .split("&")
    .filter((pair) => pair !== "" && !names.has(decodedName(pair) ?? ""))
  url.search = [...own, ...set.map(([name, value]) => `${encode(name)}=${encode(value)}`)].join("&")
  // an endpoint has no fragment (RFC 6749, section 3.1), and one would hide the query of the callback
  url.hash = ""
  return url.href
}
