import { createHash, randomBytes, randomUUID } from "node:crypto"
import { toMilliseconds } from "../clock.ts"
import { type Company, companyKey, type User } from "../intacct-xml/companies.ts"
import { gatewayPath } from "../intacct-xml/paths.ts"
import type { Session, Sessions } from "../intacct-xml/sessions.ts"
import type { OAuthClient } from "../oauth/clients.ts"
import { hs256 } from "../oauth/jwt.ts"
import { type AccessToken as KeptAccessToken, OAuthGrants } from "../oauth/grants.ts"
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

/** An access token as the server keeps it. */
export interface AccessToken extends KeptAccessToken<Family> {
  readonly entity: string | undefined
  sessionId: string
  readonly issuedAt: number
}

/** The body of a successful token response. */
export type TokenResponse = Readonly<Record<string, string | number>>

const issuer = "https://api.intacct.com"

/** A number that always belongs to the same name, as Intacct's keys do. */
const keyOf = (name: string): string =>
  String(10_000_000 + (createHash("sha256").update(name).digest().readUInt32BE(0) % 90_000_000))

/** Every code and token of the authorization server. */
export class Grants extends OAuthGrants<Family, Code, AccessToken> {
  readonly #sessions: Sessions
  readonly #options: () => ResolvedIntacctRestOptions
  readonly #secret = randomBytes(32)

  constructor(now: () => number, sessions: Sessions, options: () => ResolvedIntacctRestOptions) {
    super(now)
    this.#sessions = sessions
    this.#options = options
  }

  #seconds(): number {
    return Math.floor((this.now() + this.#options().clockSkew) / 1000)
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
    const expiresAt = this.now() + toMilliseconds(this.#options().codeLife, "codeLife")
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
    const issuedAt = this.now()
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
    const { accessTokenLife, interchangeable, sessionExpiresIn } = this.#options()
    const { company, home, user } = family
    // At least as long as its token, so that only an end on purpose takes the token with it.
    const life = Math.max(toMilliseconds(accessTokenLife, "accessTokenLife"), sessionExpiresIn * 1000)
    const limits = { timeout: life, limit: life }
    // a session of no endpoint is good for its token alone
    const endpoint = interchangeable ? `http://${host}${gatewayPath}` : ""
    return this.#sessions.open({ company, home, user, entity }, endpoint, limits)
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
    const expiresAt = life === undefined ? Number.POSITIVE_INFINITY : this.now() + life
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

  /** What has become of an access token. */
  stateOf(token: AccessToken): "good" | "expired" | "ended" {
    if (token.ended || token.family.ended) return "ended"
    if (this.now() >= token.expiresAt) return "expired"
    const session = this.#sessions.find(token.sessionId)
    if (session === undefined) return this.#options().sessionBound ? "ended" : "good"
    this.#sessions.touch(session)
    return "good"
  }

  override isGood(token: AccessToken): boolean {
    return this.stateOf(token) === "good"
  }

  /** Ends families with all that belongs to them; returns how many were alive. */
  override endFamilies(which: (family: Family) => boolean): number {
    for (const token of this.accessTokens.values()) if (which(token.family)) this.#sessions.close(token.sessionId)
    return super.endFamilies(which)
  }

  /** Rejects access tokens from now on, with their sessions, as a sign-in of their user to the web application does. */
  endAccessTokens(which: (family: Family) => boolean): number {
    let ended = 0
    for (const token of this.accessTokens.values()) {
      if (!which(token.family) || !this.isGood(token)) continue
      token.ended = true
      this.#sessions.close(token.sessionId)
      ended++
    }
    return ended
  }
}
