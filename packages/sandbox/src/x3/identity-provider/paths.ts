import type { SurfaceRequest } from "../../surface.ts"

/** The paths of the identity provider, all behind `/x3-idp` since the sandbox has one host for every server. */
export const paths = {
  prefix: "/x3-idp/",
  issuer: "/x3-idp",
  authorize: "/x3-idp/authorize",
  token: "/x3-idp/token",
  userinfo: "/x3-idp/userinfo",
  revoke: "/x3-idp/revoke",
  keys: "/x3-idp/keys",
  discovery: "/x3-idp/.well-known/openid-configuration"
} as const

/** The URLs that a client of the identity provider needs. */
export interface IdentityProviderUrls {
  /** Where a browser is sent for consent. */
  readonly authorize: string
  /** Where codes and refresh tokens are exchanged. */
  readonly token: string
  /** Where X3 asks whose an access token is. */
  readonly userinfo: string
  /** Where tokens are revoked. */
  readonly revoke: string
}

/** These URLs on the sandbox's origin. */
export const identityProviderUrls = (origin: string): IdentityProviderUrls => ({
  authorize: `${origin}${paths.authorize}`,
  token: `${origin}${paths.token}`,
  userinfo: `${origin}${paths.userinfo}`,
  revoke: `${origin}${paths.revoke}`
})

/** How the server names itself to this caller (RFC 8414, section 2). */
export const issuerOf = (request: SurfaceRequest): string => `${request.scheme}://${request.host}${paths.issuer}`
