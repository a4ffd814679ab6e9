import { Effect, Exit, type Fiber } from "effect"
import type { ReauthorizationCause } from "../../../src/errors/Reason.ts"
import type { SageAuthError } from "../../../src/errors/SageAuthError.ts"

/** Starts a caller; what it gets is seen by `answerOf`. */
export const call = <A, E>(effect: Effect.Effect<A, E>) => Effect.forkChild(effect, { startImmediately: true })

/** What a caller got so far: `waits`, or its value, or its error. */
export const answerOf = <A, E>(fiber: Fiber.Fiber<A, E>): Effect.Effect<A, E | "waits"> =>
  Effect.suspend((): Effect.Effect<A, E | "waits"> => fiber.pollUnsafe() ?? Effect.fail("waits" as const))

/** Whether a caller has got what it asked for. */
export const isServed = <A, E>(fiber: Fiber.Fiber<A, E>): boolean => {
  const exit = fiber.pollUnsafe()
  return exit !== undefined && Exit.isSuccess(exit)
}

/** Why a human has to consent again, if that is what the error says. */
export const causeOf = (error: SageAuthError): ReauthorizationCause | undefined =>
  error.reason._tag === "ReauthorizationRequired" ? error.reason.cause : undefined

/** What a caller was refused with: the cause for a new consent, or the kind of failure. */
export const refusalOf = (fiber: Fiber.Fiber<unknown, SageAuthError>): Effect.Effect<string | undefined> =>
  answerOf(fiber).pipe(
    Effect.as("served"),
    Effect.catch((error) => Effect.succeed(error === "waits" ? "waits" : (causeOf(error) ?? error.reason._tag)))
  )

/** The only one of several. */
export const only = <A>(all: ReadonlyArray<A>): A => {
  const [found] = all
  if (found === undefined || all.length > 1) throw new Error(`there are ${all.length}`)
  return found
}
