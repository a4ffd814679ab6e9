import { once } from "node:events"
import type { AddressInfo } from "node:net"
import process from "node:process"
import { businessCloud, createSageAuth } from "@sage-auth/core"
import { sageAuth } from "@sage-auth/express"
import express, { type Request, type Response } from "express"
import { answerTasks } from "../answerTasks.ts"

/**
 * What stands around one and the same route: nothing; a middleware that does nothing; ours, for a route that has nothing to do with Sage; a
 * client of the application's own for a credential; middleware, guard and `req.sage` for the same credential.
 */
export type Around = "nothing" | "empty-middleware" | "middleware" | "own-client" | "request-client"

/** An application with a consent, whose token endpoint is in this process. */
const connected = async () => {
  const answer = JSON.stringify({ access_token: "a".repeat(900), refresh_token: "r".repeat(200), expires_in: 300 })
  const sage = createSageAuth({
    connections: {
      books: businessCloud({
        clientId: "id",
        clientSecret: "secret",
        redirectUri: "https://app.example/sage/callback/books"
      })
    },
    fetch: async () => new Response(answer, { headers: { "content-type": "application/json" } })
  })
  const { cookie, url } = await sage.client("books").authorize({ returnTo: "/" })
  const state = new URL(url).searchParams.get("state") ?? ""
  await sage.completeAuthorization({ url: `/sage/callback/books?code=c&state=${state}`, cookie })
  return sage
}

const reply = (res: Response, text: string): void => {
  res.json({ read: text.length })
}

const tasks = {
  start: async (around: Around): Promise<string> => {
    const sage = await connected()
    const app = express()
    if (around === "empty-middleware") app.use((_req, _res, next) => next())
    if (around === "nothing" || around === "empty-middleware")
      app.get("/contacts", (_req: Request, res: Response) => reply(res, "nothing"))
    if (around === "own-client") {
      const books = sage.client("books")
      app.get("/contacts", (_req: Request, res: Response, next) => {
        books.headers().then(({ authorization = "" }) => reply(res, authorization), next)
      })
    }
    if (around === "middleware" || around === "request-client") {
      const auth = sageAuth(sage, { tenant: () => "default" })
      app.use(auth)
      if (around === "middleware") app.get("/contacts", (_req: Request, res: Response) => reply(res, "nothing"))
      else {
        app.get("/contacts", auth.requires("books"), (req: Request, res: Response, next) => {
          auth
            .client(req, "books")
            .headers()
            .then(({ authorization = "" }) => reply(res, authorization), next)
        })
      }
      app.use(auth.errors)
    }
    const server = app.listen(0, "127.0.0.1")
    server.keepAliveTimeout = 120_000
    await once(server, "listening")
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/contacts`
  },
  /** processor time of this process so far, in milliseconds */
  processor: (): number => {
    const { system, user } = process.cpuUsage()
    return (system + user) / 1000
  }
}

/** Express with a route, and what a benchmark puts around it. */
export type ExpressServer = typeof tasks

answerTasks(tasks)
