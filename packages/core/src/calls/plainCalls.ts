import * as Effect from "effect/Effect"
import type { Application } from "../application/Application.ts"
import { runPromise, withoutSignal } from "../application/promise.ts"
import { madeByEffect } from "../config/options.ts"
import type { Reason, Surface } from "../errors/Reason.ts"
import { isSageAuthError, misconfigured } from "../errors/SageAuthError.ts"
import type { FetchOptions, HttpClient, Runs } from "./HttpClient.ts"

/** A failure of the caller's own function: handed back as it was thrown. */
class CallerError {
  readonly _tag = "Thrown"
  readonly thrown: unknown
  constructor(thrown: unknown) {
    this.thrown = thrown
  }
}

const notRun = () =>
  misconfigured([
    {
      option: "run(use)",
      expected: 'a function that returns a promise: an effect is for SageAuth of "@sage-auth/core/effect"'
    }
  ])

/** `run` for promises: what the function throws is what its caller gets. */
const promiseRun =
  <Rs extends Reason>(application: Application, run: Runs<Rs>["effect"]): Runs<Rs>["promise"] =>
  async (use, options) => {
    try {
      return await runPromise(
        application,
        run(
          // what is no function is refused by name
          typeof use === "function"
            ? ({ headers }) =>
                Effect.tryPromise({
                  try: async (signal) => {
                    const answer: unknown = use({ headers, signal })
                    // errors of this library can be effects as well, and are values like any other here
                    if (madeByEffect("Effect", answer) !== undefined && !isSageAuthError(answer)) throw notRun()
                    return (await answer) as Awaited<ReturnType<typeof use>>
                  },
                  catch: (thrown) => new CallerError(thrown)
                })
            : use,
          withoutSignal(options)
        ),
        options?.signal
      )
    } catch (thrown) {
      throw thrown instanceof CallerError ? thrown.thrown : thrown
    }
  }

/** What is done without a fiber while a valid credential is in hand. undefined: the effect has to be asked. */
export interface Plain {
  readonly headers: () => Readonly<Record<string, string>> | undefined
  /** `run` goes on as an effect once anything is unusual */
  readonly fetch: (
    path: string,
    init: FetchOptions | undefined,
    run: (rest: Effect.Effect<Response, unknown>, signal: AbortSignal | undefined) => Promise<Response>
  ) => Promise<Response> | undefined
}

/** The calls that the promise clients of all surfaces with headers make in their own way, over their effect client. */
export const plainCalls = <S extends Surface>(
  application: Application,
  effects: Omit<HttpClient<"effect", S>, "fetch"> & {
    readonly fetch: (path: string, init?: FetchOptions) => Effect.Effect<Response, unknown>
  },
  plain: Plain
): Pick<HttpClient<"promise", S>, "fetch" | "headers" | "run"> => {
  const run = <A>(effect: Effect.Effect<A, unknown>, signal?: AbortSignal) => runPromise(application, effect, signal)
  return {
    fetch: (path, init) => plain.fetch(path, init, run) ?? run(effects.fetch(path, init), init?.signal ?? undefined),
    headers: (options) => {
      // the hit path: no fiber
      const hit = options?.signal?.aborted === true ? undefined : plain.headers()
      return hit === undefined ? run(effects.headers(withoutSignal(options)), options?.signal) : Promise.resolve(hit)
    },
    run: promiseRun(application, effects.run)
  }
}

type HeaderRecord = Readonly<Record<string, string>>

/** Adds headers to those of a credential: one frozen object for each credential, as without them. */
export const extended = (extra: HeaderRecord | undefined): ((headers: HeaderRecord) => HeaderRecord) => {
  if (extra === undefined) return (headers) => headers
  const made = new WeakMap<HeaderRecord, HeaderRecord>()
  return (headers) => {
    const known = made.get(headers)
    if (known !== undefined) return known
    const fresh = Object.freeze({ ...headers, ...extra })
    made.set(headers, fresh)
    return fresh
  }
}
