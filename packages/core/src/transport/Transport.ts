import * as Effect from "effect/Effect"
import type * as Clock from "effect/Clock"
import type { Answer, Fetch } from "./Answer.ts"
import { readLimited } from "./readLimited.ts"
import { fromThrown, TransportFailure } from "./TransportFailure.ts"

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
  /** for requests that authenticate: through ky, with a time-out of its own in milliseconds */
  readonly authenticate: (request: Request, timeout: number) => Effect.Effect<Answer, TransportFailure>
  /** for requests that carry a credential: the caller's own fetch and nothing on top */
  readonly call: (request: Request) => Effect.Effect<Answer, TransportFailure>
}

/**
 * Neither follows a redirect: a credential goes to the host it was meant for and to no other. The redirect itself is
 * the answer.
 */
export const make = (fetch: Fetch, clock: Clock.Clock): Transport => {
  const receive = async (response: Response, limit: number): Promise<Answer> => {
    const arrivedAt = clock.currentTimeMillisUnsafe()
    const text = await readLimited(response, limit)
    return { status: response.status, headers: response.headers, text, arrivedAt }
  }
  const send = (request: Request, signal: AbortSignal): Promise<Response> =>
    fetch(request.url, {
      method: request.method,
      headers: request.headers,
      ...(request.body === undefined ? {} : { body: request.body }),
      redirect: "manual",
      signal
    })
  return {
    authenticate: (request, timeout) =>
      Effect.tryPromise({
        try: async (signal) => {
          const { default: ky } = await import("ky")
          const response = await ky(request.url, {
            method: request.method,
            throwHttpErrors: false,
            // retries and time-outs are schedules and deadlines of this library, where they can be seen and replaced
            retry: 0,
            timeout: false,
            // ky would hand over a Request of the platform, which the fetch of another undici cannot read
            fetch: () => send(request, signal),
            signal
          })
          return receive(response, request.limit)
        },
        catch: fromThrown
      }).pipe(
        Effect.timeoutOrElse({
          duration: timeout,
          orElse: () => Effect.fail(new TransportFailure({ problem: "timeout", sent: "maybe", code: undefined }))
        })
      ),
    call: (request) =>
      Effect.tryPromise({
        try: async (signal) => receive(await send(request, signal), request.limit),
        catch: fromThrown
      })
  }
}
