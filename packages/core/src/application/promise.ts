import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as PubSub from "effect/PubSub"
import * as Scope from "effect/Scope"
import type { Application } from "./Application.ts"
import { atCaller } from "../errors/atCaller.ts"
import { failureIn } from "../errors/failureIn.ts"
import { failure, misconfigured } from "../errors/SageAuthError.ts"
import type { Events } from "../telemetry/Events.ts"
import type { SageEvent } from "../telemetry/SageEvent.ts"
import { isSignal, noSignal, onAbort } from "../transport/abortSignals.ts"

/** What a promise rejects with: the typed error, or a `SageAuthError` that says that something broke inside. */
export const toRejection = (cause: Cause.Cause<unknown>): unknown =>
  Option.match(Cause.findErrorOption(cause), {
    onNone: () => failureIn(cause) ?? failure("client.defect"),
    onSome: (error) => error
  })

/** Runs an effect of an application as a promise. An aborted signal rejects with its own reason. */
export const runPromise = async <A>(
  application: Application,
  effect: Effect.Effect<A, unknown>,
  signal: AbortSignal | undefined
): Promise<A> => {
  if (signal !== undefined && !isSignal(signal)) throw atCaller(misconfigured([noSignal]), runPromise)
  signal?.throwIfAborted()
  const fiber = Effect.runForkWith(application.callerContext?.() ?? application.context)(effect)
  const stay = signal === undefined ? undefined : onAbort(signal, () => fiber.interruptUnsafe())
  const exit = await new Promise<Exit.Exit<A, unknown>>((resolve) => {
    fiber.addObserver(resolve)
  })
  stay?.()
  if (Exit.isSuccess(exit)) return exit.value
  if (signal?.aborted === true && Cause.hasInterruptsOnly(exit.cause)) throw signal.reason
  // a promise that was given to another one is waited for a moment later
  for (let turn = 0; turn < 3; turn++) await Promise.resolve()
  throw atCaller(toRejection(exit.cause), runPromise)
}

/** The signal belongs to the promise, which rejects with its reason; the effect underneath is interrupted by it. */
export const withoutSignal = <O extends { readonly signal?: AbortSignal | undefined }>(options: O | undefined) =>
  options === undefined ? undefined : { ...options, signal: undefined }

/** The events from now on, whenever they are first read. Leaving the iteration gives up the place in the queue. */
export const iterateEvents = (events: Events): AsyncIterableIterator<SageEvent> => {
  const scope = Scope.makeUnsafe()
  const subscription = Effect.runSync(Scope.provide(events.subscribe, scope))
  const end = { done: true, value: undefined } as const
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      // interrupted when the reader left
      const exit = await Effect.runPromiseExit(PubSub.take(subscription))
      if (Exit.isFailure(exit) || Exit.isExit(exit.value)) return end
      return { done: false, value: exit.value[0] }
    },
    async return() {
      await Effect.runPromise(Scope.close(scope, Exit.void))
      return end
    }
  }
}
