import { BoundedMap } from "../BoundedMap.ts"

/** A refresh token as a server keeps it. */
export interface RefreshToken<Family> {
  readonly family: Family
  expiresAt: number
  used: boolean
  /** Ended by itself, its family staying alive. */
  ended: boolean
}

/** An access token as a server keeps it. */
export interface AccessToken<Family> {
  readonly family: Family
  expiresAt: number
  ended: boolean
}

const keptTokens = 50_000

/** Every code and token of an authorization server; a family is all that came of one consent. */
export class OAuthGrants<
  Family extends { ended: boolean },
  Code,
  Access extends AccessToken<Family> = AccessToken<Family>
> {
  protected readonly now: () => number
  readonly codes = new BoundedMap<Code>(keptTokens)
  readonly refreshTokens = new BoundedMap<RefreshToken<Family>>(keptTokens)
  readonly accessTokens = new BoundedMap<Access>(keptTokens)

  constructor(now: () => number) {
    this.now = now
  }

  /** Whether an access token is good now; the end of its family does not touch it by itself. */
  isGood(token: Access): boolean {
    return !token.ended && this.now() < token.expiresAt
  }

  /** Ends families: their refresh tokens, while access tokens live on. Returns how many were alive. */
  endFamilies(which: (family: Family) => boolean): number {
    const ended = new Set<Family>()
    for (const { family } of this.refreshTokens.values()) if (!family.ended && which(family)) ended.add(family)
    for (const { family } of this.accessTokens.values()) if (!family.ended && which(family)) ended.add(family)
    for (const family of ended) family.ended = true
    return ended.size
  }

  /** Ends what is left of the time of access tokens; returns how many were good. */
  expireAccessTokens(which: (family: Family) => boolean): number {
    let expired = 0
    for (const token of this.accessTokens.values()) {
      if (!which(token.family) || !this.isGood(token)) continue
      token.expiresAt = this.now()
      expired++
    }
    return expired
  }

  /** Ends refresh tokens one by one, families staying alive; returns how many were good. */
  endRefreshTokens(which: (family: Family) => boolean): number {
    let ended = 0
    for (const token of this.refreshTokens.values()) {
      if (!which(token.family) || token.used || token.ended || token.family.ended) continue
      token.ended = true
      ended++
    }
    return ended
  }
}
