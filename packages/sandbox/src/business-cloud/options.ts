import { checkChoices, checkCounts, checkDurations, type Choices, laidOver } from "../checkedOptions.ts"
import type { DurationInput } from "../clock.ts"
import type { AuthorizationRefusal } from "../oauth/authorizationRequests.ts"
import { type Reading, readingsOf, withReading } from "../reading.ts"

/**
 * How Business Cloud Accounting and its authorization server behave, where documents and reports differ or say nothing.
 * Lengths of time are milliseconds or text such as `"10 minutes"`.
 */
export interface BusinessCloudOptions {
  /**
   * `"documented"`: what Sage's pages show. `"card"`: what only the comparison card says. `threeHeaders`,
   * `opaqueTokens`, `callsProlong`, access tokens of one hour, and a `Retry-After` with each 429. Options that are
   * given beside it win. Default `"documented"`.
   */
  readonly reading?: Reading | undefined
  /**
   * Whether version 3.1 wants the headers of version 3 with each call: token, subscription key and resource owner. One
   * that is missing is a 401. Default false.
   */
  readonly threeHeaders?: boolean | undefined
  /** Whether tokens are 64 digits that say nothing, and no JWT. Default false. */
  readonly opaqueTokens?: boolean | undefined
  /** Whether an API call lets the refresh token live as long again, which Sage's pages deny. Default false. */
  readonly callsProlong?: boolean | undefined
  /** Redirect URIs that every application has registered beside its own. Default none. */
  readonly redirectUris?: ReadonlyArray<string> | undefined
  /** How long an authorization code lives. Default 60 seconds. */
  readonly codeLife?: DurationInput | undefined
  /** Whether a code begins with the country and a slash. Default true. */
  readonly codeCountry?: boolean | undefined
  /** Whether a code is also taken without them, as in the exchange that Sage's guide shows. Default false. */
  readonly bareCode?: boolean | undefined
  /** What happens when a code comes a second time, beside `invalid_grant`: nothing, or the end of its tokens. */
  readonly codeReuse?: "refused" | "revoke-family" | undefined
  /** Whether the callback carries `iss` (RFC 9207). Default false. */
  readonly callbackIssuer?: boolean | undefined
  /**
   * Whether the sign-in page has a button for each user, who then types nothing: for people who look around. Default
   * false.
   */
  readonly signInButtons?: boolean | undefined
  /** The countries of the first page, when the application names none. Default CA, GB and IE. */
  readonly countries?: ReadonlyArray<string> | undefined
  /** The scope of a request that names none. Default `"full_access"`. */
  readonly defaultScope?: "full_access" | "readonly" | undefined
  /** How a country is refused in which the user has no business. Default `access_denied`. */
  readonly wrongCountry?: AuthorizationRefusal | undefined
  /** Whether client id and secret are also taken from a Basic header, which Sage documents nowhere. Default false. */
  readonly basicAuthentication?: boolean | undefined
  /** Whether the token endpoint reads JSON too. Default false. */
  readonly jsonBody?: boolean | undefined
  /** How long an access token is accepted. Default 300 seconds; 60 minutes with version 3. */
  readonly accessTokenLife?: DurationInput | undefined
  /** What `expires_in` says, true or not; null leaves it out. Default: the truth. */
  readonly expiresIn?: number | string | null | undefined
  /** How long a refresh token lives. Default 31 days; with version 3 for ever. */
  readonly refreshTokenLife?: DurationInput | undefined
  /** What `refresh_token_expires_in` says; null leaves it out. Default: the truth. */
  readonly refreshTokenExpiresIn?: number | string | null | undefined
  /** How far the server's clock is ahead, in milliseconds; negative when it lags. Default 0. */
  readonly clockSkew?: number | undefined
  /** Whether a refresh answers with a new refresh token, the same one, or none. Default `"rotated"`. */
  readonly refreshToken?: "rotated" | "same" | "omitted" | undefined
  /** What happens to a refresh token that was used before: `invalid_grant`, the same for its family, or nothing. */
  readonly refreshReuse?: "refused" | "revoke-family" | "accepted" | undefined
  /**
   * Whether a refresh token must be the most recent one of its user and application. Sage's page on troubleshooting
   * says so: a new consent of the same user then ends the older grant. Default true.
   */
  readonly mostRecentOnly?: boolean | undefined
  /** How `client_credentials` and other grant types are refused. Default `"unsupported_grant_type"`. */
  readonly unknownGrantType?: "unsupported_grant_type" | "invalid_grant" | undefined
  /** The status of `invalid_client`, which Sage documents nowhere. Default 400. */
  readonly invalidClientStatus?: 400 | 401 | undefined
  /** Whether errors of the token endpoint have an `error_description`. Default false. */
  readonly errorDescription?: boolean | undefined
  /** Whether the token response has a `resource_owner_id`, as version 3 always has. Default false. */
  readonly resourceOwnerId?: boolean | undefined
  /** The length of a token in characters. Default 1300. */
  readonly tokenLength?: number | undefined
  /** Whether a `WWW-Authenticate` comes with 401. Default false. */
  readonly wwwAuthenticate?: boolean | undefined
  /** Whether answers carry the `X-Business` that they are about. Default true. */
  readonly echoBusiness?: boolean | undefined
  /** Whether a user with several businesses must name one, as one report says. Default false: the lead business. */
  readonly businessRequired?: boolean | undefined
  /** The status for a business that the user does not see. Default 403. */
  readonly foreignBusiness?: 401 | 403 | 404 | undefined
  /** How many requests of one application are served at a time, 429 beyond it. Default 150. */
  readonly concurrentRequests?: number | undefined
  /** How many it has a day, 429 beyond it. Default 1,296,000. */
  readonly requestsPerDay?: number | undefined
  /** How many a business has in 60 seconds with version 3, 429 beyond it. Default 200. */
  readonly v3RequestsPerMinute?: number | undefined
  /** The `Retry-After` of a 429; null for none. Default none. */
  readonly retryAfter?: DurationInput | null | undefined
  /** Its form. Default `"seconds"`. */
  readonly retryAfterForm?: "seconds" | "date" | undefined
  /** How long each request takes, by the sandbox's clock. Default 0. */
  readonly latency?: DurationInput | undefined
}

type EditionOption = "accessTokenLife" | "expiresIn" | "refreshTokenLife" | "refreshTokenExpiresIn"

/** {@link BusinessCloudOptions} with every default in place; what editions differ in has none before it is given. */
export type ResolvedBusinessCloudOptions = {
  readonly [key in Exclude<keyof BusinessCloudOptions, EditionOption>]-?: Exclude<BusinessCloudOptions[key], undefined>
} & { readonly [key in EditionOption]: BusinessCloudOptions[key] }

/** What holds until an option says otherwise. */
export const defaultOptions: ResolvedBusinessCloudOptions = {
  reading: "documented",
  threeHeaders: false,
  opaqueTokens: false,
  callsProlong: false,
  redirectUris: [],
  codeLife: "60 seconds",
  codeCountry: true,
  bareCode: false,
  codeReuse: "refused",
  callbackIssuer: false,
  signInButtons: false,
  countries: ["CA", "GB", "IE"],
  defaultScope: "full_access",
  wrongCountry: { error: "access_denied" },
  basicAuthentication: false,
  jsonBody: false,
  accessTokenLife: undefined,
  expiresIn: undefined,
  refreshTokenLife: undefined,
  refreshTokenExpiresIn: undefined,
  clockSkew: 0,
  refreshToken: "rotated",
  refreshReuse: "refused",
  mostRecentOnly: true,
  unknownGrantType: "unsupported_grant_type",
  invalidClientStatus: 400,
  errorDescription: false,
  resourceOwnerId: false,
  tokenLength: 1300,
  wwwAuthenticate: false,
  echoBusiness: true,
  businessRequired: false,
  foreignBusiness: 403,
  concurrentRequests: 150,
  requestsPerDay: 1_296_000,
  v3RequestsPerMinute: 200,
  retryAfter: null,
  retryAfterForm: "seconds",
  latency: 0
}

const readings = readingsOf<ResolvedBusinessCloudOptions>(defaultOptions, {
  threeHeaders: true,
  opaqueTokens: true,
  callsProlong: true,
  accessTokenLife: "1 hour",
  retryAfter: "5 seconds"
})

/** The values of options that have few. */
const choices: Choices<ResolvedBusinessCloudOptions> = {
  threeHeaders: [true, false],
  opaqueTokens: [true, false],
  callsProlong: [true, false],
  codeCountry: [true, false],
  bareCode: [true, false],
  codeReuse: ["refused", "revoke-family"],
  callbackIssuer: [true, false],
  signInButtons: [true, false],
  defaultScope: ["full_access", "readonly"],
  basicAuthentication: [true, false],
  jsonBody: [true, false],
  refreshToken: ["rotated", "same", "omitted"],
  refreshReuse: ["refused", "revoke-family", "accepted"],
  mostRecentOnly: [true, false],
  unknownGrantType: ["unsupported_grant_type", "invalid_grant"],
  invalidClientStatus: [400, 401],
  errorDescription: [true, false],
  resourceOwnerId: [true, false],
  wwwAuthenticate: [true, false],
  echoBusiness: [true, false],
  businessRequired: [true, false],
  foreignBusiness: [401, 403, 404],
  retryAfterForm: ["seconds", "date"]
}

/**
 * Lays the given options over those that hold.
 *
 * @throws `RangeError` for an option out of its range.
 */
export const mergeOptions = (
  current: ResolvedBusinessCloudOptions,
  given: BusinessCloudOptions | undefined
): ResolvedBusinessCloudOptions => {
  const merged = laidOver(withReading(current, given, readings), given)
  checkDurations(merged, ["codeLife", "accessTokenLife", "refreshTokenLife", "retryAfter", "latency"])
  checkCounts(merged, ["concurrentRequests", "requestsPerDay", "v3RequestsPerMinute", "tokenLength"])
  if (!Number.isFinite(merged.clockSkew)) throw new RangeError("clockSkew must be a number of milliseconds")
  checkChoices(merged, choices)
  return merged
}
