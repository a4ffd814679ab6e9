import { type ClientOf, type Connections, type Definition, definitionOf } from "../Connection.ts"
import type { Sage } from "../createSageAuth.ts"
import { iterable } from "../lateClient.ts"
import { misconfigured } from "../errors/SageAuthError.ts"
import { type Caller, orAborted, tenantOf } from "./Caller.ts"

type Method = (...input: ReadonlyArray<unknown>) => unknown
type AnyClient = Readonly<Record<string, unknown>>

/** A signal of the call's own, `null` included, takes the place of the request's. */
const withSignal = (
  input: ReadonlyArray<unknown>,
  at: number,
  signal: AbortSignal | undefined
): ReadonlyArray<unknown> => {
  const options = input[at] as { readonly signal?: unknown } | undefined
  if (signal === undefined || options?.signal !== undefined) return input
  const complete = Array.from({ length: Math.max(input.length, at + 1) }, (_, index) => input[index])
  complete[at] = { ...options, signal }
  return complete
}

/** The client of a tenant. */
type ClientForTenant = (tenant: string) => AnyClient

/** What else an adapter puts on each client, narrowed ones included. `open` gives the client of a tenant by name. */
export type Extend = (client: object, open: (tenant: string) => object) => void

/** A client's members are its own. So they can be taken out of it, as those of other clients can. */
class DeferredClient {
  readonly [member: string]: unknown
  readonly #caller: () => Caller

  constructor(connection: string, definition: Definition, caller: () => Caller, open: ClientForTenant, extend: Extend) {
    this.#caller = caller
    const { members, surface } = definition
    const client = this as Record<string, unknown>
    client["connection"] = connection
    client["surface"] = surface
    for (const name of Object.keys(members.narrowing ?? {})) {
      client[name] = (...input: ReadonlyArray<unknown>) =>
        new DeferredClient(
          connection,
          definition,
          caller,
          (tenant) => (open(tenant)[name] as Method)(...input) as AnyClient,
          extend
        )
    }
    for (const [name, at] of Object.entries(members.calls)) {
      client[name] = (...input: ReadonlyArray<unknown>) => call(caller, open, name, at, input)
    }
    for (const [name, at] of Object.entries(members.lists ?? {})) {
      client[name] = (...input: ReadonlyArray<unknown>) =>
        iterable(() => call(caller, open, name, at, input) as Promise<AsyncIterable<unknown>>)
    }
    extend(this, open)
  }

  /** not among what JSON and inspect show: reading it asks the resolver */
  get tenant(): string {
    const tenant = this.#caller().tenant()
    if (typeof tenant === "string") return tenant
    tenant.catch(() => {})
    const expected = "to be read after a call of the client, since the tenant is asked for asynchronously"
    throw misconfigured([{ option: "client.tenant", expected }])
  }
}

const call = async (
  caller: () => Caller,
  open: ClientForTenant,
  name: string,
  at: number | undefined,
  input: ReadonlyArray<unknown>
): Promise<unknown> => {
  const asking = caller()
  const { signal } = asking
  signal?.throwIfAborted()
  const member = open(await tenantOf(asking))[name] as Method
  return at === undefined
    ? orAborted(member(...input) as Promise<unknown>, signal)
    : member(...withSignal(input, at, signal))
}

/** Makes the client of a connection for the tenant of each call. */
export type DeferredClients<C extends Connections> = <K extends keyof C & string>(
  name: K,
  caller: () => Caller,
  extend?: Extend
) => ClientOf<C[K]>

/**
 * Connections' clients for the tenant of each call. The tenant is asked for when a client is first
 * used, and a caller that went away releases its waits, unless the call has a signal of its own.
 *
 * Making one sends nothing, and throws `Misconfigured` for a name that no connection has.
 */
export const deferredClients =
  <C extends Connections>(sage: Pick<Sage<C>, "client" | "connections">): DeferredClients<C> =>
  (name, caller, extend = () => {}) => {
    const definition = Object.hasOwn(sage.connections, name) ? definitionOf(sage.connections[name]) : undefined
    const open = (tenant: string) => sage.client(name, { tenant }) as AnyClient
    // the application itself refuses a name that it does not know
    if (definition === undefined) return sage.client(name, { tenant: "(none)" })
    return new DeferredClient(name, definition, caller, open, extend) as ClientOf<C[typeof name]>
  }

/**
 * One such client, for those who make it once. See {@link deferredClients}.
 *
 * @category web
 */
export const deferredClient = <C extends Connections, K extends keyof C & string>(
  sage: Pick<Sage<C>, "client" | "connections">,
  name: K,
  caller: () => Caller
): ClientOf<C[K]> => deferredClients(sage)(name, caller)
