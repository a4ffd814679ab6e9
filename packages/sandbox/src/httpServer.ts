import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { setImmediate as nextTurn } from "node:timers/promises"
import { type SystemClock, toMilliseconds } from "./clock.ts"
import type { Fault, FaultQueue } from "./faults.ts"
import type { RequestLog } from "./requestLog.ts"
import type { Arrival, SurfaceModule, SurfaceResponse } from "./surface.ts"

/** Everything the HTTP server stands on. */
export interface HttpServerOptions {
  readonly host: string
  readonly port: number
  readonly clock: SystemClock
  readonly faults: FaultQueue
  readonly log: RequestLog
  readonly surfaces: ReadonlyArray<SurfaceModule>
}

/** A listening server. */
export interface HttpServer {
  readonly origin: string
  stop(): Promise<void>
}

// More than the log keeps, so that its end never cuts through something that would have been masked.
const maskedCharacters = 65_536

const bodyLimit = 16 * 1024 * 1024

/** One HTTP server for every surface, which are told apart by path. */
export const startHttpServer = async (options: HttpServerOptions): Promise<HttpServer> => {
  const server = createServer((request, response) => {
    response.sendDate = false
    serve(options, request, response).catch(() => {
      if (response.headersSent) response.destroy()
      else send(options.clock, response, plain(500, "The sandbox failed to answer this request.\n"))
    })
  })
  // A client's idle connection outlives a pause of its test, so that a reused socket is not closed under a request.
  server.keepAliveTimeout = 120_000
  await listen(server, options.port, options.host)
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("The server listens on no TCP port")
  const host = options.host.includes(":") ? `[${options.host}]` : options.host
  return {
    origin: `http://${host}:${address.port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  }
}

const listen = (server: Server, port: number, host: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", reject)
    server.listen(port, host, () => {
      server.off("error", reject)
      resolve()
    })
  })

const serve = async (options: HttpServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const gone = new AbortController()
  response.once("close", () => gone.abort(new Error("The caller went away")))
  const { clock, faults, log } = options
  const [path = "/", ...queries] = (request.url ?? "/").split("?")
  const method = request.method ?? "GET"
  const surface = options.surfaces.find((candidate) => candidate.accepts(path))
  const body = await read(request)
  if (body === undefined) return
  if (body === "too large") {
    response.setHeader("connection", "close")
    return send(clock, response, plain(413, "The sandbox reads at most 16 MiB.\n"))
  }
  if (surface === undefined) return send(clock, response, plain(404, "No surface of the sandbox answers here.\n"))

  const host = request.headers.host ?? "localhost"
  const decoded = decode(body)
  const arrival = surface.receive({
    method,
    path,
    query: queries.join("?"),
    host,
    headers: singleHeaders(request),
    ...decoded
  })
  const contentType = request.headers["content-type"]
  const finish = log.begin({
    surface: surface.surface,
    method,
    path: surface.mask(path),
    contentType: contentType === undefined ? undefined : surface.mask(contentType),
    body: surface.mask(decoded.body.slice(0, maskedCharacters)),
    functions: arrival.steps,
    authentication: arrival.authentication,
    grantType: arrival.grantType === undefined ? undefined : surface.mask(arrival.grantType),
    company: arrival.company
  })
  let release = nothing
  let status = 0
  try {
    const fault = faults.take(surface.surface, [...arrival.steps, ...(arrival.also ?? [])])
    if (fault?.kind === "drop-request") {
      request.socket.destroy()
      return
    }
    const admission = await arrival.admit(gone.signal)
    let answer: SurfaceResponse
    if (admission.refused !== undefined) {
      answer = admission.refused
    } else {
      release = admission.release
      if (fault?.kind === "hang") {
        await aborted(gone.signal)
        return
      }
      answer = await answerWith(clock, fault, arrival, gone.signal)
    }
    if (gone.signal.aborted) return
    const done = (): void => {
      // Before the last byte leaves: a caller that has its answer has given its connection back.
      release()
      finish(answer.status)
    }
    switch (admission.refused === undefined ? fault?.kind : undefined) {
      case "drop-response": {
        request.socket.destroy()
        return
      }
      case "truncate": {
        status = answer.status
        const bytes = Buffer.from(answer.body)
        head(clock, response, answer, bytes.length)
        response.write(bytes.subarray(0, bytes.length >> 1))
        await flushed(response)
        request.socket.destroy()
        return
      }
      case "short-body": {
        done()
        return send(clock, response, { ...answer, body: answer.body.slice(0, answer.body.length >> 1) })
      }
      case "slow-bytes": {
        status = answer.status
        await trickle(clock, response, answer, toMilliseconds(fault?.every ?? 1000, "every"), gone.signal, done)
        return
      }
      default: {
        done()
        return send(clock, response, answer)
      }
    }
  } catch (error) {
    if (!gone.signal.aborted) throw error
  } finally {
    release()
    finish(status)
  }
}

const nothing = (): void => {}

// Longer than a lock that only a time limit guards usually lives.
const slowAnswer = 20_000

const answerWith = async (
  clock: SystemClock,
  fault: Fault | undefined,
  arrival: Arrival,
  signal: AbortSignal
): Promise<SurfaceResponse> => {
  if (fault === undefined) return arrival.answer(signal)
  const answer = await faultAnswer(fault, arrival, signal)
  if (fault.kind === "slow-answer") await clock.sleep(toMilliseconds(fault.delay ?? slowAnswer, "delay"), signal)
  return { ...answer, status: fault.status ?? answer.status, headers: { ...answer.headers, ...fault.headers } }
}

const faultAnswer = async (fault: Fault, arrival: Arrival, signal: AbortSignal): Promise<SurfaceResponse> => {
  const own = arrival.faults[fault.kind]
  if (own !== undefined) return own()
  switch (fault.kind) {
    case "html-502":
      return html(
        502,
        "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
      )
    case "cloudflare-524": {
      // Cloudflare gives up; the server behind it does not.
      await arrival.answer(signal)
      return html(
        524,
        `<!DOCTYPE html>\n<html>\n<head><title>A timeout occurred</title></head>\n<body>\n<div id="cf-wrapper">\n<div id="cf-error-details"><h1>A timeout occurred <span>Error code 524</span></h1></div>\n</div>\n</body>\n</html>\n`
      )
    }
    case "unavailable":
    case "status-503":
      return { status: 503, headers: {}, body: "" }
    case "wrong-content-type": {
      const answer = await arrival.answer(signal)
      return { ...answer, headers: { ...answer.headers, "content-type": "text/html" } }
    }
    case "no-content-type": {
      const answer = await arrival.answer(signal)
      const { "content-type": _, ...headers } = answer.headers
      return { ...answer, headers }
    }
    default:
      return arrival.answer(signal)
  }
}

const trickle = async (
  clock: SystemClock,
  response: ServerResponse,
  answer: SurfaceResponse,
  every: number,
  signal: AbortSignal,
  done: () => void
): Promise<void> => {
  const bytes = Buffer.from(answer.body)
  head(clock, response, answer, bytes.length)
  for (let index = 0; index < bytes.length - 1; index++) {
    await clock.sleep(every, signal)
    response.write(bytes.subarray(index, index + 1))
  }
  done()
  response.end(bytes.subarray(bytes.length - 1))
}

const send = (clock: SystemClock, response: ServerResponse, answer: SurfaceResponse): void => {
  const bytes = Buffer.from(answer.body)
  head(clock, response, answer, bytes.length)
  response.end(bytes)
}

const head = (clock: SystemClock, response: ServerResponse, answer: SurfaceResponse, length: number): void => {
  response.writeHead(answer.status, {
    date: new Date(clock.now()).toUTCString(),
    ...answer.headers,
    "content-length": String(length)
  })
}

const flushed = async (response: ServerResponse): Promise<void> => {
  while (response.writableLength > 0 && !response.destroyed) await nextTurn()
  // One turn more, for the bytes to reach the other side before the socket closes over them.
  await nextTurn()
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener("abort", () => resolve(), { once: true })
  })

const read = async (request: IncomingMessage): Promise<Buffer | "too large" | undefined> => {
  const chunks: Array<Buffer> = []
  let size = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size <= bodyLimit) chunks.push(chunk)
    }
  } catch {
    return undefined
  }
  return size > bodyLimit ? "too large" : Buffer.concat(chunks)
}

const decode = (body: Buffer): { readonly body: string; readonly utf8: boolean } => {
  try {
    return { body: new TextDecoder("utf-8", { fatal: true }).decode(body), utf8: true }
  } catch {
    return { body: body.toString("utf8"), utf8: false }
  }
}

const singleHeaders = (request: IncomingMessage): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value])
  )

const plain = (status: number, body: string): SurfaceResponse => ({
  status,
  headers: { "content-type": "text/plain; charset=utf-8" },
  body
})

const html = (status: number, body: string): SurfaceResponse => ({
  status,
  headers: { "content-type": "text/html; charset=UTF-8" },
  body
})
