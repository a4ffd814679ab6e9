import * as Effect from "effect/Effect"
import * as Result from "../config/Result.ts"
import type { StoreUnavailable } from "../errors/Reason.ts"
import type { SageAuthError } from "../errors/SageAuthError.ts"
import type { GrantRecord, GrantRow, GrantStore } from "./GrantStore.ts"
import type { Sealing } from "./Sealing.ts"

/** What a pass over the store has done. */
export interface Resealed {
  /** how many grants this pass sealed again */
  readonly resealed: number
  /** those that do not open, each with the connection and tenant it is about; they were left as they are */
  readonly failures: ReadonlyArray<SageAuthError<StoreUnavailable>>
}

type Store = GrantStore["Service"]
type Outcome = "done" | "nothing-to-do" | { readonly failure: SageAuthError<StoreUnavailable> }

const recordOf = ({ age: _age, key: _key, revision: _revision, ...record }: GrantRow): GrantRecord => record

/** Seals one row again. A row that changed meanwhile is read again. Leases and intents stay. */
const resealRow = (
  store: Store,
  sealing: Sealing,
  listed: GrantRow
): Effect.Effect<Outcome, SageAuthError<StoreUnavailable>> =>
  Effect.gen(function* () {
    const { key } = listed
    let row: GrantRow | undefined = listed
    while (row !== undefined && row.keyId !== sealing.keyId) {
      const version: number = row.version + 1
      const opened = yield* Effect.result(sealing.open(key, row.version, row.sealed))
      if (Result.isFailure(opened)) return { failure: opened.failure }
      const sealed = yield* sealing.seal(key, version, opened.success)
      const record: GrantRecord = { ...recordOf(row), ...sealed, version }
      if ((yield* store.compareAndSet(key, row.revision, record, { keepAge: true })) !== undefined) return "done"
      row = yield* store.read(key)
    }
    return "nothing-to-do"
  })

/**
 * Seals every grant that another key than the newest has sealed with the newest one, while the application runs.
 *
 * Each grant is written by itself, and only if it did not change meanwhile. So a pass may run in every replica at
 * once, may be interrupted, and goes on where the last one ended. A grant that does not open is left as it is and
 * reported. Fails when the store does.
 *
 * To replace a key, add the new one behind the old one in every process, then move it to the front in every process,
 * run this, and drop the old key when a pass found nothing to do.
 */
export const reseal = (store: Store, sealing: Sealing): Effect.Effect<Resealed, SageAuthError<StoreUnavailable>> =>
  Effect.gen(function* () {
    const failures: Array<SageAuthError<StoreUnavailable>> = []
    let resealed = 0
    let after: string | undefined
    do {
      const page = yield* store.list({ keyIdIsNot: sealing.keyId, after })
      for (const row of page.rows) {
        const outcome = yield* resealRow(store, sealing, row)
        if (outcome === "done") resealed++
        else if (outcome !== "nothing-to-do") failures.push(outcome.failure)
      }
      after = page.next
    } while (after !== undefined)
    return { resealed, failures }
  })
