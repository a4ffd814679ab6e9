import { createHash, randomBytes, randomUUID } from "node:crypto"
import { toMilliseconds } from "../clock.ts"
import { type Company, companyKey, type User } from "../intacct-xml/companies.ts"
import { gatewayPath } from "../intacct-xml/paths.ts"
import type { Session, Sessions } from "../intacct-xml/sessions.ts"
import type { OAuthClient } from "../oauth/clients.ts"
import { hs256 } from "../oauth/jwt.ts"
import { Kept } from "../oauth/kept.ts"
import type { Challenge } from "../oauth/pkce.ts"
import type { ResolvedIntacctRestOptions } from "./options.ts"

/** Everything that came of one consent or one request with client credentials. */
export interface Family {
  readonly id: string
  readonly kind: "authorization_code" | "client_credentials"
  readonly client: OAuthClient
  readonly company: Company
  readonly home: Company
  readonly user: User
  /** The entity that it was asked for. */
  readonly entity: string | undefined
  /** Whether there are refresh tokens. */
  readonly offline: boolean
  /** Whether it was obtained without a secret. */
  readonly secretless: boolean
  ended: boolean
}

/** A code on its way back to the application. */
export interface Code {
  readonly client: OAuthClient
  readonly company: Company
  readonly user: User
  readonly redirectUri: string
  readonly scope: string
  readonly challenge: Challenge | undefined
  readonly expiresAt: number
  /** The family it was exchanged for. */
  family: Family | undefined
}

/** A refresh token as the server keeps it. */
export interface RefreshToken {
  readonly family: Family
  readonly expiresAt: number
  used: boolean
  /** Ended by a test. */
  ended: boolean
}

/** An access token as the server keeps it. */
export interface AccessToken {
  readonly family: Family
  readonly entity: string | undefined
  sessionId: string
  readonly issuedAt: number
  expiresAt: number
  ended: boolean
}

/** The body of a successful token response. */
export type TokenResponse = Readonly<Record<string, string | number>>

const issuer = "https://api.intacct.com"

const keptTokens = 50_000

/** A number that always belongs to the same name, as Intacct's keys do. */
const keyOf = (name: string): string =>
  String(10_000_000 + (createHash("sha256").update(name).digest().readUInt32BE(0) % 90_000_000))

/** Every code and token of the authorization server. */
export class Grants {
  readonly #now: () => number
  readonly #sessions: Sessions
  readonly #options: () => ResolvedIntacctRestOptions
  readonly #secret = randomBytes(32)
  readonly codes = new Kept<Code>(keptTokens)
  readonly refreshTokens = new Kept<RefreshToken>(keptTokens)
  readonly accessTokens = new Kept<AccessToken>(keptTokens)

  constructor(now: () => number, sessions: Sessions, options: () => ResolvedIntacctRestOptions) {
    this.#now = now
    this.#sessions = sessions
    this.#options = options
  }

  #seconds(): number {
    return Math.floor((this.#now() + this.#options().clockSkew) / 1000)
  }

  /** A code; like Intacct's it is a JWT that says whose it is, and not for how long. */
  issueCode(given: Omit<Code, "expiresAt" | "family">): string {
    const code = hs256(
      {
        clientId: given.client.clientId,
        cnyId: given.company.companyId,
        authzCode: randomBytes(20).toString("hex"),
        userId: given.user.userId
      },
      this.#secret
    )
    const expiresAt = this.#now() + toMilliseconds(this.#options().codeLife, "codeLife")
    this.codes.set(code, { ...given, expiresAt, family: undefined })
    return code
  }

  family(given: Omit<Family, "id" | "ended">): Family {
    return { ...given, id: randomUUID(), ended: false }
  }

  /**
   * The answer with a new access token. `refreshToken` is the one to repeat; without it, a new one comes with families
   * that have any, unless the options say that a refresh answers with none.
   */
  issue(
    family: Family,
    entity: string | undefined,
    host: string,
    refreshToken?: { readonly repeated: string } | "omitted"
  ): TokenResponse {
    const { expiresIn } = this.#options()
    const answer: Record<string, string | number> = {
      token_type: "Bearer",
      access_token: this.#accessToken(family, entity, host)
    }
    if (family.offline && refreshToken !== "omitted") {
      answer["refresh_token"] = refreshToken === undefined ? this.#refreshToken(family) : refreshToken.repeated
    }
    if (expiresIn !== null) answer["expires_in"] = expiresIn
    return answer
  }

  #accessToken(family: Family, entity: string | undefined, host: string): string {
    const { accessTokenLife, jwtLife, topLevelClaims } = this.#options()
    const { client, company, user } = family
    const life = toMilliseconds(accessTokenLife, "accessTokenLife")
    const session = this.#openSession(family, entity, host)
    const iat = this.#seconds()
    const entityClaims =
      entity === undefined && topLevelClaims === "absent"
        ? {}
        : { entityKey: entity === undefined ? "" : keyOf(`${company.companyId}|${entity}`), entityId: entity ?? "" }
    const token = hs256(
      {
        iss: issuer,
        iat,
        exp: iat + Math.round(toMilliseconds(jwtLife, "jwtLife") / 1000),
        clientId: client.clientId,
        cnyId: company.companyId,
        cnyKey: keyOf(companyKey(company.companyId)),
        userId: user.userId,
        userKey: keyOf(`${company.companyId}/${user.userId}`),
        sessionId: session.id,
        ...entityClaims
      },
      this.#secret
    )
    const issuedAt = this.#now()
    this.accessTokens.set(token, {
      family,
      entity,
      sessionId: session.id,
      issuedAt,
      expiresAt: issuedAt + life,
      ended: false
    })
    return token
  }

  #openSession(family: Family, entity: string | undefined, host: string): Session {
    const { accessTokenLife, sessionExpiresIn } = this.#options()
    const { company, home, user } = family
    // At least as long as its token, so that only an end on purpose takes the token with it.
    const life = Math.max(toMilliseconds(accessTokenLife, "accessTokenLife"), sessionExpiresIn * 1000)
    const limits = { timeout: life, limit: life }
    return this.#sessions.open({ company, home, user, entity }, `http://${host}${gatewayPath}`, limits)
  }

  #refreshToken(family: Family): string {
    const { refreshTokenLife } = this.#options()
    const life = refreshTokenLife === null ? undefined : toMilliseconds(refreshTokenLife, "refreshTokenLife")
    const iat = this.#seconds()
    const token = hs256(
      {
        ...(life === undefined ? {} : { iss: issuer, iat, exp: iat + Math.round(life / 1000) }),
        clientId: family.client.clientId,
        cnyId: family.company.companyId,
        refreshToken: randomBytes(20).toString("hex")
      },
      this.#secret
    )
    const expiresAt = life === undefined ? Number.POSITIVE_INFINITY : this.#now() + life
    this.refreshTokens.set(token, { family, expiresAt, used: false, ended: false })
    return token
  }

  /** The XML session of an access token; a new one when it is over. */
  sessionOf(token: AccessToken, host: string): string {
    if (this.#sessions.find(token.sessionId) === undefined) {
      token.sessionId = this.#openSession(token.family, token.entity, host).id
    }
    return token.sessionId
  }

  /** Whether an access token is good now. */
  stateOf(token: AccessToken): "good" | "expired" | "ended" {
    if (token.ended || token.family.ended) return "ended"
    if (this.#now() >= token.expiresAt) return "expired"
    const session = this.#sessions.find(token.sessionId)
    if (session === undefined) return this.#options().sessionBound ? "ended" : "good"
    this.#sessions.touch(session)
    return "good"
  }

  /** Ends families with all that belongs to them. */
  endFamilies(which: (family: Family) => boolean): number {
    const ended = new Set<Family>()
    for (const token of this.accessTokens.values()) {
      if (!which(token.family)) continue
      if (!token.family.ended) ended.add(token.family)
      this.#sessions.close(token.sessionId)
    }
    for (const token of this.refreshTokens.values()) {
      if (which(token.family) && !token.family.ended) ended.add(token.family)
    }
    for (const family of ended) family.ended = true
    return ended.size
  }

  /** Ends what is left of the time of access tokens; returns how many were good. */
  expireAccessTokens(which: (token: AccessToken) => boolean): number {
    let expired = 0
    for (const token of this.accessTokens.values()) {
      if (!which(token) || this.stateOf(token) !== "good") continue
      token.expiresAt = this.#now()
      expired++
    }
    return expired
  }

  /** Rejects access tokens from now on, with their sessions, as a sign-in of their user to the web application does. */
  endAccessTokens(which: (token: AccessToken) => boolean): number {
    let ended = 0
    for (const token of this.accessTokens.values()) {
      if (!which(token) || this.stateOf(token) !== "good") continue
      token.ended = true
      this.#sessions.close(token.sessionId)
      ended++
    }
    return ended
  }

  /** Ends refresh tokens, and leaves access tokens alone; returns how many were good. */
  endRefreshTokens(which: (token: RefreshToken) => boolean): number {
    let ended = 0
    for (const token of this.refreshTokens.values()) {
      if (!which(token) || token.ended || token.used || token.family.ended) continue
      token.ended = true
      ended++
    }
    return ended
  }
}
