import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as PubSub from "effect/PubSub"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Application } from "./Application.ts"
import type { BaseClient, Members, MembersOf } from "../Connection.ts"
import { failureIn } from "../errors/raise.ts"
import type { Surface } from "../errors/Reason.ts"
import { againAs, failure, misconfigured, SageAuthError } from "../errors/SageAuthError.ts"
import type { Events } from "../telemetry/Events.ts"
import type { SageEvent } from "../telemetry/SageEvent.ts"
import { isSignal, noSignal, onAbort } from "../transport/abortSignals.ts"

/** A function of the promise boundary, which is on the stack. */
// oxlint-disable-next-line typescript/no-unsafe-function-type -- it is only looked for
type Boundary = Function

/**
 * The functions that wait for what runs now, as the platform tells them for nothing. V8 follows a promise to the
 * `await` that it goes to, where an async function or a handler of a promise goes on.
 */
const waitingFor = (boundary: Boundary): ReadonlyArray<string> => {
  const holder: { stack?: unknown } = {}
  Error.captureStackTrace?.(holder, boundary)
  const { stack } = holder
  // an application may have its own form of stack traces
  return typeof stack === "string"
    ? stack.split("\n").filter((line) => line.startsWith("    at ") && !line.includes("node:internal/"))
    : []
}

/** the stacks of errors before the lines of their callers were put there */
const inside = new WeakMap<SageAuthError, string>()

/**
 * What a promise rejects with: an error of this library says in its stack where the caller waits for it. That costs a
 * call nothing unless it fails: a stack that is captured while a call begins would cost more than the call.
 *
 * `boundary` is the async function, or the handler of a promise, that goes on and is about to reject.
 */
export const atCaller = (thrown: unknown, boundary: Boundary): unknown => {
  if (!(thrown instanceof SageAuthError)) return thrown
  const before = inside.get(thrown)
  const stack: unknown = before ?? thrown.stack
  const lines = waitingFor(boundary)
  if (lines.length === 0 || typeof stack !== "string" || thrown.stack?.includes(lines.join("\n"))) return thrown
  // several callers wait for one renewal, and each of them has a line of its own
  const own = before === undefined ? thrown : againAs(thrown)
  const value = [stack, ...lines].join("\n")
  inside.set(own, stack)
  return Object.defineProperty(own, "stack", { value, writable: true, configurable: true, enumerable: false })
}

/** What a promise rejects with: the typed error, or a `SageAuthError` that says that something broke inside. */
export const toRejection = (cause: Cause.Cause<unknown>): unknown =>
  Option.match(Cause.findErrorOption(cause), {
    onNone: () => failureIn(cause) ?? failure("client.defect"),
    onSome: (error) => error
  })

/** A rejection by an async function, so that the platform can tell who waits for it. */
export const rejection = async (thrown: unknown): Promise<never> => {
  // a promise that was given to another one is waited for a moment later
  for (let turn = 0; turn < 3; turn++) await Promise.resolve()
  throw atCaller(thrown, rejection)
}

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
  return rejection(toRejection(exit.cause))
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
 * between two pieces, and leaving ends what is under way. What the caller's own `onProgress` throws is what its
 * iteration throws.
 *
 * @param at which of the arguments holds the options
 */
export const iterateStream = <A>(
  application: Application,
  streamOf: (...input: ReadonlyArray<unknown>) => Stream.Stream<A, unknown>,
  input: ReadonlyArray<unknown>,
  at: number
): AsyncIterable<A> => ({
  [Symbol.asyncIterator]() {
    const options = input[at] as StreamOptions | undefined
    const threw: Array<unknown> = []
    const left = new AbortController()
    const pieces = piecesOf(
      application,
      () => streamOf(...withNoted(input, at, options, threw)),
      options?.signal,
      left.signal,
      threw
    )
    return {
      [Symbol.asyncIterator]() {
        return this
      },
      next: () => pieces.next(),
      return: () => {
        left.abort()
        return pieces.return(undefined)
      }
    }
  }
})

async function* piecesOf<A>(
  application: Application,
  streamOf: () => Stream.Stream<A, unknown>,
  given: AbortSignal | undefined,
  left: AbortSignal,
  threw: ReadonlyArray<unknown>
): AsyncGenerator<A, undefined> {
  // what is no signal is refused by name
  const signal = given === undefined ? left : isSignal(given) ? AbortSignal.any([given, left]) : given
  const scope = Scope.makeUnsafe()
  const run = <B>(effect: Effect.Effect<B, unknown>) => runPromise(application, effect, signal)
  try {
    const pull = await run(Scope.provide(Stream.toPull(streamOf()), scope))
    while (true) {
      const pieces = await run(Effect.catchIf(pull, Cause.isDone, () => Effect.succeed(undefined)))
      if (threw.length > 0) throw threw[0]
      if (pieces === undefined) return undefined
      yield* pieces
    }
  } catch (thrown) {
    // who left hears nothing of it
    if (left.aborted) return undefined
    throw thrown
  } finally {
    await Effect.runPromise(Scope.close(scope, Exit.void))
  }
}

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
export const iterateEvents = (events: Events<unknown>): AsyncIterableIterator<SageEvent> => {
  const scope = Scope.makeUnsafe()
  const subscription = Effect.runSync(Scope.provide(events.subscribe, scope))
  const end = { done: true, value: undefined } as const
  let failed = false
  const leave = () => Effect.runPromise(Scope.close(scope, Exit.void))
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      if (failed) return end
      // interrupted when the reader left
      const exit = await Effect.runPromiseExit(PubSub.take(subscription))
      if (Exit.isFailure(exit)) return end
      if (Exit.isExit(exit.value)) {
        if (Exit.isSuccess(exit.value)) return end
        failed = true
        await leave()
        throw toRejection(exit.value.cause)
      }
      return { done: false, value: exit.value[0] }
    },
    async return() {
      await leave()
      return end
    }
  }
}

type Calls = Readonly<Record<string, (...input: ReadonlyArray<unknown>) => Effect.Effect<unknown, unknown>>>
type Lists = Readonly<Record<string, (...input: ReadonlyArray<unknown>) => Stream.Stream<unknown, unknown>>>
type Signalling = { readonly signal?: AbortSignal | undefined } | undefined

/** What a promise client does in its own way: how it is narrowed, and what it can do without a fiber. */
type OwnMembers<Client> = Partial<Client> & {
  readonly [K in keyof MembersOf<Client>["narrowing"] & keyof Client]: Client[K]
}

/** The client without what its table does not name: what a connection's credential cannot do does not exist on it. */
export const onlyMembers = <Client extends object>(
  { calls, lists = {}, narrowing = {} }: Members,
  client: Client
): Client =>
  Object.fromEntries(
    Object.entries(client).filter(
      ([name, member]) =>
        typeof member !== "function" || [calls, lists, narrowing].some((table) => Object.hasOwn(table, name))
    )
  ) as Client

/** The promise client over an effect client: its calls are run as promises, each with the signal of its caller. */
export const promiseClientOf = <Client extends BaseClient<"promise", Surface>>(
  application: Application,
  members: Members,
  effects: BaseClient<"effect", Surface>,
  own: OwnMembers<Client>
): Client => {
  const { connection, surface, tenant } = effects
  const client: Record<string, unknown> = { connection, tenant, surface }
  const calls = effects as unknown as Calls
  for (const [name, at] of Object.entries(members.calls)) {
    const call = calls[name] as Calls[string]
    client[name] = (...input: Array<unknown>) => {
      const options = at === undefined ? undefined : (input[at] as Signalling)
      if (at === undefined || options === undefined) return runPromise(application, call(...input), undefined)
      return runPromise(application, call(...input.with(at, withoutSignal(options))), options?.signal)
    }
  }
  const lists = effects as unknown as Lists
  for (const [name, at] of Object.entries(members.lists ?? {})) {
    client[name] = (...input: Array<unknown>) => iterateStream(application, lists[name] as Lists[string], input, at)
  }
  return onlyMembers(members, Object.assign(client, own)) as unknown as Client
}
