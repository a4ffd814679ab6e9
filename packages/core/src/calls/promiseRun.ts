import * as Effect from "effect/Effect"
import type { Application } from "../application/Application.ts"
import type { Reason } from "../errors/Reason.ts"
import { runPromise, withoutSignal } from "../application/promise.ts"
import type { Runs } from "./HttpClient.ts"

/** A failure of the caller's own function: handed back as it was thrown. */
class Thrown {
  readonly _tag = "Thrown"
  readonly thrown: unknown
  constructor(thrown: unknown) {
    this.thrown = thrown
  }
}

/** `run` for promises: what the function throws is what its caller gets. */
export const promiseRun =
  <Rs extends Reason>(application: Application, run: Runs<Rs>["effect"]): Runs<Rs>["promise"] =>
  async (use, options) => {
    try {
      return await runPromise(
        application,
        run(
          // what is no function is refused by name
          typeof use === "function"
            ? ({ headers }) =>
                Effect.tryPromise({ try: (signal) => use({ headers, signal }), catch: (thrown) => new Thrown(thrown) })
            : use,
          withoutSignal(options)
        ),
        options?.signal
      )
    } catch (thrown) {
      throw thrown instanceof Thrown ? thrown.thrown : thrown
    }
  }
