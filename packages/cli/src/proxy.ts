import { createHash, timingSafeEqual } from "node:crypto"
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { isSageAuthError } from "@sage-auth/core"
import { type Problem, problemOf } from "@sage-auth/core/web"
import type { AnyClient } from "./clients.ts"

/** What a proxy is started with. */
export interface ProxyOptions {
  /** the connections that can be reached, by name */
  readonly connections: ReadonlyArray<string>
  /** the client of a connection; without a tenant, of the one that is meant where none is named */
  readonly clientOf: (connection: string, tenant: string | undefined) => AnyClient
  /** the address to listen on */
  readonly host: string
  /** 0: a free one */
  readonly port: number
  /** what callers have to send as `authorization: Bearer …`; undefined: nothing */
  readonly token: string | undefined
  /** takes what became of each request */
  readonly log: (line: ProxyLine) => void
}

/** What became of one request: nothing of its query, its headers or its body. */
export interface ProxyLine {
  readonly method: string
  /** undefined where the request names none that there is */
  readonly connection: string | undefined
  /** undefined where the caller went away before there was one */
  readonly status: number | undefined
  readonly milliseconds: number
  /** the entry of the error catalogue */
  readonly id: string | undefined
}

/** A proxy that listens. */
export interface Proxy {
  readonly url: string
  /** refuses new requests, and ends those that run */
  stop(): Promise<void>
}

/** Whether an address is of this machine alone. */
export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host)

/** Starts a server that puts the credential of a connection on what passes. */
export const startProxy = async (options: ProxyOptions): Promise<Proxy> => {
  const server = createServer((request, response) => {
    const started = performance.now()
    const line: { -readonly [K in keyof ProxyLine]: ProxyLine[K] } = {
      method: request.method ?? "",
      connection: undefined,
      status: undefined,
      milliseconds: 0,
      id: undefined
    }
    response.once("close", () => {
      // a caller that went away has seen no status
      line.status = response.headersSent ? response.statusCode : undefined
      options.log({ ...line, milliseconds: Math.round(performance.now() - started) })
    })
    answer(request, response, options, line).catch((error: unknown) => {
      if (isSageAuthError(error)) line.id = error.id
      if (response.headersSent || response.destroyed) response.destroy()
      else refuse(response, isSageAuthError(error) ? problemOf(error, undefined) : problemOfThrown(error))
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject)
    server.listen(options.port, options.host, resolve)
  })
  const { address, family, port } = server.address() as AddressInfo
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  }
}

/** A request that is refused before it reaches a connection. */
class Refusal extends Error {
  readonly problem: Problem
  constructor(status: number, title: string, detail: string, remedy: string) {
    super(detail)
    this.problem = { type: "about:blank", status, title, detail, remedy }
  }
}

const problemOfThrown = (error: unknown): Problem =>
  error instanceof Refusal
    ? error.problem
    : { type: "about:blank", status: 500, title: "Something broke inside", detail: "No more is known about it." }

const refuse = (response: ServerResponse, problem: Problem): void => {
  const body = JSON.stringify(problem)
  response.writeHead(problem.status, {
    ...own,
    "content-type": "application/problem+json",
    "content-length": Buffer.byteLength(body),
    ...(problem.retryAfter === undefined ? {} : { "retry-after": String(problem.retryAfter) }),
    ...(problem.status === 401 ? { "www-authenticate": 'Bearer realm="sage-auth proxy"' } : {}),
    // what is left of the request is not read
    connection: "close"
  })
  response.end(body)
}

/** On every answer: no page of a browser's reads it, and none takes it for a script. */
const own = { "cross-origin-resource-policy": "same-origin", "x-content-type-options": "nosniff" } as const

const answer = async (
  request: IncomingMessage,
  response: ServerResponse,
  options: ProxyOptions,
  line: { connection: string | undefined }
): Promise<void> => {
  admit(request, options)
  const { name, path } = placeOf(request.url ?? "")
  if (!options.connections.includes(name)) {
    throw new Refusal(
      404,
      "No such connection",
      "The path does not begin with the name of a connection of this proxy.",
      `Write /<connection>/<path>, with one of: ${options.connections.join(", ")}.`
    )
  }
  line.connection = name
  const client = options.clientOf(name, tenantOf(request.headers))
  const gone = new AbortController()
  response.once("close", () => gone.abort())
  if (client.surface === "intacct-xml") {
    await relay(request, response, client, path, gone.signal)
  } else {
    await forward(request, response, client, path, gone.signal)
  }
}

// ------------------------------------------------------------------ who may ask

const admit = ({ headers, socket, url = "" }: IncomingMessage, { host, token }: ProxyOptions): void => {
  if (!url.startsWith("/")) {
    throw new Refusal(
      400,
      "Not a forward proxy",
      "The request names a whole address.",
      "Send it to /<connection>/<path> of this server, and set it as no HTTP proxy."
    )
  }
  if (!isOwnHost(headers.host, host, socket.localPort)) {
    throw new Refusal(
      421,
      "Another host",
      "The request is meant for another host, as a page of a browser's can make it.",
      "Use the address that the command printed."
    )
  }
  // programs send neither; a browser sends one of them with whatever a page of another site asks for
  const site = headers["sec-fetch-site"]
  if (headers.origin !== undefined || (site !== undefined && site !== "none")) {
    throw new Refusal(
      403,
      "No browsers",
      "The request comes from a page in a browser.",
      "Call the proxy from a program. Pages get their data from a server of yours."
    )
  }
  if (token !== undefined && !isToken(headers.authorization, token)) {
    throw new Refusal(
      401,
      "The token of the proxy is missing",
      "This proxy takes requests only with its token.",
      "Send the header `authorization: Bearer <token>`, with the token that the command was given or printed."
    )
  }
}

/** Whether a `Host` names this server. Where it listens on every address, its token is what counts. */
const isOwnHost = (header: string | undefined, listening: string, port: number | undefined): boolean => {
  if (listening === "0.0.0.0" || listening === "::") return true
  if (header === undefined || !URL.canParse(`http://${header}`)) return false
  const url = new URL(`http://${header}`)
  const name = url.hostname.replace(/^\[|\]$/g, "")
  return (isLoopback(name) || name === listening.toLowerCase()) && Number(url.port || 80) === port
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest()

const isToken = (header: string | undefined, token: string): boolean =>
  timingSafeEqual(digest(/^Bearer +(.*)$/i.exec(header ?? "")?.[1] ?? ""), digest(token))

// ------------------------------------------------------------------ what they ask for

/** The name of a connection, and what stands behind it as it was written. */
const placeOf = (url: string): { readonly name: string; readonly path: string } => {
  const at = /[/?]/.exec(url.slice(1))?.index
  const written = at === undefined ? url.slice(1) : url.slice(1, at + 1)
  const path = at === undefined ? "" : url.slice(at + 1)
  try {
    return { name: decodeURIComponent(written), path }
  } catch {
    return { name: written, path }
  }
}

const tenantHeader = "x-sage-tenant"

const tenantOf = (headers: IncomingHttpHeaders): string | undefined => {
  const given = headers[tenantHeader]
  return typeof given === "string" ? given : undefined
}

/** What belongs to one connection alone. Source: RFC 9110, section 7.6.1. */
const hopByHop: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade"
])

/** What stays here: the caller's own credential, and what the platform writes itself. */
const notSent: ReadonlySet<string> = new Set([
  "accept-encoding",
  "authorization",
  "content-length",
  "cookie",
  "expect",
  "host",
  tenantHeader
])

/** What does not come back: the server's session, and what the platform has undone. */
const notReturned: ReadonlySet<string> = new Set(["authorization", "set-cookie", "set-cookie2"])

const passing = (
  headers: Iterable<readonly [string, string]>,
  connection: string | undefined,
  stays: ReadonlySet<string>
): Array<[string, string]> => {
  const named = new Set((connection ?? "").toLowerCase().split(/[\s,]+/))
  const kept: Array<[string, string]> = []
  for (const [name, value] of headers) {
    const lower = name.toLowerCase()
    if (!hopByHop.has(lower) && !stays.has(lower) && !named.has(lower)) kept.push([name, value])
  }
  return kept
}

function* pairs({ rawHeaders }: IncomingMessage): Generator<readonly [string, string]> {
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) yield [rawHeaders[at] ?? "", rawHeaders[at + 1] ?? ""]
}

const forward = async (
  request: IncomingMessage,
  response: ServerResponse,
  client: AnyClient,
  path: string,
  signal: AbortSignal
): Promise<void> => {
  const { method = "GET" } = request
  const headers = passing(pairs(request), request.headers.connection, notSent)
  const body = await bodyOf(request)
  const got = await client.fetch!(path, { method, headers, signal, ...(body === undefined ? {} : { body }) })
  const undone = got.headers.has("content-encoding")
  const credential: ReadonlyArray<string> = Object.values((await client.headers?.().catch(() => ({}))) ?? {})
  const secrets = credential.map((value) => value.replace(/^\S+ /, "")).filter((value) => value.length >= 8)
  const back = passing(got.headers, got.headers.get("connection") ?? undefined, notReturned).filter(
    ([name, value]) =>
      !(undone && (name === "content-encoding" || name === "content-length")) &&
      !secrets.some((secret) => value.includes(secret))
  )
  response.writeHead(got.status, [...back, ...Object.entries(own)].flat())
  if (got.body === null || method === "HEAD") {
    response.end()
    await got.body?.cancel()
  } else {
    await pipeline(Readable.fromWeb(got.body), response)
  }
}

/** Up to this size, in bytes, a body is held, so that its request can be sent again with another credential. */
const held = 1024 * 1024

/** A body in memory where it is short, and a stream otherwise; undefined where there is none. */
const bodyOf = async (request: IncomingMessage): Promise<Uint8Array<ArrayBuffer> | ReadableStream | undefined> => {
  const { "content-length": length, "transfer-encoding": coded } = request.headers
  if (request.method === "GET" || request.method === "HEAD") {
    if (coded === undefined && (length === undefined || length === "0")) return undefined
    throw new Refusal(
      400,
      "A body too many",
      `A ${request.method} has no body here.`,
      "Send it with POST, PUT or PATCH."
    )
  }
  if (coded === undefined && length === undefined) return undefined
  return Number(length) <= held ? wholeOf(request, held) : (Readable.toWeb(request) as ReadableStream)
}

const wholeOf = async (request: IncomingMessage, limit: number): Promise<Uint8Array<ArrayBuffer>> => {
  const parts: Array<Buffer> = []
  let size = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length
    if (size > limit) {
      throw new Refusal(
        413,
        "Too large",
        `The body is larger than ${limit} bytes.`,
        "Send fewer functions in one request."
      )
    }
    parts.push(part)
  }
  return Uint8Array.from(Buffer.concat(parts))
}

// ------------------------------------------------------------------ Intacct's XML API

/** The longest request document, in bytes. */
const longestDocument = 16 * 1024 * 1024

const relay = async (
  request: IncomingMessage,
  response: ServerResponse,
  client: AnyClient,
  path: string,
  signal: AbortSignal
): Promise<void> => {
  if (request.method !== "POST" || !/^\/?(?:\?|$)/.test(path)) {
    throw new Refusal(
      request.method === "POST" ? 404 : 405,
      "Intacct's XML API takes documents",
      "This connection has one address, which takes request documents by POST.",
      `Post the <request> to /${client.connection}.`
    )
  }
  const bytes = await wholeOf(request, longestDocument)
  const { body, contentType } = await client.relay!(textOf(bytes, request.headers["content-type"] ?? ""), { signal })
  const sent = Buffer.from(body)
  response.writeHead(200, { ...own, "content-type": `${contentType}; charset=utf-8`, "content-length": sent.length })
  response.end(sent)
}

/** The text of a document: its charset is in its content type, or in its declaration. Source: RFC 7303, section 3. */
const textOf = (bytes: Uint8Array, contentType: string): string => {
  const declared = /^\s*<\?xml[^>]*?encoding\s*=\s*["']([\w.-]+)/.exec(
    Buffer.from(bytes.subarray(0, 200)).toString("latin1")
  )
  const charset = /;\s*charset\s*=\s*"?([\w.-]+)/i.exec(contentType)?.[1] ?? declared?.[1] ?? "utf-8"
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes)
  } catch {
    throw new Refusal(
      415,
      "Not the charset that it names",
      "The document is not in the charset that its declaration or its content type names.",
      "Send UTF-8."
    )
  }
}
