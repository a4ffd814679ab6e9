import type { IncomingMessage, ServerResponse } from "node:http"
import type { AbstractHttpAdapter } from "@nestjs/core"
import type { SageAuthRuntime } from "./sage-auth-runtime.ts"

/** What of Fastify is needed to follow a request. */
interface FastifyInstance {
  addHook(name: "onRequest", hook: (request: FastifyRequest, reply: FastifyReply, done: () => void) => void): unknown
  routing(request: IncomingMessage, response: ServerResponse): void
  hasContentTypeParser(type: string): boolean
  addContentTypeParser(
    type: string,
    options: { readonly parseAs: "string"; readonly bodyLimit: number },
    parse: (request: object, body: string, done: (error: null, body: string) => void) => void
  ): unknown
}

interface FastifyRequest {
  readonly raw: IncomingMessage & { originalUrl?: string }
}

interface FastifyReply {
  readonly raw: ServerResponse
  hijack(): unknown
}

const form = "application/x-www-form-urlencoded"

/** more than the callback of any server has, in bytes */
const bodyLimit = 64 * 1024

/**
 * Has every request carry who is asking, from before the middleware of modules and the guards to the end of its
 * handler, and brings callbacks whose addresses are configured to be elsewhere to the controller, through every guard.
 *
 * Not a middleware of Nest's: those depend on prefixes and versions, and on Fastify get another request than guards do.
 */
export const followRequests = (adapter: AbstractHttpAdapter | undefined, runtime: SageAuthRuntime): void => {
  const { tenancy } = runtime
  // what is wrong with them is found at the start, and not by the first visitor
  void runtime.mounts
  if (adapter?.getType?.() !== "fastify") {
    adapter?.use((request: { url: string }, response: object, next: () => void) => {
      request.url = runtime.routeOf(request) ?? request.url
      tenancy.enter(request, response, next)
    })
    return
  }
  const fastify: FastifyInstance = adapter.getInstance()
  const routed = new WeakSet<IncomingMessage>()
  // Fastify itself goes on with it when the body was read
  fastify.addHook("onRequest", (request, reply, done) => {
    const { raw } = request
    const address = routed.has(raw) ? undefined : runtime.routeOf(request)
    if (address === undefined) return tenancy.enter(request, reply, done)
    // its route was chosen already: it is chosen once more
    routed.add(raw)
    raw.originalUrl ??= raw.url ?? ""
    raw.url = address
    reply.hijack()
    fastify.routing(raw, reply.raw)
  })
  // without the platform's own parser, the callback that a server posts would be refused with 415
  if (!fastify.hasContentTypeParser(form)) {
    fastify.addContentTypeParser(form, { parseAs: "string", bodyLimit }, (_request, body, done) => done(null, body))
  }
}
