import {
  checkConfig,
  type ClientOptions,
  type Completed,
  type Config,
  locate,
  madeElsewhere,
  type Validate
} from "./Config.ts"
import {
  type AnyConnection,
  type BaseClient,
  type ClientOf,
  type Clients,
  type Connection,
  connectionOf,
  type Connections,
  type Definition,
  definitionOf,
  type Linked,
  type Members,
  type World
} from "./Connection.ts"
import type { HttpClient } from "./calls/HttpClient.ts"
import { builtin } from "./config/builtin.ts"
import { type FoundVariables, readVariables, type VariablesOf } from "./config/readVariables.ts"
import type { Engine } from "./engine.ts"
import type { Surface } from "./errors/Reason.ts"
import type { Place } from "./errors/SageAuthError.ts"
import type { KeepAlivePass, Resealed, StoredGrantFilter, StoredGrants } from "./grant/storePasses.ts"
import type { AuthorizationCallback } from "./oauth2/completeAuthorization.ts"
import type { EventOptions, SageEvent } from "./telemetry/SageEvent.ts"

/**
 * What opens an application whose connections all come from another copy of this package, as where one is imported and
 * the other required: that copy, so that there is one of everything behind them.
 */
const otherCopy = (
  config: { readonly connections?: unknown } | undefined
): Definition["createSageAuth"] | undefined => {
  const connections = config?.connections
  if (typeof connections !== "object" || connections === null) return undefined
  const [first, ...more] = new Set(Object.values(connections).map((each) => definitionOf(each)?.createSageAuth))
  return more.length > 0 || first === createSageAuth ? undefined : first
}

const validate: Validate = (definition, at, connections) =>
  definition.createSageAuth === createSageAuth ? definition.validate(at, connections) : madeElsewhere(at)

/**
 * Where an application has its clock, for the web's part of this package: which may come of another copy, so the symbol
 * is registered.
 */
export const applicationClock: unique symbol = Symbol.for("@sage-auth/core/clock")

/**
 * Where an application has its settings, for what looks at them without a secret: which may come of another copy, too.
 */
export const openedWith: unique symbol = Symbol.for("@sage-auth/core/settings")

/** The application's connections as promises. */
export interface Sage<C extends Connections> {
  /** the connections as they were configured */
  readonly connections: C
  /**
   * the client of a connection for one tenant. Sends nothing
   *
   * @throws `SageAuthError` with reason `Misconfigured` for a name that no connection has, and for a tenant that is
   * none
   */
  client<K extends keyof C & string>(name: K, options?: ClientOptions): ClientOf<C[K]>
  /**
   * what happens to credentials, grants, pools and meters from now on; never a secret. Ends with `close()`. With
   * `scope: "all"` also in other processes
   *
   * @throws `SageAuthError` at the first read with `scope: "all"`: `Misconfigured` where the coordination tells no
   * events, or `StoreUnavailable`
   */
  events(options?: EventOptions): AsyncIterableIterator<SageEvent>
  /**
   * takes the callback of a consent that `authorize` began: checks it, uses it up, and keeps the grant
   *
   * @throws `SageAuthError`: `CallbackRejected` for a callback that is refused, `StoreUnavailable`, or why no token
   * was had
   */
  completeAuthorization(callback: AuthorizationCallback): Promise<Completed<C>>
  /**
   * renews every grant that would die unused: one pass, for a scheduler of yours. Safe in every replica at once
   *
   * @throws `SageAuthError` with reason `StoreUnavailable`. What fails for one grant is in `failed`
   */
  keepAlive(): Promise<KeepAlivePass>
  /**
   * seals every grant again that an older key has sealed; see `keys`
   *
   * @throws `SageAuthError` with reason `StoreUnavailable`
   */
  reseal(): Promise<Resealed>
  /**
   * what the store has, by page: connections, tenants and states, never a token; sends nothing to Sage
   *
   * @throws `SageAuthError` with reason `StoreUnavailable`
   */
  grants(filter?: StoredGrantFilter): Promise<StoredGrants>
  /**
   * opens the grant store and the keys, which otherwise happens when they are first needed
   *
   * @throws `SageAuthError` with reason `StoreUnavailable`
   */
  ready(): Promise<void>
  /** fails new calls with `Closed`, serves callers that wait, and waits for renewals that were sent */
  close(): Promise<void>
  /** the same as `close()`, for `await using` */
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Opens an application. What does the work is loaded when something is first asked of it, or by `ready()`.
 *
 * @throws `SageAuthError` with reason `Misconfigured`, which lists every mistake of the configuration at once
 *
 * @example
 * ```ts
 * const sage = createSageAuth({ connections: { ledger: intacctXml({ sender, login }) } })
 * const vendors = { readByQuery: { object: "VENDOR", fields: "*", query: "" } }
 * const [found] = await sage.client("ledger").execute([vendors])
 * await sage.close()
 * ```
 *
 * @category application
 */
export const createSageAuth = <const C extends Connections>(
  config: Config<C> & { readonly connections: Linked<C> }
): Sage<C> => {
  const elsewhere = otherCopy(config)
  if (elsewhere !== undefined) return elsewhere(config as never) as Sage<C>
  const checked = checkConfig<C>(config, "promise", validate)
  let engine: Engine<C> | undefined
  let opening = false
  let closing: Promise<void> | undefined
  // what was asked while the engine loads begins in the order in which it was asked: `close()` among the calls
  const waiting: Array<{ readonly begin: (opened: Engine<C>) => void; readonly fail: (thrown: unknown) => void }> = []
  const load = async (): Promise<Engine<C>> => {
    const [{ openEngine }, works] = await Promise.all([
      import("./engine.ts"),
      Promise.all(Array.from(checked.definitions, async ([name, { load }]) => [name, await load()] as const))
    ])
    return openEngine(checked, new Map(works) as never)
  }
  const open = async (): Promise<void> => {
    if (opening) return
    opening = true
    try {
      const opened = await load()
      engine = opened
      for (const { begin } of waiting.splice(0)) begin(opened)
    } catch (thrown) {
      // the next use tries again
      opening = false
      for (const { fail } of waiting.splice(0)) fail(thrown)
    }
  }
  const ask = <A>(use: (opened: Engine<C>) => A | PromiseLike<A>): Promise<A> =>
    new Promise<A>((resolve, reject) => {
      const begin = (opened: Engine<C>) => {
        try {
          resolve(use(opened))
        } catch (thrown) {
          reject(thrown)
        }
      }
      if (engine !== undefined) {
        begin(engine)
        return
      }
      // as its caller, and not as the one for whom the engine is loaded: what is called finds the caller's span and store
      waiting.push({ begin: builtin("node:async_hooks").AsyncResource.bind(begin), fail: reject })
      void open()
    })
  const end = async (): Promise<void> => {
    if (opening) return ask((opened) => opened.close())
    // nothing was asked yet: what is asked from now on is told that it comes too late
    waiting.push({ begin: (opened) => void opened.close(), fail: () => {} })
  }
  // who closes again waits for the same end
  const close = () => (closing ??= end())
  // grants are kept alive whether or not anybody asks for anything
  if (checked.settings.keepAlive !== undefined) void open()
  const sage: Sage<C> = {
    connections: checked.connections,
    client: (name, options) => {
      const { definition, tenant } = locate(checked, name, options)
      const client =
        engine?.client(name, tenant) ??
        lateClient(
          definition.members,
          { surface: definition.surface, connection: name, tenant },
          () => engine?.client(name, tenant),
          (use) => ask((opened) => use(opened.client(name, tenant)))
        )
      return client as ClientOf<C[typeof name]>
    },
    events: (options) => engine?.events(options) ?? lateIterator(ask((opened) => opened.events(options))),
    completeAuthorization: (callback) => ask((opened) => opened.completeAuthorization(callback)),
    keepAlive: () => ask((opened) => opened.keepAlive()),
    reseal: () => ask((opened) => opened.reseal()),
    grants: (filter = {}) => ask((opened) => opened.grants(filter)),
    ready: () => ask((opened) => opened.ready()),
    close,
    [Symbol.asyncDispose]: close
  }
  return Object.defineProperties(sage, {
    [applicationClock]: { value: checked.settings.clock },
    // behind a function: what prints an object whole shows no store of somebody else's
    [openedWith]: { value: () => checked.settings }
  })
}

/**
 * Where `fromEnvironment` of a builder looks.
 *
 * @category connections
 */
export interface VariablesSettings {
  /**
   * what the names of the variables start with, such as `"ACME_BOOKS_"`; default: `SAGE_` and the surface, as in
   * `SAGE_BUSINESS_CLOUD_`. An application with two connections of one surface gives each a prefix of its own
   */
  readonly prefix?: string | undefined
  /** default `process.env` */
  readonly env?: { readonly [name: string]: string | undefined } | undefined
}

/**
 * Makes a connection of what the environment has, and of what the application sets beside it, which wins. For builders.
 */
export const fromVariables = <S extends Surface, C, Ref extends string = never>(
  of: VariablesOf,
  settings: VariablesSettings | undefined,
  definition: (options: never) => Omit<Definition<S>, "createSageAuth">,
  found: FoundVariables = readVariables({ of, ...settings })
): Connection<S, C, Ref> => {
  const { env: _env, prefix: _prefix, ...beside } = settings ?? {}
  const made = definition({ ...found.options, ...beside } as never)
  return define({ ...made, validate: (at, connections) => found.named(made.validate(at, connections), at) })
}

/** Makes a connection of a definition. For builders. */
export const define = <S extends Surface, C, Ref extends string = never>(
  definition: Omit<Definition<S>, "createSageAuth">
): Connection<S, C, Ref> => connectionOf({ ...definition, createSageAuth })

type Method = (...input: ReadonlyArray<unknown>) => unknown
type Methods = Readonly<Record<string, Method>>

/**
 * A client of which only its members are known: the first call loads what does the work, and every later one goes there
 * at once. Its members are its own. So they can be taken out of it, as those of other clients can.
 */
export const lateClient = (
  members: Members,
  place: Place,
  find: () => object | undefined,
  load: <A>(use: (loaded: object) => A | PromiseLike<A>) => Promise<A>
): object => {
  const { calls, lists = {}, narrowing = {} } = members
  let real: object | undefined
  const now = () => (real ??= find()) as Methods | undefined
  const client: Record<string, unknown> = {
    connection: place.connection,
    tenant: place.tenant,
    surface: place.surface
  }
  for (const name of Object.keys(calls)) {
    client[name] = (...input: ReadonlyArray<unknown>) => {
      const methods = now()
      return methods === undefined ? load((loaded) => (loaded as Methods)[name]?.(...input)) : methods[name]?.(...input)
    }
  }
  for (const name of Object.keys(lists)) {
    client[name] = (...input: ReadonlyArray<unknown>) =>
      now()?.[name]?.(...input) ??
      iterable(() => load((loaded) => (loaded as Methods)[name]?.(...input)) as Promise<AsyncIterable<unknown>>)
  }
  for (const [name, check] of Object.entries(narrowing)) {
    client[name] = (...input: ReadonlyArray<never>) => {
      check(place, ...input)
      const further = (from: object) => (from as Methods)[name]?.(...input) as object
      return lateClient(
        members,
        place,
        () => {
          const found = now()
          return found === undefined ? undefined : further(found)
        },
        (use) => load((loaded) => use(further(loaded)))
      )
    }
  }
  return client
}

/** Something to iterate that is to come: it is asked for when it is first iterated. */
export const iterable = <A>(coming: () => Promise<AsyncIterable<A>>): AsyncIterable<A> => ({
  [Symbol.asyncIterator]: () => lateIterator(coming().then((list) => list[Symbol.asyncIterator]()))
})

/** An iterator that is to come. It is asked for at once, so that nothing is missed that happens after this. */
export const lateIterator = <A>(coming: Promise<AsyncIterator<A>>): AsyncIterableIterator<A> => {
  let real: AsyncIterator<A> | undefined
  const settle = async () => {
    real = await coming
  }
  // the reader hears of a failure
  settle().catch(() => {})
  // one turn behind the iterator itself: after `close()`, readers have heard of the end
  const later = (use: (iterator: AsyncIterator<A>) => Promise<IteratorResult<A>>) =>
    new Promise<IteratorResult<A>>((resolve, reject) => {
      coming.then((iterator) => use(iterator).then(resolve, reject), reject)
    })
  const leave = (iterator: AsyncIterator<A>): Promise<IteratorResult<A>> =>
    iterator.return?.() ?? Promise.resolve({ done: true, value: undefined })
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    next: () => (real === undefined ? later((iterator) => iterator.next()) : real.next()),
    return: () => (real === undefined ? later(leave) : leave(real))
  }
}

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
