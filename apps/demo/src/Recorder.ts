import type { LoggedRequest, Sandbox } from "@sage-auth/sandbox"

/** A request as the sandbox saw it, with the time it took on this side. */
export interface Sent extends LoggedRequest {
  /** real milliseconds from sending to the head of the answer, or to the moment when the connection was gone */
  readonly milliseconds: number
}

/** A fetch that keeps the time, and the sandbox's own log of what it sent. */
export interface Recorder {
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>
  /** the requests that arrived since the last call, in order of arrival */
  readonly take: () => ReadonlyArray<Sent>
}

// every request has a control id of its own, which the log keeps: it leads from a call of fetch to what arrived
const controlIdOf = (body: unknown): string | undefined =>
  typeof body === "string" ? /<controlid>([^<]+)<\/controlid>/.exec(body)?.[1] : undefined

/** Keeps time for the requests that reach a sandbox. */
export const makeRecorder = (sandbox: Sandbox<"manual">): Recorder => {
  const taken = new Map<string, number>()
  let next = 0
  return {
    fetch: async (input, init) => {
      // a client may hand over a Request: its body is read from a copy
      const body = input instanceof Request ? await input.clone().text() : init?.body
      const started = performance.now()
      try {
        return await fetch(input, init)
      } finally {
        taken.set(controlIdOf(body) ?? "", performance.now() - started)
      }
    },
    take: () => {
      const arrived = sandbox.requests().filter(({ order }) => order >= next)
      next = (arrived.at(-1)?.order ?? next - 1) + 1
      return arrived.map((request) =>
        Object.assign({}, request, { milliseconds: taken.get(controlIdOf(request.body) ?? "") ?? 0 })
      )
    }
  }
}
