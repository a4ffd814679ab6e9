import { type IncomingMessage, ServerResponse } from "node:http"
import type { AbstractHttpAdapter, ApplicationConfig } from "@nestjs/core"
import { type Caller, readBody, type ShownProblem, type WebReply, type WebRequest } from "@sage-auth/core/web"

/** What a request of Express and one of Fastify have, as far as it is needed. */
export interface PlatformRequest {
  readonly method: string
  readonly url: string
  /** what the client sent, before the platform rewrote it */
  readonly originalUrl?: string
  readonly headers: IncomingMessage["headers"]
  /** Express: whether it came over TLS, trusted proxies included */
  readonly secure?: boolean
  /** Fastify: `"https"`, trusted proxies included */
  readonly protocol?: string
  readonly body?: unknown
  /** Fastify: Node's own request */
  readonly raw?: IncomingMessage
}

/** The global prefix, if the routes of this library are below it; otherwise nothing. */
export const mountOf = (config: ApplicationConfig, basePath: string): string => {
  const prefix = config.getGlobalPrefix().replaceAll(/^\/+|\/+$/g, "")
  const excluded = config.getGlobalPrefixOptions().exclude ?? []
  const route = `${basePath}/connections`
  return prefix === "" || excluded.some(({ pathRegex }) => pathRegex.test(route)) ? "" : `/${prefix}`
}

/** A request as the core reads it. */
export const webRequestOf = (request: PlatformRequest, mount: string, caller: Caller): WebRequest => {
  const url = request.originalUrl ?? request.url
  const path = url.split("?", 1)[0] as string
  return {
    method: request.method,
    url,
    path: path.startsWith(`${mount}/`) ? path.slice(mount.length) : path,
    mount,
    header: (name) => {
      const value = request.headers[name]
      return Array.isArray(value) ? value.join(", ") : value
    },
    secure: request.secure ?? request.protocol === "https",
    caller,
    body: () => readBody(request.raw ?? (request as unknown as IncomingMessage), request.body)
  }
}

/** Node's own response, which Express extends and Fastify has inside. */
export const rawResponseOf = (response: object): ServerResponse =>
  (response as { readonly raw?: ServerResponse }).raw ?? (response as ServerResponse)

/** Writes what the core answers, or has the application show it. */
export const writeReply = async (
  adapter: AbstractHttpAdapter,
  response: object,
  { body, headers, problem, status }: WebReply,
  render: (problem: ShownProblem) => void | PromiseLike<void>
): Promise<void> => {
  // Express extends Node's own, and middleware on Fastify has it, for which Nest 11 has no headers
  const target = response instanceof ServerResponse ? response : undefined
  for (const [name, value] of Object.entries(headers)) {
    for (const one of typeof value === "string" ? [value] : value) {
      // beside the cookies of the application
      if (name === "set-cookie") void (target?.appendHeader(name, one) ?? adapter.appendHeader(response, name, one))
      else void (target?.setHeader(name, one) ?? adapter.setHeader(response, name, one))
    }
  }
  if (problem === undefined) return adapter.reply(response, body, status)
  if (target === undefined) adapter.status(response, status)
  else target.statusCode = status
  await render(problem)
}
