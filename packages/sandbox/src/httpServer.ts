import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http"
import { createServer as createTlsServer } from "node:https"
import type { Server, Socket } from "node:net"
import { setImmediate as nextTurn } from "node:timers/promises"
import { TLSSocket } from "node:tls"
import { type SystemClock, toMilliseconds } from "./clock.ts"
import type { Fault, FaultQueue } from "./faults.ts"
import type { RequestLog } from "./requestLog.ts"
import type { Listener, SurfaceResponse } from "./surface.ts"
import type { Arrival, SurfaceModule } from "./SurfaceModule.ts"

/** A request that no surface of Sage's is asked for. */
export interface FrontRequest {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** The address of the caller's socket. */
  readonly remoteAddress: string | undefined
}

/** Answers what is the sandbox's own: its start page and its control API. Undefined when it is neither. */
export type Front = (request: FrontRequest) => Promise<SurfaceResponse> | undefined

/** A port to listen on. */
export interface ListenerOptions {
  readonly name: Listener
  readonly host: string
  readonly port: number
  /** What TLS needs, all of it PEM; without it the port speaks plain HTTP. */
  readonly tls?:
    | {
        readonly cert: string
        readonly key: string
        /** The authority of the certificates that every caller must show; undefined: none is asked for. */
        readonly clientAuthority: string | undefined
      }
    | undefined
}

/** Everything the HTTP servers stand on. */
export interface HttpServerOptions {
  readonly listeners: ReadonlyArray<ListenerOptions>
  readonly clock: SystemClock
  readonly faults: FaultQueue
  readonly log: RequestLog
  readonly surfaces: ReadonlyArray<SurfaceModule>
  /** What the main port answers where no surface does. */
  readonly front?: Front | undefined
}

/** The listening servers. */
export interface HttpServers {
  /** The origin of each listener, such as `http://127.0.0.1:7300`. */
  readonly origins: ReadonlyMap<Listener, string>
  /** Closes every port and connection. */
  stop(): Promise<void>
}

const bodyLimit = 16 * 1024 * 1024

/** One server per listener; surfaces are told apart by listener and path. */
export const startHttpServers = async (options: HttpServerOptions): Promise<HttpServers> => {
  const started = await Promise.allSettled(options.listeners.map((listener) => startListener(options, listener)))
  const running = started.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []))
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((each) => each.stop()))
  }
  for (const each of started) {
    if (each.status === "fulfilled") continue
    await stop()
    throw each.reason
  }
  return { origins: new Map(running.map(({ name, origin }) => [name, origin])), stop }
}

interface RunningListener {
  readonly name: Listener
  readonly origin: string
  stop(): Promise<void>
}

const startListener = async (options: HttpServerOptions, listener: ListenerOptions): Promise<RunningListener> => {
  const { name, tls } = listener
  const surfaces = options.surfaces.filter((surface) => (surface.listeners ?? ["main"]).includes(name))
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    response.sendDate = false
    serve({ ...options, surfaces }, name, request, response).catch(() => {
      if (response.headersSent) response.destroy()
      else send(options.clock, response, plain(500, "The sandbox failed to answer this request.\n"))
    })
  }
  const server =
    tls === undefined
      ? createServer(handle)
      : createTlsServer(
          {
            cert: tls.cert,
            key: tls.key,
            ...(tls.clientAuthority === undefined
              ? {}
              : { ca: tls.clientAuthority, requestCert: true, rejectUnauthorized: true })
          },
          handle
        )
  // A client's idle connection outlives a pause of its test, so that a reused socket is not closed under a request.
  server.keepAliveTimeout = 120_000
  // Those still in their TLS handshake as well, which the server itself does not close.
  const sockets = new Set<Socket>()
  server.on("connection", (socket: Socket) => {
    sockets.add(socket)
    socket.once("close", () => sockets.delete(socket))
  })
  await listen(server, listener.port, listener.host)
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("The server listens on no TCP port")
  const host = listener.host.includes(":") ? `[${listener.host}]` : listener.host
  return {
    name,
    // The certificate names localhost, whatever address the port is bound to.
    origin: tls === undefined ? `http://${host}:${address.port}` : `https://localhost:${address.port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
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

const serve = async (
  options: HttpServerOptions,
  listener: Listener,
  request: IncomingMessage,
  response: ServerResponse
): Promise<void> => {
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
  const front =
    surface === undefined && listener === "main"
      ? options.front?.({
          method,
          path,
          query: queries.join("?"),
          headers: request.headers,
          body: body.toString("utf8"),
          remoteAddress: request.socket.remoteAddress
        })
      : undefined
  if (front !== undefined) return send(clock, response, await front)
  if (surface === undefined) return send(clock, response, plain(404, "No surface of the sandbox answers here.\n"))

  const host = request.headers.host ?? "localhost"
  const decoded = decode(body)
  const arrival = surface.receive({
    method,
    path,
    query: queries.join("?"),
    host,
    headers: singleHeaders(request),
    listener,
    scheme: listener === "main" ? "http" : "https",
    port: request.socket.localPort ?? 0,
    commonName: commonNameOf(request.socket),
    ...decoded
  })
  const contentType = request.headers["content-type"]
  const finish = log.begin({
    surface: surface.surface,
    listener,
    method,
    headers: Object.keys(request.headers),
    mask: (text) => surface.mask(text),
    path,
    contentType,
    body: decoded.body,
    functions: arrival.steps,
    authentication: arrival.authentication,
    grantType: arrival.grantType,
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
    ...(answer.headers as Record<string, string | Array<string>>),
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

const commonNameOf = (socket: Socket): string | undefined => {
  if (!(socket instanceof TLSSocket)) return undefined
  // Without a certificate this is an empty object, and with several common names a list, which the declarations omit.
  const subject = socket.getPeerCertificate().subject as { readonly CN?: string | ReadonlyArray<string> } | undefined
  return typeof subject?.CN === "string" ? subject.CN : subject?.CN?.[0]
}

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
