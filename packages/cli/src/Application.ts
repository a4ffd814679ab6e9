import { Context, Effect, Layer, Option, Scope } from "effect"
import { type Opened, open } from "./configuration.ts"
import { type Failure, failureOf } from "./Failure.ts"
import { ConfigFile } from "./flags.ts"
import { Surroundings } from "./Surroundings.ts"

/**
 * The user's application. It is opened when a command first asks for it, and closed when the command ends: its store
 * keeps what was renewed.
 */
export class Application extends Context.Service<
  Application,
  {
    /** The application, opened once. */
    readonly opened: Effect.Effect<Opened, Failure>
  }
>()("@sage-auth/cli/Application") {
  /** The application of `--config`, of `sage-auth.config.*`, or of the environment. */
  static readonly layer = Layer.effect(
    Application,
    Effect.gen(function* () {
      const given = Option.getOrUndefined(yield* ConfigFile)
      const surroundings = yield* Surroundings
      const scope = yield* Effect.scope
      const opened = yield* Effect.cached(
        Effect.acquireRelease(
          Effect.tryPromise({ try: () => open(given, surroundings), catch: failureOf }),
          ({ sage }) => Effect.promise(() => sage.close())
        ).pipe(Effect.provideService(Scope.Scope, scope))
      )
      return { opened }
    })
  )
}
