import { generateKeyPairSync, type KeyObject, randomBytes, randomUUID } from "node:crypto"
import { toMilliseconds } from "../../clock.ts"
import type { OAuthClient } from "../../oauth/clients.ts"
import { es256 } from "../../oauth/jwt.ts"
import { BoundedMap } from "../../BoundedMap.ts"
import type { ResolvedCloudGatewayOptions } from "./options.ts"

/** An application as it is registered with Sage's App Registry. */
export interface Application extends OAuthClient {
  /** Whether it is disabled there. */
  disabled: boolean
}

/** A customer of X3 in the cloud. */
export interface Customer {
  /** The URL of its X3. */
  readonly url: string
  /** The id of its X3 configuration: the `sub` of tokens. */
  readonly id: string
  readonly folders: ReadonlyArray<string>
}

/** The request that tells an application what became of its pairing request. */
export interface PairingCallback {
  /** The application's redirect URI, with everything in its query when the method is GET. */
  readonly url: string
  /** The HTTP method. */
  readonly method: "POST" | "GET"
  /** Of the body; undefined with GET. */
  readonly contentType: string | undefined
  /** `authorizationCode`, `state` and perhaps `endpoint`; undefined with GET. */
  readonly body: string | undefined
  /** The HTTP status that the application answered, once the gateway's server called it. */
  readonly delivered: number | undefined
}

/** A request of an application to be paired with a customer, and what came of it. */
export interface Pairing {
  readonly ticket: string
  readonly application: Application
  readonly customer: Customer
  readonly redirectUri: string
  readonly state: string
  readonly asked: ReadonlyArray<string>
  /** The base that every later call must use; undefined for the region that the application started from. */
  readonly endpoint: string | undefined
  /** What tokens are issued by: the host of its region. */
  readonly issuer: string
  readonly code: string
  status: "waiting" | "accepted" | "declined"
  /** When it can no longer be accepted, or the code cannot be used. */
  expiresAt: number
  /** Who signed in on the page to decide. */
  reviewer: string | undefined
  folders: ReadonlyArray<string>
  /** What was granted; empty before that. */
  scope: ReadonlyArray<string>
  /** The user that calls are made as; undefined for a business domain. */
  user: string | undefined
  callback: PairingCallback | undefined
  /** Whether the code was exchanged. */
  used: boolean
  /** Whether the customer took it back, or another pairing took its place. */
  ended: boolean
}

/** A refresh token as the gateway keeps it. */
export interface RefreshToken {
  readonly pairing: Pairing
  /** The access token that it came with. */
  readonly accessToken: string
  readonly expiresAt: number
  used: boolean
  ended: boolean
}

/** An access token as the gateway keeps it. */
export interface AccessToken {
  readonly pairing: Pairing
  expiresAt: number
}

const keptTokens = 50_000

let keys: { readonly key: KeyObject; readonly kid: string } | undefined

/** The signing key of this process; which algorithm Sage signs with is published nowhere. */
const signingKey = (): { readonly key: KeyObject; readonly kid: string } =>
  (keys ??= { key: generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey, kid: randomUUID() })

const pairKey = ({ application, customer }: Pairing): string => JSON.stringify([application.clientId, customer.url])

/** Every pairing and token of the gateway. */
export class Pairings {
  readonly #now: () => number
  readonly #options: () => ResolvedCloudGatewayOptions
  readonly byTicket = new BoundedMap<Pairing>(10_000)
  readonly byCode = new BoundedMap<Pairing>(10_000)
  readonly refreshTokens = new BoundedMap<RefreshToken>(keptTokens)
  readonly accessTokens = new BoundedMap<AccessToken>(keptTokens)
  /** The one refresh token of an application and a customer. */
  readonly #current = new Map<string, RefreshToken>()

  constructor(now: () => number, options: () => ResolvedCloudGatewayOptions) {
    this.#now = now
    this.#options = options
  }

  /** A new request, which waits for an X3 user. */
  begin(
    given: Pick<Pairing, "application" | "customer" | "redirectUri" | "state" | "asked" | "endpoint" | "issuer">
  ): Pairing {
    const pairing: Pairing = {
      ...given,
      ticket: randomBytes(16).toString("hex"),
      code: randomBytes(32).toString("base64url"),
      status: "waiting",
      expiresAt: this.#now() + toMilliseconds(this.#options().requestLife, "requestLife"),
      reviewer: undefined,
      folders: [],
      scope: [],
      user: undefined,
      callback: undefined,
      used: false,
      ended: false
    }
    this.byTicket.set(pairing.ticket, pairing)
    this.byCode.set(pairing.code, pairing)
    return pairing
  }

  /** Whether a request still waits and can be accepted. */
  isWaiting(pairing: Pairing): boolean {
    return pairing.status === "waiting" && this.#now() < pairing.expiresAt
  }

  /** Accepts a request as a user, for some of the customer's folders. */
  accept(pairing: Pairing, user: string, folders: ReadonlyArray<string>): void {
    pairing.status = "accepted"
    pairing.folders = folders
    pairing.user = pairing.asked.includes("user.?") ? user : undefined
    pairing.scope = [
      ...pairing.asked.map((each) => (each === "user.?" ? `user.${user}` : each)),
      // "If you specify nothing along with graphQL API we will automatically include businessDomain.ALL".
      ...(pairing.asked.includes("api.graphQL") &&
      !pairing.asked.some((each) => /^(?:user|businessDomain)\./.test(each))
        ? ["businessDomain.ALL"]
        : []),
      // "Folder will be added to the scope by the end-user in X3": how it is spelled there is published nowhere.
      ...folders.map((folder) => `folder.${folder}`)
    ]
    pairing.expiresAt = this.#now() + toMilliseconds(this.#options().codeLife, "codeLife")
  }

  /** A pair of tokens: the only one of this application and customer from now on. */
  issue(pairing: Pairing): Record<string, string | number> {
    const options = this.#options()
    const accessLife = toMilliseconds(options.accessTokenLife, "accessTokenLife")
    const refreshLife = toMilliseconds(options.refreshTokenLife, "refreshTokenLife")
    const last = this.#current.get(pairKey(pairing))
    if (last !== undefined) {
      if (last.pairing !== pairing) last.pairing.ended = true
      last.used = true
      if (options.refreshEndsAccessToken) this.#expire(this.accessTokens.get(last.accessToken))
    }
    const accessToken = this.#token(pairing, accessLife, {})
    this.accessTokens.set(accessToken, { pairing, expiresAt: this.#now() + accessLife })
    const refreshToken = this.#token(pairing, refreshLife, { jti: randomUUID() })
    const kept = { pairing, accessToken, expiresAt: this.#now() + refreshLife, used: false, ended: false }
    this.refreshTokens.set(refreshToken, kept)
    this.#current.set(pairKey(pairing), kept)
    const expiresIn = options.expiresIn === undefined ? Math.round(accessLife / 1000) : options.expiresIn
    const snake = options.tokenNames === "snake_case"
    return {
      [snake ? "access_token" : "accessToken"]: accessToken,
      [snake ? "token_type" : "tokenType"]: "Bearer",
      ...(expiresIn === null ? {} : { [snake ? "expires_in" : "expiresIn"]: expiresIn }),
      [snake ? "refresh_token" : "refreshToken"]: refreshToken,
      scope: pairing.scope.join(" ")
    }
  }

  /** A JWT with the claims that Sage's page on token management shows. */
  #token(pairing: Pairing, life: number, more: Readonly<Record<string, unknown>>): string {
    const iat = Math.floor((this.#now() + this.#options().clockSkew) / 1000)
    const { key, kid } = signingKey()
    const claims = {
      ...more,
      iss: pairing.issuer,
      aud: pairing.issuer,
      iat,
      exp: iat + Math.round(life / 1000),
      region: pairing.endpoint === undefined ? "sandbox" : "sandbox-customer",
      sub: pairing.customer.id,
      azp: pairing.application.clientId,
      scopes: pairing.scope.join(" ")
    }
    return es256(claims, key, kid)
  }

  /** Whether an access token is good now; the end of its pairing does not touch it. */
  isGood(token: AccessToken): boolean {
    return this.#now() < token.expiresAt
  }

  #expire(token: AccessToken | undefined): boolean {
    if (token === undefined || !this.isGood(token)) return false
    token.expiresAt = this.#now()
    return true
  }

  /** Ends what is left of the time of access tokens; returns how many were good. */
  expireAccessTokens(which: (pairing: Pairing) => boolean): number {
    return [...this.accessTokens.values()].filter((token) => which(token.pairing) && this.#expire(token)).length
  }

  /** Ends refresh tokens and leaves their pairings alone; returns how many were good. */
  endRefreshTokens(which: (pairing: Pairing) => boolean): number {
    let ended = 0
    for (const token of this.refreshTokens.values()) {
      if (!which(token.pairing) || token.used || token.ended || token.pairing.ended) continue
      token.ended = true
      ended++
    }
    return ended
  }

  /** Ends accepted pairings; access tokens live on. Returns how many were alive. */
  endPairings(which: (pairing: Pairing) => boolean): number {
    let ended = 0
    for (const pairing of this.byTicket.values()) {
      if (pairing.status !== "accepted" || pairing.ended || !which(pairing)) continue
      pairing.ended = true
      ended++
    }
    return ended
  }
}
