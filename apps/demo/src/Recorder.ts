import type { LoggedRequest, Sandbox } from "@sage-auth/sandbox"

/** A request as the sandbox saw it, with the time it took on this side. */
export interface Sent extends LoggedRequest {
  /**
   * real milliseconds from sending to the head of the answer, or to the moment when the connection was gone; undefined
   * where the application's fetch has not sent it, but a human's browser, or a connection with TLS of its own
   */
  readonly milliseconds: number | undefined
}

/** A fetch that keeps the time, and the sandbox's own log of what it sent. */
export interface Recorder {
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>
  /** the requests that arrived since the last call, in order of arrival */
  readonly take: () => ReadonlyArray<Sent>
}

/**
 * What leads from a call of fetch to what arrived: XML requests have a control id of their own, which the log keeps; of
 * all others, those of a kind are told apart by their order.
 */
const kindOf = (method: string, url: string, body: unknown): string => {
  const controlId = typeof body === "string" ? /<controlid>([^<]+)<\/controlid>/.exec(body)?.[1] : undefined
  return controlId ?? `${method} ${new URL(url, "http://sandbox").pathname}`
}

/** Keeps time for the requests that reach a sandbox. */
export const makeRecorder = (sandbox: Sandbox<"manual">): Recorder => {
  const taken = new Map<string, Array<number>>()
  let next = 0
  return {
    fetch: async (input, init) => {
      const whole = input instanceof Request
      // a client may hand over a Request: its body is read from a copy
      const body = whole ? await input.clone().text() : init?.body
      const kind = kindOf((whole ? input.method : init?.method) ?? "GET", whole ? input.url : String(input), body)
      const started = performance.now()
      try {
        return await fetch(input, init)
      } finally {
        taken.set(kind, [...(taken.get(kind) ?? []), performance.now() - started])
      }
    },
    take: () => {
      const arrived = sandbox.requests().filter(({ order }) => order >= next)
      next = (arrived.at(-1)?.order ?? next - 1) + 1
      const sent = arrived.map((request) =>
        Object.assign({}, request, {
          milliseconds: taken.get(kindOf(request.method, request.path, request.body))?.shift()
        })
      )
      taken.clear()
      return sent
    }
  }
}
