import type { Options } from "ky"

/** What of a request goes to the client besides its method and its signal. */
interface HandedOver {
  readonly headers: Headers
  readonly body?: NonNullable<RequestInit["body"]> | null
}

/** What is in memory already, and can be sent again as it is. */
const isHeld = (body: Options["body"]): boolean =>
  body instanceof FormData ||
  body instanceof URLSearchParams ||
  body instanceof Blob ||
  body instanceof ArrayBuffer ||
  ArrayBuffer.isView(body)

/** As `text()`, but for a mark at its beginning, which belongs to what the caller sends. */
const textOf = async (request: Request): Promise<string> =>
  new TextDecoder("utf-8", { ignoreBOM: true }).decode(await request.arrayBuffer())

/**
 * Takes a request apart again. ky makes one of everything, and a request has its body as a stream, which the client
 * could neither count on the meter nor send again after a renewal. So what the caller gave is handed over as it was
 * given, unless a hook has put another request in its place (`same` is false).
 */
export const handedOver = async (
  request: Request,
  { body, headers: own, json }: Options,
  same: boolean
): Promise<HandedOver> => {
  const { headers } = request
  if (request.body === null) return { headers }
  if (json !== undefined || typeof body === "string") return { headers, body: await textOf(request) }
  if (!same || !isHeld(body)) return { headers, body: request.body }
  if (!(body instanceof FormData)) return { headers, body: body ?? null }
  // the platform fails outside of every promise when the stream of a form is dropped, as ky does, before it was read
  if (!request.bodyUsed) for await (const _ of request.body as unknown as AsyncIterable<unknown>);
  // the boundary is that of the stream, and whoever sends the form draws another one
  const without = new Headers(headers)
  if (!new Headers(own).has("content-type")) without.delete("content-type")
  return { headers: without, body }
}
