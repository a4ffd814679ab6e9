import {
  createSageAuth,
  generateKey,
  type HttpClient,
  type Interactive,
  isSageAuthError,
  type Sage,
  type SageAuthError,
  type Settings,
  type Surface
} from "@sage-auth/core"
import type { LoggedRequest, Sandbox, SandboxConnections, SandboxOptions } from "@sage-auth/sandbox"
import { onTestFinished } from "vitest"
import { type EventLog, fastRetry, logEvents, openSandbox } from "../world.ts"
import { paths } from "./paths.ts"

/** The connections of the sandbox that have grants, and what is called through each. */
export const flows = {
  books: { surface: "business-cloud", path: paths.books },
  payables: { surface: "intacct-rest", path: paths.payables },
  vendors: { surface: "intacct-rest", path: paths.vendors },
  bridge: { surface: "intacct-rest", path: paths.bridge },
  erpSso: { surface: "x3-web-services", path: paths.erpSso },
  gateway: { surface: "x3-gateway", path: paths.gateway }
} as const

/** The name of a connection. */
export type Flow = keyof typeof flows

/** One that a human consents to. */
export type ConsentFlow = "books" | "payables" | "erpSso" | "gateway"

type AnySandbox = Sandbox<"manual"> | Sandbox

/** An application with the sandbox's connections. */
export interface App {
  readonly sandbox: AnySandbox
  readonly sage: Sage<SandboxConnections>
  readonly events: EventLog
}

/** An application over a sandbox whose clock stands still. */
export interface GrantWorld extends App {
  readonly sandbox: Sandbox<"manual">
}

/**
 * The sandbox's connections but the one with a certificate: it has no grant, and reading its PKCS #12 takes as long as
 * the rest of an application's start.
 */
export const connectionsOf = (sandbox: AnySandbox): SandboxConnections => {
  const { erpTls: _, ...connections } = sandbox.connections()
  return connections as SandboxConnections
}

/** Opens an application over a sandbox; it closes with the test. */
export const openApp = (sandbox: AnySandbox, settings: Settings = {}): App => {
  const sage = createSageAuth({ connections: connectionsOf(sandbox), retry: fastRetry, ...settings })
  onTestFinished(() => sage.close())
  return { sandbox, sage, events: logEvents(sage.events()) }
}

/** Opens a sandbox whose clock stands still, and an application that lives by it. */
export const openGrants = async (
  options: Omit<SandboxOptions, "clock"> = {},
  settings: Settings = {}
): Promise<GrantWorld> => {
  const sandbox = await openSandbox(options)
  return { ...openApp(sandbox, { clock: sandbox.clock, ...settings }), sandbox }
}

/** The settings of applications that share one SQLite file. */
export const inFile = (path: string): { readonly store: `sqlite:${string}`; readonly keys: ReadonlyArray<string> } => ({
  store: `sqlite:${path}`,
  keys: [generateKey()]
})

/** Has a human consent. */
export const consent = async (
  { sage, sandbox }: Pick<App, "sage" | "sandbox">,
  flow: ConsentFlow,
  tenant = "default",
  login?: NonNullable<Parameters<Sandbox["approve"]>[1]>["login"]
): Promise<void> => {
  const client: Interactive = sage.client(flow, { tenant })
  const { cookie, url } = await client.authorize({ returnTo: "/" })
  if (flow === "gateway") {
    const callback = await sandbox.x3.pairingCallback(url)
    await sage.completeAuthorization({ url: callback.url, body: callback.body })
  } else {
    await sage.completeAuthorization({ url: await sandbox.approve(url, { login }), cookie })
  }
}

/** Sees to it that the next call only needs a token: there is a consent where one is needed. */
export const connect = async (world: Pick<App, "sage" | "sandbox">, flow: Flow): Promise<void> => {
  if (flow !== "vendors" && flow !== "bridge") await consent(world, flow)
}

/** The client of a connection with what all of these have in common. */
export const clientOf = ({ sage }: Pick<App, "sage">, flow: Flow, tenant = "default"): HttpClient<"promise", Surface> =>
  sage.client(flow, { tenant })

/** One call through a connection, its answer read to the end. */
export const call = async (
  world: Pick<App, "sage">,
  flow: Flow,
  options: { readonly deadline?: number | string; readonly tenant?: string } = {}
): Promise<Response> => {
  const { deadline, tenant } = options
  const response = await clientOf(world, flow, tenant).fetch(flows[flow].path, { deadline })
  await response.arrayBuffer()
  return response
}

/**
 * How something ended: the status of an answer, why a human has to consent again, the error's entry in the catalogue,
 * or `done`.
 */
export const endOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    (value) => (value instanceof Response ? `HTTP ${value.status}` : "done"),
    (error: unknown) => {
      if (!isSageAuthError(error)) throw error
      return nameOf(error)
    }
  )

/** The name of an error in these tests. */
export const nameOf = ({ id, reason }: SageAuthError): string =>
  reason._tag === "ReauthorizationRequired" ? reason.cause : id

/** The token requests of a grant type that have arrived. */
export const tokenRequests = (
  sandbox: AnySandbox,
  surface: Surface,
  grantType?: string
): ReadonlyArray<LoggedRequest> =>
  sandbox
    .requests({ surface, step: "token" })
    .filter((request) => grantType === undefined || request.grantType === grantType)

/** How often a refresh token was sent. */
export const refreshes = (sandbox: AnySandbox, surface: Surface = "business-cloud"): number =>
  tokenRequests(sandbox, surface, "refresh_token").length
