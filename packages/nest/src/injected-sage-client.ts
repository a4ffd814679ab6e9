import type {
  ClientOf,
  Connections,
  RegisteredConnection,
  RegisteredConnections,
  RegisteredName,
  Sage
} from "@sage-auth/core"
import { type Caller, misconfigured, type Web } from "@sage-auth/core/web"

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

/** @internal a connection's client for the caller of each call */
export const injectedClient = (web: Web<Connections, object>, connection: string, caller: () => Caller): object =>
  web.client(connection, caller, (client, open) =>
    // not among what JSON shows
    Object.defineProperty(client, "forTenant", {
      value: (tenant: string) => {
        // undefined, which TypeScript lets pass without strictNullChecks, would be the tenant "default"
        if (typeof tenant === "string") return open(tenant)
        throw misconfigured([{ option: "forTenant(tenant)", expected: "a non-empty text" }])
      }
    })
  ) as object
