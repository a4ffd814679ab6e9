import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { GrantStore } from "../../grant/GrantStore.ts"

/** A grant store, as whoever uses it has it. */
export type Store = GrantStore["Service"]

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
