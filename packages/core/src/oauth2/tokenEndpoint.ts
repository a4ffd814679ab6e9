import * as Effect from "effect/Effect"
import type { Place } from "../errors/SageAuthError.ts"
import { inSpan } from "../telemetry/spans.ts"
import type { Transport } from "../transport/Transport.ts"
import { type ClientRequest, encodeRequest } from "./ClientRequest.ts"
import { readBody } from "./errorBody.ts"
import { fromJudgement, fromTransport, judgeAnswer } from "./judgeAnswer.ts"
import type { TokenErrors } from "./TokenErrors.ts"
import type { TokenFailure } from "./TokenFailure.ts"
import { readTokenResponse, type TokenResponse } from "./TokenResponse.ts"

/** How long a token request may take, in milliseconds: its callers' deadlines do not end it. */
export const tokenTimeout = 60_000

/** One request to a token endpoint. */
export interface TokenRequest extends ClientRequest {
  /** what the server's errors mean */
  readonly errors: TokenErrors
  /** members of the answer to keep in `extras` */
  readonly extraMembers?: ReadonlyArray<string> | undefined
  /** `accessToken` is read where there is no `access_token`. Default false */
  readonly camelCase?: boolean | undefined
  /** milliseconds; default 60 seconds */
  readonly timeout?: number | undefined
  readonly place?: Place | undefined
}

const grantTypeOf = ({ parameters }: ClientRequest): string => {
  const type = parameters["grant_type"]
  return typeof type === "string" ? type : "unknown"
}

/**
 * Asks a token endpoint for tokens, once: nothing is repeated and no redirect is followed. Interrupting it abandons a
 * request that may have been sent, so a rotation runs where nothing interrupts it.
 *
 * Source: RFC 6749, sections 4.1.3, 4.4.2, 5 and 6.
 */
export const tokenRequest = (transport: Transport, request: TokenRequest): Effect.Effect<TokenResponse, TokenFailure> =>
  Effect.suspend(() => {
    const { camelCase, errors, extraMembers, place = {}, timeout } = request
    const { http, secrets } = encodeRequest(request)
    return Effect.matchEffect(transport.authenticate(http, timeout ?? tokenTimeout), {
      onFailure: (lost) => Effect.fail(fromTransport(lost, errors.unreadable, secrets, place)),
      onSuccess: (answer): Effect.Effect<TokenResponse, TokenFailure> => {
        const body = readBody(answer.text)
        const response =
          body.kind === "json" && answer.status >= 200 && answer.status < 300
            ? readTokenResponse(body.value, {
                contentType: answer.headers.get("content-type"),
                receivedAt: answer.arrivedAt,
                extraMembers,
                camelCase
              })
            : undefined
        if (response !== undefined) return Effect.succeed(response)
        return Effect.fail(fromJudgement(judgeAnswer(errors, answer, body), answer, body, secrets, place))
      }
    })
  }).pipe(
    inSpan("OAuth2.tokenRequest", {
      kind: "client",
      attributes: () => ({ "sage_auth.grant_type": grantTypeOf(request) })
    })
  )
