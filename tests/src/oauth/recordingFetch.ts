/** A request as it left the library. */
export interface Sent {
  readonly url: string
  readonly method: string
  readonly headers: Headers
  /** empty for a body that is not held in memory */
  readonly body: string
}

/** The platform's fetch, and what went through it, secrets and all. */
export interface RecordingFetch {
  readonly fetch: typeof globalThis.fetch
  readonly sent: ReadonlyArray<Sent>
  /** the forms that went to the token endpoints */
  readonly tokenForms: () => ReadonlyArray<URLSearchParams>
  /** what went to the address with this in it */
  readonly to: (part: string) => ReadonlyArray<Sent>
}

/** Records what the library sends, where the sandbox shows it without its secrets and headers. */
export const recordingFetch = (): RecordingFetch => {
  const sent: Array<Sent> = []
  const to = (part: string) => sent.filter(({ url }) => url.includes(part))
  return {
    sent,
    to,
    tokenForms: () => to("/token").map(({ body }) => new URLSearchParams(body)),
    fetch: (input, init) => {
      const { body, headers, method } = init ?? {}
      sent.push({
        url: input instanceof Request ? input.url : String(input),
        method: method ?? "GET",
        headers: new Headers(headers),
        body: typeof body === "string" ? body : ""
      })
      return globalThis.fetch(input, init)
    }
  }
}
