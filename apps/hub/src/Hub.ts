import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { createServer } from "node:http"
import { createRequire } from "node:module"
import type { AddressInfo } from "node:net"
import { dirname } from "node:path"
import { fileURLToPath } from "node:url"
import { tellsEvents } from "@sage-auth/core/inspect"
import { sageAuth } from "@sage-auth/express"
import express, { type NextFunction, type Request, type Response } from "express"
import helmet from "helmet"
import { act, Impossible, readAsked } from "./actions.ts"
import { Clockwork } from "./Clockwork.ts"
import { describe, whose } from "./describe.ts"
import { stream } from "./stream.ts"
import { Traffic } from "./Traffic.ts"
import { Watch } from "./Watch.ts"
import { openWorld, type Shared, type World } from "./World.ts"

/** Options of {@link openHub}. */
export interface HubOptions {
  /** default 0: a free one */
  readonly port?: number | undefined
  /** what it shares with other hubs; default: nothing, and it has a sandbox of its own */
  readonly shared?: Shared | undefined
}

/** The page and what stands behind it, running. */
export interface Hub {
  readonly url: string
  readonly world: World
  close(): Promise<void>
}

const assets = fileURLToPath(new URL("../assets/", import.meta.url))
const scripts = fileURLToPath(new URL("../dist/page/", import.meta.url))
// Node is given a build of its own, one folder below that of browsers
const lit = dirname(dirname(createRequire(import.meta.url).resolve("lit-html")))

/** the page's own inline script is its import map, which no browser takes from a file */
const hashOfImportMap = (page: string): string => {
  const map = /<script type="importmap">([\s\S]*?)<\/script>/.exec(page)?.[1] ?? ""
  return `'sha256-${createHash("sha256").update(map).digest("base64")}'`
}

/** The cookie that remembers, from connect to callback, for which tenant a person consents. */
const tenantCookie = "hub-tenant"

const cookieOf = (request: Request, name: string): string | undefined =>
  request
    .get("cookie")
    ?.split(";")
    .map((pair) => pair.trim().split("="))
    .find(([key]) => key === name)?.[1]

/**
 * Starts the sandbox, an application with every connection, and the page that shows both. Only this machine reaches it:
 * anyone who looks may act for every tenant.
 */
export const openHub = async ({ port = 0, shared }: HubOptions = {}): Promise<Hub> => {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject)
    server.listen(port, "127.0.0.1", resolve)
  })
  const { port: taken } = server.address() as AddressInfo
  const url = `http://localhost:${taken}`
  const world = await openWorld(url, shared)
  const clockwork = new Clockwork(world.sandbox.clock)
  const traffic = new Traffic(world)
  const watch = new Watch(world)
  const events = (async () => {
    for await (const event of world.sage.events({ scope: tellsEvents(world.sage) ? "all" : "process" })) {
      if (event.type === "connected") world.started.connected = true
      const { text, tone } = describe(event)
      world.feed.add(tone, whose(event), text)
    }
  })()

  const known = new Set(world.tenants.map(({ id }) => id))
  const page = readFileSync(`${assets}index.html`, "utf8")
  const app = express()
  app.disable("x-powered-by")
  app.use(
    helmet({
      contentSecurityPolicy: {
        directives: {
          defaultSrc: ["'none'"],
          scriptSrc: ["'self'", hashOfImportMap(page)],
          styleSrc: ["'self'"],
          imgSrc: ["'self'", "data:"],
          connectSrc: ["'self'"],
          baseUri: ["'none'"],
          formAction: ["'self'"],
          frameAncestors: ["'none'"],
          // the page is served over http, on this machine alone
          upgradeInsecureRequests: null
        }
      },
      strictTransportSecurity: false
    })
  )
  // a name that somebody else's DNS points at this machine is not this page's
  app.use((request, response, next) => {
    if (request.hostname === "localhost" || request.hostname === "127.0.0.1") return next()
    response.status(421).type("text/plain").send("This page answers to localhost alone.\n")
  })
  app.use("/sage/connect", (request, response, next) => {
    const { tenant } = request.query
    if (typeof tenant === "string" && known.has(tenant)) {
      response.cookie(tenantCookie, tenant, { httpOnly: true, sameSite: "lax", path: "/sage" })
    }
    next()
  })
  const auth = sageAuth(world.sage, {
    basePath: "/sage",
    tenant: (request) => {
      const tenant = request.query["tenant"] ?? cookieOf(request, tenantCookie)
      return typeof tenant === "string" && known.has(tenant) ? tenant : undefined
    }
  })
  app.use(auth)
  app.get("/", (_, response) => {
    const { called, connected } = world.started
    const known = connected && called && world.timeline.shown.length > 0
    response.type("html").send(known ? page.replace(' id="start" open', ' id="start"') : page)
  })
  app.get("/hub/stream", stream(world, watch, traffic))
  app.post("/hub/actions", express.json({ limit: "4kb" }), (request, response, next) => {
    // a form of another site can send no JSON; a script of one would have to ask first, and gets no answer
    if (!request.is("application/json")) return next(new Impossible("send application/json"))
    // what is shown after a click is what became of it
    act({ world, clockwork, traffic, watch }, readAsked(request.body))
      .then(() => watch.board(traffic.shown))
      .then((board) => response.json(board), next)
  })
  app.use("/vendor/lit-html", express.static(lit, { immutable: true, maxAge: "1h" }))
  app.use("/page", express.static(scripts))
  app.use(express.static(assets))
  app.use(auth.errors)
  app.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    if (!(error instanceof Impossible)) return next(error)
    response.status(400).type("text/plain").send(`${error.message}\n`)
  })
  server.on("request", app)

  return {
    url,
    world,
    close: async () => {
      traffic.on = false
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await clockwork.stop()
      await world.close()
      await events
    }
  }
}
