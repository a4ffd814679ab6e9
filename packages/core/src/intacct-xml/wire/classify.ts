/**
 * Says what an answer of the XML gateway means.
 *
 * **Details**
 *
 * The level at which an error stands and its text decide, never its code alone. `XL03000006` is a wrong sender, a
 * wrong login, a dead session, an unknown transport policy or a query with a wrong field. The body decides before the
 * HTTP status, because the gateway reports most failures, and sometimes a rate limit, with status 200.
 *
 * @see https://developer.intacct.com/web-services/error-handling/ Web Services, Error handling
 */
import { makeMasker } from "../../errors/maskSecrets.ts"
import { shownMediaType } from "../../transport/Answer.ts"
import {
  mostOfAKind,
  type ResponseError,
  type ResponseHead,
  type ResponseResult,
  type UnreadableResponse
} from "./response.ts"

/**
 * The entries of the error catalogue that an answer of the XML gateway can lead to.
 *
 * @category models
 */
export type IntacctXmlErrorId =
  | "intacct-xml.sender-rejected"
  | "intacct-xml.sender-not-authorized"
  | "intacct-xml.login-rejected"
  | "intacct-xml.session-invalid"
  | "intacct-xml.transport-policy-unknown"
  | "intacct-xml.document-rejected"
  | "intacct-xml.company-expired"
  | "intacct-xml.permission-denied"
  | "intacct-xml.function-failed"
  | "intacct-xml.query-failed"
  | "intacct-xml.unknown-field"
  | "intacct-xml.transaction-rolled-back"
  | "intacct-xml.record-not-created"
  | "intacct-xml.duplicate"
  | "intacct-xml.service-offline"
  | "intacct-xml.acknowledged-only"
  | "intacct-xml.result-missing"
  | "intacct-xml.control-failed"
  | "intacct.invalid-request"
  | "intacct.rate-limited"
  | "intacct.service-unavailable"
  | "intacct.timeout-at-origin"
  | "intacct.unreadable-answer"
  | "intacct.answer-too-large"
  | "intacct.redirect-refused"

/**
 * @category models
 */
export interface Failed {
  readonly kind: "failed"
  readonly id: IntacctXmlErrorId
  /** The server's own code, when it gave one. */
  readonly code: string | undefined
  /** What Sage's support asks for. */
  readonly supportId: string | undefined
  /** The server's words for a person, secrets masked; ours when it had none. */
  readonly text: string
}

/**
 * @category models
 */
export interface SessionDead extends Omit<Failed, "kind" | "id"> {
  readonly kind: "session-dead"
  readonly id: "intacct-xml.session-invalid"
}

/**
 * `accepted` says that sender, company and user or session were accepted; each result is judged on its own.
 *
 * @category models
 */
export type AnswerVerdict = { readonly kind: "accepted" } | SessionDead | Failed

/**
 * @category models
 */
export type ResultVerdict = { readonly kind: "accepted" } | Failed

/**
 * @category models
 */
export interface XmlAnswer {
  readonly httpStatus: number
  readonly contentType: string | null | undefined
  readonly response: ResponseHead | UnreadableResponse
  /** What the request was authenticated by. */
  readonly authenticatedBy: "login" | "session"
  /** What must not appear in the text: passwords, session ids. */
  readonly secrets?: ReadonlyArray<string> | undefined
}

/**
 * Classifies a whole answer.
 *
 * A failure at the level of the authentication that is not known kills a session, and is a rejected login when the
 * request carried one. Sending an unknown rejection again is how users get locked out.
 */
export const classify = (answer: XmlAnswer): AnswerVerdict => {
  const { httpStatus, response } = answer
  if (httpStatus >= 300 && httpStatus < 400) {
    return failed("intacct.redirect-refused", undefined, `the server answered with a redirect (HTTP ${httpStatus})`)
  }
  return "kind" in response ? classifyUnreadable(answer, response) : classifyHead(answer, response)
}

/**
 * Classifies the result of one function of an accepted answer.
 */
export const classifyResult = (result: ResponseResult, secrets: ReadonlyArray<string> = []): ResultVerdict => {
  if (result.status === "success") return accepted
  // A function that failed by itself carries the rollback it caused as a second error, and often its status as well.
  const own = result.errors.filter(isOwn)
  if (own.length > 0) {
    return match(functionRules, own, secrets) ?? report("intacct-xml.function-failed", own, undefined, secrets)
  }
  if (result.status === "aborted" || result.errors.some(isRollback)) {
    return report("intacct-xml.transaction-rolled-back", result.errors, undefined, secrets)
  }
  return result.status === "unknown" && result.errors.length === 0
    ? failed("intacct-xml.result-missing", undefined, "a result has no status")
    : report("intacct-xml.function-failed", [], undefined, secrets)
}

/** What a result says of the function itself: why it failed, that it did, or nothing. */
export type Guilt = "reason" | "status" | "none"

/**
 * Whether it is this function that made its transaction fail.
 *
 * Intacct gives every result of a failed transaction the status `aborted`, the guilty one's too; only that one has an
 * error of its own.
 */
export const guiltOf = ({ errors, status }: ResponseResult): Guilt => {
  if (status === "success") return "none"
  if (errors.some(isOwn)) return "reason"
  return status === "failure" ? "status" : "none"
}

/**
 * The results of an answer. What says nothing of its own failure gets the errors that stand beside it.
 */
export const resultsOf = (head: ResponseHead): ReadonlyArray<ResponseResult> => {
  const beside = besideOf(head)
  if (beside.length === 0) return head.results
  return head.results.map((result) => {
    const told = result.status === "success" || result.status === "aborted" || result.errors.some(isOwn)
    return told || (result.status === "unknown" && result.errors.length > 0)
      ? result
      : { ...result, errors: [...result.errors, ...beside] }
  })
}

/** The errors that stand beside the results. */
const besideOf = ({ controlErrors, operationErrors }: ResponseHead): ReadonlyArray<ResponseError> =>
  operationErrors.length > 0 ? operationErrors : controlErrors

/** Why a transaction failed, where that stands beside its results; undefined where nothing does. */
export const classifyBeside = (head: ResponseHead, secrets: ReadonlyArray<string> = []): Failed | undefined => {
  const beside = besideOf(head)
  if (beside.length === 0) return undefined
  const own = beside.filter(isOwn)
  return own.length === 0
    ? undefined
    : (match(functionRules, own, secrets) ?? report("intacct-xml.function-failed", own, undefined, secrets))
}

const accepted = { kind: "accepted" } as const

const classifyHead = (answer: XmlAnswer, head: ResponseHead): AnswerVerdict => {
  const secrets = answer.secrets ?? []
  const { acknowledgement, authentication, control, controlErrors, operationErrors, results } = head
  // Where there are results somebody was let in, whatever the answer leaves out about it.
  const letIn = authentication?.status === "success" || (authentication?.status !== "failure" && results.length > 0)
  const ran = letIn && control?.status === "success" && results.length > 0
  if (control?.status === "failure" || (controlErrors.length > 0 && !ran) || acknowledgement === "failure") {
    return classifyControl(answer, controlErrors.length > 0 ? controlErrors : operationErrors, secrets)
  }
  if (letIn) {
    if (results.length > 0 || operationErrors.length === 0) return accepted
    return (
      match(functionRules, operationErrors, secrets) ??
      report("intacct-xml.function-failed", operationErrors, undefined, secrets)
    )
  }
  if (authentication !== undefined || operationErrors.length > 0) {
    const known = match(authenticationRules, operationErrors, secrets)
    if (known !== undefined) return known
    return answer.authenticatedBy === "session"
      ? dead(operationErrors, undefined, secrets)
      : report("intacct-xml.login-rejected", operationErrors, undefined, secrets)
  }
  if (acknowledgement === "success") {
    return failed("intacct-xml.acknowledged-only", undefined, "the request was queued and not carried out yet")
  }
  return (
    byStatus(answer.httpStatus) ??
    failed("intacct.unreadable-answer", undefined, "the answer says neither who was authenticated nor what failed")
  )
}

const classifyControl = (
  answer: XmlAnswer,
  errors: ReadonlyArray<ResponseError>,
  secrets: ReadonlyArray<string>
): AnswerVerdict => {
  const signIn = errors.find(isSignInFailure)
  const known = signIn === undefined ? match(controlRules, errors, secrets) : undefined
  if (known !== undefined) return known
  if (signIn !== undefined || answer.httpStatus === 401) {
    return answer.authenticatedBy === "session"
      ? dead(errors, signIn, secrets)
      : report("intacct-xml.login-rejected", errors, signIn, secrets)
  }
  return report(statusId(answer.httpStatus) ?? "intacct-xml.control-failed", errors, undefined, secrets)
}

const classifyUnreadable = (answer: XmlAnswer, { gatewayCode, kind, offset }: UnreadableResponse): AnswerVerdict => {
  const { contentType, httpStatus } = answer
  const text = `HTTP ${httpStatus}, ${shownMediaType(contentType)}: ${unreadableTexts[kind]}${offset > 0 ? ` (offset ${offset})` : ""}`
  if (gatewayCode === "GW-0010") return failed("intacct.rate-limited", gatewayCode, text)
  if (gatewayCode === "GW-0011") return failed("intacct.invalid-request", gatewayCode, text)
  // a page with 4xx is a firewall's or a proxy's refusal, which does not pass by itself
  const away = kind === "html" && !(httpStatus >= 400 && httpStatus < 500)
  const unreadable = kind === "too-large" ? "intacct.answer-too-large" : "intacct.unreadable-answer"
  const id = statusId(httpStatus) ?? (away ? "intacct.service-unavailable" : unreadable)
  return failed(id, gatewayCode, text)
}

const unreadableTexts: Readonly<Record<UnreadableResponse["kind"], string>> = {
  empty: "the body is empty",
  html: "a web page instead of an answer, as a proxy sends it",
  json: "JSON where XML was expected",
  "not-a-response": "XML that is no answer of the gateway",
  malformed: "the body is not well-formed XML",
  truncated: "the body ends too early",
  "too-deep": "the body is nested too deeply",
  "too-large": "the body is too large",
  "too-many": `the head of the answer has more than ${mostOfAKind} errors, or as many parts of one of them`,
  "dtd-refused": "the body has a document type declaration, which is refused",
  "entity-refused": "the body has an entity of its own, which is refused"
}

/** What the status alone says; the body comes first. */
const statusId = (httpStatus: number): IntacctXmlErrorId | undefined => {
  if (httpStatus === 429) return "intacct.rate-limited"
  if (httpStatus === 524) return "intacct.timeout-at-origin"
  return httpStatus >= 500 ? "intacct.service-unavailable" : undefined
}

const byStatus = (httpStatus: number): Failed | undefined => {
  const id = statusId(httpStatus)
  return id && failed(id, undefined, `HTTP ${httpStatus}`)
}

type Rule = readonly [id: IntacctXmlErrorId, test: (error: ResponseError, text: string) => boolean]

const says =
  (pattern: RegExp) =>
  (_: ResponseError, text: string): boolean =>
    pattern.test(text)

const isRateLimit: Rule = [
  "intacct.rate-limited",
  (error, text) => error.errorno === "GW-0010" || /API rate limit exceeded/i.test(text)
]
const isInvalidRequest: Rule = [
  "intacct.invalid-request",
  (error) => error.errorno === "GW-0011" || error.errorno.toLowerCase() === "invalidrequest"
]
const isUnauthorizedSender: Rule = [
  "intacct-xml.sender-not-authorized",
  says(/Invalid Web Services Authorization|not authorized to make Web Services requests/i)
]
const isExpiredCompany: Rule = [
  "intacct-xml.company-expired",
  (error, text) => error.errorno === "PL04000055" || /company\b.{0,80}\bhas expired/i.test(text)
]
const isOffline: Rule = ["intacct-xml.service-offline", says(/temporarily off-?line/i)]
const isBrokenDocument: Rule = [
  "intacct-xml.document-rejected",
  (error, text) => error.errorno === "XL03000003" || /XML Parse (schema )?error/i.test(text)
]

/** The order matters: what the caller can act on comes before what is general. */
const controlRules: ReadonlyArray<Rule> = [
  isRateLimit,
  isUnauthorizedSender,
  [
    "intacct-xml.sender-rejected",
    (error, text) =>
      /Incorrect Intacct XML Partner ID or password/i.test(text) ||
      (error.errorno === "XL03000004" && !/transport policy/i.test(text))
  ],
  ["intacct-xml.transport-policy-unknown", says(/is not a valid transport policy/i)],
  isBrokenDocument,
  isExpiredCompany,
  isOffline,
  isInvalidRequest,
  ["intacct.service-unavailable", (error) => error.errorno === "GW-0001"]
]

const authenticationRules: ReadonlyArray<Rule> = [isRateLimit, isUnauthorizedSender, isExpiredCompany, isOffline]

const functionRules: ReadonlyArray<Rule> = [
  isRateLimit,
  isOffline,
  [
    "intacct-xml.permission-denied",
    (error, text) => error.errorno === "PL04000005" || /do not have permission/i.test(text)
  ],
  isExpiredCompany,
  isInvalidRequest,
  isBrokenDocument,
  [
    "intacct-xml.unknown-field",
    (error, text) => error.errorno === "XL03000010" || /fields? cannot be queried/i.test(text)
  ],
  ["intacct-xml.query-failed", (error) => error.errorno.toLowerCase() === "query failed"],
  ["intacct-xml.duplicate", (error) => error.errorno === "BL34000061" || error.errorno === "PL05000104"],
  ["intacct-xml.record-not-created", (error) => error.errorno === "BL01001973"]
]

/** Either gateway's code; the text alone is used for a login inside the operation as well. */
const isSignInFailure = (error: ResponseError): boolean =>
  error.errorno.endsWith("JPP0002") || /^Sign-in information is incorrect/i.test(wordsOf(error))

/** Without a text the code means what it means in every documented answer; with another text it does not. */
const isRollback = (error: ResponseError): boolean => {
  const text = wordsOf(error)
  return text === "" ? error.errorno === "XL03000009" : /has been rolled back/i.test(text)
}

/** Whether it says anything about its own function. */
const isOwn = (error: ResponseError): boolean => !isRollback(error) && (error.errorno !== "" || wordsOf(error) !== "")

const match = (
  rules: ReadonlyArray<Rule>,
  errors: ReadonlyArray<ResponseError>,
  secrets: ReadonlyArray<string>
): Failed | undefined => {
  const texts = errors.map(wordsOf)
  for (const [id, test] of rules) {
    const error = errors.find((error, index) => test(error, texts[index]!))
    if (error !== undefined) return report(id, errors, error, secrets)
  }
  return undefined
}

const report = (
  id: IntacctXmlErrorId,
  errors: ReadonlyArray<ResponseError>,
  decisive: ResponseError | undefined,
  secrets: ReadonlyArray<string>
): Failed => {
  const first = decisive ?? errors[0]
  const ordered = first === undefined ? [] : [first, ...errors.filter((error) => error !== first)]
  // Masked before anything is cut: half a secret would not be found any more.
  const mask = makeMasker(secrets)
  const masked = ordered.slice(0, maxErrors).map((error) => ({
    errorno: mask(error.errorno).slice(0, maxCode),
    supportId: error.supportId && mask(error.supportId).slice(0, maxCode),
    words: words([error.description, error.description2, error.correction].map(mask))
  }))
  const text = distinct(masked.map((error) => error.words)).join("; ")
  return {
    kind: "failed",
    id,
    code: masked[0]?.errorno || undefined,
    supportId: masked.find((error) => error.supportId)?.supportId,
    text: text === "" ? "the server gave no reason" : shorten(text)
  }
}

const dead = (
  errors: ReadonlyArray<ResponseError>,
  decisive: ResponseError | undefined,
  secrets: ReadonlyArray<string>
): SessionDead => ({
  ...report("intacct-xml.session-invalid", errors, decisive, secrets),
  kind: "session-dead",
  id: "intacct-xml.session-invalid"
})

const failed = (id: IntacctXmlErrorId, code: string | undefined, text: string): Failed => ({
  kind: "failed",
  id,
  code,
  supportId: undefined,
  text
})

const maxErrors = 5
const maxCode = 100
const maxPart = 2000
const maxText = 1000

const wordsOf = (error: ResponseError): string => words([error.description, error.description2, error.correction])

/** What the parts of an error say together, without the support id at their end. */
const words = (parts: ReadonlyArray<string>): string =>
  distinct(parts.map(withoutSupportId)).reduce(
    (text, part) => (text === "" ? part : `${text}${/[.!?:]$/.test(text) ? " " : ". "}${part}`),
    ""
  )

const distinct = (texts: ReadonlyArray<string>): ReadonlyArray<string> =>
  [...new Set(texts)].filter((text) => text !== "")

const withoutSupportId = (text: string): string => {
  let kept = text.slice(0, maxPart)
  for (const opening of ["[Support ID:", "[Request ID:"]) {
    const at = kept.lastIndexOf(opening)
    if (at < 0) continue
    const end = kept.indexOf("]", at)
    kept = kept.slice(0, at).trimEnd() + (end < 0 ? "" : kept.slice(end + 1))
  }
  return kept.trim()
}

const shorten = (text: string): string => (text.length > maxText ? `${text.slice(0, maxText - 1)}…` : text)
