import { checkChoices, checkCounts, checkDurations, type Choices, laidOver } from "../checkedOptions.ts"
import type { DurationInput } from "../clock.ts"
import { type Reading, readingsOf, withReading } from "../reading.ts"

/** The ways in which Intacct was seen to reject an access token. */
export type RejectedTokenShape = "REST-2102" | "REST-1206" | "GW-0040" | "GW-0031" | "Invalid token"

/**
 * How the Intacct REST API and its authorization server behave, where documents, recordings and reports differ or say
 * nothing. Lengths of time are milliseconds or text such as `"10 minutes"`.
 */
export interface IntacctRestOptions {
  /**
   * `"documented"`: what Sage's pages and recordings show. `"card"`: what only the comparison card says, or one sample
   * of the OAuth guide. Tokens live one hour and refresh tokens 180 days, an unusable grant is `OAUTH2_INVALID_GRANT`,
   * sessions and tokens are not `interchangeable`, `shortObjectNames` and `alias` are served. Options that are given
   * beside it win. Default `"documented"`.
   */
  readonly reading?: Reading | undefined
  /**
   * Whether a token gives a session of the XML API and a session gives a token. The card says that neither does.
   * Default true.
   */
  readonly interchangeable?: boolean | undefined
  /**
   * Whether `objects/vendor` is `objects/accounts-payable/vendor`, as a sample of the OAuth guide has it. Default
   * false.
   */
  readonly shortObjectNames?: boolean | undefined
  /** Redirect URIs that every application has registered beside its own. Default none. */
  readonly redirectUris?: ReadonlyArray<string> | undefined
  /** How long an authorization code lives. Published nowhere; default 10 minutes, the most that RFC 6749 advises. */
  readonly codeLife?: DurationInput | undefined
  /** What happens when a code comes a second time, beside `invalid_grant`: nothing, or the end of its tokens. */
  readonly codeReuse?: "refused" | "revoke-family" | undefined
  /** Whether the callback carries `iss` (RFC 9207). Default false. */
  readonly callbackIssuer?: boolean | undefined
  /**
   * Whether the sign-in page has a button for each user, who then types nothing: for people who look around. Default
   * false.
   */
  readonly signInButtons?: boolean | undefined
  /** Whether a client with a secret may leave it out when it proves itself with PKCE. Default true. */
  readonly pkceReplacesSecret?: boolean | undefined
  /** Whether a refresh needs a secret even for what was obtained without one, as was once reported. Default false. */
  readonly refreshNeedsSecret?: boolean | undefined
  /**
   * Where client id and secret are also taken from a Basic header. `"except-refresh"`: a refresh with one is refused
   * (400 `invalid_client`), as production does against its discovery document. Default `"except-refresh"`.
   */
  readonly basicAuthentication?: "except-refresh" | "everywhere" | "nowhere" | undefined
  /** Whether `/api/v1/…` is served like `/ia/api/v1/…`. Default false: 404. */
  readonly alias?: boolean | undefined
  /** How long an access token is accepted. Default 12 hours. */
  readonly accessTokenLife?: DurationInput | undefined
  /** What `expires_in` says, true or not; null leaves it out. Default 43200. */
  readonly expiresIn?: number | string | null | undefined
  /** What lies between `iat` and `exp` of an access token. Default 1 hour, as in Sage's sample. */
  readonly jwtLife?: DurationInput | undefined
  /** How far the server's clock is ahead, in milliseconds; negative when it lags. Default 0. */
  readonly clockSkew?: number | undefined
  /** How long a refresh token lives, which its `exp` then says; null: no `exp`, and no end. Default 90 days. */
  readonly refreshTokenLife?: DurationInput | null | undefined
  /** Whether a refresh answers with a new refresh token, the same one, or none. Default `"rotated"`. */
  readonly refreshToken?: "rotated" | "same" | "omitted" | undefined
  /** What happens to a refresh token that was used before: `invalid_grant`, the same for its family, or nothing. */
  readonly refreshReuse?: "refused" | "revoke-family" | "accepted" | undefined
  /** Whether client credentials come with a refresh token, as recorded. Default true. */
  readonly clientCredentialsRefreshToken?: boolean | undefined
  /** Whether an authorization code grant needs `offline_access` for a refresh token. Default true. */
  readonly offlineAccess?: boolean | undefined
  /**
   * Whether a new authorization code grant ends the older ones of the same user and company, as was observed. Default
   * false.
   */
  readonly supersede?: boolean | undefined
  /** Which parameter of a refresh names the entity; the other is ignored. Default `"both"`. */
  readonly entityParameter?: "both" | "entity_id" | "location_id" | "ignored" | undefined
  /** Whether a refresh that names no entity keeps that of the grant. Default false: a top-level token. */
  readonly refreshKeepsEntity?: boolean | undefined
  /** What a user restricted to one entity gets without naming it: a token there, or a refusal. Default `"entity"`. */
  readonly restrictedTopLevel?: "entity" | "refused" | undefined
  /** What such a user gets in another entity: empty answers, or a refusal. Default `"empty"`. */
  readonly restrictedEntity?: "empty" | "refused" | undefined
  /** The `entityId` and `entityKey` of a top-level access token. Default `"empty"`. */
  readonly topLevelClaims?: "empty" | "absent" | undefined
  /** Which headers name the entity of a request. Default the documented `X-IA-API-Param-Entity`. */
  readonly entityHeader?: "hyphenated" | "joined" | "both" | undefined
  /** Whether an access token ends with the session it carries. Default true. */
  readonly sessionBound?: boolean | undefined
  /** The `expiresIn` of a session that is asked for with a token, in seconds. Default 21600. */
  readonly sessionExpiresIn?: number | undefined
  /** How an access token is rejected whose time is over. Default `"GW-0040"`. */
  readonly expiredToken?: RejectedTokenShape | undefined
  /** How one is rejected that was revoked, superseded or never issued. Default `"REST-2102"`. */
  readonly rejectedToken?: RejectedTokenShape | undefined
  /** The status of `REST-2102`, which no source states. Default 401. */
  readonly rejectedTokenStatus?: 400 | 401 | undefined
  /** The `error` of an unusable code or refresh token. Default `"invalid_grant"`. */
  readonly invalidGrant?: "invalid_grant" | "OAUTH2_INVALID_GRANT" | undefined
  /** Its status, which no source states. Default 400. */
  readonly invalidGrantStatus?: 400 | 401 | undefined
  /** How a wrong secret or an application that the company did not authorise is refused. Default `"REST-1216"`. */
  readonly wrongClient?: "REST-1216" | "invalid_client" | undefined
  /** The status of that. Default 401. */
  readonly wrongClientStatus?: 400 | 401 | undefined
  /** How a client id that does not exist is refused. Default `"GW-0011"`. */
  readonly unknownClient?: "GW-0011" | "REST-1216" | "invalid_client" | undefined
  /** How client credentials with a session that has ended are refused. Default `"invalid_grant"`. */
  readonly deadSession?: "invalid_grant" | "REST-2102" | "GW-0031" | undefined
  /** The answer to a revocation: an empty object, or 204 without body. Default 200. */
  readonly revokeAnswer?: 200 | 204 | undefined
  /** The answer to the revocation of an unknown token: as RFC 7009 says, or a refusal. Default `"accepted"`. */
  readonly revokeUnknown?: "accepted" | "refused" | undefined
  /** Whether token requests take one of the company's connections. Default true. */
  readonly tokenTakesConnection?: boolean | undefined
  /** How many REST requests of one company are served at a time; null: as the XML gateway says, together with it. */
  readonly connectionsPerCompany?: number | null | undefined
  /** Whether answers of the API carry the `X-IA-*` headers. Default true. */
  readonly rateHeaders?: boolean | undefined
  /** The spelling of the waiting time in those headers: `Retry-After`, or `RetryAfter` as in a copy of Sage's page. */
  readonly rateHeaderSpelling?: "hyphenated" | "joined" | undefined
  /** The soft limit that the headers tell; the rest can go below zero. Default 1000. */
  readonly requestsPerMinute?: number | undefined
  /** The hard limit of a company, 429 beyond it. Default 30000. */
  readonly requestsPerHour?: number | undefined
  /** The `Retry-After` of a 429; null for none. Default 2 seconds. */
  readonly retryAfter?: DurationInput | null | undefined
  /** Its form. Default `"seconds"`. */
  readonly retryAfterForm?: "seconds" | "date" | undefined
  /** Whether bulk requests are counted by record or by call. Default `"record"`. */
  readonly bulkCounts?: "record" | "call" | undefined
  /** How long each request takes, by the sandbox's clock. Default 0. */
  readonly latency?: DurationInput | undefined
}

/** {@link IntacctRestOptions} with every default in place. */
export type ResolvedIntacctRestOptions = {
  readonly [key in keyof IntacctRestOptions]-?: Exclude<IntacctRestOptions[key], undefined>
}

/** What holds until an option says otherwise. */
export const defaultOptions: ResolvedIntacctRestOptions = {
  reading: "documented",
  interchangeable: true,
  shortObjectNames: false,
  redirectUris: [],
  codeLife: "10 minutes",
  codeReuse: "refused",
  callbackIssuer: false,
  signInButtons: false,
  pkceReplacesSecret: true,
  refreshNeedsSecret: false,
  basicAuthentication: "except-refresh",
  alias: false,
  accessTokenLife: "12 hours",
  expiresIn: 43_200,
  jwtLife: "1 hour",
  clockSkew: 0,
  refreshTokenLife: "90 days",
  refreshToken: "rotated",
  refreshReuse: "refused",
  clientCredentialsRefreshToken: true,
  offlineAccess: true,
  supersede: false,
  entityParameter: "both",
  refreshKeepsEntity: false,
  restrictedTopLevel: "entity",
  restrictedEntity: "empty",
  topLevelClaims: "empty",
  entityHeader: "hyphenated",
  sessionBound: true,
  sessionExpiresIn: 21_600,
  expiredToken: "GW-0040",
  rejectedToken: "REST-2102",
  rejectedTokenStatus: 401,
  invalidGrant: "invalid_grant",
  invalidGrantStatus: 400,
  wrongClient: "REST-1216",
  wrongClientStatus: 401,
  unknownClient: "GW-0011",
  deadSession: "invalid_grant",
  revokeAnswer: 200,
  revokeUnknown: "accepted",
  tokenTakesConnection: true,
  connectionsPerCompany: null,
  rateHeaders: true,
  rateHeaderSpelling: "hyphenated",
  requestsPerMinute: 1000,
  requestsPerHour: 30_000,
  retryAfter: "2 seconds",
  retryAfterForm: "seconds",
  bulkCounts: "record",
  latency: 0
}

const readings = readingsOf<ResolvedIntacctRestOptions>(defaultOptions, {
  interchangeable: false,
  shortObjectNames: true,
  alias: true,
  accessTokenLife: "1 hour",
  expiresIn: 3600,
  refreshTokenLife: "180 days",
  invalidGrant: "OAUTH2_INVALID_GRANT"
})

/** The values of options that have few. */
const choices: Choices<ResolvedIntacctRestOptions> = {
  interchangeable: [true, false],
  shortObjectNames: [true, false],
  codeReuse: ["refused", "revoke-family"],
  callbackIssuer: [true, false],
  signInButtons: [true, false],
  pkceReplacesSecret: [true, false],
  refreshNeedsSecret: [true, false],
  basicAuthentication: ["except-refresh", "everywhere", "nowhere"],
  alias: [true, false],
  refreshToken: ["rotated", "same", "omitted"],
  refreshReuse: ["refused", "revoke-family", "accepted"],
  clientCredentialsRefreshToken: [true, false],
  offlineAccess: [true, false],
  supersede: [true, false],
  entityParameter: ["both", "entity_id", "location_id", "ignored"],
  refreshKeepsEntity: [true, false],
  restrictedTopLevel: ["entity", "refused"],
  restrictedEntity: ["empty", "refused"],
  topLevelClaims: ["empty", "absent"],
  entityHeader: ["hyphenated", "joined", "both"],
  sessionBound: [true, false],
  rejectedTokenStatus: [400, 401],
  invalidGrant: ["invalid_grant", "OAUTH2_INVALID_GRANT"],
  invalidGrantStatus: [400, 401],
  wrongClient: ["REST-1216", "invalid_client"],
  wrongClientStatus: [400, 401],
  unknownClient: ["GW-0011", "REST-1216", "invalid_client"],
  deadSession: ["invalid_grant", "REST-2102", "GW-0031"],
  revokeAnswer: [200, 204],
  revokeUnknown: ["accepted", "refused"],
  tokenTakesConnection: [true, false],
  rateHeaders: [true, false],
  rateHeaderSpelling: ["hyphenated", "joined"],
  retryAfterForm: ["seconds", "date"],
  bulkCounts: ["record", "call"]
}

/**
 * Lays the given options over those that hold.
 *
 * @throws `RangeError` for an option out of its range.
 */
export const mergeOptions = (
  current: ResolvedIntacctRestOptions,
  given: IntacctRestOptions | undefined
): ResolvedIntacctRestOptions => {
  const merged = laidOver(withReading(current, given, readings), given)
  checkDurations(merged, ["codeLife", "accessTokenLife", "jwtLife", "refreshTokenLife", "retryAfter", "latency"])
  checkCounts(merged, ["connectionsPerCompany", "requestsPerMinute", "requestsPerHour"])
  if (!Number.isFinite(merged.clockSkew)) throw new RangeError("clockSkew must be a number of milliseconds")
  checkChoices(merged, choices)
  return merged
}
