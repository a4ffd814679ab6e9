/** What a store that leaves out a part of the contract has in the memory of its process instead. */
import * as Effect from "effect/Effect"
import type { StoreUnavailable } from "../errors/Reason.ts"
import type { SageAuthError } from "../errors/SageAuthError.ts"
import { MeterStore, OnceStore } from "./GrantStore.ts"
import { withTexts } from "./refuseText.ts"

/** Single-use records; `now` is the store's clock, by which they expire. */
export const onceInMemory = (now: Effect.Effect<number, SageAuthError<StoreUnavailable>>): OnceStore["Service"] => {
  const records = new Map<string, { readonly sealed: string; readonly expiresAt: number }>()
  const alive = (id: string, time: number): string | undefined => {
    const record = records.get(id)
    return record !== undefined && time < record.expiresAt ? record.sealed : undefined
  }
  return OnceStore.of({
    put: (id, sealed, expiresAt) =>
      withTexts(
        { id },
        Effect.map(now, (time) => {
          // whatever nobody came for goes when somebody else begins
          for (const [other, record] of records) if (record.expiresAt <= time) records.delete(other)
          if (records.has(id)) return false
          records.set(id, { sealed, expiresAt })
          return true
        })
      ),
    read: (id) =>
      withTexts(
        { id },
        Effect.map(now, (time) => alive(id, time))
      ),
    take: (id) =>
      withTexts(
        { id },
        Effect.map(now, (time) => {
          const sealed = alive(id, time)
          records.delete(id)
          return sealed
        })
      )
  })
}

const keyOf = (company: string, month: string): string => JSON.stringify([company, month])

/** Meters, which start at zero with every process. */
export const metersInMemory = (): MeterStore["Service"] => {
  const counts = new Map<string, number>()
  const read = (company: string, month: string) => counts.get(keyOf(company, month)) ?? 0
  return MeterStore.of({
    add: (company, month, transactions) =>
      withTexts(
        { company, month },
        Effect.sync(() => {
          const sum = read(company, month) + transactions
          counts.set(keyOf(company, month), sum)
          return sum
        })
      ),
    set: (company, month, transactions) =>
      withTexts(
        { company, month },
        Effect.sync(() => {
          counts.set(keyOf(company, month), transactions)
        })
      ),
    read: (company, month) =>
      withTexts(
        { company, month },
        Effect.sync(() => read(company, month))
      )
  })
}
