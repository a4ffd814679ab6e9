import { checkChoices, checkCounts, checkDurations, type Choices, laidOver } from "../../checkedOptions.ts"
import type { DurationInput } from "../../clock.ts"

/**
 * How the customer's identity provider behaves. It can be any product, so the defaults are those of RFC 6749, 7636,
 * 7009 and 9700. Lengths of time are milliseconds or text such as `"10 minutes"`.
 */
export interface IdentityProviderOptions {
  /** Redirect URIs that every application has registered beside its own. Default none. */
  readonly redirectUris?: ReadonlyArray<string> | undefined
  /** Whether access tokens are random text or RS256 JWTs. Default `"opaque"`. */
  readonly accessToken?: "opaque" | "jwt" | undefined
  /** How long an authorization code lives. Default 60 seconds. */
  readonly codeLife?: DurationInput | undefined
  /** What happens when a code comes a second time, beside `invalid_grant`: nothing, or the end of its tokens. */
  readonly codeReuse?: "refused" | "revoke-family" | undefined
  /** How long an access token is accepted. Default one hour. */
  readonly accessTokenLife?: DurationInput | undefined
  /** What `expires_in` says, true or not; null leaves it out. Default: the truth. */
  readonly expiresIn?: number | string | null | undefined
  /** How long a refresh token lives. Default 30 days. */
  readonly refreshTokenLife?: DurationInput | undefined
  /** Whether a consent gives a refresh token always, or only with the scope `offline_access`. Default `"always"`. */
  readonly offlineAccess?: "always" | "scope" | undefined
  /** Whether a refresh answers with a new refresh token, the same one, or none. Default `"rotated"`. */
  readonly refreshToken?: "rotated" | "same" | "omitted" | undefined
  /**
   * What happens to a refresh token that was used before. It is `invalid_grant`; the same and the end of all its tokens
   * (reuse detection, RFC 9700 section 4.14.2); or nothing. Default `"revoke-family"`.
   */
  readonly refreshReuse?: "refused" | "revoke-family" | "accepted" | undefined
  /** Whether the page has a button for each user, who then types nothing: for people who look around. Default false. */
  readonly signInButtons?: boolean | undefined
  /** Whether every client must use PKCE; those without a secret must anyway. Default false. */
  readonly pkceRequired?: boolean | undefined
  /**
   * How a client proves its secret at the token endpoint: in the body, by a Basic header, or either. Default either.
   */
  readonly clientAuthentication?: "either" | "body" | "basic" | undefined
  /** Whether `client_credentials` is granted. Default true. */
  readonly clientCredentials?: boolean | undefined
  /** When the userinfo has an `email`: with the scope `email`, always, or never. Default `"scope"`. */
  readonly email?: "scope" | "always" | "never" | undefined
  /** Whether the callback carries `iss` (RFC 9207). Default false. */
  readonly callbackIssuer?: boolean | undefined
  /** Whether a revocation ends the access tokens of the grant too (RFC 7009, section 2.1). Default true. */
  readonly revocationEndsAccessTokens?: boolean | undefined
  /** Whether errors of the token endpoint have an `error_description`. Default true. */
  readonly errorDescription?: boolean | undefined
  /** How far the server's clock is ahead, in milliseconds; negative when it lags. Default 0. */
  readonly clockSkew?: number | undefined
  /**
   * How many token requests of one application there may be in a minute, 429 beyond it; null for no limit. Default
   * null.
   */
  readonly tokenRequestsPerMinute?: number | null | undefined
  /** The `Retry-After` of a 429; null for none. Default `"30 seconds"`. */
  readonly retryAfter?: DurationInput | null | undefined
  /** Its form. Default `"seconds"`. */
  readonly retryAfterForm?: "seconds" | "date" | undefined
  /** How long each request takes, by the sandbox's clock. Default 0. */
  readonly latency?: DurationInput | undefined
}

/** {@link IdentityProviderOptions} with every default in place. */
export type ResolvedIdentityProviderOptions = {
  readonly [key in Exclude<keyof IdentityProviderOptions, "expiresIn">]-?: Exclude<
    IdentityProviderOptions[key],
    undefined
  >
} & Pick<IdentityProviderOptions, "expiresIn">

/** What holds until an option says otherwise. */
export const defaultOptions: ResolvedIdentityProviderOptions = {
  redirectUris: [],
  accessToken: "opaque",
  codeLife: "60 seconds",
  codeReuse: "refused",
  accessTokenLife: "1 hour",
  expiresIn: undefined,
  refreshTokenLife: "30 days",
  offlineAccess: "always",
  refreshToken: "rotated",
  refreshReuse: "revoke-family",
  signInButtons: false,
  pkceRequired: false,
  clientAuthentication: "either",
  clientCredentials: true,
  email: "scope",
  callbackIssuer: false,
  revocationEndsAccessTokens: true,
  errorDescription: true,
  clockSkew: 0,
  tokenRequestsPerMinute: null,
  retryAfter: "30 seconds",
  retryAfterForm: "seconds",
  latency: 0
}

/** The values of options that have few. */
const choices: Choices<ResolvedIdentityProviderOptions> = {
  accessToken: ["opaque", "jwt"],
  codeReuse: ["refused", "revoke-family"],
  offlineAccess: ["always", "scope"],
  refreshToken: ["rotated", "same", "omitted"],
  refreshReuse: ["refused", "revoke-family", "accepted"],
  signInButtons: [true, false],
  pkceRequired: [true, false],
  clientAuthentication: ["either", "body", "basic"],
  clientCredentials: [true, false],
  email: ["scope", "always", "never"],
  callbackIssuer: [true, false],
  revocationEndsAccessTokens: [true, false],
  errorDescription: [true, false],
  retryAfterForm: ["seconds", "date"]
}

/**
 * Lays the given options over those that hold.
 *
 * @throws `RangeError` for an option out of its range.
 */
export const mergeOptions = (
  current: ResolvedIdentityProviderOptions,
  given: IdentityProviderOptions | undefined
): ResolvedIdentityProviderOptions => {
  const merged = laidOver(current, given)
  checkDurations(merged, ["codeLife", "accessTokenLife", "refreshTokenLife", "retryAfter", "latency"])
  checkCounts(merged, ["tokenRequestsPerMinute"])
  if (!Number.isFinite(merged.clockSkew)) throw new RangeError("clockSkew must be a number of milliseconds")
  checkChoices(merged, choices)
  return merged
}
