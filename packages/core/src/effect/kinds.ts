// A file of its own: its import alone adds to types of the main entry what a client's methods are as effects. It compares
// the reasons of different surfaces, which are never assigned to each other.
// @effect-diagnostics missingEffectError:off
import type { Effect, EffectIterator, TypeId, Variance } from "effect/Effect"
import type { Layer } from "effect/Layer"
import type { Inspectable } from "effect/Inspectable"
import type { Pipeable } from "effect/Pipeable"
import type { Redacted } from "effect/Redacted"
import type { Stream } from "effect/Stream"
import type { CallOptions, CoordinationPort, Reason, RetryPolicy, SageAuthError, StorePort } from "@sage-auth/core"
import type { Coordination } from "../traffic/Pool.ts"
import type { GrantStore } from "../grant/GrantStore.ts"
import type { RetrySchedule } from "../traffic/RetrySchedules.ts"

declare module "@sage-auth/core" {
  interface Kinds<A, Rs extends Reason> {
    effect: Effect<A, SageAuthError<Rs>>
  }
  interface Streams<A, Rs extends Reason> {
    effect: Stream<A, SageAuthError<Rs>>
  }
  interface Runs<Rs extends Reason> {
    effect: <A, E, R>(
      use: (call: { readonly headers: Readonly<Record<string, string>> }) => Effect<A, E, R>,
      options?: CallOptions
    ) => Effect<A, E | SageAuthError<Rs>, R>
  }
  interface Failing extends Pipeable, Inspectable {
    readonly [TypeId]: Variance<never, this, never>
    [Symbol.iterator](): EffectIterator<Effect<never, this>>
  }
  interface Secrets {
    redacted: Redacted
  }
  interface Stores {
    effect: "memory:" | `sqlite:${string}` | StorePort | Layer<GrantStore, unknown>
  }
  interface Coordinations {
    effect: "memory:" | CoordinationPort | Layer<Coordination, unknown>
  }
  interface Retries {
    effect: RetryPolicy | RetrySchedule
  }
}
