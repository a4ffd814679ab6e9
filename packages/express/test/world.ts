import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { createSageAuth, type Sage, type Settings } from "@sage-auth/core"
import { sageAuth, type SageAuthMiddleware, type SageAuthOptions } from "@sage-auth/express"
import { type Sandbox, type SandboxOptions, startSandbox } from "@sage-auth/sandbox"
import express5, { type Express, type Request, type RequestHandler, type Response } from "express"
import express4 from "express4"
import { onTestFinished } from "vitest"
import { Browser, type Sent } from "./Browser.ts"

/** Every line of Express that is supported. */
export const lines = [
  ["Express 5", express5],
  ["Express 4", express4]
] as const

type Line = typeof express5

type SandboxSage = Sage<ReturnType<Sandbox["connections"]>>

/** What a test builds its application from. */
export interface Parts {
  readonly app: Express
  readonly express: Line
  readonly sage: SandboxSage
  readonly sandbox: Sandbox<"manual">
  readonly auth: SageAuthMiddleware<SandboxSage["connections"]>
}

/** What a test may have that differs. */
export interface WorldOptions {
  readonly options?: SageAuthOptions | undefined
  readonly settings?: Settings | undefined
  readonly sandbox?: Omit<SandboxOptions, "clock"> | undefined
  /** where the callbacks come, without the connection's name. Default `/sage/callback` */
  readonly callbacks?: string | undefined
  /** builds the application; by default `withContacts` */
  readonly build?: ((parts: Parts) => void) | undefined
  /** changes the connections of the sandbox */
  readonly connections?: ((sandbox: Sandbox<"manual">, redirectUri: string) => SandboxSage["connections"]) | undefined
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

const listening = (server: Server): Promise<string> =>
  new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
  })

/** Opens a sandbox, an application and its server; all end with the test. */
export const openWorld = async (line: Line, options: WorldOptions = {}): Promise<World> => {
  const app = line()
  // in silence: what Express makes of an error that nobody handles is looked at by its status
  app.set("env", "test")
  const server = createServer(app)
  const origin = await listening(server)
  const redirectUri = `${origin}${options.callbacks ?? "/sage/callback"}`
  const redirectUris = ["books", "payables"].map((name) => `${redirectUri}/${name}`)
  const sandbox = await startSandbox({
    ...options.sandbox,
    businessCloud: { redirectUris, ...options.sandbox?.businessCloud },
    intacctRest: { redirectUris, ...options.sandbox?.intacctRest },
    clock: "manual"
  })
  const retry = {
    transient: { first: 0, times: 3, within: "24 hours" },
    // a Retry-After would be waited for in real time, since nobody moves the clock meanwhile
    rateLimited: { first: 0, times: 3, within: "24 hours", retryAfter: false }
  } satisfies NonNullable<Settings["retry"]>
  const connections = options.connections?.(sandbox, redirectUri) ?? sandbox.connections({ redirectUri })
  const sage: SandboxSage = createSageAuth({ connections, clock: sandbox.clock, retry, ...options.settings })
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

/** The path and query of an address, as the application's own server gets them. */
export const pathOf = (url: string): string => {
  const { pathname, search } = new URL(url)
  return pathname + search
}

/** A consent from the connect route up to the callback that Sage sends the browser to. */
export const begin = async (
  { sandbox }: Pick<World, "sandbox">,
  browser: Browser,
  address: string,
  sent: Sent = {},
  approval: Parameters<World["sandbox"]["approve"]>[1] = {}
): Promise<string> => {
  const { headers, status, text } = await browser.open(address, sent)
  if (status !== 303) throw new Error(`connect answered ${status}: ${text}`)
  return sandbox.approve(String(headers["location"]), approval)
}

/** A whole consent, up to where the browser is sent on. */
export const consent = async (
  world: Pick<World, "sandbox">,
  browser: Browser,
  address: string,
  sent: Sent = {},
  approval: Parameters<World["sandbox"]["approve"]>[1] = {}
): Promise<string> => {
  const callback = await begin(world, browser, address, sent, approval)
  const { headers, status, text } = await browser.open(callback, {
    ...sent,
    // Sage's page has led here
    headers: { "sec-fetch-site": "cross-site", ...sent.headers }
  })
  if (status !== 303) throw new Error(`the callback answered ${status}: ${text}`)
  return String(headers["location"])
}

/** Waits, turn by turn of the event loop, until something holds; fails with its name when it never does. */
export const until = async (name: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
  const patience = AbortSignal.timeout(100_000)
  while (!(await holds())) {
    if (patience.aborted) throw new Error(`it never came to this: ${name}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}
