// A file of its own: applications add to this interface, and to nothing beside it.

import type { AnyConnection, BaseClient, Clients, Connection, Connections, World } from "./Connection.ts"
import type { HttpClient } from "./calls/HttpClient.ts"
import type { Surface } from "./errors/Reason.ts"

/**
 * Where an application registers its connections once, so that the adapters know their names and clients everywhere.
 *
 * @example
 * ```ts
 * declare module "@sage-auth/core" {
 *   interface Register {
 *     readonly connections: typeof sage.connections
 *   }
 * }
 * ```
 */
// oxlint-disable-next-line typescript/no-empty-object-type, typescript/no-empty-interface -- filled by declaration merging
export interface Register {}

/**
 * The client of a connection whose name the compiler does not know. It has what every surface can do, and what most
 * can.
 */
export type SageClient<W extends World = "promise"> = BaseClient<W, Surface> &
  Partial<Pick<HttpClient<W, Surface>, "fetch" | "headers" | "run" | "refresh">>

/** The same for a connection that is taken to be one of an HTTP surface. Every surface is one but Intacct's XML API. */
type HttpSageClient<W extends World> = SageClient<W> & Pick<HttpClient<W, Surface>, "fetch">

interface HttpSageClients extends Clients {
  readonly client: HttpSageClient<this["world"]>
}

/** Any name, with what every HTTP surface can do: what the adapters know of an application that registered nothing. */
interface UnregisteredConnections {
  readonly [name: string]: Connection<Surface, HttpSageClients, string>
}

/** The connections that the application registered with {@link Register}; unregistered, any name. */
export type RegisteredConnections = Register extends { readonly connections: infer C extends Connections }
  ? C
  : UnregisteredConnections

/** The names that the application registered; unregistered, any text. */
export type RegisteredName = keyof RegisteredConnections & string

/** The registered connection of that name. */
export type RegisteredConnection<K extends RegisteredName> = RegisteredConnections[K] extends infer N extends
  AnyConnection
  ? N
  : never
