import type * as Redacted from "effect/Redacted"
import { failure, type Place, type SageAuthError } from "../../../errors/SageAuthError.ts"
import type { CatalogueId } from "../../../errors/catalogue.ts"
import { errorOf, readBody, wordsOf } from "../../../oauth2/errorBody.ts"
import type { Processed } from "../../../transport/Answer.ts"
import type { SoapMessage, SoapRefusal, SoapResult } from "./SoapCall.ts"
import { readAnswer, type SoapAnswer } from "./readAnswer.ts"

/** An answer, read whole. */
export interface ReceivedAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** What is known of the call that was answered. */
export interface SoapContext {
  /** the call asked for JSON */
  readonly json: boolean
  readonly channelsBusy: (refusal: SoapRefusal) => boolean
  /** what 401 means for the credential that was sent */
  readonly unauthorized: CatalogueId
  /** milliseconds */
  readonly retryAfter: number | undefined
  readonly secrets: ReadonlyArray<Redacted.Redacted>
  readonly place: Place
}

/** What an answer comes to. */
export type Interpreted =
  | { readonly _tag: "Done"; readonly result: SoapResult }
  | { readonly _tag: "Failed"; readonly error: SageAuthError; readonly processed: Processed }

const aboutChannels = /\b(?:queue[ds]?|channels?|fil(?:e|les) d['’]attente|canal|canaux)\b/i
const areBusy = /time[\s-]?d?\s?out|busy|full|satur|exceed|no (?:free|available)|not available|occup|expir|dépass/i

const words = (messages: ReadonlyArray<SoapMessage>): string => messages.map(({ message }) => message).join("\n")

/**
 * The default of `channelsBusy`. No page of Sage's gives the text, so this goes by what it has to be about. A call of
 * which X3 says how long it executed did run, and is never taken for one that waited in vain.
 */
export const saysChannelsBusy = ({ messages, technicalInfos }: SoapRefusal): boolean => {
  const executed = technicalInfos["poolExecDuration"]
  if (typeof executed === "number" && executed > 0) return false
  return messages.some(({ message }) => aboutChannels.test(message) && areBusy.test(message))
}

const noPool = /no classic web service pool match/i
const noProcess = /no web services accepted/i
const noBadge = /does not have any badge/i

const parsedIfJson = (text: string, json: boolean): unknown => {
  const body = json ? readBody(text) : undefined
  return body?.kind === "json" ? body.value : text
}

/** the words of a body that is no SOAP: JSON, a sentence or a page */
const wordsIn = (text: string): string => {
  const body = readBody(text)
  // the masker is who cuts: it knows what a cut leaves of a secret
  return body.kind === "json" ? errorOf(body).texts.join("\n") : body.text.trim()
}

/** What a refusal says, whatever shape it came in. */
export const refusalOf = (status: number, text: string, answer: SoapAnswer = readAnswer(text)): SoapRefusal => {
  if (answer._tag === "Result") {
    return { status, messages: answer.messages, technicalInfos: answer.technicalInfos }
  }
  const faultText = answer._tag === "Fault" ? answer.text : wordsIn(text)
  return { status, messages: faultText === "" ? [] : [{ type: undefined, message: faultText }], technicalInfos: {} }
}

const idOf = (status: number, answer: SoapAnswer, refusal: SoapRefusal, asked: SoapContext): CatalogueId => {
  const refusalText = words(refusal.messages)
  if (status === 401 || (status >= 300 && status < 400)) {
    return status === 401 ? asked.unauthorized : "x3-web-services.unreadable-answer"
  }
  if (status === 429) return "x3-web-services.rate-limited"
  if (noProcess.test(refusalText)) return "x3-web-services.no-web-services"
  if (noPool.test(refusalText)) return "x3-web-services.pool-unknown"
  if (asked.channelsBusy(refusal)) return "x3-web-services.channels-busy"
  if (noBadge.test(refusalText)) return "x3-web-services.no-badge"
  if (status === 403) return "x3-web-services.forbidden"
  if (answer._tag === "Result") return "x3-web-services.soap-failed"
  if (answer._tag === "Fault") {
    return /client$/i.test(answer.code) ? "x3-web-services.request-rejected" : "x3-web-services.soap-failed"
  }
  if (status >= 500) return "x3-web-services.service-unavailable"
  return status >= 400 ? "x3-web-services.request-rejected" : "x3-web-services.unreadable-answer"
}

const codeOf = (status: number, answer: SoapAnswer): string | undefined => {
  if (answer._tag === "Result") return String(answer.status)
  return answer._tag === "Fault" && /^[\w.:-]{1,60}$/.test(answer.code) ? answer.code : `HTTP ${status}`
}

const soapRemedy =
  "Check the operation, its arguments and `publicName` against the WSDL of the server (`/soap-wsdl/syracuse/collaboration/syracuse/CAdxWebServiceXmlCC?wsdl`)."

/**
 * Says what an answer comes to. Status 1 is the only success; everything else is a failure by what it means, whatever
 * the status of HTTP.
 *
 * Source: online-help.sagex3.com, SOAP web services; developer.sage.com, X3, SOAP guide.
 */
export const interpret = ({ headers, status, text }: ReceivedAnswer, asked: SoapContext): Interpreted => {
  const answer = readAnswer(text)
  if (answer._tag === "Result" && answer.status === 1 && status >= 200 && status < 300) {
    const { messages, result, technicalInfos } = answer
    return {
      _tag: "Done",
      result: { status: 1, messages, result: parsedIfJson(result, asked.json), technicalInfos }
    }
  }
  const { place, retryAfter, secrets } = asked
  // it was cut off on its way: what it said is unknown
  if (answer._tag === "Unreadable" && answer.kind === "truncated" && status >= 200 && status < 300) {
    const error = failure("client.answer-lost", { ...place, message: "the answer was cut off" })
    return { _tag: "Failed", error, processed: "unknown" }
  }
  const refusal = refusalOf(status, text, answer)
  const id = idOf(status, answer, refusal, asked)
  const texts = refusal.messages.map(({ message }) => message)
  const { code, text: serverText } = wordsOf(
    { codes: [codeOf(status, answer) ?? ""], texts, supportId: undefined },
    secrets
  )
  const message = id === "x3-web-services.unreadable-answer" ? unreadable(status, answer) : serverText
  return {
    _tag: "Failed",
    // one that waited in vain for a channel
    processed: id === "x3-web-services.channels-busy" ? "no" : "yes",
    error: failure(id, {
      ...place,
      message,
      code,
      retryAfter,
      remedy: id === "x3-web-services.request-rejected" ? soapRemedy : undefined,
      response: answer._tag === "Result" ? new Response(text, { status, headers: plainHeaders(headers) }) : undefined
    })
  }
}

const unreadable = (status: number, answer: SoapAnswer): string => {
  if (status >= 300 && status < 400) return `the server answered with a redirect (HTTP ${status})`
  const kind = answer._tag === "Unreadable" && answer.kind !== "foreign" ? ` (${answer.kind})` : ""
  return `the call was answered with HTTP ${status} and no SOAP that can be read${kind}`
}

/** the body is text by now, of another length */
const plainHeaders = (headers: Headers): Headers => {
  const kept = new Headers(headers)
  for (const name of ["content-encoding", "content-length", "transfer-encoding"]) kept.delete(name)
  return kept
}
