/** What a store that leaves out a part of the contract has in the memory of its process instead. */
import type { MeterPort, OncePort } from "./ports.ts"

/** Single-use records; `now` is the store's clock, by which they expire. */
export const onceInMemory = (now: () => Promise<number>): OncePort => {
  const kept = new Map<string, { readonly sealed: string; readonly expiresAt: number }>()
  const found = async (id: string): Promise<string | undefined> => {
    const time = await now()
    const record = kept.get(id)
    return record !== undefined && record.expiresAt > time ? record.sealed : undefined
  }
  return {
    put: async (id, sealed, expiresAt) => {
      const time = await now()
      // whatever nobody came for goes when somebody else begins
      for (const [other, record] of kept) if (record.expiresAt <= time) kept.delete(other)
      if (kept.has(id)) return false
      kept.set(id, { sealed, expiresAt })
      return true
    },
    read: found,
    take: async (id) => {
      const sealed = await found(id)
      // of several takers, who comes first after the clock was asked
      return kept.delete(id) ? sealed : undefined
    }
  }
}

const keyOf = (company: string, month: string): string => JSON.stringify([company, month])

/** Meters, which start at zero with every process. */
export const metersInMemory = (): MeterPort => {
  const counts = new Map<string, number>()
  const read = (company: string, month: string) => counts.get(keyOf(company, month)) ?? 0
  return {
    add: async (company, month, transactions) => {
      const sum = read(company, month) + transactions
      counts.set(keyOf(company, month), sum)
      return sum
    },
    set: async (company, month, transactions) => {
      counts.set(keyOf(company, month), transactions)
    },
    read: async (company, month) => read(company, month)
  }
}
