import { getRequestListener } from "@hono/node-server"
import { createSageAuth } from "@sage-auth/core"
import { requestOf, sendResponse, webHandler, type WebHandlerOptions } from "@sage-auth/core/web"
import fastify, { type FastifyReply } from "fastify"
import { type Context, Hono } from "hono"
import { contacts, notFound, ownPage, type Plan, type WebAdapter } from "../../src/web/world.ts"

const { Request: request, Response: response } = Object.getOwnPropertyDescriptors(globalThis)

/** In whose place Hono's server puts its own, which other test files are not to meet. */
const platform = { Request: request, Response: response }

/** The options of all adapters as this one has them. */
const optionsFor = <R>(
  { options: { tenant, ...options } }: Plan,
  headersOf: (given: R) => { get(name: string): string | null }
): WebHandlerOptions<R> => ({
  ...options,
  tenant: tenant && ((given: R) => tenant((name) => headersOf(given).get(name) ?? undefined))
})

const hono: WebAdapter = {
  name: "Hono",
  build: (plan) => {
    const sage = createSageAuth(plan.config)
    const auth = webHandler(sage, {
      ...optionsFor<Context>(plan, (c) => c.req.raw.headers),
      request: (c: Context) => c.req.raw
    })
    const app = new Hono()
    const list = async (c: Context) => c.json(await (await auth.client(c, "books").fetch(contacts)).json())
    app.get("/health", auth.health(plan.health))
    app.use(async (c, next) => (await auth(c)) ?? next())
    app.get("/contacts", async (c) => {
      await auth.requires(c, "books")
      return list(c)
    })
    app.get("/unguarded", list)
    app.get("/oauth/books", (c) => c.text(ownPage))
    app.notFound((c) => c.text(notFound, 404))
    app.onError(async (error, c) => (await auth.errors(error, c)) ?? c.text("the application's own mistake", 500))
    const listener = getRequestListener(app.fetch)
    return {
      sage,
      listener: (incoming, outgoing) => void listener(incoming, outgoing),
      close: async () => {
        Object.defineProperties(globalThis, platform)
        await sage.close()
      }
    }
  }
}

const withFastify: WebAdapter = {
  name: "Fastify",
  build: async (plan) => {
    const sage = createSageAuth(plan.config)
    const auth = webHandler(sage, {
      ...optionsFor<FastifyReply>(plan, ({ request }) => new Headers(request.headers as Record<string, string>)),
      request: (reply: FastifyReply) => requestOf(reply.raw)
    })
    const app = fastify()
    const health = auth.health(plan.health)
    // before a body is parsed: the callback of X3's gateway is a form, which Fastify itself does not take
    app.addHook("onRequest", async (_request, reply) => {
      const response = await auth(reply)
      return response === undefined ? undefined : reply.send(response)
    })
    app.setErrorHandler(async (error, _request, reply) => {
      const response = await auth.errors(error, reply)
      return response ?? reply.code(500).send("the application's own mistake")
    })
    app.setNotFoundHandler((_request, reply) => reply.code(404).send(notFound))
    app.get("/health", (_request, reply) => health().then((response) => reply.send(response)))
    const list = async (reply: FastifyReply) => (await auth.client(reply, "books").fetch(contacts)).json()
    app.get("/contacts", async (_request, reply) => {
      await auth.requires(reply, "books")
      return list(reply)
    })
    app.get("/unguarded", (_request, reply) => list(reply))
    app.get("/oauth/books", () => ownPage)
    await app.ready()
    return {
      sage,
      listener: (incoming, outgoing) => app.routing(incoming, outgoing),
      close: async () => {
        await app.close()
        await sage.close()
      }
    }
  }
}

const nodeHttp: WebAdapter = {
  name: "node:http",
  build: (plan) => {
    const sage = createSageAuth(plan.config)
    const auth = webHandler(sage, {
      ...optionsFor(
        plan,
        ({ req }: Parameters<typeof requestOf>[0]) => new Headers(req.headers as Record<string, string>)
      ),
      request: requestOf
    })
    const health = auth.health(plan.health)
    const answer = async (outgoing: Parameters<typeof requestOf>[0]): Promise<Response> => {
      const response = await auth(outgoing)
      if (response !== undefined) return response
      const { pathname } = new URL(outgoing.req.url ?? "", "http://localhost")
      if (pathname === "/health") return health()
      if (pathname === "/oauth/books") return new Response(ownPage)
      if (pathname !== "/contacts" && pathname !== "/unguarded") return new Response(notFound, { status: 404 })
      if (pathname === "/contacts") await auth.requires(outgoing, "books")
      return Response.json(await (await auth.client(outgoing, "books").fetch(contacts)).json())
    }
    return {
      sage,
      listener: (_incoming, outgoing) => {
        void answer(outgoing)
          .catch(
            async (error: unknown) =>
              (await auth.errors(error, outgoing)) ?? new Response("the application's own mistake", { status: 500 })
          )
          .then((response) => sendResponse(response, outgoing))
      },
      close: () => sage.close()
    }
  }
}

/** What `webHandler` is used with. */
export const adapters: ReadonlyArray<WebAdapter> = [hono, withFastify, nodeHttp]
