import * as Predicate from "effect/Predicate"
import type * as Redacted from "effect/Redacted"
import type { CallVerdict } from "../../calls/AuthorizedCalls.ts"
import { failure, type Place, type SageAuthError } from "../../errors/SageAuthError.ts"
import { errorBody, readBody, wordsOf } from "../../oauth2/errorBody.ts"
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
  const body = readBody(text)
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
