import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import * as Application from "./Application.ts"
import { check, type Settings } from "./Settings.ts"
import {
  type ClientOf,
  type Connections,
  type Definition,
  definitionOf,
  type Linked,
  type OpenConnection
} from "./Connection.ts"
import type { Issue, Misconfigured, StoreUnavailable } from "./errors/Reason.ts"
import { misconfigured, type SageAuthError } from "./errors/SageAuthError.ts"
import { type KeepAlivePass, keepAliveLoop, keepAlivePass } from "./grant/keepAlive.ts"
import { type Resealed, reseal } from "./grant/reseal.ts"
import { sameCallback } from "./oauth2/callback.ts"
import {
  type AuthorizationCallback,
  type AuthorizationReasons,
  type CompletedAuthorization,
  completeAuthorization
} from "./oauth2/completeAuthorization.ts"
import type { SageEvent } from "./telemetry/SageEvent.ts"

/** What an application configures: its connections by name, and what they share. */
export interface Config<C extends Connections> extends Settings {
  readonly connections: C
}

/** Names a client: which connection, and for whom. */
export interface ClientOptions {
  /** whose data it is; applications with one customer never need it. Default `"default"` */
  readonly tenant?: string | undefined
}

/** The application's connections as effects. */
export interface SageService<C extends Connections> {
  readonly connections: C
  /** the client of a connection for one tenant; sends nothing */
  client<K extends keyof C & string>(name: K, options?: ClientOptions): ClientOf<C[K], "effect">
  /** takes the callback of a consent that `authorize` began: checks it, uses it up, and keeps the grant */
  completeAuthorization(
    callback: AuthorizationCallback
  ): Effect.Effect<Completed<C>, SageAuthError<AuthorizationReasons>>
  /** renews every grant that would die unused: one pass, for a scheduler of yours; safe in every replica at once */
  readonly keepAlive: Effect.Effect<KeepAlivePass, SageAuthError<StoreUnavailable>>
  /** seals every grant again that an older key has sealed; see `keys` */
  readonly reseal: Effect.Effect<Resealed, SageAuthError<StoreUnavailable>>
  /** opens the grant store and the keys, which otherwise happens when they are first needed */
  readonly ready: Effect.Effect<void, SageAuthError<StoreUnavailable>>
  /** what happens to credentials, grants, pools and meters; never a secret */
  readonly events: Stream.Stream<SageEvent>
}

/** Where a human goes on after a consent. */
export interface Completed<C extends Connections> extends CompletedAuthorization {
  readonly connection: keyof C & string
}

/** The opened application behind both shells. */
export interface Opened<C extends Connections>
  extends Pick<SageService<C>, "completeAuthorization" | "keepAlive" | "reseal" | "ready"> {
  readonly application: Application.Application
  readonly connections: C
  readonly open: (name: string) => OpenConnection
}

/** The tenant of applications with one customer. */
export const defaultTenant = "default"

/** The name and the tenant of a client, checked. */
export const locate = (
  opened: Pick<Opened<Connections>, "connections" | "open">,
  name: string,
  options: ClientOptions | undefined
): { readonly connection: OpenConnection; readonly tenant: string } => {
  const tenant = options?.tenant ?? defaultTenant
  const wrong: Array<Issue> = []
  if (!Object.hasOwn(opened.connections, name)) {
    const known = Object.keys(opened.connections).join(", ")
    wrong.push({ option: "client(name)", expected: `the name of a connection: ${known}` })
  }
  // the keys of the credential cache put a NUL behind the tenant
  if (typeof tenant !== "string" || tenant === "" || tenant.includes("\u0000")) {
    wrong.push({ option: "client(name, { tenant })", expected: "a non-empty text without NUL" })
  }
  if (wrong.length > 0) throw misconfigured(wrong)
  return { connection: opened.open(name), tenant }
}

/** The path of a callback tells which server it comes from, so no two connections may share one. */
const callbackIssues = (name: string, { redirectUri }: Definition, seen: Map<string, string>): ReadonlyArray<Issue> => {
  const callback = redirectUri?.()
  if (callback === undefined) return []
  const other = [...seen].find(([, taken]) => sameCallback(callback, taken))?.[0]
  seen.set(name, callback)
  if (other === undefined) return []
  return [
    {
      option: `connections.${name}.redirectUri`,
      expected: `an address whose path does not end like that of connections.${other}: each connection has a callback path of its own, such as /sage/callback/${name}`
    }
  ]
}

/** Checks a configuration whole and opens it. Closing the scope closes the application. */
export const open = <C extends Connections>(
  config: Config<C>
): Effect.Effect<Opened<C>, SageAuthError<Misconfigured>, Scope.Scope> =>
  Effect.gen(function* () {
    const settings = check(config)
    const wrong: Array<Issue> = Result.isFailure(settings)
      ? settings.failure.map((issue) => (issue.option === "" ? { ...issue, option: "createSageAuth(config)" } : issue))
      : []
    const connections = Predicate.isObject(config?.connections) ? config.connections : undefined
    if (connections === undefined) {
      wrong.push({
        option: "connections",
        expected: "an object of connections, each made by a builder such as intacctXml"
      })
    }
    const definitions = new Map<string, Definition>()
    const callbacks = new Map<string, string>()
    for (const [name, connection] of Object.entries(connections ?? {})) {
      const at = `connections.${name}`
      const definition = definitionOf(connection)
      if (definition === undefined) {
        wrong.push({ option: at, expected: "a connection made by a builder such as intacctXml" })
      } else {
        definitions.set(name, definition)
        const issues = definition.validate(at, connections ?? {})
        wrong.push(...issues, ...(issues.length > 0 ? [] : callbackIssues(name, definition, callbacks)))
      }
    }
    if (Result.isFailure(settings) || connections === undefined || wrong.length > 0) return yield* misconfigured(wrong)
    const application = yield* Application.make(settings.success)
    const opened = new Map<string, OpenConnection>()
    for (const [name, definition] of definitions)
      opened.set(
        name,
        definition.open(application, name, (other) => opened.get(other))
      )
    const kept = [...opened.values()].flatMap(({ keptAlive }) => (keptAlive === undefined ? [] : [keptAlive]))
    const { keepAlive } = settings.success
    if (keepAlive !== undefined && kept.length > 0) {
      // often enough that a grant is found soon after it is due, and not so often that anybody notices
      const lookEvery = Math.min(keepAlive.every / 20, 60 * 60_000)
      application.background(keepAliveLoop(application, kept, lookEvery))
    }
    return {
      application,
      connections,
      open: (name: string) => opened.get(name) as OpenConnection,
      completeAuthorization: (callback) =>
        Effect.map(
          completeAuthorization(application, (name) => opened.get(name)?.authorizing, callback),
          // found among the connections of this application
          (completed) => completed as Completed<C>
        ),
      keepAlive: keepAlivePass(application, kept),
      reseal: Effect.flatMap(application.vault, ({ sealing, store }) => reseal(store, sealing)),
      ready: Effect.asVoid(application.vault)
    }
  })

/** Opens an application as an Effect service. Closing the scope closes it; renewals under way are waited for. */
export const make = <const C extends Connections>(
  config: Config<C> & { readonly connections: Linked<C> }
): Effect.Effect<SageService<C>, SageAuthError<Misconfigured>, Scope.Scope> =>
  Effect.map(open<C>(config), (opened) => ({
    connections: opened.connections,
    completeAuthorization: opened.completeAuthorization,
    keepAlive: opened.keepAlive,
    reseal: opened.reseal,
    ready: opened.ready,
    client: (name, options) => {
      const { connection, tenant } = locate(opened, name, options)
      return connection.effect(tenant) as ClientOf<C[typeof name], "effect">
    },
    events: opened.application.events.stream
  }))

/**
 * An application's own service, with the names of its connections in its type.
 *
 * @example
 * ```ts
 * class Sage extends SageAuth.Service<Sage>()("app/Sage", { connections }) {}
 * const program = Effect.gen(function* () {
 *   const sage = yield* Sage
 *   return yield* sage.client("ledger").session()
 * }).pipe(Effect.provide(Sage.layer))
 * ```
 */
export const Service =
  <Self>() =>
  <const Id extends string, const C extends Connections>(
    id: Id,
    config: Config<C> & { readonly connections: Linked<C> }
  ): Context.ServiceClass<Self, Id, SageService<C>> & {
    readonly layer: Layer.Layer<Self, SageAuthError<Misconfigured>>
  } => {
    const service = Context.Service<Self, SageService<C>>()(id)
    return Object.assign(service, { layer: Layer.effect(service, make<C>(config)) })
  }
