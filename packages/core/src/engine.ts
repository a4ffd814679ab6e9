// A file of its own: the first call loads it, with all that it imports.

import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as References from "effect/References"
import * as Scope from "effect/Scope"
import type { Checked, Completed } from "./Config.ts"
import type { Connections } from "./Connection.ts"
import type { KeepAlivePass, Resealed, StoredGrantFilter, StoredGrants } from "./grant/storePasses.ts"
import type { AuthorizationCallback } from "./oauth2/completeAuthorization.ts"
import { openApplication, type Work } from "./openApplication.ts"
import { misconfigured } from "./errors/SageAuthError.ts"
import { iterateEvents, runPromise, toRejection } from "./application/promise.ts"
import { registered } from "./telemetry/instrumentation.ts"
import type { EventOptions, SageEvent } from "./telemetry/SageEvent.ts"

/** What does the work, once it is loaded. */
export interface Engine<C extends Connections> {
  readonly client: (name: string, tenant: string) => object
  readonly events: (options?: EventOptions) => AsyncIterableIterator<SageEvent>
  readonly completeAuthorization: (callback: AuthorizationCallback) => Promise<Completed<C>>
  readonly keepAlive: () => Promise<KeepAlivePass>
  readonly reseal: () => Promise<Resealed>
  readonly grants: (filter: StoredGrantFilter) => Promise<StoredGrants>
  readonly ready: () => Promise<void>
  readonly close: () => Promise<void>
}

const noSpans = Context.make(References.TracerEnabled, false)

/** Opens a checked configuration with promises: what `createSageAuth` loads when something is first asked of it. */
export const openEngine = async <C extends Connections>(
  checked: Checked<C>,
  works: ReadonlyMap<string, Work>
): Promise<Engine<C>> => {
  const scope = Scope.makeUnsafe()
  const opening = openApplication(checked, (name) => works.get(name) as Work)
  const collecting = registered()
  const context =
    collecting === undefined ? noSpans : (await import("./telemetry/openTelemetry.ts")).contextFor(collecting)
  const exit = Effect.runSyncExit(Scope.provide(Effect.provideContext(opening, context), scope))
  if (Exit.isFailure(exit)) throw toRejection(exit.cause)
  const opened = exit.value
  const run = <A>(effect: Effect.Effect<A, unknown>) => runPromise(opened.application, effect, undefined)
  return {
    client: (name, tenant) => opened.open(name).promise(tenant) as object,
    events: ({ scope = "process" } = {}) => {
      const { allEvents, events } = opened.application
      if (scope !== "process" && scope !== "all")
        throw misconfigured([{ option: "scope", expected: '"process" or "all"' }])
      return iterateEvents(scope === "all" ? allEvents : events)
    },
    completeAuthorization: (callback) => run(opened.completeAuthorization(callback)),
    keepAlive: () => run(opened.keepAlive),
    reseal: () => run(opened.reseal),
    grants: (filter) => run(opened.grants(filter)),
    ready: () => run(opened.ready),
    close: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}
