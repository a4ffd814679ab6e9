import type { ClientOf, Connections } from "../Connection.ts"
import type { Sage } from "../createSageAuth.ts"
import { misconfigured } from "../errors/SageAuthError.ts"
import { type Caller, orAborted, tenantOf } from "./Caller.ts"

/** Members that give a client at once; every other function of a client gives a promise. */
export type ChainingMember = "business" | "entity"

const chaining: ReadonlySet<string> = new Set<ChainingMember>(["business", "entity"])

/** Which argument holds a call's signal, where it takes one. */
const optionsAt: Readonly<Record<string, number>> = {
  fetch: 1,
  headers: 0,
  run: 1,
  execute: 1,
  session: 0,
  refresh: 0,
  businesses: 0,
  probeEntities: 0,
  query: 2,
  folders: 0,
  soap: 0,
  tls: 0
}

type Call = (...input: ReadonlyArray<unknown>) => unknown
type Members = Readonly<Record<string, unknown>>

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

/** What a connection's clients can do, read off one of them. */
interface Shape {
  readonly values: ReadonlyArray<readonly [name: string, value: unknown]>
  readonly chaining: ReadonlyArray<string>
  readonly calls: ReadonlyArray<readonly [name: string, optionsAt: number | undefined]>
}

const shapeOf = (client: Members): Shape => {
  const entries = Object.entries(client)
  const functions = entries.flatMap(([name, member]) => (typeof member === "function" ? [name] : []))
  return {
    values: entries.filter(([name, member]) => typeof member !== "function" && name !== "tenant"),
    chaining: functions.filter((name) => chaining.has(name)),
    calls: functions.filter((name) => !chaining.has(name)).map((name) => [name, optionsAt[name]])
  }
}

type Open = (tenant: string) => Members

/** A tenant whose client is never called. */
const nobody = "(nobody)"

/** A client's members are its own, so that they can be taken out of it, as those of other clients can. */
class DeferredClient {
  readonly [member: string]: unknown
  readonly #caller: () => Caller

  constructor(shape: Shape, caller: () => Caller, open: Open) {
    this.#caller = caller
    const members = this as Record<string, unknown>
    for (const [name, value] of shape.values) members[name] = value
    for (const name of shape.chaining) {
      members[name] = (...input: ReadonlyArray<unknown>) =>
        new DeferredClient(shape, caller, (tenant) => (open(tenant)[name] as Call)(...input) as Members)
    }
    for (const [name, at] of shape.calls) {
      members[name] = (...input: ReadonlyArray<unknown>) => call(caller, open, name, at, input)
    }
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
  open: Open,
  name: string,
  at: number | undefined,
  input: ReadonlyArray<unknown>
): Promise<unknown> => {
  const asking = caller()
  const { signal } = asking
  signal?.throwIfAborted()
  const member = open(await tenantOf(asking))[name] as Call
  return at === undefined
    ? orAborted(member(...input) as Promise<unknown>, signal)
    : member(...withSignal(input, at, signal))
}

/**
 * Connections' clients for whoever is asking at the moment of each call: the tenant is asked for when a client is first
 * used, and a caller that went away releases its waits, unless the call has a signal of its own.
 *
 * Making one sends nothing, and throws `Misconfigured` for a name that no connection has.
 */
export const deferredClients = <C extends Connections>(
  sage: Pick<Sage<C>, "client">
): (<K extends keyof C & string>(name: K, caller: () => Caller) => ClientOf<C[K]>) => {
  const shapes = new Map<string, Shape>()
  return (name, caller) => {
    const open = (tenant: string) => sage.client(name, { tenant }) as Members
    let shape = shapes.get(name)
    // of nobody's: it only tells what this connection's clients can do
    if (shape === undefined) shapes.set(name, (shape = shapeOf(open(nobody))))
    return new DeferredClient(shape, caller, open) as ClientOf<C[typeof name]>
  }
}

/**
 * One such client, for those who make it once. See {@link deferredClients}.
 *
 * @category web
 */
export const deferredClient = <C extends Connections, K extends keyof C & string>(
  sage: Pick<Sage<C>, "client">,
  name: K,
  caller: () => Caller
): ClientOf<C[K]> => deferredClients(sage)(name, caller)
