import { createHash, generateKeyPairSync, type KeyObject, randomBytes, randomUUID } from "node:crypto"
import { toMilliseconds } from "../../clock.ts"
import type { OAuthClient } from "../../oauth/clients.ts"
import { rs256 } from "../../oauth/jwt.ts"
import { type AccessToken as KeptAccessToken, OAuthGrants } from "../../oauth/grants.ts"
import type { Challenge } from "../../oauth/pkce.ts"
import type { ResolvedIdentityProviderOptions } from "./options.ts"

/** Somebody who can sign in. */
export interface User {
  /** The `sub` of tokens and of the userinfo. */
  readonly id: string
  readonly email: string
  password: string
  readonly name: string
}

/** Everything that came of one consent, or of one request with client credentials. */
export interface Family {
  readonly client: OAuthClient
  /** Undefined with client credentials. */
  readonly user: User | undefined
  readonly scope: ReadonlyArray<string>
  /** What the tokens name as their issuer. */
  readonly issuer: string
  /** What the id token has to repeat (OpenID Connect Core, section 3.1.2.1). */
  readonly nonce: string | undefined
  ended: boolean
}

/** A code on its way back to the application. */
export interface Code extends Omit<Family, "ended"> {
  readonly redirectUri: string
  readonly challenge: Challenge | undefined
  readonly expiresAt: number
  /** The family it was exchanged for. */
  family: Family | undefined
}

/** An access token as the server keeps it. */
export interface AccessToken extends KeptAccessToken<Family> {
  readonly scope: ReadonlyArray<string>
}

let pair: { readonly privateKey: KeyObject; readonly publicKey: KeyObject; readonly kid: string } | undefined

/** The signing keys of this process; made when first needed, because that takes a moment. */
const signingKeys = (): NonNullable<typeof pair> =>
  (pair ??= { ...generateKeyPairSync("rsa", { modulusLength: 2048 }), kid: randomUUID() })

/** The public keys that its JWTs can be checked with (RFC 7517). */
export const publicKeys = (): object => {
  const { publicKey, kid } = signingKeys()
  return { keys: [{ ...publicKey.export({ format: "jwk" }), kid, alg: "RS256", use: "sig" }] }
}

/** Every code and token of the identity provider. */
export class Grants extends OAuthGrants<Family, Code, AccessToken> {
  readonly #options: () => ResolvedIdentityProviderOptions

  constructor(now: () => number, options: () => ResolvedIdentityProviderOptions) {
    super(now)
    this.#options = options
  }

  /** A code for what somebody consented to. */
  issueCode(given: Omit<Code, "expiresAt" | "family">): string {
    const code = randomBytes(32).toString("base64url")
    const expiresAt = this.now() + toMilliseconds(this.#options().codeLife, "codeLife")
    this.codes.set(code, { ...given, expiresAt, family: undefined })
    return code
  }

  /** The answer with a new access token; `refreshToken` is the one to repeat, or `"omitted"` for none. */
  issue(
    family: Family,
    scope: ReadonlyArray<string>,
    refreshToken?: { readonly repeated: string } | "omitted"
  ): Record<string, string | number> {
    const options = this.#options()
    const life = toMilliseconds(options.accessTokenLife, "accessTokenLife")
    const token = this.#accessToken(family, scope, life)
    this.accessTokens.set(token, { family, scope, expiresAt: this.now() + life, ended: false })
    const expiresIn = options.expiresIn === undefined ? Math.round(life / 1000) : options.expiresIn
    const refresh = typeof refreshToken === "object" ? refreshToken.repeated : refreshToken
    return {
      access_token: token,
      token_type: "Bearer",
      ...(expiresIn === null ? {} : { expires_in: expiresIn }),
      ...(refresh === "omitted" ? {} : { refresh_token: refresh ?? this.#refreshToken(family) }),
      ...(family.user !== undefined && scope.includes("openid")
        ? { id_token: this.#idToken(family, family.user) }
        : {}),
      scope: scope.join(" ")
    }
  }

  #refreshToken(family: Family): string {
    const token = randomBytes(48).toString("base64url")
    const expiresAt = this.now() + toMilliseconds(this.#options().refreshTokenLife, "refreshTokenLife")
    this.refreshTokens.set(token, { family, expiresAt, used: false, ended: false })
    return token
  }

  #accessToken(family: Family, scope: ReadonlyArray<string>, life: number): string {
    if (this.#options().accessToken === "opaque") return randomBytes(32).toString("base64url")
    return this.#signed(life, {
      jti: randomUUID(),
      iss: family.issuer,
      aud: "x3",
      sub: family.user?.id ?? family.client.clientId,
      client_id: family.client.clientId,
      scope: scope.join(" ")
    })
  }

  #idToken(family: Family, user: User): string {
    return this.#signed(toMilliseconds("1 hour", "id token"), {
      iss: family.issuer,
      aud: family.client.clientId,
      sub: user.id,
      ...(family.scope.includes("email") ? { email: user.email, email_verified: true } : {}),
      ...(family.nonce === undefined ? {} : { nonce: family.nonce })
    })
  }

  #signed(life: number, claims: Readonly<Record<string, unknown>>): string {
    const iat = Math.floor((this.now() + this.#options().clockSkew) / 1000)
    const { privateKey, kid } = signingKeys()
    return rs256({ ...claims, iat, exp: iat + Math.round(life / 1000) }, privateKey, kid)
  }

  /** The access token that was presented, when it is good now. */
  goodAccessToken(token: string): AccessToken | undefined {
    const known = this.accessTokens.get(token)
    return known !== undefined && this.isGood(known) ? known : undefined
  }

  /** Ends families: their refresh tokens, and with `accessTokens` those too. Returns how many were alive. */
  override endFamilies(which: (family: Family) => boolean, accessTokens = false): number {
    if (accessTokens) {
      for (const token of this.accessTokens.values()) {
        if (!token.family.ended && which(token.family)) token.ended = true
      }
    }
    return super.endFamilies(which)
  }
}

/** The stable `sub` of a person, which is not the e-mail address itself. */
export const subjectOf = (email: string): string =>
  createHash("sha256").update(email.trim().toLowerCase()).digest("hex").slice(0, 24)

/** The key of a user; addresses are not case-sensitive. */
export const userKey = (email: string): string => email.trim().toLowerCase()
