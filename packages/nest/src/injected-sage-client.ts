import type {
  ClientOf,
  Connections,
  RegisteredConnection,
  RegisteredConnections,
  RegisteredName,
  Sage
} from "@sage-auth/core"
import { type Caller, type ChainingMember, misconfigured, type Web } from "@sage-auth/core/web"

/**
 * What `@InjectSageClient` and `@SageClient` give: at each call, the client of the one who is asking. `forTenant` is
 * for work outside of any request.
 */
export type InjectedSageClient<Client> = Client & {
  /** the client of that tenant, in a request of any other as well */
  forTenant(tenant: string): Client
}

/** The injected client of a registered connection. */
export type InjectedClientOf<Name extends RegisteredName> = InjectedSageClient<ClientOf<RegisteredConnection<Name>>>

/** The application's connections as `@InjectSage` gives them. */
export type RegisteredSage = Sage<RegisteredConnections>

type Chain = (...input: ReadonlyArray<unknown>) => object

const chaining: ReadonlyArray<ChainingMember> = ["business", "entity"]

const withTenants = (client: object, open: (tenant: string) => object): object => {
  const members = client as Record<string, unknown>
  for (const name of chaining) {
    const chain = members[name] as Chain | undefined
    if (chain === undefined) continue
    members[name] = (...input: ReadonlyArray<unknown>) =>
      withTenants(chain(...input), (tenant) => ((open(tenant) as Record<string, Chain>)[name] as Chain)(...input))
  }
  // not among what JSON shows
  return Object.defineProperty(client, "forTenant", { value: open })
}

/** @internal a connection's client for the caller of each call */
export const injectedClient = (
  sage: Sage<Connections>,
  web: Web<Connections, object>,
  connection: string,
  caller: () => Caller
): object =>
  withTenants(web.client(connection, caller) as object, (tenant) => {
    // nobody, which TypeScript lets pass without strictNullChecks, would be the tenant "default"
    if (typeof tenant !== "string") throw misconfigured([{ option: "forTenant(tenant)", expected: "a non-empty text" }])
    return sage.client(connection, { tenant }) as object
  })
