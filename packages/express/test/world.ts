import { createServer } from "node:http"
import { createSageAuth, type Sage, type Settings } from "@sage-auth/core"
import { sageAuth, type SageAuthMiddleware, type SageAuthOptions } from "@sage-auth/express"
import type { Sandbox } from "@sage-auth/sandbox"
import express5, { type Express, type Request, type RequestHandler, type Response } from "express"
import express4 from "express4"
import { onTestFinished } from "vitest"
import { Browser } from "../../../tests/src/web/Browser.ts"
import {
  listening,
  openSandbox,
  type OwnSandboxOptions,
  type SandboxConnections
} from "../../../tests/src/web/world.ts"

/** Every line of Express that is supported. */
export const lines = [
  ["Express 5", express5],
  ["Express 4", express4]
] as const

type Line = typeof express5

type SandboxSage = Sage<SandboxConnections>

/** What a test builds its application from. */
export interface Parts {
  readonly app: Express
  readonly express: Line
  readonly sage: SandboxSage
  readonly sandbox: Sandbox<"manual">
  readonly auth: SageAuthMiddleware<SandboxSage["connections"]>
}

/** What a test may have that differs. */
export interface WorldOptions extends OwnSandboxOptions {
  readonly options?: SageAuthOptions | undefined
  readonly settings?: Settings | undefined
  /** builds the application; by default `withContacts` */
  readonly build?: ((parts: Parts) => void) | undefined
}

/** An application on a port of its own, the sandbox it talks to, and a browser. */
export interface World extends Parts {
  readonly origin: string
  readonly browser: Browser
  newBrowser(): Browser
}

/** A handler whose rejections reach the error handling in both lines. */
export const handler =
  (handle: (req: Request, res: Response) => Promise<unknown>): RequestHandler =>
  (req, res, next) => {
    // oxlint-disable-next-line promise/no-callback-in-promise -- what applications on Express 4 do
    handle(req, res).catch(next)
  }

/** The application of the README: a page behind a consent, and one that finds out by itself. */
export const withContacts = ({ app, auth }: Parts): void => {
  const contacts = handler(async (req, res) => {
    res.json(await (await auth.client(req, "books").fetch("contacts?items_per_page=1&attributes=all")).json())
  })
  app.use(auth)
  app.get("/contacts", auth.requires("books"), contacts)
  app.get("/unguarded", contacts)
  app.use(auth.errors)
}

/** The tenant that a test's client says it is; a real application has it from its own session. */
export const fromHeader = (req: Request): string | undefined => req.get("x-tenant")

/** Opens a sandbox, an application and its server; all end with the test. */
export const openWorld = async (line: Line, options: WorldOptions = {}): Promise<World> => {
  const app = line()
  // in silence: what Express makes of an error that nobody handles is looked at by its status
  app.set("env", "test")
  const server = createServer(app)
  const origin = await listening(server)
  const { clock, connections, retry, sandbox } = await openSandbox(origin, options)
  const sage: SandboxSage = createSageAuth({ connections, clock, retry, ...options.settings })
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await sage.close()
    await sandbox.stop()
  })
  const parts = { app, express: line, sage, sandbox, auth: sageAuth(sage, options.options) }
  ;(options.build ?? withContacts)(parts)
  return { ...parts, origin, browser: new Browser(origin), newBrowser: () => new Browser(origin) }
}

export { begin, consent, pathOf, until } from "../../../tests/src/web/world.ts"
