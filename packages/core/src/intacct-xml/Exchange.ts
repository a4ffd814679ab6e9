import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "../config/Result.ts"
import { effectOf } from "../config/resolve.ts"
import { failure, type Place, type SageAuthError } from "../errors/SageAuthError.ts"
import type { CatalogueId } from "../errors/catalogue.ts"
import { makeMasker } from "../errors/maskSecrets.ts"
import { type HttpAnswer, type Processed, retryAfter } from "../transport/Answer.ts"
import type { Request, Transport } from "../transport/Transport.ts"
import { type TransportFailure, unanswered } from "../transport/TransportFailure.ts"
import type { CheckedLogin as Login, CheckedSender as Sender } from "./options.ts"
import {
  classify,
  classifyBeside,
  classifyResult,
  type Failed,
  resultsOf,
  type ResultVerdict
} from "./wire/classify.ts"
import { buildRequest, type RequestFunction } from "./wire/request.ts"
import { readResponse, type ResponseHead, type ResponseResult, type UnreadableResponse } from "./wire/response.ts"

/** Where requests go and how. */
export interface Gateway {
  readonly transport: Transport
  /** the URL for requests that have no session yet */
  readonly url: string
  readonly place: Place
}

/** What a request authenticates with. */
export type Authentication =
  | { readonly login: Login }
  | { readonly sessionId: Redacted.Redacted; readonly endpoint: string }

/** One request to the gateway. */
export interface ExchangeRequest {
  readonly sender: Sender
  readonly authentication: Authentication
  readonly functions: ReadonlyArray<RequestFunction>
  readonly transaction: boolean
  readonly uniqueId: boolean
  readonly controlId: string
  /** a transport policy, which makes the request asynchronous: it is queued, and its answer says no more than that */
  readonly policyId?: string | undefined
  /** the largest answer that is read, in bytes */
  readonly limit: number
}

/** A request that Intacct ran: control and authentication are fine, each function has a result of its own. */
export interface Exchanged {
  readonly answer: HttpAnswer
  /** undefined where the one function asked for JSON and got it: then there is no envelope */
  readonly head: ResponseHead | undefined
  /** what each function became, with the errors that stand beside it */
  readonly results: ReadonlyArray<ResponseResult>
  /** what each of the results means; its words are masked, which takes the secrets of this request */
  readonly verdicts: ReadonlyArray<ResultVerdict>
  /** what stands beside the results: why their transaction failed, where none of them tells */
  readonly beside: Failed | undefined
  /** takes the secrets of this request out of a text */
  readonly mask: (text: string) => string
  /** it was queued, as its transport policy asks */
  readonly acknowledged: boolean
}

/** A request that was not run, or whose answer is lost. */
export class ExchangeFailure extends Data.TaggedError("ExchangeFailure")<{
  readonly error: SageAuthError
  /** whether its functions have run */
  readonly processed: Processed
  /** the session is dead: open another one and send the same request again */
  readonly sessionDead: boolean
  /** what the server said, without anything around it */
  readonly description?: string | undefined
  /** it was tried again where it failed, as often as the schedule says, and is not repeated once more */
  readonly settled?: boolean | undefined
}> {}

/** The content type is the one that Intacct documents. */
const sentHeaders: Readonly<Record<string, string>> = {
  "content-type": "application/xml",
  accept: "application/xml, text/xml",
  "user-agent": "sage-auth"
}

/**
 * What Intacct takes of an asynchronous request, in characters. Source: developer.intacct.com, Synchronous vs
 * asynchronous requests.
 */
const maxQueued = 500_000

/** How much of a result that failed is handed over as it came but for its secrets, in characters. */
const longestFailure = 64 * 1024

const acknowledgedOnly: CatalogueId = "intacct-xml.acknowledged-only"

/** What must not appear in an error text; Intacct quotes session ids in some of its own. */
const secretsOf = (sender: Sender, authentication: Authentication): ReadonlyArray<string> => [
  Redacted.value(sender.password),
  Redacted.value("login" in authentication ? authentication.login.password : authentication.sessionId)
]

const failed = (
  id: CatalogueId,
  processed: Processed,
  detail: Parameters<typeof failure>[1],
  sessionDead = false
): ExchangeFailure =>
  new ExchangeFailure({ error: failure(id, detail), processed, sessionDead, description: detail?.message })

/** What a request that broke fails with. */
export const lostExchange =
  ({ place }: Gateway, { authentication, sender }: ExchangeRequest) =>
  (lost: TransportFailure): ExchangeFailure => {
    const { processed } = lost
    if (lost.problem === "too-large") {
      return failed("intacct.answer-too-large", processed, { ...place, message: "the answer is larger than the limit" })
    }
    const error = unanswered(lost, place, secretsOf(sender, authentication))
    return new ExchangeFailure({ error, processed, sessionDead: false })
  }

/**
 * What an answer that is no success says about the request. A refusal (3xx, 4xx, or an envelope that refuses) did not
 * look at it, and neither did a 503 of Intacct's own. Any other 5xx, and a 503 in a web page, is somebody's word
 * between here and there, who may have passed the request on.
 */
const processedOf = ({ status }: HttpAnswer, read: ResponseHead | UnreadableResponse): Processed => {
  if (status === 503) return read._tag === "UnreadableResponse" && read.kind === "html" ? "unknown" : "no"
  if (status >= 500) return "unknown"
  return read._tag === "ResponseHead" || status >= 300 ? "no" : "unknown"
}

const asksForJson = /<returnFormat>\s*json\s*<\/returnFormat>/i

/**
 * `readByQuery` with `returnFormat` json answers a bare array; its errors come as XML. Source: developer.intacct.com,
 * Web Services.
 */
const isJsonRecords = (
  answer: HttpAnswer,
  read: ResponseHead | UnreadableResponse,
  request: ExchangeRequest
): boolean =>
  read._tag === "UnreadableResponse" &&
  read.kind === "json" &&
  answer.status === 200 &&
  request.functions.length === 1 &&
  // a proxy in front, or a limit, may answer JSON of its own to anything
  asksForJson.test(request.functions[0]?.body ?? "") &&
  /^\s*\[/.test(answer.text) &&
  (answer.headers.get("content-type") ?? "").startsWith("application/json")

/** What is sent for a request; fails for what Intacct does not take. */
export const writtenExchange = (
  gateway: Gateway,
  request: ExchangeRequest
): Result.Result<Request, ExchangeFailure> => {
  const { authentication, sender } = request
  const session = "sessionId" in authentication
  const body = buildRequest({
    sender: { id: sender.id, password: Redacted.value(sender.password) },
    controlId: request.controlId,
    uniqueId: request.uniqueId,
    authentication: session
      ? { sessionId: Redacted.value(authentication.sessionId) }
      : { login: { ...authentication.login, password: Redacted.value(authentication.login.password) } },
    transaction: request.transaction,
    functions: request.functions,
    includeWhitespace: false,
    policyId: request.policyId
  })
  const refuse = (message: string) =>
    Result.fail(failed("client.function-refused", "no", { ...gateway.place, message }))
  if (Result.isFailure(body)) return refuse(body.failure.message)
  if (request.policyId !== undefined && body.success.length > maxQueued) {
    return refuse(`the request has ${body.success.length} characters: with a policyid, Intacct takes ${maxQueued}`)
  }
  return Result.succeed({
    method: "POST",
    url: session ? authentication.endpoint : gateway.url,
    headers: sentHeaders,
    body: body.success,
    limit: request.limit
  })
}

/** What an answer means. */
export const answeredExchange = (
  { place }: Gateway,
  request: ExchangeRequest,
  answer: HttpAnswer
): Result.Result<Exchanged, ExchangeFailure> => {
  const { authentication, sender } = request
  const read = readResponse(answer.text, { maxLength: request.limit })
  const secrets = secretsOf(sender, authentication)
  const mask = makeMasker(secrets, longestFailure)
  const withoutHead = (acknowledged: boolean) =>
    Result.succeed({ answer, mask, results: [], verdicts: [], beside: undefined, head: undefined, acknowledged })
  if (isJsonRecords(answer, read, request)) return withoutHead(false)
  const meaning = classify({
    httpStatus: answer.status,
    contentType: answer.headers.get("content-type"),
    response: read,
    authenticatedBy: "sessionId" in authentication ? "session" : "login",
    secrets
  })
  if (meaning.kind === "accepted" && read._tag === "ResponseHead") {
    const results = resultsOf(read)
    const verdicts = results.map((result) => classifyResult(result, secrets))
    const beside = classifyBeside(read, secrets)
    return Result.succeed({ answer, head: read, results, verdicts, beside, mask, acknowledged: false })
  }
  if (request.policyId !== undefined && meaning.kind === "failed" && meaning.id === acknowledgedOnly) {
    return withoutHead(true)
  }
  if (meaning.kind === "accepted") return Result.fail(failed("intacct.unreadable-answer", "unknown", place))
  return Result.fail(
    failed(
      meaning.id,
      processedOf(answer, read),
      {
        ...place,
        message: meaning.text,
        code: meaning.code,
        supportId: meaning.supportId,
        retryAfter: retryAfter(answer.headers, answer.arrivedAt),
        // half an answer is an answer lost
        retryable: read._tag === "UnreadableResponse" && read.kind === "truncated" ? true : undefined
      },
      meaning.kind === "session-dead"
    )
  )
}

/** Sends a request that authenticates, with a time-out of its own in milliseconds, and says what its answer means. */
export const exchange = (
  gateway: Gateway,
  request: ExchangeRequest,
  authenticating: number
): Effect.Effect<Exchanged, ExchangeFailure> =>
  Effect.suspend(() => effectOf(writtenExchange(gateway, request))).pipe(
    Effect.flatMap((http) =>
      Effect.mapError(gateway.transport.authenticate(http, authenticating), lostExchange(gateway, request))
    ),
    Effect.flatMap((answer) => effectOf(answeredExchange(gateway, request, answer)))
  )
