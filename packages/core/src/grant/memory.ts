import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { builtin } from "../config/builtin.ts"
import type { StoreUnavailable } from "../errors/Reason.ts"
import type { SageAuthError } from "../errors/SageAuthError.ts"
import {
  ageOf,
  type GrantFilter,
  type GrantKey,
  type GrantRecord,
  type GrantRow,
  GrantStore,
  MeterStore,
  OnceStore,
  unknownAge
} from "./GrantStore.ts"
import { boundsOf, idOf, pageOf, Waiters, withKey, withTexts } from "./storeSupport.ts"

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

interface Kept {
  readonly key: GrantKey
  readonly revision: number
  readonly record: GrantRecord
  readonly sealedAt: number
}

const fits = (filter: GrantFilter, { key, record, sealedAt }: Kept, now: number): boolean =>
  (filter.surface === undefined || key.surface === filter.surface) &&
  (filter.connection === undefined || key.connection === filter.connection) &&
  (filter.tenant === undefined || key.tenant === filter.tenant) &&
  (filter.state === undefined || record.state === filter.state) &&
  (filter.dueBefore === undefined ||
    (record.dueAt !== undefined && (record.dueAt <= filter.dueBefore || ageOf(sealedAt, now) === unknownAge))) &&
  (filter.keyIdIsNot === undefined || record.keyId !== filter.keyIdIsNot)

// The caller's objects stay the caller's: what changes in them later is not what was written.
const copyOf = (record: GrantRecord): GrantRecord => ({
  ...record,
  lease: record.lease && { ...record.lease },
  intent: record.intent && { ...record.intent }
})

/**
 * Grants in the memory of this process: nothing outlives it, and no other process sees it. The default. It is right for
 * scripts, tests, and connections whose grant is their configuration. Time is the caller's Effect clock.
 *
 * @category stores
 */
export const layerGrantStoreMemory: Layer.Layer<GrantStore | OnceStore | MeterStore> = Layer.syncContext(() => {
  const rows = new Map<string, Kept>()
  const waiters = new Waiters()
  const self = builtin("node:crypto").randomUUID()
  let revisions = 0

  const rowOf = ({ key, record, revision, sealedAt }: Kept, now: number): GrantRow => ({
    ...copyOf(record),
    key: { ...key },
    revision,
    age: ageOf(sealedAt, now)
  })

  const grants = GrantStore.of({
    durable: false,
    confined: true,
    now: Clock.currentTimeMillis,
    read: (key) =>
      withKey(
        key,
        Effect.map(Clock.currentTimeMillis, (now) => {
          const kept = rows.get(idOf(key))
          return kept && rowOf(kept, now)
        })
      ),
    compareAndSet: (key, revision, next, options) =>
      withKey(
        key,
        Effect.map(Clock.currentTimeMillis, (now) => {
          const id = idOf(key)
          const kept = rows.get(id)
          if (kept?.revision !== revision) return undefined
          if (next === undefined) {
            if (kept === undefined) return undefined
            rows.delete(id)
            waiters.tell(key, 0)
            return rowOf(kept, now)
          }
          const ages = kept !== undefined && (options?.keepAge === true || kept.record.sealed === next.sealed)
          const written: Kept = {
            key: { surface: key.surface, connection: key.connection, tenant: key.tenant },
            revision: ++revisions,
            record: copyOf(next),
            sealedAt: ages ? kept.sealedAt : now
          }
          rows.set(id, written)
          waiters.tell(key, written.revision)
          return rowOf(written, now)
        })
      ),
    list: (filter) =>
      Effect.gen(function* () {
        const bounds = yield* boundsOf(filter, 3)
        const after = bounds.after && JSON.stringify(bounds.after)
        const now = yield* Clock.currentTimeMillis
        const found = Array.from(rows)
          .filter(([id, kept]) => (after === undefined || id > after) && fits(filter, kept, now))
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .slice(0, bounds.limit + 1)
          .map(([, kept]) => rowOf(kept, now))
        return pageOf(found, bounds, ({ key }) => [key.surface, key.connection, key.tenant])
      }),
    changed: (key, revision, milliseconds) =>
      waiters.wait(key, revision, milliseconds, () => rows.get(idOf(key))?.revision ?? 0),
    owner: Effect.succeed(self),
    alive: (owner) => Effect.succeed(owner === self)
  })
  return Context.make(GrantStore, grants).pipe(
    Context.add(OnceStore, onceInMemory(Clock.currentTimeMillis)),
    Context.add(MeterStore, metersInMemory())
  )
})
