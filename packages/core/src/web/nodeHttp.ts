import type { IncomingMessage, ServerResponse } from "node:http"
import { builtin } from "../config/builtin.ts"
import { misconfigured } from "../errors/SageAuthError.ts"
import { goneSignal } from "./Caller.ts"
import { headersOf } from "./WebRequest.ts"

/** What of Node's requests depends on who has taken them in. */
interface Incoming extends IncomingMessage {
  /** the address before a framework has cut off where it is mounted */
  readonly originalUrl?: string
  readonly socket: IncomingMessage["socket"] & { readonly encrypted?: boolean }
}

const wrongResponse = {
  option: "requestOf(response)",
  expected: "the ServerResponse of node:http, which knows its request"
} as const

/** methods that a `Request` cannot have; none of them is a route's */
const forbidden: ReadonlySet<string> = new Set(["CONNECT", "TRACE", "TRACK"])

const urlOf = ({ headers, originalUrl, socket, url }: Incoming): string => {
  const host = headers.host ?? headers[":authority"]
  const named = typeof host === "string" && /^[\w.:[\]-]+$/.test(host) ? host : "localhost"
  const target = originalUrl ?? url ?? ""
  const scheme = socket.encrypted === true ? "https" : "http"
  const address = URL.parse(`${scheme}://${named}${target.startsWith("/") ? target : "/"}`)
  return address?.href ?? `${scheme}://localhost/`
}

/**
 * The request that a server of `node:http` is about to answer, as the web's `Request`. Its body is not touched before
 * it is read, so whatever parses bodies can still do so. Its signal fires when the client goes away before it has its
 * answer.
 *
 * @example
 * ```ts
 * const auth = webHandler(sage, { request: requestOf })
 * ```
 *
 * @param response Node's own, which knows its request. Fastify's replies have it as `reply.raw`
 * @throws `SageAuthError` with reason `Misconfigured`, when it is given something else
 * @category web
 */
export const requestOf = (response: ServerResponse): Request => {
  const incoming: Incoming | undefined = (response as Partial<ServerResponse> | undefined)?.req
  if (incoming === undefined) throw misconfigured([wrongResponse])
  const { method = "GET" } = incoming
  const header = headersOf(incoming.headers)
  const headers = new Headers()
  for (const name of Object.keys(incoming.headers)) {
    // of HTTP/2, and no headers
    if (!name.startsWith(":")) headers.set(name, header(name) ?? "")
  }
  const bare = method === "GET" || method === "HEAD" || forbidden.has(method) || incoming.readableEnded
  return new Request(urlOf(incoming), {
    method: forbidden.has(method) ? "OPTIONS" : method,
    headers,
    signal: goneSignal(response)(),
    // an answer is still owed when the body is given up: the connection has to stay open
    ...(bare ? {} : { duplex: "half", body: ReadableStream.from(incoming.iterator({ destroyOnReturn: false })) })
  })
}

/**
 * Sends a `Response` from a server of `node:http`, beside the headers that are set already. It resolves when everything
 * was sent, or the client is gone. It sends nothing where somebody else has begun to answer.
 *
 * @throws what the body of the response failed with
 *
 * @category web
 */
export const sendResponse = async (response: Response, to: ServerResponse): Promise<void> => {
  if (to.headersSent || to.destroyed) {
    await response.body?.cancel()
    return
  }
  to.statusCode = response.status
  for (const [name, value] of response.headers) {
    if (name === "set-cookie") to.appendHeader(name, value)
    else to.setHeader(name, value)
  }
  if (response.body === null) return void to.end()
  const { promises, Readable } = builtin("node:stream")
  try {
    await promises.pipeline(Readable.fromWeb(response.body as never), to)
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== "ERR_STREAM_PREMATURE_CLOSE") throw error
  }
}
