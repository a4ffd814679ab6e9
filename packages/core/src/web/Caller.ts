import type { ServerResponse } from "node:http"
import { failure, misconfigured } from "../errors/SageAuthError.ts"
import type { PermissionDenied } from "../errors/Reason.ts"
import { defaultTenant, isFilled } from "../Config.ts"
import { type ClientOf, type Connections, type Definition, definitionOf } from "../Connection.ts"
import { iterable, type Sage } from "../createSageAuth.ts"

/** What a tenant resolver may give: `undefined` refuses the request with 401. */
export type ResolvedTenant = string | undefined | PromiseLike<string | undefined>

/** The one request on whose behalf a client is used. */
export interface Caller {
  /**
   * Whose data it is. It asks the tenant resolver at its first call and never again. It rejects with
   * `client.tenant-refused` where the resolver names no tenant, and with what the resolver threw.
   */
  tenant(): string | Promise<string>
  /** fires when the client of the request went away before it had its answer */
  readonly signal: AbortSignal | undefined
}

const checked = (tenant: string | null | undefined): string => {
  if (tenant === undefined || tenant === null || (typeof tenant === "string" && !isFilled(tenant))) {
    throw failure<PermissionDenied>("client.tenant-refused")
  }
  if (typeof tenant === "string") return tenant
  throw misconfigured([{ option: "tenant", expected: "a function that gives a text, or undefined to refuse" }])
}

const isPromise = (given: ResolvedTenant): given is PromiseLike<string | undefined> =>
  typeof (given as PromiseLike<unknown> | null | undefined)?.then === "function"

class AskedOnce implements Caller {
  readonly #resolve: (() => ResolvedTenant) | undefined
  readonly #signal: (() => AbortSignal | undefined) | undefined
  #asked: string | Promise<string> | undefined

  constructor(resolve: (() => ResolvedTenant) | undefined, signal: (() => AbortSignal | undefined) | undefined) {
    this.#resolve = resolve
    this.#signal = signal
  }

  tenant(): string | Promise<string> {
    return (this.#asked ??= this.#ask())
  }

  get signal(): AbortSignal | undefined {
    return this.#signal?.()
  }

  #ask(): string | Promise<string> {
    if (this.#resolve === undefined) return defaultTenant
    try {
      const given = this.#resolve()
      if (!isPromise(given)) return checked(given)
      return Promise.resolve(given).then((tenant) => (this.#asked = checked(tenant)))
    } catch (thrown) {
      return Promise.reject(thrown)
    }
  }
}

/**
 * A caller whose tenant is asked for once, when it is first needed. Without a resolver it is `"default"`.
 *
 * @category web
 */
export const callerOf = (resolve: (() => ResolvedTenant) | undefined, signal?: () => AbortSignal | undefined): Caller =>
  new AskedOnce(resolve, signal)

/**
 * Who uses a client outside of any request while there is a tenant resolver: no tenant. It is never the tenant
 * `"default"`, which would be the wrong data.
 *
 * @category web
 */
export const outsideOfRequest: Caller = {
  tenant: () =>
    Promise.reject(
      misconfigured([
        {
          option: "tenant",
          expected:
            "a request to take it from: outside of one, say whom the work is for, with forTenant(id) of the client"
        }
      ])
    ),
  signal: undefined
}

/** what such signals were aborted with */
const reasons = new WeakSet<Error>()

/**
 * Whether something failed because {@link goneSignal} fired. There is no client to answer then.
 *
 * @category web
 */
export const isCallerGone = (thrown: unknown): boolean => thrown instanceof Error && reasons.has(thrown)

/**
 * A signal that fires when the client closes its connection before it has the whole answer. It does not fire when the
 * answer was sent: what a handler goes on with afterwards is not stopped.
 *
 * @category web
 */
export const goneSignal = (response: ServerResponse): (() => AbortSignal) => {
  let controller: AbortController | undefined
  // made when somebody first waits: most requests never do
  return () => {
    if (controller !== undefined) return controller.signal
    const made = (controller = new AbortController())
    const end = () => {
      if (response.writableFinished) return
      const gone = new Error("the client of this request closed its connection before it was answered")
      gone.name = "AbortError"
      reasons.add(gone)
      made.abort(gone)
    }
    if (response.destroyed || response.closed) end()
    else response.once("close", end)
    return made.signal
  }
}

/**
 * Gives up waiting for a promise when the signal is aborted, with the signal's own reason.
 *
 * @throws what the signal was aborted with
 *
 * @category web
 */
export const orAborted = <A>(promise: Promise<A>, signal: AbortSignal | undefined): Promise<A> => {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason)
    if (signal.aborted) leave()
    signal.addEventListener("abort", leave, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave))
  })
}

/**
 * The caller's tenant; a caller that went away does not wait for it.
 *
 * @throws `SageAuthError` with reason `Misconfigured` outside of a request, what the resolver threw, or what ended the
 * request
 *
 * @category web
 */
export const tenantOf = async (caller: Caller): Promise<string> => {
  const tenant = caller.tenant()
  return typeof tenant === "string" ? tenant : orAborted(tenant, caller.signal)
}

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
