import {
  type AuthorizationCodeOptions,
  businessCloud,
  type BusinessCloudOptions,
  type ClientCredentialsOptions,
  type CompletedAuthorization,
  createSageAuth,
  type Interactive,
  intacctRest,
  intacctXml,
  type IntacctXmlOptions,
  type Sage,
  type Settings
} from "@sage-auth/core"
import type { ApproveOptions, Sandbox, SandboxOptions } from "@sage-auth/sandbox"
import { onTestFinished } from "vitest"
import { type EventLog, fastRetry, ledgerOptions, logEvents, openSandbox } from "../world.ts"
import { type RecordingFetch, recordingFetch } from "./recordingFetch.ts"

type AnySandbox = Sandbox<"manual">

/** Options of a connection, or a function of the sandbox that gives some. */
type Differs<O> = Partial<O> | ((sandbox: AnySandbox) => Partial<O>) | undefined

const differing = <O>(differs: Differs<O>, sandbox: AnySandbox): Partial<O> =>
  (typeof differs === "function" ? differs(sandbox) : differs) ?? {}

const environment = "sandbox"

/** The options of a business-cloud connection to a sandbox, in parts that a test replaces. */
export const booksOptions = (sandbox: AnySandbox, differs?: Differs<BusinessCloudOptions>): BusinessCloudOptions => {
  const { client } = sandbox.accounts["business-cloud"]
  return {
    ...client,
    country: "gb",
    environment,
    urls: sandbox.urls["business-cloud"],
    ...differing(differs, sandbox)
  } as BusinessCloudOptions
}

/** The same for client credentials of Intacct's REST API. */
export const vendorsOptions = (
  sandbox: AnySandbox,
  differs?: Differs<ClientCredentialsOptions>
): ClientCredentialsOptions => {
  const { client, user } = sandbox.accounts["intacct-rest"]
  const { clientId, clientSecret } = client
  const urls = sandbox.urls["intacct-rest"]
  return {
    clientId,
    clientSecret,
    username: user.username,
    environment,
    urls,
    ...differing(differs, sandbox)
  } as ClientCredentialsOptions
}

/** The same for its authorization code flow. */
export const payablesOptions = (
  sandbox: AnySandbox,
  differs?: Differs<AuthorizationCodeOptions>
): AuthorizationCodeOptions =>
  ({
    ...sandbox.accounts["intacct-rest"].client,
    environment,
    urls: sandbox.urls["intacct-rest"],
    ...differing(differs, sandbox)
  }) as AuthorizationCodeOptions

/** What a world may have that differs. */
export interface WorldOptions {
  readonly sandbox?: Omit<SandboxOptions, "clock"> | AnySandbox | undefined
  readonly books?: Differs<BusinessCloudOptions>
  readonly vendors?: Differs<ClientCredentialsOptions>
  readonly bridge?: Differs<ClientCredentialsOptions>
  readonly payables?: Differs<AuthorizationCodeOptions>
  readonly ledger?: Differs<IntacctXmlOptions>
  readonly settings?: Settings | undefined
}

const connectionsOf = (sandbox: AnySandbox, { books, bridge, ledger, payables, vendors }: WorldOptions) => {
  const { username: _, ...borrowing } = vendorsOptions(sandbox, bridge)
  return {
    ledger: intacctXml(ledgerOptions(sandbox, differing(ledger, sandbox))),
    vendors: intacctRest.clientCredentials(vendorsOptions(sandbox, vendors)),
    bridge: intacctRest.clientCredentials({ ...borrowing, session: "ledger" } as ClientCredentialsOptions<"ledger">),
    payables: intacctRest.authorizationCode(payablesOptions(sandbox, payables)),
    books: businessCloud(booksOptions(sandbox, books))
  }
}

/** An application with a connection of every kind to a sandbox. */
export interface World {
  readonly sandbox: AnySandbox
  readonly sage: Sage<ReturnType<typeof connectionsOf>>
  readonly events: EventLog
  readonly wire: RecordingFetch
}

const isSandbox = (given: WorldOptions["sandbox"]): given is AnySandbox => given !== undefined && "accounts" in given

/** Opens a sandbox and an application that lives by its clock; both end with the test. */
export const openWorld = async (options: WorldOptions = {}): Promise<World> => {
  const sandbox = isSandbox(options.sandbox) ? options.sandbox : await openSandbox(options.sandbox ?? {})
  const wire = recordingFetch()
  const sage = createSageAuth({
    connections: connectionsOf(sandbox, options),
    clock: sandbox.clock,
    retry: fastRetry,
    fetch: wire.fetch,
    ...options.settings
  })
  onTestFinished(() => sage.close())
  return { sandbox, sage, wire, events: logEvents(sage.events()) }
}

/** The connections that a human consents to. */
export type Interacting = "books" | "payables"

/** Names a client of them. */
export interface Who {
  readonly tenant?: string | undefined
  readonly login?: ApproveOptions["login"]
}

/** A callback that a human's consent led to, and the cookie that belongs to it. */
export interface Begun {
  readonly url: string
  readonly cookie: string
  /** the address that the browser was sent to */
  readonly asked: URL
}

/** Sends a human to consent; the callback is not taken yet. */
export const begin = async (
  { sage, sandbox }: Pick<World, "sage" | "sandbox">,
  connection: Interacting,
  { login, tenant }: Who = {},
  options: ApproveOptions = {}
): Promise<Begun> => {
  const client: Interactive = sage.client(connection, tenant === undefined ? {} : { tenant })
  const { cookie, url } = await client.authorize({ returnTo: "/settings?tab=sage" })
  return { url: await sandbox.approve(url, { login, ...options }), cookie, asked: new URL(url) }
}

/** A whole consent. */
export const consent = async (
  world: Pick<World, "sage" | "sandbox">,
  connection: Interacting,
  who: Who = {}
): Promise<CompletedAuthorization> => {
  const { cookie, url } = await begin(world, connection, who)
  return world.sage.completeAuthorization({ url, cookie, tenant: who.tenant })
}

/** An address with parameters set, or taken out where they are undefined. */
export const withParameters = (url: string, parameters: Readonly<Record<string, string | undefined>>): string => {
  const changed = new URL(url)
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) changed.searchParams.delete(name)
    else changed.searchParams.set(name, value)
  }
  return changed.href
}

/** How often a token endpoint was asked for something. */
export const tokenRequests = (
  { sandbox }: Pick<World, "sandbox">,
  surface: "business-cloud" | "intacct-rest",
  grantType?: string
): number =>
  sandbox
    .requests({ surface, step: "token" })
    .filter((request) => grantType === undefined || request.grantType === grantType).length

/** How many calls of an API arrived, with their statuses. */
export const callStatuses = (
  { sandbox }: Pick<World, "sandbox">,
  surface: "business-cloud" | "intacct-rest"
): ReadonlyArray<number> => sandbox.requests({ surface, step: "api" }).map(({ status }) => status)
