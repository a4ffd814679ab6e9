import { createServer, type RequestListener, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import type { Config, Sage, Settings } from "@sage-auth/core"
import type { SageHealthOptions, TextsByLanguage } from "@sage-auth/core/web"
import { type Sandbox, type SandboxOptions, startSandbox } from "@sage-auth/sandbox"
import { onTestFinished } from "vitest"
import { Browser, type Sent } from "./Browser.ts"

/**
 * The connections of a sandbox, without the one whose certificate every application would check at its start: it has no
 * consent, and no suite asks for it.
 */
export type SandboxConnections = Omit<ReturnType<Sandbox["connections"]>, "erpTls">

/** A header of a request, by its name in lower case. */
export type Header = (name: string) => string | undefined

/** What every adapter takes, in words that all of them understand. */
export interface SuiteOptions {
  readonly tenant?: ((header: Header) => string | undefined | Promise<string | undefined>) | undefined
  readonly routes?: boolean | undefined
  readonly strippedPrefix?: string | undefined
  readonly loginUrl?: string | undefined
  readonly texts?: TextsByLanguage | undefined
}

/** What an application is built from. */
export interface Plan {
  readonly config: Config<SandboxConnections>
  readonly options: SuiteOptions
  /** what `GET /health` looks at */
  readonly health?: SageHealthOptions | undefined
}

/** An application that was built, and is served by somebody else. */
export interface Application {
  readonly sage: Sage<SandboxConnections>
  readonly listener: RequestListener
  /** ends what the application has started, and closes its connections */
  readonly close: () => Promise<void>
}

/**
 * A framework, and how an application is built on it: the routes of consent at `/sage`, `GET /contacts`, which needs
 * books first, `GET /unguarded`, which finds out by itself, `GET /health`, and a page of its own at `GET /oauth/books`.
 * Everything else is 404, of the application.
 */
export interface WebAdapter {
  readonly name: string
  /**
   * what the framework does by itself: it reads forms as well, with a limit of its own, or its health is no route, and
   * has tests elsewhere
   */
  readonly byItself?: ReadonlyArray<"forms" | "health"> | undefined
  readonly build: (plan: Plan) => Application | Promise<Application>
}

/** The path that both pages ask Business Cloud for. */
export const contacts = "contacts?items_per_page=1&attributes=all"

/** What a page of the application at the path of a callback says. */
export const ownPage = "a page of the application"

/** What the application says of every path that nothing is at. */
export const notFound = "of the application"

/** What a test may have that differs in its sandbox. */
export interface OwnSandboxOptions {
  readonly sandbox?: Omit<SandboxOptions, "clock"> | undefined
  /** where the callbacks come, without the connection's name. Default `/sage/callback` */
  readonly callbacks?: string | undefined
  /** changes the connections of the sandbox */
  readonly connections?: ((sandbox: Sandbox<"manual">, redirectUri: string) => SandboxConnections) | undefined
}

/** What a test may have that differs. */
export interface WorldOptions extends OwnSandboxOptions {
  readonly options?: SuiteOptions | undefined
  readonly health?: SageHealthOptions | undefined
  readonly settings?: Settings | undefined
}

/** An application on a port of its own, the sandbox it talks to, and a browser. */
export interface World {
  readonly sage: Sage<SandboxConnections>
  readonly sandbox: Sandbox<"manual">
  readonly origin: string
  readonly browser: Browser
  newBrowser(): Browser
}

/** The tenant that a test's client says it is; a real application has it from its own session. */
export const fromHeader = (header: Header): string | undefined => header("x-tenant")

/** Serves on a port that is free. */
export const listening = (server: Server): Promise<string> =>
  new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
  })

/** Starts the sandbox of an application whose callbacks come to an origin, and makes what the application needs of it. */
export const openSandbox = async (origin: string, options: OwnSandboxOptions) => {
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
  const all: SandboxConnections & { readonly erpTls?: unknown } =
    options.connections?.(sandbox, redirectUri) ?? sandbox.connections({ redirectUri })
  const { erpTls: _, ...rest } = all
  const connections: SandboxConnections = rest
  return { clock: sandbox.clock, connections, retry, sandbox }
}

/** Opens a sandbox, an application and its server; all end with the test. */
export const openWorld = async (adapter: WebAdapter, options: WorldOptions = {}): Promise<World> => {
  let listener: RequestListener | undefined
  // its address is known before the application is, which has to name it
  const server = createServer((incoming, outgoing) => listener?.(incoming, outgoing))
  const origin = await listening(server)
  const { clock, connections, retry, sandbox } = await openSandbox(origin, options)
  const config = { connections, clock, retry, ...options.settings }
  let application: Application | undefined
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await application?.close()
    await sandbox.stop()
  })
  application = await adapter.build({ config, options: options.options ?? {}, health: options.health })
  ;({ listener } = application)
  return {
    sage: application.sage,
    sandbox,
    origin,
    browser: new Browser(origin),
    newBrowser: () => new Browser(origin)
  }
}

/** The path and query of an address, as the application's own server gets them. */
export const pathOf = (url: string): string => {
  const { pathname, search } = new URL(url)
  return pathname + search
}

type Approval = Parameters<World["sandbox"]["approve"]>[1]

/** A consent from the connect route up to the callback that Sage sends the browser to. */
export const begin = async (
  { sandbox }: Pick<World, "sandbox">,
  browser: Browser,
  address: string,
  sent: Sent = {},
  approval: Approval = {}
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
  approval: Approval = {}
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
