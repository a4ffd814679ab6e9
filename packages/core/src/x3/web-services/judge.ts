import * as Predicate from "effect/Predicate"
import type * as Redacted from "effect/Redacted"
import type { CallVerdict } from "../../calls/CallRules.ts"
import { failure, type Place, type SageAuthError } from "../../errors/SageAuthError.ts"
import type { CallbackRules } from "../../oauth2/callback.ts"
import { errorBody, type ErrorRule, parseBody, wordsOf } from "../../oauth2/errorBody.ts"
import { errorsWhen, type TokenErrors, type TokenErrorTable } from "../../oauth2/TokenErrors.ts"
import { isAway } from "../../transport/Answer.ts"

/** where Syracuse sends a browser that has not signed in */
const loginPath = /^\/(?:auth|syracuse-auth)(?:\/|$)/

/** Whether an answer sends a browser to the login page, which it does for callers that ask for HTML. */
const isLoginRedirect = ({ headers, status }: Response): boolean => {
  const location = status >= 300 && status < 400 ? headers.get("location") : null
  const anywhere = "https://x3.invalid"
  return location !== null && loginPath.test(URL.parse(location, anywhere)?.pathname ?? "")
}

/** Whether an answer says that no user was recognised. */
export const isUnauthorized = (response: Response): boolean => response.status === 401 || isLoginRedirect(response)

/** What an answer says about the credential. `rejected` is what 401 means for this kind of credential. */
export const judge = (response: Response, rejected: "credential-dead" | "credential-refused"): CallVerdict => {
  const { status } = response
  if (isUnauthorized(response)) return rejected
  if (status === 429) return "rate-limited"
  return isAway(status) ? "unavailable" : "accepted"
}

/** What is read of a body to look for `$diagnoses`, in bytes: an answer that is longer holds data. */
export const diagnosedStart = 8 * 1024 * 1024

const isJson = (response: Response): boolean => /[/+]json\b/i.test(response.headers.get("content-type") ?? "")

/** Whether a body has to be read: a success may report a failure, and a server that is away may say why. */
export const reads = (response: Response): boolean =>
  (response.status >= 200 && response.status < 300 && isJson(response)) || response.status >= 500

const isFailure = (diagnosis: unknown): boolean =>
  Predicate.hasProperty(diagnosis, "$severity") &&
  typeof diagnosis.$severity === "string" &&
  /^(?:error|fatal)$/i.test(diagnosis.$severity)

/**
 * The failure that a successful answer reports in `$diagnoses`. Warnings and notes are none.
 *
 * Source: online-help.sagex3.com, Web services integration guide.
 */
export const diagnosed = (
  response: Response,
  text: string,
  secrets: ReadonlyArray<Redacted.Redacted>,
  place: Place
): SageAuthError | undefined => {
  // most answers hold none, and need not be parsed
  if (response.status < 200 || response.status >= 300 || !text.includes("$diagnoses")) return undefined
  const body = parseBody(text)
  if (body.kind !== "json" || !Predicate.hasProperty(body.value, "$diagnoses")) return undefined
  const { $diagnoses } = body.value
  const failures = (Array.isArray($diagnoses) ? $diagnoses : [$diagnoses]).filter(isFailure)
  if (failures.length === 0) return undefined
  const {
    code,
    supportId,
    text: message
  } = wordsOf(errorBody(failures) ?? { codes: [], texts: [], supportId: undefined }, secrets)
  return failure("x3-web-services.diagnoses", { ...place, message: message, code, supportId, response })
}

/** Any identity provider's errors. Source: RFC 6749, section 5.2. */
export const tokenErrors: TokenErrorTable = {
  rows: [
    { codes: ["unauthorized_client"], entry: "x3-web-services.client-rejected" },
    {
      codes: ["invalid_request", "invalid_scope", "unsupported_grant_type"],
      entry: "x3-web-services.token-request-invalid"
    }
  ],
  refusesByRfc: true,
  invalidGrant: {
    "refresh-token": "x3-web-services.grant-ended",
    code: "x3-web-services.code-rejected",
    "client-credentials": "x3-web-services.client-rejected"
  },
  interaction: {
    "refresh-token": "client.interaction-required",
    "client-credentials": "client.administrator-required"
  },
  invalidClient: "x3-web-services.client-rejected",
  rateLimited: "x3-web-services.rate-limited",
  unavailable: "x3-web-services.service-unavailable",
  unreadable: "x3-web-services.unreadable-answer",
  redirected: "x3-web-services.unreadable-answer",
  misdirected: "x3-web-services.token-request-invalid",
  rejected: "x3-web-services.token-request-invalid"
}

export const refreshErrors: TokenErrors = errorsWhen(tokenErrors, "refresh-token")

export const codeErrors: TokenErrors = errorsWhen(tokenErrors, "code")

export const clientErrors: TokenErrors = errorsWhen(tokenErrors, "client-credentials")

/** What comes back from the consent. Source: RFC 6749, section 4.1.2.1. */
export const callbackRules: CallbackRules = {
  errors: [
    { id: "x3-web-services.access-denied", codes: ["access_denied"] },
    { id: "x3-web-services.client-rejected", codes: ["unauthorized_client", "invalid_client"] },
    { id: "x3-web-services.authorization-unavailable", codes: ["server_error", "temporarily_unavailable"] },
    {
      id: "x3-web-services.authorization-invalid",
      codes: ["invalid_request", "invalid_scope", "unsupported_response_type"]
    }
  ]
}

/**
 * What an error of the REST services means, where this library reads the answer itself.
 *
 * Source: online-help.sagex3.com, Web services integration guide.
 */
export const callErrors: ReadonlyArray<ErrorRule> = [
  { id: "x3-web-services.no-badge", text: /does not have any badge/i },
  { id: "x3-web-services.no-web-services", text: /no web services accepted/i },
  { id: "x3-web-services.forbidden", statuses: [403] },
  { id: "x3-web-services.rate-limited", statuses: [429] },
  { id: "x3-web-services.service-unavailable", statuses: [500, 502, 503, 504] }
]
