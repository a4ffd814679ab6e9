import { generateKeyPairSync, type KeyObject, randomBytes, randomUUID } from "node:crypto"
import { toMilliseconds } from "../clock.ts"
import type { OAuthClient } from "../oauth/clients.ts"
import { rs512 } from "../oauth/jwt.ts"
import { type AccessToken as KeptAccessToken, OAuthGrants } from "../oauth/grants.ts"
import type { Challenge } from "../oauth/pkce.ts"
import { accounts } from "./accounts.ts"
import type { User } from "./directory.ts"
import type { ResolvedBusinessCloudOptions } from "./options.ts"
import type { Edition } from "./paths.ts"

/** Everything that came of one consent. */
export interface Family {
  readonly id: string
  readonly client: OAuthClient
  readonly user: User
  readonly scope: string
  readonly country: string
  readonly edition: Edition
  ended: boolean
}

/** A code on its way back to the application. */
export interface Code extends Pick<Family, "client" | "user" | "scope" | "country" | "edition"> {
  readonly redirectUri: string
  readonly challenge: Challenge | undefined
  readonly expiresAt: number
  /** The family it was exchanged for. */
  family: Family | undefined
}

/** An access token as the server keeps it. */
export type AccessToken = KeptAccessToken<Family>

const lives = {
  "v3.1": { access: 300_000, refresh: 31 * 86_400_000 },
  v3: { access: 3_600_000, refresh: Number.POSITIVE_INFINITY }
}

// The header with its key id, the name of the filling, and two dots; and the signature of 2048 bits.
const fixedPart = 90
const signatureLength = 342

let keys: { readonly key: KeyObject; readonly kid: string } | undefined

/** The signing key of this process; made when the first token needs it, because that takes a moment. */
const signingKey = (): { readonly key: KeyObject; readonly kid: string } =>
  (keys ??= { key: generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey, kid: randomUUID() })

/** Every code and token of the authorization server. */
export class Grants extends OAuthGrants<Family, Code> {
  readonly #options: () => ResolvedBusinessCloudOptions
  /** The most recent refresh token of every user and application. */
  readonly #newest = new Map<string, string>()

  constructor(now: () => number, options: () => ResolvedBusinessCloudOptions) {
    super(now)
    this.#options = options
  }

  /** A code: with version 3.1 the country and a slash stand in front. */
  issueCode(given: Omit<Code, "expiresAt" | "family">): string {
    const { codeLife, codeCountry } = this.#options()
    const bare = randomBytes(20).toString("hex")
    const code = given.edition === "v3.1" && codeCountry ? `${given.country}/${bare}` : bare
    this.codes.set(code, { ...given, expiresAt: this.now() + toMilliseconds(codeLife, "codeLife"), family: undefined })
    return code
  }

  /** The code that is meant, which may lack its country when the options allow it. */
  codeOf(given: string): Code | undefined {
    const found = this.codes.get(given)
    if (found !== undefined || !this.#options().bareCode) return found
    for (const country of this.#options().countries) {
      const withCountry = this.codes.get(`${country}/${given}`)
      if (withCountry !== undefined) return withCountry
    }
    return undefined
  }

  family(code: Code): Family {
    const { client, user, scope, country, edition } = code
    return { id: randomUUID(), client, user, scope, country, edition, ended: false }
  }

  /** The answer with a new access token; `refreshToken` is the one to repeat, or `"omitted"` for none. */
  issue(family: Family, refreshToken?: { readonly repeated: string } | "omitted"): Record<string, string | number> {
    const options = this.#options()
    const defaults = lives[family.edition]
    const access = durationOr(options.accessTokenLife, defaults.access, "accessTokenLife")
    const refresh = durationOr(options.refreshTokenLife, defaults.refresh, "refreshTokenLife")
    const accessToken = this.#token(family, access)
    this.accessTokens.set(accessToken, { family, expiresAt: this.now() + access, ended: false })
    const answer: Record<string, string | number> = {
      access_token: accessToken,
      scope: family.scope,
      token_type: "bearer"
    }
    const expiresIn = options.expiresIn === undefined ? Math.round(access / 1000) : options.expiresIn
    if (expiresIn !== null) answer["expires_in"] = expiresIn
    if (refreshToken !== "omitted") {
      answer["refresh_token"] = refreshToken?.repeated ?? this.#refreshToken(family, refresh)
      const said = options.refreshTokenExpiresIn
      const refreshExpiresIn =
        said === undefined ? (Number.isFinite(refresh) ? Math.round(refresh / 1000) : null) : said
      if (refreshExpiresIn !== null) answer["refresh_token_expires_in"] = refreshExpiresIn
    }
    answer["requested_by_id"] = family.user.id
    if (family.edition === "v3" || options.resourceOwnerId) {
      answer["resource_owner_id"] = accounts.v3.resourceOwnerId
    }
    return answer
  }

  #refreshToken(family: Family, life: number): string {
    const token = this.#token(family, life)
    this.refreshTokens.set(token, { family, expiresAt: this.now() + life, used: false, ended: false })
    this.#newest.set(owner(family), token)
    return token
  }

  /** Lets the refresh token of a family live as long again. */
  prolong(family: Family): void {
    const known = this.refreshTokens.get(this.#newest.get(owner(family)) ?? "")
    if (known?.family !== family) return
    const life = durationOr(this.#options().refreshTokenLife, lives[family.edition].refresh, "refreshTokenLife")
    known.expiresAt = Math.max(known.expiresAt, this.now() + life)
  }

  #token(family: Family, life: number): string {
    const { clockSkew, opaqueTokens, tokenLength } = this.#options()
    if (opaqueTokens) return randomBytes(32).toString("hex")
    const iat = Math.floor((this.now() + clockSkew) / 1000)
    const { key, kid } = signingKey()
    const claims = {
      jti: randomUUID(),
      iat,
      ...(Number.isFinite(life) ? { exp: iat + Math.round(life / 1000) } : {}),
      iss: "oauth.aws.sbc-accounting.sage.com",
      sub: family.user.id,
      aud: "api.sbc-accounting.sage.com",
      azp: family.client.clientId,
      country: family.country.toLowerCase(),
      scopes: family.scope === "readonly" ? "accounts:r accounting:r core:r" : "accounts:rw accounting:rw core:rw"
    }
    // It is not published what fills today's tokens up to their length.
    const bare = Math.ceil((JSON.stringify(claims).length + fixedPart) / 0.75) + signatureLength
    const characters = Math.max(Math.floor((tokenLength - bare) * 0.75), 0)
    return rs512({ ...claims, sandbox: randomBytes(characters).toString("base64url").slice(0, characters) }, key, kid)
  }

  /** Whether a refresh token is the most recent one of its user and application. */
  isNewest(token: string, family: Family): boolean {
    return this.#newest.get(owner(family)) === token
  }
}

const owner = (family: Family): string => JSON.stringify([family.user.id, family.client.clientId])

const durationOr = (given: number | string | undefined, otherwise: number, name: string): number =>
  given === undefined ? otherwise : toMilliseconds(given, name)
