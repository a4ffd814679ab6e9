import {
  businessCloud,
  createSageAuth,
  type CoordinationPort,
  type DisconnectOptions,
  generateKey,
  intacctRest,
  intacctXml,
  type Sage,
  type Status,
  type StorePort,
  x3
} from "@sage-auth/core"
import { type Sandbox, startSandbox } from "@sage-auth/sandbox"
import type { Entry } from "./Board.ts"
import { memoryStore } from "./memoryStore.ts"
import { type Tenant, tenantsOf } from "./tenants.ts"
import { Timeline } from "./Timeline.ts"

/** What every client can do that this page has a button for. */
export interface AnyClient {
  status(): Promise<Status>
  refresh(): Promise<void>
  disconnect(options?: DisconnectOptions): Promise<{ readonly revoked: boolean }>
}

const connectionsOf = (sandbox: Sandbox<"manual">, origin: string) => {
  const tenants = tenantsOf(sandbox)
  const tenantOf = (id: string): Tenant => {
    const tenant = tenants.find((each) => each.id === id)
    if (tenant === undefined) throw new Error("no such tenant")
    return tenant
  }
  const { client } = sandbox.accounts["intacct-rest"]
  const { sender } = sandbox.accounts["intacct-xml"]
  const { clientId, clientSecret } = client
  const environment = "sandbox"
  const books = sandbox.accounts["business-cloud"].client
  const gateway = sandbox.accounts["x3-gateway"]
  const redirectUri = `${origin}/sage/callback`
  return {
    ...sandbox.connections({ redirectUri }),
    // every tenant is another company: what differs is asked for, tenant by tenant
    ledger: intacctXml({
      sender,
      login: (tenant) => tenantOf(tenant).login,
      environment,
      urls: sandbox.urls["intacct-xml"]
    }),
    vendors: intacctRest.clientCredentials({
      clientId,
      clientSecret,
      username: (tenant) => {
        const { companyId, userId } = tenantOf(tenant).login
        return `${userId}@${companyId}`
      },
      environment,
      urls: sandbox.urls["intacct-rest"]
    }),
    books: businessCloud({
      clientId: books.clientId,
      clientSecret: books.clientSecret,
      redirectUri: `${redirectUri}/books`,
      country: (tenant) => tenantOf(tenant).country,
      environment,
      urls: sandbox.urls["business-cloud"]
    }),
    gateway: x3.gateway({
      rootUrl: sandbox.urls["x3-gateway"].root,
      clientId: gateway.clientId,
      clientSecret: gateway.clientSecret,
      redirectUri: `${redirectUri}/gateway`,
      customer: (tenant) => tenantOf(tenant).x3,
      scope: gateway.scope,
      environment
    })
  }
}

/** How many lines somebody who opens the page sees of what was before. */
const kept = 200

/** What happened, for everybody who looks. */
class Feed {
  readonly #entries: Array<Entry> = []
  readonly #readers = new Set<(entry: Entry) => void>()
  readonly #now: () => number
  #ids = 0

  constructor(now: () => number) {
    this.#now = now
  }

  add(tone: Entry["tone"], who: string | undefined, text: string): void {
    const entry = { id: ++this.#ids, at: this.#now(), tone, who, text }
    this.#entries.push(entry)
    if (this.#entries.length > kept) this.#entries.shift()
    for (const read of this.#readers) read(entry)
  }

  get entries(): ReadonlyArray<Entry> {
    return this.#entries
  }

  /** calls `read` with everything from now on, until what it returns is called */
  subscribe(read: (entry: Entry) => void): () => void {
    this.#readers.add(read)
    return () => this.#readers.delete(read)
  }
}

type Surface = Parameters<Sandbox["fault"]>[0]
type Fault = Parameters<Sandbox["fault"]>[1]

/** The faults that were placed, in words. Which of them can still hit a request is the sandbox's to say. */
class Faults {
  readonly #sandbox: Sandbox<"manual">
  readonly #texts = new WeakMap<Fault, string>()

  constructor(sandbox: Sandbox<"manual">) {
    this.#sandbox = sandbox
  }

  /** breaks something, and says so until it was played, is over or is cleared */
  place(surface: Surface, fault: Fault, text: string): void {
    this.#texts.set(fault, text)
    this.#sandbox.fault(surface, fault)
  }

  clear(): void {
    this.#sandbox.clearFaults()
  }

  pending(): ReadonlyArray<string> {
    return this.#sandbox.faults().map(({ fault, surface }) => this.#texts.get(fault) ?? `${surface}: ${fault.kind}`)
  }
}

/** The connections of this application, by name. */
export type HubConnections = ReturnType<typeof connectionsOf>

/** The sandbox, the application that talks to it, and what both have to tell. */
export interface World {
  readonly sandbox: Sandbox<"manual">
  readonly sage: Sage<HubConnections>
  readonly tenants: ReadonlyArray<Tenant>
  readonly names: ReadonlyArray<keyof HubConnections>
  readonly feed: Feed
  readonly faults: Faults
  readonly timeline: Timeline
  /** what somebody who looks around has done so far */
  readonly started: { connected: boolean; called: boolean }
  /** what came of all calls so far */
  readonly calls: { answered: number; failed: number }
  readonly clientOf: (connection: string, tenant: string) => AnyClient
  close(): Promise<void>
}

/** What several hubs share, as replicas of one application do. It stays whose it is. */
export interface Shared {
  readonly sandbox: Sandbox<"manual">
  readonly store: StorePort
  readonly coordination: CoordinationPort
  /** the same for all: what one has sealed, another opens */
  readonly keys: ReadonlyArray<string>
  /** the address that people see, where the callbacks of all come */
  readonly origin: string
}

/** A sandbox that says on its pages whom to take. */
export const openSandbox = (): Promise<Sandbox<"manual">> =>
  startSandbox({
    clock: "manual",
    intacctRest: { signInButtons: true },
    businessCloud: { signInButtons: true },
    x3: { identityProvider: { signInButtons: true }, gateway: { signInButtons: true } }
  })

/** Opens an application whose callbacks come to `origin`, and a sandbox where none is shared. */
export const openWorld = async (origin: string, shared?: Shared): Promise<World> => {
  const sandbox = shared?.sandbox ?? (await openSandbox())
  const timeline = new Timeline(() => sandbox.clock.now())
  const sage = createSageAuth({
    store: timeline.watch(shared?.store ?? (await memoryStore(() => sandbox.clock.now()))),
    coordination: shared?.coordination,
    fetch: timeline.fetch,
    connections: connectionsOf(sandbox, shared?.origin ?? origin),
    clock: sandbox.clock,
    keys: shared?.keys ?? [generateKey()],
    keepAlive: { every: "7 days" }
  })
  await sage.ready()
  return {
    sandbox,
    sage,
    tenants: tenantsOf(sandbox),
    names: Object.keys(sage.connections) as Array<keyof HubConnections>,
    feed: new Feed(() => sandbox.clock.now()),
    faults: new Faults(sandbox),
    timeline,
    started: { connected: false, called: false },
    calls: { answered: 0, failed: 0 },
    clientOf: (connection, tenant) => sage.client(connection as "books", { tenant }),
    close: async () => {
      await sage.close()
      if (shared === undefined) await sandbox.stop()
    }
  }
}
