import { checkChoices, checkDurations, type Choices, laidOver } from "../../checkedOptions.ts"
import type { DurationInput } from "../../clock.ts"

/**
 * How the cloud gateway behaves, where Sage's pages say nothing. Lengths of time are milliseconds or text such as
 * `"10 minutes"`.
 */
export interface CloudGatewayOptions {
  /** Redirect URIs that every application has registered beside its own. Default none. */
  readonly redirectUris?: ReadonlyArray<string> | undefined
  /**
   * Whether the application is called back after the X3 user accepted, or at once. At once, its token requests answer
   * 403 `The pairing request has not been accepted.` until a user accepts. Default `"after-acceptance"`.
   */
  readonly callbackOrder?: "after-acceptance" | "before-acceptance" | undefined
  /** How the application is called back. Default `"POST"`, as documented; `"GET"` puts everything into the query. */
  readonly callbackMethod?: "POST" | "GET" | undefined
  /** What a POST carries. JSON is for `callbackSender: "server"`, since no browser sends it. Default `"form"`. */
  readonly callbackBody?: "form" | "json" | undefined
  /**
   * Who calls back. A browser that opened the authorization URL does, by a form that sends itself off or a redirect. Or
   * the gateway's server does. The server really does it, but only to this machine (`localhost`, `127.0.0.0/8`, `::1`).
   * Default `"browser"`.
   */
  readonly callbackSender?: "browser" | "server" | undefined
  /**
   * Whether the callback names another `endpoint`, that of the customer's region, which every later call must use.
   * `"path"`: with another path. `"host"`: `localhost` for `127.0.0.1` and the other way round. Default `"none"`.
   */
  readonly endpoint?: "none" | "path" | "host" | undefined
  /** Whether the region that the application started from serves tokens of another one anyway. Default false. */
  readonly servesOtherRegions?: boolean | undefined
  /** How long a request waits to be accepted. Default 7 days. */
  readonly requestLife?: DurationInput | undefined
  /** How long a code lives, from the callback or the acceptance on, whichever is later. Default 10 minutes. */
  readonly codeLife?: DurationInput | undefined
  /** What happens when a code comes a second time, beside `Pairing request not found`. Default `"refused"`. */
  readonly codeReuse?: "refused" | "end-pairing" | undefined
  /**
   * Whether a declined request is called back with `error=access_denied`. Default false: the application is not told.
   */
  readonly declinedCallback?: boolean | undefined
  /** What token requests for a declined request answer. Default `"not-found"`. */
  readonly declinedAnswer?: "not-found" | "not-accepted" | undefined
  /** Whether the token endpoint reads forms beside JSON. Default false. */
  readonly formBody?: boolean | undefined
  /** How a wrong client secret is answered. Default 404, as values without an application. */
  readonly wrongSecret?: 401 | 404 | undefined
  /** The spelling of the members of a token response. Default `"snake_case"`. */
  readonly tokenNames?: "snake_case" | "camelCase" | undefined
  /** How long an access token is accepted. Default 5 minutes. */
  readonly accessTokenLife?: DurationInput | undefined
  /** What `expires_in` says, true or not; null leaves it out. Default: the truth. */
  readonly expiresIn?: number | string | null | undefined
  /** How long a refresh token lives. Default 30 days. */
  readonly refreshTokenLife?: DurationInput | undefined
  /** What happens to a refresh token that was used before. Default `"refused"`. */
  readonly refreshReuse?: "refused" | "end-pairing" | "accepted" | undefined
  /**
   * How a refresh token is refused that is unknown, used, ended or expired. 401 says `Unauthorised`; 403 says `Pairing
   * request not found` or `The request has expired.` Default 401.
   */
  readonly deadRefreshToken?: 401 | 403 | undefined
  /** Whether a refresh ends the access token of the old pair. Default false. */
  readonly refreshEndsAccessToken?: boolean | undefined
  /** The operation that deletes a refresh token, whose verb and path are not known; null for none. */
  readonly deleteRefreshToken?: { readonly method: string; readonly path: string } | null | undefined
  /** How a folder is refused that the pairing does not hold. Default 403. */
  readonly foreignFolder?: 401 | 403 | 404 | undefined
  /** How far the server's clock is ahead, in milliseconds; negative when it lags. Default 0. */
  readonly clockSkew?: number | undefined
  /**
   * Whether the sign-in page has a button for each X3 user, who then types nothing: for people who look around. Default
   * false.
   */
  readonly signInButtons?: boolean | undefined
  /** How long each request takes, by the sandbox's clock. Default 0. */
  readonly latency?: DurationInput | undefined
}

/** {@link CloudGatewayOptions} with every default in place. */
export type ResolvedCloudGatewayOptions = {
  readonly [key in Exclude<keyof CloudGatewayOptions, "expiresIn">]-?: Exclude<CloudGatewayOptions[key], undefined>
} & Pick<CloudGatewayOptions, "expiresIn">

/** What holds until an option says otherwise. */
export const defaultOptions: ResolvedCloudGatewayOptions = {
  redirectUris: [],
  callbackOrder: "after-acceptance",
  callbackMethod: "POST",
  callbackBody: "form",
  callbackSender: "browser",
  endpoint: "none",
  servesOtherRegions: false,
  requestLife: "7 days",
  codeLife: "10 minutes",
  codeReuse: "refused",
  declinedCallback: false,
  declinedAnswer: "not-found",
  formBody: false,
  wrongSecret: 404,
  tokenNames: "snake_case",
  accessTokenLife: "5 minutes",
  expiresIn: undefined,
  refreshTokenLife: "30 days",
  refreshReuse: "refused",
  deadRefreshToken: 401,
  refreshEndsAccessToken: false,
  deleteRefreshToken: { method: "DELETE", path: "token" },
  foreignFolder: 403,
  clockSkew: 0,
  signInButtons: false,
  latency: 0
}

/** The values of options that have few. */
const choices: Choices<ResolvedCloudGatewayOptions> = {
  callbackOrder: ["after-acceptance", "before-acceptance"],
  callbackMethod: ["POST", "GET"],
  callbackBody: ["form", "json"],
  callbackSender: ["browser", "server"],
  endpoint: ["none", "path", "host"],
  servesOtherRegions: [true, false],
  codeReuse: ["refused", "end-pairing"],
  declinedCallback: [true, false],
  declinedAnswer: ["not-found", "not-accepted"],
  formBody: [true, false],
  wrongSecret: [401, 404],
  tokenNames: ["snake_case", "camelCase"],
  refreshReuse: ["refused", "end-pairing", "accepted"],
  deadRefreshToken: [401, 403],
  refreshEndsAccessToken: [true, false],
  foreignFolder: [401, 403, 404],
  signInButtons: [true, false]
}

/**
 * Lays the given options over those that hold.
 *
 * @throws `RangeError` for an option out of its range.
 */
export const mergeOptions = (
  current: ResolvedCloudGatewayOptions,
  given: CloudGatewayOptions | undefined
): ResolvedCloudGatewayOptions => {
  const merged = laidOver(current, given)
  checkDurations(merged, ["requestLife", "codeLife", "accessTokenLife", "refreshTokenLife", "latency"])
  if (!Number.isFinite(merged.clockSkew)) throw new RangeError("clockSkew must be a number of milliseconds")
  if (merged.callbackMethod === "POST" && merged.callbackBody === "json" && merged.callbackSender === "browser") {
    throw new RangeError(`callbackBody: "json" needs callbackSender: "server", since no browser sends JSON by itself`)
  }
  checkChoices(merged, choices)
  return merged
}
