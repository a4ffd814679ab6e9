import * as Effect from "effect/Effect"
import type { StoreUnavailable } from "../errors/Reason.ts"
import type { SageAuthError } from "../errors/SageAuthError.ts"
import type { GrantKey, GrantRecord, GrantRow, GrantStore } from "./GrantStore.ts"

type Store = GrantStore["Service"]

/** What to write, given what is there: a record, `remove`, or `keep` to leave it as it is. */
export type Decision = GrantRecord | "remove" | "keep"

/** What became of a row. */
export interface Updated {
  /** the row as it is now; undefined: there is none */
  readonly row: GrantRow | undefined
  /** whether this call changed it */
  readonly written: boolean
}

/**
 * Reads a row, decides, and writes if nobody was faster; else reads and decides again. The decision is made anew each
 * time, so that it always speaks of the row that it replaces.
 */
export const updateRow = <E>(
  store: Store,
  key: GrantKey,
  decide: (row: GrantRow | undefined) => Effect.Effect<Decision, E>
): Effect.Effect<Updated, E | SageAuthError<StoreUnavailable>> =>
  Effect.gen(function* () {
    while (true) {
      const row = yield* store.read(key)
      const decision = yield* decide(row)
      if (decision === "keep") return { row, written: false }
      const written = yield* store.compareAndSet(key, row?.revision, decision === "remove" ? undefined : decision)
      if (written !== undefined) return { row: decision === "remove" ? undefined : written, written: true }
    }
  })
