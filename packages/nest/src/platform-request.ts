import { type IncomingMessage, ServerResponse } from "node:http"
import { RequestMethod } from "@nestjs/common"
import type { AbstractHttpAdapter, ApplicationConfig } from "@nestjs/core"
import {
  type Caller,
  headersOf,
  misconfigured,
  readBody,
  type ShownProblem,
  type WebReply,
  type WebRequest
} from "@sage-auth/core/web"

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

/** The routes of the controller, below its path. */
export const controllerRoutes = {
  callback: "callback/:connection",
  connect: "connect/:connection",
  connections: "connections",
  disconnect: "disconnect/:connection"
} as const

/** how Nest writes that a route is excluded whatever its method is */
const everyMethod: ReadonlySet<number> = new Set([RequestMethod.ALL, -1])

/** Where the routes of this library are: what they have in front of the base path. */
export interface Mounts {
  /** of all routes but the callbacks; may hold parameters, such as `/:company` */
  readonly routes: string
  /** of callbacks, which an application may leave out of its global prefix alone */
  readonly callbacks: string
}

/**
 * The global prefix where routes are below it, and nothing where the application excludes them.
 *
 * @throws `SageAuthError` with reason `Misconfigured` where some routes are below it and others are not
 */
export const mountsOf = (config: ApplicationConfig, basePath: string, served: boolean): Mounts => {
  const prefix = config.getGlobalPrefix().replaceAll(/^\/+|\/+$/g, "")
  const excluded = config.getGlobalPrefixOptions().exclude ?? []
  const mountOf = (route: keyof typeof controllerRoutes): string => {
    const path = `${basePath}/${controllerRoutes[route]}`
    // as Nest compares them: these routes take every method, and what is excluded for one of them is not this route
    const isOut = excluded.some(
      ({ pathRegex, requestMethod }) => everyMethod.has(requestMethod) && pathRegex.test(path)
    )
    return prefix === "" || isOut ? "" : `/${prefix}`
  }
  const routes = mountOf("connections")
  if (served && routes !== "" && basePath.startsWith(`${routes}/`)) {
    const expected = `"${basePath.slice(routes.length + 1)}": it follows the application's global prefix "${prefix}", which it repeats`
    throw misconfigured([{ option: "basePath", expected }])
  }
  if (served && (mountOf("connect") !== routes || mountOf("disconnect") !== routes)) {
    const root = basePath.slice(1)
    const expected = `all of these routes (${root}/{*path}), their callbacks alone (${root}/${controllerRoutes.callback}), or none of them`
    throw misconfigured([{ option: "setGlobalPrefix(prefix, { exclude })", expected }])
  }
  return { routes, callbacks: mountOf("callback") }
}

/** The mount as it stands in a path: a prefix may hold parameters. */
export const mountIn = (mount: string, path: string): string => {
  if (!mount.includes("/:")) return mount
  const wanted = mount.split("/")
  const segments = path.split("/", wanted.length)
  const fits = wanted.every(
    (each, at) => each === segments[at] || (each.startsWith(":") && (segments[at] ?? "") !== "")
  )
  return fits ? segments.join("/") : mount
}

/** A request as the core reads it. */
export const webRequestOf = (request: PlatformRequest, prefix: string, caller: Caller): WebRequest => {
  const url = request.originalUrl ?? request.url
  const path = url.split("?", 1)[0] as string
  const mount = mountIn(prefix, path)
  return {
    method: request.method,
    url,
    path: path.startsWith(`${mount}/`) ? path.slice(mount.length) : path,
    mount,
    header: headersOf(request.headers),
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
