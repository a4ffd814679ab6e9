import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Pull from "effect/Pull"
import * as PubSub from "effect/PubSub"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
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

interface StreamOptions {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: unknown
}

/**
 * A stream as something to iterate: each iteration runs it anew, piece by piece as they are asked for. Nothing runs
 * between two pieces. What the caller's own `onProgress` throws is what its iteration throws.
 *
 * @param at which of the arguments holds the options
 */
export const iterateStream = <A>(
  application: Application,
  streamOf: (...input: ReadonlyArray<unknown>) => Stream.Stream<A, unknown>,
  input: ReadonlyArray<unknown>,
  at: number
): AsyncIterable<A> => ({
  async *[Symbol.asyncIterator]() {
    const options = input[at] as StreamOptions | undefined
    const threw: Array<unknown> = []
    const stream = streamOf(...withNoted(input, at, options, threw))
    const scope = Scope.makeUnsafe()
    const run = <B>(effect: Effect.Effect<B, unknown>) => runPromise(application, effect, options?.signal)
    try {
      const pull = await run(Scope.provide(Stream.toPull(stream), scope))
      while (true) {
        const pieces = await run(Pull.catchDone(pull, () => Effect.succeed(undefined)))
        if (threw.length > 0) throw threw[0]
        if (pieces === undefined) return
        yield* pieces
      }
    } finally {
      await Effect.runPromise(Scope.close(scope, Exit.void))
    }
  }
})

/** The signal belongs to the promises; and what a function of the caller's throws is put aside for it. */
const withNoted = (
  input: ReadonlyArray<unknown>,
  at: number,
  options: StreamOptions | undefined,
  threw: Array<unknown>
): ReadonlyArray<unknown> => {
  if (options === undefined || options === null) return input
  const { onProgress } = options
  const noted =
    typeof onProgress === "function"
      ? (progress: unknown) => {
          try {
            onProgress(progress)
          } catch (thrown) {
            threw.push(thrown)
          }
        }
      : onProgress
  return input.with(at, { ...withoutSignal(options), onProgress: noted })
}

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
