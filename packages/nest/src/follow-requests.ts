import type { AbstractHttpAdapter } from "@nestjs/core"
import type { SageTenancy } from "./sage-tenancy.ts"

/** What of Fastify is needed to follow a request. */
interface FastifyInstance {
  addHook(name: "onRequest", hook: (request: object, reply: object, done: () => void) => void): unknown
  hasContentTypeParser(type: string): boolean
  addContentTypeParser(
    type: string,
    options: { readonly parseAs: "string"; readonly bodyLimit: number },
    parse: (request: object, body: string, done: (error: null, body: string) => void) => void
  ): unknown
}

const form = "application/x-www-form-urlencoded"

/** more than the callback of any server has, in bytes */
const bodyLimit = 64 * 1024

/**
 * Has every request carry who is asking, from before the middleware of modules and the guards to the end of its handler.
 * Not a middleware of Nest's: those depend on prefixes and versions, and on Fastify get another request than guards do.
 */
export const followRequests = (adapter: AbstractHttpAdapter | undefined, tenancy: SageTenancy): void => {
  if (adapter?.getType?.() !== "fastify") {
    adapter?.use((request: object, response: object, next: () => void) => tenancy.enter(request, response, next))
    return
  }
  const fastify: FastifyInstance = adapter.getInstance()
  // Fastify itself goes on with it when the body was read
  fastify.addHook("onRequest", (request, reply, done) => tenancy.enter(request, reply, done))
  // without the platform's own parser, the callback that a server posts would be refused with 415
  if (!fastify.hasContentTypeParser(form)) {
    fastify.addContentTypeParser(form, { parseAs: "string", bodyLimit }, (_request, body, done) => done(null, body))
  }
}
