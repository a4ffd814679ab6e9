import * as Effect from "effect/Effect"
import type { Result } from "./Result.ts"

/** The effect that succeeds or fails as a result does. */
export const effectOf = <A, E>(result: Result<A, E>): Effect.Effect<A, E> =>
  result._tag === "Success" ? Effect.succeed(result.success) : Effect.fail(result.failure)
