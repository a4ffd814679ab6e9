import {
  createSageAuth,
  type DisconnectOptions,
  generateKey,
  intacctRest,
  intacctXml,
  type Sage,
  type Status
} from "@sage-auth/core"
import { type Sandbox, startSandbox } from "@sage-auth/sandbox"
import { Feed } from "./Feed.ts"
import { Faults } from "./Faults.ts"
import { type Tenant, tenantsOf } from "./tenants.ts"

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
  return {
    ...sandbox.connections({ redirectUri: `${origin}/sage/callback` }),
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
    })
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
  readonly clientOf: (connection: string, tenant: string) => AnyClient
  close(): Promise<void>
}

/** Starts the sandbox and opens an application whose callbacks come to `origin`. */
export const openWorld = async (origin: string): Promise<World> => {
  const sandbox = await startSandbox({
    clock: "manual",
    intacctRest: { signInButtons: true },
    businessCloud: { signInButtons: true },
    x3: { identityProvider: { signInButtons: true }, gateway: { signInButtons: true } }
  })
  const sage = createSageAuth({
    connections: connectionsOf(sandbox, origin),
    clock: sandbox.clock,
    keys: [generateKey()],
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
    clientOf: (connection, tenant) => sage.client(connection as "books", { tenant }),
    close: async () => {
      await sage.close()
      await sandbox.stop()
    }
  }
}
