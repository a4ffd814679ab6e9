import * as Predicate from "effect/Predicate"
import type { CallVerdict } from "../calls/CallRules.ts"
import type { CatalogueId } from "../errors/catalogue.ts"
import type { CallbackRules } from "../oauth2/callback.ts"
import { errorOf, type ErrorRule, hasCode, parseBody } from "../oauth2/errorBody.ts"
import { errorsWhen, type Own, type TokenErrors, type TokenErrorTable } from "../oauth2/TokenErrors.ts"
import { isAway, retryAfter } from "../transport/Answer.ts"

const deadCodes = ["REST-1206", "REST-2102", "GW-0040"]
const deadText = /token is not valid|invalid token/i
const limitText = /API rate limit exceeded/i

/**
 * What stands in every success that is none; a backslash may hide a letter. Most answers hold neither, and need not be
 * parsed.
 */
const mayRefuse = /GW-00|limit|\\/i

/** What the gateway says of a limit fits in this, in bytes. */
const shortAnswer = 1_024

/** Whether an answer has to be read to be judged: refusals, and what is short enough to be a limit with status 200. */
export const reads = ({ headers, status }: Response): boolean => {
  if (status >= 400) return true
  const length = headers.get("content-length")
  return length !== null && Number(length) <= shortAnswer && /json/i.test(headers.get("content-type") ?? "")
}

/**
 * What an answer that was read says about the token. 401 means that it is over, and so do some answers with 400:
 * developers still see that for an expired one. A limit is a limit in any status.
 *
 * Source: developer.sage.com, Sage Intacct REST API, Error handling; community reports for status 400.
 */
export const judge = (response: Response, text: string | undefined): CallVerdict => {
  const { status } = response
  if (text === undefined || (status < 400 && !mayRefuse.test(text))) return "accepted"
  const serverError = errorOf(parseBody(text))
  // a sentence may stand where a code should
  const says = (pattern: RegExp) => [...serverError.texts, ...serverError.codes].some((words) => pattern.test(words))
  if (status === 429 || hasCode(serverError, ["GW-0010"]) || says(limitText)) return "rate-limited"
  if (status === 401) return "credential-dead"
  if (status === 400 && (hasCode(serverError, deadCodes) || says(deadText))) return "credential-dead"
  return isAway(status) || hasCode(serverError, ["GW-0001"]) ? "unavailable" : "accepted"
}

/** Copies of Sage's page drop hyphens from the names of these headers, and servers have been seen with both. */
const normal = (name: string): string => name.toLowerCase().replaceAll("-", "")

const valuesOf = (headers: Headers, names: ReadonlySet<string>): ReadonlyArray<string> =>
  [...headers].filter(([name]) => names.has(normal(name))).map(([, value]) => value)

const retryNames = new Set(
  ["X-IA-Throttle-Retry-After", "X-IA-Hour-Rate-Limit-Retry-After", "X-IA-TENANT-Throttle-Retry-After"].map(normal)
)

/** each as the page has it, and as its copy does */
const usualLimits = [
  ["x-ia-throttle-limit", "x-ia-throttlelimit"],
  ["x-ia-tenant-throttle-limit", "x-ia-tenant-throttlelimit"]
] as const

const limitNames = new Set(usualLimits.map(([name]) => normal(name)))

/** How long Intacct asks to wait, in milliseconds, by whichever header says so; the longest counts. */
export const waitOf = (headers: Headers, now: number): number | undefined => {
  const waits = valuesOf(headers, retryNames).map((value) => retryAfter(new Headers({ "retry-after": value }), now))
  const pauses = [retryAfter(headers, now), ...waits].filter((wait) => wait !== undefined)
  return pauses.length === 0 ? undefined : Math.max(...pauses)
}

/** How many requests at a time Intacct says it takes; undefined where it does not. */
export const limitOf = (headers: Headers): number | undefined => {
  let least: number | undefined
  let found = false
  const consider = (value: string | null) => {
    if (value === null) return
    found = true
    const limit = Number(value)
    // -1 stands for "no limit"
    if (Number.isSafeInteger(limit) && limit > 0 && (least === undefined || limit < least)) least = limit
  }
  // on the path of every call: all headers are looked at only where these names are spelled in another way
  for (const [name, copied] of usualLimits) consider(headers.get(name) ?? headers.get(copied))
  if (found) return least
  headers.forEach((value, name) => {
    if (name.startsWith("x") && limitNames.has(normal(name))) consider(value)
  })
  return least
}

/** what the gateway refuses, it has not passed on */
const byGateway: Own = { statuses: [400, 401, 403, 404, 405, 415] }

/**
 * The errors of the gateway and of the token endpoint, which refuses a client before it looks at a token.
 *
 * Source: developer.sage.com, Sage Intacct REST API, Error handling; RFC 6749, section 5.2.
 */
export const tokenErrors: TokenErrorTable = {
  rows: [
    // a refresh token that another consent has superseded is told like an access token that is over
    { sent: "refresh-token", codes: ["REST-2102"], entry: "intacct-rest.grant-ended", cause: "Superseded" },
    { sent: "refresh-token", codes: ["REST-1206"], entry: "intacct-rest.grant-ended" },
    // and so is a session that was sent with the client's credentials and is over
    { sent: "client-credentials", codes: ["REST-2102"], entry: "intacct-rest.client-rejected" },
    { codes: ["GW-0010"], entry: "intacct.rate-limited", own: { statuses: [200, 400, 429, 503] } },
    { text: /API rate limit exceeded/i, entry: "intacct.rate-limited" },
    { codes: ["REST-1216"], entry: "intacct-rest.client-not-authorized", own: byGateway },
    { codes: ["GW-0011"], entry: "intacct.invalid-request", own: byGateway },
    { codes: ["GW-0012"], entry: "intacct-rest.tenant-missing", own: byGateway },
    { codes: ["GW-0014"], entry: "intacct-rest.content-type-invalid", own: byGateway },
    { codes: ["GW-0015"], entry: "intacct-rest.attribute-missing", own: byGateway },
    // said of the session or the token that was sent, and not of the client
    { codes: ["GW-0031"], entry: "intacct-rest.token-undecodable", verdict: "rejected", own: byGateway },
    { codes: ["GW-0032"], entry: "intacct-rest.token-payload-invalid", own: byGateway },
    { codes: ["GW-0033"], entry: "intacct-rest.token-endpoint-invalid", own: byGateway },
    { codes: ["GW-0034"], own: byGateway },
    { codes: ["GW-0035"], entry: "intacct-rest.token-payload-missing", own: byGateway },
    { codes: ["GW-0036"], entry: "intacct-rest.username-missing", own: byGateway },
    { codes: ["GW-0037"], entry: "intacct-rest.client-id-missing", own: byGateway },
    { codes: ["GW-0038"], entry: "intacct-rest.several-client-ids", own: byGateway },
    { codes: ["GW-0039"], entry: "intacct-rest.several-usernames", own: byGateway },
    { codes: ["GW-0042"], own: byGateway },
    { codes: ["GW-0001"], entry: "intacct-rest.unable-to-process" },
    { codes: ["unauthorized_client"], entry: "intacct-rest.client-rejected" }
  ],
  refusesByRfc: true,
  invalidGrant: {
    "refresh-token": "intacct-rest.grant-ended",
    code: "intacct-rest.code-rejected",
    "client-credentials": "intacct-rest.client-rejected"
  },
  interaction: {
    "refresh-token": "client.interaction-required",
    "client-credentials": "client.administrator-required"
  },
  invalidClient: "intacct-rest.client-rejected",
  rateLimited: "intacct.rate-limited",
  unavailable: "intacct.service-unavailable",
  unreadable: "intacct.unreadable-answer",
  redirected: "intacct.redirect-refused",
  misdirected: "intacct-rest.token-endpoint-invalid",
  rejected: "intacct-rest.token-request-invalid"
}

export const refreshErrors: TokenErrors = errorsWhen(tokenErrors, "refresh-token")

export const codeErrors: TokenErrors = errorsWhen(tokenErrors, "code")

export const clientErrors: TokenErrors = errorsWhen(tokenErrors, "client-credentials")

/** What comes back from the consent. Source: RFC 6749, section 4.1.2.1. */
export const callbackRules: CallbackRules = {
  errors: [
    { id: "intacct-rest.access-denied", codes: ["access_denied"] },
    { id: "intacct-rest.client-rejected", codes: ["unauthorized_client", "invalid_client"] },
    { id: "intacct-rest.authorization-unavailable", codes: ["server_error", "temporarily_unavailable"] },
    {
      id: "intacct-rest.authorization-invalid",
      codes: ["invalid_request", "invalid_scope", "unsupported_response_type"]
    }
  ]
}

/**
 * What an error of the API means, where this library reads the answer itself.
 *
 * Source: developer.sage.com, Sage Intacct REST API, Error handling.
 */
export const callErrors: ReadonlyArray<ErrorRule> = [
  { id: "intacct.rate-limited", codes: ["GW-0010"] },
  { id: "intacct.rate-limited", text: /API rate limit exceeded/i },
  { id: "intacct-rest.token-expired", codes: ["GW-0040"] },
  { id: "intacct-rest.token-invalid", codes: ["REST-2102"] },
  { id: "intacct-rest.token-not-valid", codes: ["REST-1206"] },
  { id: "intacct-rest.forbidden", codes: ["GW-0042"] },
  { id: "intacct-rest.field-not-queryable", codes: ["REST-1106"] },
  { id: "intacct-rest.operation-failed", codes: ["REST-7001"] },
  { id: "intacct-rest.unauthorized", statuses: [401] },
  { id: "intacct-rest.forbidden", statuses: [403] },
  { id: "intacct-rest.not-found", statuses: [404] },
  { id: "intacct-rest.method-not-allowed", statuses: [405] },
  { id: "intacct-rest.conflict", statuses: [409] },
  { id: "intacct-rest.operation-failed", statuses: [422] },
  { id: "intacct.rate-limited", statuses: [429] },
  { id: "intacct.service-unavailable", statuses: [500, 502, 503, 504, 520, 521, 522, 523, 524] }
]

/** What an answer without a session id means. */
export const noSession: Readonly<Record<CallVerdict, CatalogueId>> = {
  accepted: "intacct.unreadable-answer",
  "credential-dead": "intacct-rest.unauthorized",
  "credential-refused": "intacct-rest.unauthorized",
  "rate-limited": "intacct.rate-limited",
  unavailable: "intacct.service-unavailable"
}

/** The session id that an answer has. */
export const sessionIn = (body: unknown): { readonly sessionId: string; readonly expiresIn: unknown } | undefined => {
  const result = Predicate.hasProperty(body, "ia::result") ? body["ia::result"] : undefined
  if (!Predicate.hasProperty(result, "sessionId") || typeof result.sessionId !== "string") return undefined
  return {
    sessionId: result.sessionId,
    expiresIn: Predicate.hasProperty(result, "expiresIn") ? result.expiresIn : undefined
  }
}
