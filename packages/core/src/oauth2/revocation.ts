import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type { Place } from "../errors/SageAuthError.ts"
import { inSpan } from "../telemetry/spans.ts"
import type { Transport } from "../transport/Transport.ts"
import { type ClientRequest, encodeRequest } from "./ClientRequest.ts"
import { errorBody, readBody } from "./errorBody.ts"
import { fromJudgement, fromTransport, judgeAnswer } from "./judgeAnswer.ts"
import type { TokenErrors } from "./TokenErrors.ts"
import type { TokenFailure } from "./TokenFailure.ts"

/** How long a revocation may take, in milliseconds. */
export const revocationTimeout = 30_000

/** One request to a revocation endpoint. The token goes into `parameters`, redacted, under the server's name for it. */
export interface RevocationRequest extends ClientRequest {
  readonly errors: TokenErrors
  /** milliseconds; default 30 seconds */
  readonly timeout?: number | undefined
  readonly place?: Place | undefined
}

/**
 * Ends a token at the server. A success is 2xx without an error in it, whatever else the body holds. A token that the
 * server does not know is as good as revoked, and servers say so with 200. What it hits besides is the surface's to
 * say: at Intacct, every token of that user and company. It may be repeated.
 *
 * Source: RFC 7009, section 2; developer.sage.com, Accounting, Authentication (`{ "success": "ok" }`).
 */
export const revoke = (transport: Transport, request: RevocationRequest): Effect.Effect<void, TokenFailure> =>
  Effect.suspend(() => {
    const { errors, place = {}, timeout } = request
    const { http, secrets } = encodeRequest(request)
    return Effect.matchEffect(transport.authenticate(http, timeout ?? revocationTimeout), {
      onFailure: (lost) => Effect.fail(fromTransport(lost, errors.unreadable, secrets, place)),
      onSuccess: (answer) => {
        const body = readBody(answer.text)
        const done =
          answer.status >= 200 &&
          answer.status < 300 &&
          (body.kind === "json" ? isDone(body.value) : isPlain(body.kind))
        return done
          ? Effect.void
          : Effect.fail(fromJudgement(judgeAnswer(errors, answer, body), answer, body, secrets, place))
      }
    })
  }).pipe(inSpan("OAuth2.revoke", { kind: "client" }))

/** RFC 7009 gives the body of a success no meaning; a web page is not the server's */
const isPlain = (kind: string): boolean => kind === "empty" || kind === "text"

const isDone = (json: unknown): boolean => {
  if (Predicate.hasProperty(json, "success") && (json.success === false || json.success === "false")) return false
  // a message alone may be a friendly one
  return (errorBody(json)?.codes.length ?? 0) === 0
}
