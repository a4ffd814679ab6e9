import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as References from "effect/References"
import * as Scope from "effect/Scope"
import type { Checked } from "./checkConfig.ts"
import type { Connections } from "./Connection.ts"
import type { Engine } from "./createSageAuth.ts"
import type { Work } from "./OpenConnection.ts"
import { openApplication } from "./openApplication.ts"
import { runPromise, toRejection } from "./promise.ts"

/** Opens a checked configuration with promises: what `createSageAuth` loads when something is first asked of it. */
export const openEngine = <C extends Connections>(checked: Checked<C>, works: ReadonlyMap<string, Work>): Engine<C> => {
  const scope = Scope.makeUnsafe()
  const opening = openApplication(checked, (name) => works.get(name) as Work)
  // nobody collects spans here: those who want them run the effects in a runtime with a tracer
  const exit = Effect.runSyncExit(Scope.provide(Effect.provideService(opening, References.TracerEnabled, false), scope))
  if (Exit.isFailure(exit)) throw toRejection(exit.cause)
  const opened = exit.value
  const run = <A>(effect: Effect.Effect<A, unknown>) => runPromise(opened.application, effect, undefined)
  return {
    client: (name, tenant) => opened.open(name).promise(tenant) as object,
    events: () => opened.application.events.iterate(),
    completeAuthorization: (callback) => run(opened.completeAuthorization(callback)),
    keepAlive: () => run(opened.keepAlive),
    reseal: () => run(opened.reseal),
    ready: () => run(opened.ready),
    close: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}
