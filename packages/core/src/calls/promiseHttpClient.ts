import type * as Effect from "effect/Effect"
import type { Application } from "../Application.ts"
import { runPromise, withoutSignal } from "../promise.ts"
import type { Surface } from "../Surface.ts"
import type { FetchOptions, HttpClient } from "./HttpClient.ts"
import { promiseRun } from "./promiseRun.ts"

/**
 * What the promise clients of all surfaces with headers do, over their effect client. `peekHeaders` gives the headers of
 * a valid credential in hand.
 */
export const promiseHttpClient = <S extends Surface>(
  application: Application,
  effects: Omit<HttpClient<"effect", S>, "fetch"> & {
    readonly fetch: (path: string, init?: FetchOptions) => Effect.Effect<Response, unknown>
  },
  peekHeaders: () => Readonly<Record<string, string>> | undefined
): HttpClient<"promise", S> => {
  const run = <A>(effect: Effect.Effect<A, unknown>, signal?: AbortSignal) => runPromise(application, effect, signal)
  return {
    connection: effects.connection,
    tenant: effects.tenant,
    surface: effects.surface,
    fetch: (path, init) => run(effects.fetch(path, init), init?.signal ?? undefined),
    headers: (options) => {
      // the hit path: no fiber
      const hit = options?.signal?.aborted === true ? undefined : peekHeaders()
      return hit === undefined ? run(effects.headers(withoutSignal(options)), options?.signal) : Promise.resolve(hit)
    },
    run: promiseRun(application, effects.run),
    refresh: (options) => run(effects.refresh(withoutSignal(options)), options?.signal),
    status: () => run(effects.status()),
    disconnect: (options) => run(effects.disconnect(options))
  }
}
