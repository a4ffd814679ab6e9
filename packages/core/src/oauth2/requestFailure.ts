import { mostLevels } from "../config/json.ts"
import { type CatalogueId, catalogue } from "../errors/catalogue.ts"
import { secretsOfJson } from "../errors/maskSecrets.ts"
import { type Answer, retryAfter, shownMediaType } from "../transport/Answer.ts"
import { failure, type Place } from "../errors/SageAuthError.ts"
import type * as Redacted from "effect/Redacted"
import type { TransportFailure } from "../transport/TransportFailure.ts"
import { unanswered } from "../transport/unanswered.ts"
import { type Body, tokenErrorBody, wordsOf } from "./errorBody.ts"
import type { Judgement } from "./judgeAnswer.ts"
import { TokenFailure } from "./TokenFailure.ts"

/** The failure for a request without an answer, or with one that is larger than is read. */
export const fromTransport = (
  lost: TransportFailure,
  unreadable: CatalogueId,
  secrets: ReadonlyArray<Redacted.Redacted>,
  place: Place
): TokenFailure => {
  const tooLarge = lost.problem === "too-large"
  return new TokenFailure({
    error: tooLarge
      ? failure(unreadable, { ...place, message: "the answer is larger than the limit" })
      : unanswered(lost, place, secrets),
    description: undefined,
    verdict: "no-answer",
    processed: lost.processed,
    cause: undefined,
    status: undefined
  })
}

const kinds: Readonly<Record<Body["kind"], string>> = {
  json: "no answer of a token endpoint",
  empty: "the body is empty",
  html: "a web page instead of an answer, as a proxy sends it",
  xml: "XML where JSON was expected",
  text: "text where JSON was expected",
  broken: "the body is cut off or not well-formed",
  deep: `JSON that nests deeper than ${mostLevels} levels`
}

/** What a body is, in our words: nothing of it is quoted, since it may be tokens. */
const described = (answer: Answer, body: Body): string => {
  const { headers, status, text } = answer
  const kind = body.kind === "text" && isForm(text) ? "a form where JSON was expected" : kinds[body.kind]
  const length = text === "" ? "" : `, ${text.length} characters`
  return `HTTP ${status}, ${shownMediaType(headers.get("content-type"))}${length}: ${kind}`
}

/** how much of a text is looked at to tell what it is, in characters */
const looked = 200

const isForm = (text: string): boolean => {
  const beginning = text.slice(0, looked).trim()
  return beginning.includes("=") && !/\s/.test(beginning)
}

/** The meaning of an entry, with the status that it was said with. */
const withStatus = (id: CatalogueId, status: number): string =>
  catalogue[id].meaning.replace(/\.$/, ` (HTTP ${status}).`)

/** The failure for an answer that was judged to be one. */
export const fromJudgement = (
  { cause, id, processed, verdict }: Judgement,
  answer: Answer,
  body: Body,
  sent: ReadonlyArray<Redacted.Redacted>,
  place: Place
): TokenFailure => {
  const json = body.kind === "json" ? body.value : undefined
  const secrets = [...sent, ...secretsOfJson(json)]
  const { code, supportId, text } = wordsOf(
    tokenErrorBody(json) ?? { codes: [], texts: [], supportId: undefined },
    secrets
  )
  const redirect = answer.status >= 300 && answer.status < 400
  const description = redirect
    ? `the server answered with a redirect (HTTP ${answer.status})`
    : // a refusal with a code and no words: the entry's own meaning says it best
      (text ?? (code === undefined ? described(answer, body) : withStatus(id, answer.status)))
  return new TokenFailure({
    error: failure(id, {
      ...place,
      message: description,
      code,
      supportId,
      retryAfter: retryAfter(answer.headers, answer.arrivedAt),
      // what is known so far; the caller with the grant's history knows better
      cause: "Revoked"
    }),
    description,
    verdict,
    processed,
    cause,
    status: answer.status
  })
}
