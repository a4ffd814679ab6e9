import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as References from "effect/References"
import * as Scope from "effect/Scope"
import type { ClientOf, Connections, Linked } from "./Connection.ts"
import type { KeepAlivePass } from "./grant/keepAlive.ts"
import type { Resealed } from "./grant/reseal.ts"
import type { AuthorizationCallback } from "./oauth2/completeAuthorization.ts"
import { runPromise, toRejection } from "./promise.ts"
import * as SageAuth from "./SageAuth.ts"
import type { SageEvent } from "./telemetry/SageEvent.ts"

/** The application's connections as promises. */
export interface Sage<C extends Connections> {
  readonly connections: C
  /** the client of a connection for one tenant; sends nothing */
  client<K extends keyof C & string>(name: K, options?: SageAuth.ClientOptions): ClientOf<C[K]>
  /** what happens to credentials, grants, pools and meters from now on; never a secret. Ends with `close()` */
  events(): AsyncIterableIterator<SageEvent>
  /** takes the callback of a consent that `authorize` began: checks it, uses it up, and keeps the grant */
  completeAuthorization(callback: AuthorizationCallback): Promise<SageAuth.Completed<C>>
  /** renews every grant that would die unused: one pass, for a scheduler of yours; safe in every replica at once */
  keepAlive(): Promise<KeepAlivePass>
  /** seals every grant again that an older key has sealed; see `keys` */
  reseal(): Promise<Resealed>
  /** opens the grant store and the keys, which otherwise happens when they are first needed */
  ready(): Promise<void>
  /** fails new calls with `Closed`, serves callers that wait, and waits for renewals that were sent */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Opens an application: the same thing as `SageAuth.make`, with promises.
 *
 * Throws a `SageAuthError` with reason `Misconfigured`, which lists every mistake of the configuration at once.
 *
 * @example
 * ```ts
 * const sage = createSageAuth({ connections: { ledger: intacctXml({ sender, login }) } })
 * const [vendors] = await sage.client("ledger").execute([{ readByQuery: { object: "VENDOR", fields: "*", query: "" } }])
 * await sage.close()
 * ```
 */
export const createSageAuth = <const C extends Connections>(
  config: SageAuth.Config<C> & { readonly connections: Linked<C> }
): Sage<C> => {
  const scope = Scope.makeUnsafe()
  // nobody collects spans here: those who want them run the effects in a runtime with a tracer
  const opening = Effect.provideService(SageAuth.open<C>(config), References.TracerEnabled, false)
  const exit = Effect.runSyncExit(Scope.provide(opening, scope))
  if (Exit.isFailure(exit)) throw toRejection(exit.cause)
  const opened = exit.value
  let closing: Promise<void> | undefined
  // who closes again waits for the same end
  const run = <A>(effect: Effect.Effect<A, unknown>) => runPromise(opened.application, effect, undefined)
  const close = () => (closing ??= Effect.runPromise(Scope.close(scope, Exit.void)))
  return {
    connections: opened.connections,
    client: (name, options) => {
      const { connection, tenant } = SageAuth.locate(opened, name, options)
      return connection.promise(tenant) as ClientOf<C[typeof name]>
    },
    events: () => opened.application.events.iterate(),
    completeAuthorization: (callback) => run(opened.completeAuthorization(callback)),
    keepAlive: () => run(opened.keepAlive),
    reseal: () => run(opened.reseal),
    ready: () => run(opened.ready),
    close,
    [Symbol.asyncDispose]: close
  }
}
