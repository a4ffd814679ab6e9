import type * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Metric from "effect/Metric"
import type * as Redacted from "effect/Redacted"
import { readDuration } from "../config/duration.ts"
import * as Result from "../config/Result.ts"
import type { CredentialRejections } from "../credential/CredentialRejections.ts"
import type { Closed, DeadlineExceeded, Misconfigured, StoreUnavailable } from "../errors/Reason.ts"
import { failure, misconfigured, type Place, type SageAuthError } from "../errors/SageAuthError.ts"
import type { GrantStore, MeterStore, OnceStore } from "../grant/GrantStore.ts"
import type { Sealing } from "../grant/Sealing.ts"
import type { Events, NotShared } from "../telemetry/Events.ts"
import type { CheckedLog, Listener } from "../telemetry/log.ts"
import type { Advice, SageEvent } from "../telemetry/SageEvent.ts"
import type { Meters } from "../traffic/Meter.ts"
import type { Coordination } from "../traffic/Pool.ts"
import type { RetrySchedules } from "../traffic/RetrySchedules.ts"
import type { Fetch } from "../transport/Answer.ts"
import { onAbort } from "../transport/abortSignals.ts"
import type { BoundedMap } from "./BoundedMap.ts"
import type { ApplicationClock } from "./clock.ts"

/** How long a caller waits and how it takes its leave. */
export interface CallOptions {
  /** aborting releases this caller, with the signal's own reason, and stops nothing that others wait for */
  readonly signal?: AbortSignal | undefined
  /** milliseconds, or a text such as `"10 seconds"`; default: the connection's, the application's, 30 seconds */
  readonly deadline?: number | string | undefined
}

/** How long things take in the renewal of a grant, in milliseconds. Shortened by tests, never by users. */
export interface GrantTimes {
  /** between two signs of life of a lease's owner */
  readonly beat: number
  /** the same where the store sees which process lives: each costs a write, and few renewals take that long */
  readonly slowBeat: number
  /** an owner that gave no sign for so long is dead, unless a rotation of its own may be under way */
  readonly silence: number
  /** an owner with an intent that gave no sign for so long can no longer answer */
  readonly silenceWithIntent: number
  /**
   * an owner that lives and gave no sign for so long hangs. That is announced, and its lease is taken unless it may
   * have sent something
   */
  readonly stalled: number
  /** a lease that is held for so long is announced too, whatever signs its owner gives: a token request ends by then */
  readonly held: number
  /** between two looks at a row that somebody else works on */
  readonly look: number
  /** between two tries to write what was received */
  readonly rewrite: number
}

/** The settings that all connections of an application share, checked and complete. */
export interface SharedSettings {
  /** milliseconds */
  readonly deadline: number
  /** milliseconds that `close()` waits for renewals that were sent */
  readonly shutdown: number
  /** credentials kept in memory at most, per connection */
  readonly capacity: number
  readonly fetch: Fetch
  readonly retry: RetrySchedules
  readonly clock: ApplicationClock | undefined
  /** where grants live; opened when it is first needed, or by `ready` */
  readonly store: Layer.Layer<GrantStore, SageAuthError<StoreUnavailable>>
  /** what grants and cookies are sealed with, newest first */
  readonly keys: readonly [Redacted.Redacted, ...Array<Redacted.Redacted>]
  readonly times: GrantTimes
  /** where the pools are; undefined: in this process */
  readonly coordination: Layer.Layer<Coordination> | undefined
  /** whether the keys were made for this process, and die with it */
  readonly ownKeys: boolean
  /** whether the store outlives the process, so that meters belong into it */
  readonly keepsMeters: boolean
  /** milliseconds; undefined: nothing keeps grants alive by itself */
  readonly keepAlive: { readonly every: number } | undefined
  /** who tells a human what they should know, and of which connections; undefined: nobody */
  readonly log: (Pick<CheckedLog, "to"> & Pick<Listener, "concerns">) | undefined
  /** what is worth saying of a part that the store leaves to the memory of this process, about a connection */
  readonly storeAdvice: ReadonlyArray<
    Pick<Advice, "surface" | "connection" | "tenant" | "subject" | "message"> & {
      readonly missing: "grants" | "once" | "meters"
    }
  >
}

/** What somebody waits for, in words for the error of a deadline. */
export type WaitDescription = () => { readonly message: string; readonly remedy: string }

/** What an application uses of a store, whole: what the store leaves out is in the memory of this process. */
export interface StoreParts {
  readonly store: GrantStore["Service"]
  readonly once: OnceStore["Service"]
  readonly meters: MeterStore["Service"]
  /** the parts that are not the store's own */
  readonly missing: ReadonlyArray<"once" | "meters">
}

/** Where grants live, and what they are sealed with. */
export interface Vault extends StoreParts {
  readonly sealing: Sealing
}

/** What the connections of one application stand on together. */
export interface Application {
  readonly settings: SharedSettings
  /** clock, tracer, loggers and metrics as they were when the application started */
  readonly context: Context.Context<never>
  /**
   * the same with whoever calls a promise right now, as the parent of its spans; undefined: nobody collects spans of
   * promises
   */
  readonly callerContext: (() => Context.Context<never>) | undefined
  readonly clock: Clock.Clock
  /** milliseconds since the epoch */
  readonly now: () => number
  /**
   * Calls back after so many milliseconds of the application's clock, and needs no fiber for it where that is the
   * system's. What it returns calls it off. `quietly`: waiting for it keeps no process alive.
   */
  readonly after: (milliseconds: number, then: () => void, quietly?: boolean) => () => void
  /** from 0 to 1: spreads what would otherwise happen at one moment */
  readonly random: () => number
  /** of this process */
  readonly events: Events
  /** of all processes that share the coordination */
  readonly allEvents: Events<NotShared>
  readonly publish: (event: SageEvent) => void
  readonly coordination: Coordination["Service"]
  /**
   * How many requests at a time Intacct says it takes, by company: lowers its pool, which XML and REST share. Not on a
   * slot, since all tenants and connections of a company share it; the next answer says again what was forgotten.
   */
  readonly saidLimits: BoundedMap<number>
  readonly meters: Meters
  readonly rejections: CredentialRejections
  /** what renewals of this process wait for that somebody else has to do, by `waitingFor` */
  readonly waiting: Map<string, WaitDescription>
  /** the grant store and the keys, opened once; a failure is tried again by the next who needs them */
  readonly vault: Effect.Effect<Vault, SageAuthError<StoreUnavailable>>
  readonly isClosed: () => boolean
  /** new calls fail from now on; renewals under way are waited for */
  readonly close: Effect.Effect<void>
  /** runs an effect that no caller can stop; `close` waits for it, up to the `shutdown` setting */
  readonly detach: <A, E>(effect: Effect.Effect<A, E>) => void
  /** runs an effect until the application closes */
  readonly background: (effect: Effect.Effect<void>) => void
  readonly count: <Input>(metric: Metric.Metric<Input, unknown>, input: Input) => void
}

/** `Closed`, once `close()` was called. */
export const whileOpen = (application: Application, place: Place): Effect.Effect<void, SageAuthError<Closed>> =>
  Effect.suspend(() => (application.isClosed() ? Effect.fail(failure<Closed>("client.closed", place)) : Effect.void))

/** The name of a grant among those that are waited for. */
export const waitingFor = ({ connection, tenant }: Place): string => JSON.stringify([connection, tenant])

/** The deadline of a call in milliseconds: its own, or what its connection says. */
export const deadlineOf = (
  own: CallOptions["deadline"],
  deadline: number,
  place: Place
): Result.Result<number, SageAuthError<Misconfigured>> =>
  own === undefined
    ? Result.succeed(deadline)
    : Result.mapError(readDuration(own), (expected) => misconfigured([{ option: "deadline", expected }], place))

/**
 * Releases a caller when its deadline passes or its signal is aborted. What it waits for is detached and goes on; with
 * `application` the error says what that is, where somebody else holds it up.
 */
export const withCallOptions =
  (options: CallOptions | undefined, deadline: number, place: Place, application?: Pick<Application, "waiting">) =>
  <A, E, R>(
    effect: Effect.Effect<A, E, R>
  ): Effect.Effect<A, E | SageAuthError<DeadlineExceeded | Misconfigured>, R> => {
    const read = deadlineOf(options?.deadline, deadline, place)
    if (Result.isFailure(read)) return Effect.fail(read.failure)
    const limited = Effect.timeoutOrElse(effect, {
      duration: read.success,
      orElse: () => {
        const waits = application?.waiting.get(waitingFor(place))
        return Effect.fail(
          waits === undefined
            ? failure<DeadlineExceeded>("client.deadline-exceeded", place)
            : failure<DeadlineExceeded>("client.lease-held", { ...place, ...waits() })
        )
      }
    })
    const signal = options?.signal
    if (signal === undefined) return limited
    const aborted = Effect.callback<never>((resume) => Effect.sync(onAbort(signal, () => resume(Effect.interrupt))))
    return Effect.raceFirst(aborted, limited)
  }
