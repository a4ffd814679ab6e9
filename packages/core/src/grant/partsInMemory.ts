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
          // a record that was never taken goes when the next one is put
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

/** a process in which the clock goes back into the month before finds its counts */
const mostMonths = 2

/** Meters, which start at zero with every process. Only the newest months are kept, so their number is bounded. */
export const metersInMemory = (): MeterStore["Service"] => {
  const counts = new Map<string, Map<string, number>>()
  const read = (company: string, month: string) => counts.get(month)?.get(company) ?? 0
  const write = (company: string, month: string, sum: number) => {
    const found = counts.get(month)
    if (found !== undefined) return void found.set(company, sum)
    counts.set(month, new Map([[company, sum]]))
    // a month that is over may still be written to for a moment
    for (const over of [...counts.keys()].toSorted().slice(0, -mostMonths)) counts.delete(over)
  }
  return MeterStore.of({
    add: (company, month, transactions) =>
      withTexts(
        { company, month },
        Effect.sync(() => {
          const sum = read(company, month) + transactions
          write(company, month, sum)
          return sum
        })
      ),
    set: (company, month, transactions) =>
      withTexts(
        { company, month },
        Effect.sync(() => {
          write(company, month, transactions)
        })
      ),
    read: (company, month) =>
      withTexts(
        { company, month },
        Effect.sync(() => read(company, month))
      )
  })
}
