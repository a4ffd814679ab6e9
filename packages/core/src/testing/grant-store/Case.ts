import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { GrantStore, MeterStore, OnceStore } from "../../grant/GrantStore.ts"

/** A grant store, as its users have it. */
export type Store = GrantStore["Service"] & {
  /** undefined: the store leaves it out */
  readonly once: OnceStore["Service"] | undefined
  /** undefined: the store leaves it out */
  readonly meters: MeterStore["Service"] | undefined
}

/** Opens the store under test, another one each time; it closes with the scope. */
export type Open = Effect.Effect<Store, unknown, Scope.Scope>

/** One thing that a grant store promises. */
export interface Case {
  readonly title: string
  readonly test: (open: Open, durable: boolean) => Effect.Effect<void, unknown, Scope.Scope>
}

/** A case that needs one open store. */
export const caseOf = (title: string, use: (store: Store) => Effect.Effect<void, unknown, Scope.Scope>): Case => ({
  title,
  test: (open) => Effect.flatMap(open, use)
})

/** A case about single-use records, which a store may leave out: there is nothing to test then. */
export const onceCase = (
  title: string,
  use: (once: OnceStore["Service"], store: Store) => Effect.Effect<void, unknown, Scope.Scope>
): Case => caseOf(title, (store) => (store.once === undefined ? Effect.void : use(store.once, store)))

/** A case about meters, which a store may leave out: there is nothing to test then. */
export const meterCase = (
  title: string,
  use: (meters: MeterStore["Service"]) => Effect.Effect<void, unknown, Scope.Scope>
): Case => caseOf(title, (store) => (store.meters === undefined ? Effect.void : use(store.meters)))
