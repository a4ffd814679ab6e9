import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { annotateSpan, answerAttributes, methodAttributes, serverAttributes } from "../telemetry/instrumentation.ts"
import type { HttpAnswer, Fetch } from "./Answer.ts"
import { fromThrown, TransportFailure } from "./TransportFailure.ts"
import { stays, turn } from "./abortSignals.ts"

/** A request whose body is held in memory, so that it can be sent again. */
export interface Request {
  readonly method: "GET" | "POST" | "DELETE"
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
  /** the largest body that is read, in bytes */
  readonly limit: number
}

/** How requests leave this process. */
export interface Transport {
  /** for requests that authenticate: with a time-out of its own in milliseconds */
  readonly authenticate: (request: Request, timeout: number) => Effect.Effect<HttpAnswer, TransportFailure>
  /** for requests that carry a credential: as long as their callers wait */
  readonly call: (request: Request) => Effect.Effect<HttpAnswer, TransportFailure>
  /** the same without a fiber. `ends` takes the caller's leave; `sending` is called when the request is sent */
  readonly callPlainly: (request: Request, ends: AbortSignal, sending: () => void) => Promise<HttpAnswer>
}

const tooLarge = () => new TransportFailure({ problem: "too-large", processed: "unknown", code: undefined })

/** Whether a body says that it fits. A compressed one may be of any length: what counts is what ends up in memory. */
export const saysItFits = ({ headers }: Response, limit: number): boolean => {
  const length = headers.get("content-length")
  return length !== null && Number(length) <= limit && !headers.has("content-encoding")
}

/** a fetch of somebody's own may have let the length lie */
const fitting = (text: string, limit: number): string => {
  if (text.length > limit) throw tooLarge()
  return text
}

/** Reads a body as UTF-8 text, up to `limit` bytes. A body that says its length is trusted unless it is compressed. */
export const readLimited = (response: Response, limit: number): Promise<string> =>
  // no async function around it: it is on the path of every call
  saysItFits(response, limit) ? response.text().then((text) => fitting(text, limit)) : readInPieces(response, limit)

const readInPieces = async (response: Response, limit: number): Promise<string> => {
  const { headers } = response
  if (headers.has("content-length") && !headers.has("content-encoding")) {
    await response.body?.cancel()
    throw tooLarge()
  }
  if (response.body === null) return ""
  const decoder = new TextDecoder()
  let text = ""
  let size = 0
  // leaving the loop early cancels the stream, and with it the connection
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength
    if (size > limit) throw tooLarge()
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

/**
 * Neither follows a redirect: a credential goes to the host it was meant for and to no other. The redirect itself is
 * the answer.
 */
export const make = (fetch: Fetch, clock: Clock.Clock): Transport => {
  const send = async (request: Request, signal: AbortSignal, sending?: () => void): Promise<HttpAnswer> => {
    if (sending !== undefined) {
      await turn
      stays(signal)
      sending()
    }
    const init: RequestInit = { method: request.method, headers: request.headers, redirect: "manual", signal }
    if (request.body !== undefined) init.body = request.body
    const response = await fetch(request.url, init)
    const arrivedAt = clock.currentTimeMillisUnsafe()
    const text = await readLimited(response, request.limit)
    return { status: response.status, headers: response.headers, text, arrivedAt }
  }
  const call = (request: Request) =>
    Effect.tryPromise({ try: (signal) => send(request, signal), catch: (thrown) => fromThrown(thrown, request.url) })
  return {
    call,
    callPlainly: send,
    authenticate: (request, timeout) =>
      annotateSpan(() => ({ ...serverAttributes(request.url), ...methodAttributes(request.method) })).pipe(
        Effect.andThen(call(request)),
        Effect.tap(({ status }) => annotateSpan(() => answerAttributes(status))),
        Effect.timeoutOrElse({
          duration: timeout,
          orElse: () =>
            Effect.fail(
              fromThrown(
                new TransportFailure({ problem: "timeout", processed: "unknown", code: undefined }),
                request.url
              )
            )
        })
      )
  }
}
