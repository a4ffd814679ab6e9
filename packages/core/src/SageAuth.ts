import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import { work as businessCloud } from "./business-cloud/BusinessCloudEngine.ts"
import {
  checkConfig,
  type Checked,
  type ClientOptions,
  type Completed,
  type Config,
  locate,
  madeElsewhere
} from "./Config.ts"
import type { Builder, ClientOf, Connections, Definition, Linked } from "./Connection.ts"
import type { Misconfigured, StoreUnavailable } from "./errors/Reason.ts"
import { isSageAuthError, type SageAuthError } from "./errors/SageAuthError.ts"
import type { KeepAlivePass, Resealed, StoredGrantFilter, StoredGrants } from "./grant/storePasses.ts"
import { workOf as intacctRest } from "./intacct-rest/IntacctRestEngine.ts"
import { decodeAuthorizationCode, decodeClientCredentials } from "./intacct-rest/options.ts"
import { work as intacctXml } from "./intacct-xml/IntacctXmlEngine.ts"
import type { AuthorizationCallback, AuthorizationReasons } from "./oauth2/completeAuthorization.ts"
import { type OpenApplication, openApplication, type Work } from "./openApplication.ts"
import type { SageEvent } from "./telemetry/SageEvent.ts"
import { work as gateway } from "./x3/gateway/X3GatewayEngine.ts"
import { work as graphql } from "./x3/graphql/X3GraphQLEngine.ts"
import { workOf as webServices } from "./x3/web-services/X3WebServicesEngine.ts"

/** How the connections of each builder are put to work, all of them at hand. */
export const works: Readonly<Record<Builder, Work>> = {
  "intacct-xml": intacctXml,
  "intacct-rest.client-credentials": intacctRest(decodeClientCredentials),
  "intacct-rest.authorization-code": intacctRest(decodeAuthorizationCode),
  "business-cloud": businessCloud,
  "x3.on-premise": webServices("onPremise"),
  "x3.online": webServices("online"),
  "x3.graphql": graphql,
  "x3.gateway": gateway
}

/** The application's connections as effects. */
export interface SageService<C extends Connections> {
  /** the connections as they were configured */
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
  /** what the store has, by page: connections, tenants and states, never a token; sends nothing to Sage */
  grants(filter?: StoredGrantFilter): Effect.Effect<StoredGrants, SageAuthError<StoreUnavailable>>
  /** opens the grant store and the keys, which otherwise happens when they are first needed */
  readonly ready: Effect.Effect<void, SageAuthError<StoreUnavailable>>
  /** what happens to credentials, grants, pools and meters; never a secret */
  readonly events: Stream.Stream<SageEvent>
  /**
   * the same, and that of all other processes which share the `coordination`, where that tells them. Others may be
   * missed: while a connection breaks, and the last ones of a process that is killed
   */
  readonly allEvents: Stream.Stream<SageEvent, SageAuthError<Misconfigured | StoreUnavailable>>
}

interface RunningApplication<C extends Connections> {
  readonly checked: Checked<C>
  readonly opened: OpenApplication<C>
}

/** Checks a configuration whole and opens it. Closing the scope closes the application. */
const open = <C extends Connections>(
  config: Config<C, "effect">
): Effect.Effect<RunningApplication<C>, SageAuthError<Misconfigured>, Scope.Scope> =>
  Effect.gen(function* () {
    const checked = yield* Effect.try({
      // options may hold what only this effect can read: they are checked by this copy, whichever builder took them
      try: () =>
        checkConfig(config, "effect", ({ builder, options, validate, work }, at, connections) =>
          work !== undefined
            ? validate(at, connections)
            : Object.hasOwn(works, builder)
              ? works[builder].validate(options, at, connections)
              : madeElsewhere(at)
        ),
      catch: (thrown) => {
        if (isSageAuthError(thrown)) return thrown as SageAuthError<Misconfigured>
        throw thrown
      }
    })
    const { definitions } = checked
    const opened = yield* openApplication(checked, (name) => {
      const { builder, work } = definitions.get(name) as Definition
      return (work as Work | undefined) ?? works[builder]
    })
    return { checked, opened }
  })

/**
 * Opens an application as an Effect service. Closing the scope closes it; renewals under way are waited for.
 *
 * @category application
 */
export const make = <const C extends Connections>(
  config: Config<C, "effect"> & { readonly connections: Linked<C> }
): Effect.Effect<SageService<C>, SageAuthError<Misconfigured>, Scope.Scope> =>
  Effect.map(open<C>(config), ({ checked, opened }) => ({
    connections: checked.connections,
    completeAuthorization: opened.completeAuthorization,
    keepAlive: opened.keepAlive,
    reseal: opened.reseal,
    grants: (filter = {}) => opened.grants(filter),
    ready: opened.ready,
    client: (name, options) => {
      const { tenant } = locate(checked, name, options)
      return opened.open(name).effect(tenant) as ClientOf<C[typeof name], "effect">
    },
    events: opened.application.events.stream,
    allEvents: opened.application.allEvents.stream
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
 *
 * @category application
 */
export const Service =
  <Self>() =>
  <const Id extends string, const C extends Connections>(
    id: Id,
    config: Config<C, "effect"> & { readonly connections: Linked<C> }
  ): Context.ServiceClass<Self, Id, SageService<C>> & {
    readonly layer: Layer.Layer<Self, SageAuthError<Misconfigured>>
  } => {
    const service = Context.Service<Self, SageService<C>>()(id)
    return Object.assign(service, { layer: Layer.effect(service, make<C>(config)) })
  }
