import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { ClientOf, Connections, Linked } from "./Connection.ts"
import { toRejection } from "./promise.ts"
import * as SageAuth from "./SageAuth.ts"
import type { SageEvent } from "./telemetry/SageEvent.ts"

/** The application's connections as promises. */
export interface Sage<C extends Connections> {
  readonly connections: C
  /** the client of a connection for one tenant; sends nothing */
  client<K extends keyof C & string>(name: K, options?: SageAuth.ClientOptions): ClientOf<C[K]>
  /** what happens to credentials, grants, pools and meters from now on; never a secret. Ends with `close()` */
  events(): AsyncIterableIterator<SageEvent>
  /** opens what is opened late; optional, and repeatable */
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
  const exit = Effect.runSyncExit(Scope.provide(SageAuth.open<C>(config), scope))
  if (Exit.isFailure(exit)) throw toRejection(exit.cause)
  const opened = exit.value
  const close = () => Effect.runPromise(Scope.close(scope, Exit.void))
  return {
    connections: opened.connections,
    client: (name, options) => {
      const { connection, tenant } = SageAuth.locate(opened, name, options)
      return connection.promise(tenant) as ClientOf<C[typeof name]>
    },
    events: () => opened.application.events.iterate(),
    ready: () => Promise.resolve(),
    close,
    [Symbol.asyncDispose]: close
  }
}
