import type { CatalogueId } from "../errors/catalogue.ts"
import type { Place } from "../errors/SageAuthError.ts"
import { failure } from "../errors/SageAuthError.ts"
import type * as Redacted from "effect/Redacted"
import type { Answer } from "../transport/Answer.ts"
import { retryAfter } from "../transport/retryAfter.ts"
import type { TransportFailure } from "../transport/TransportFailure.ts"
import { unanswered } from "../transport/unanswered.ts"
import { type Body, wordsOf } from "./errorBody.ts"
import type { Judgement } from "./judgeAnswer.ts"
import { TokenFailure } from "./TokenFailure.ts"

/** The failure for a request that nobody answered, or whose answer is larger than is read. */
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
    sent: tooLarge ? "answered" : lost.sent,
    verdict: lost.sent === "never" ? "never-sent" : "in-doubt",
    status: undefined
  })
}

const kinds: Readonly<Record<Body["kind"], string>> = {
  json: "no answer of a token endpoint",
  empty: "the body is empty",
  html: "a web page instead of an answer, as a proxy sends it",
  xml: "XML where JSON was expected",
  text: "text where JSON was expected",
  broken: "the body is cut off or not well-formed"
}

/** nothing but what a media type is made of goes into a message */
const shownType = (contentType: string | null): string =>
  contentType === null
    ? "no content type"
    : (/^[\w.+-]{1,64}\/[\w.+-]{1,64}/.exec(contentType)?.[0] ?? "an odd content type")

/** The failure for an answer that was judged to be one. */
export const fromJudgement = (
  { id, said, verdict }: Judgement,
  answer: Answer,
  body: Body,
  secrets: ReadonlyArray<Redacted.Redacted>,
  place: Place
): TokenFailure => {
  const { code, supportId, text } = wordsOf(said, secrets)
  const described = `HTTP ${answer.status}, ${shownType(answer.headers.get("content-type"))}: ${kinds[body.kind]}`
  // a refusal with a code and no words: the entry's own meaning says it best
  const own = code === undefined ? described : undefined
  const redirect = answer.status >= 300 && answer.status < 400
  return new TokenFailure({
    error: failure(id, {
      ...place,
      message: redirect ? `the server answered with a redirect (HTTP ${answer.status})` : (text ?? own),
      code,
      supportId,
      retryAfter: retryAfter(answer.headers, answer.arrivedAt),
      // what is known so far; whoever has the grant's history knows better
      cause: "Revoked"
    }),
    sent: "answered",
    verdict,
    status: answer.status
  })
}
