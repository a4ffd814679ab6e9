import { createSageAuth } from "@sage-auth/core"
import { sageAuth } from "@sage-auth/express"
import type { Request } from "express"
import { frameworkSuite, webSuite } from "../../../tests/src/web/suite.ts"
import { contacts, notFound, ownPage } from "../../../tests/src/web/world.ts"
import { handler, lines } from "./world.ts"

for (const [name, line] of lines) {
  const suite = name === "Express 5" ? webSuite : frameworkSuite
  suite({
    name,
    build: ({ config, health, options: { tenant, ...options } }) => {
      const sage = createSageAuth(config)
      const auth = sageAuth(sage, {
        ...options,
        tenant: tenant && ((req: Request) => tenant((header) => req.get(header)))
      })
      const app = line()
      // in silence: what Express makes of an error that nobody handles is looked at by its status
      app.set("env", "test")
      const list = handler(async (req, res) => {
        res.json(await (await auth.client(req, "books").fetch(contacts)).json())
      })
      app.get("/health", auth.health(health))
      app.use(auth)
      app.get("/contacts", auth.requires("books"), list)
      app.get("/unguarded", list)
      app.get("/oauth/books", (_req, res) => {
        res.end(ownPage)
      })
      app.use(auth.errors)
      app.use((_req, res) => {
        res.status(404).end(notFound)
      })
      return { sage, listener: app, close: () => sage.close() }
    }
  })
}
