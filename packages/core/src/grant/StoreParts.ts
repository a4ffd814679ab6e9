// A file of its own: what an application uses of any store, whichever it is, and `memory.ts` is one of them.

import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { GrantStore, MeterStore, OnceStore } from "./GrantStore.ts"
import { metersInMemory, onceInMemory } from "./memory.ts"

/** What an application uses of a store, whole: what the store leaves out is in the memory of this process. */
export interface StoreParts {
  readonly store: GrantStore["Service"]
  readonly once: OnceStore["Service"]
  readonly meters: MeterStore["Service"]
  /** the parts that are not the store's own */
  readonly missing: ReadonlyArray<"once" | "meters">
}

/**
 * A store that goes by one clock for every caller. A store without a clock of its own reads that of the fiber, and
 * fibers of the application's users may live by another one than the application does in the background.
 */
export const byClock = (services: Context.Context<GrantStore>, clock: Clock.Clock): StoreParts => {
  const timed = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.provideService(effect, Clock.Clock, clock)
  const store = Context.get(services, GrantStore)
  const foundOnce = Context.getOption(services, OnceStore)
  const foundMeters = Context.getOption(services, MeterStore)
  const once = Option.getOrElse(foundOnce, () => onceInMemory(store.now))
  const meters = Option.getOrElse(foundMeters, metersInMemory)
  return {
    store: {
      durable: store.durable,
      confined: store.confined,
      incarnation: store.incarnation,
      now: timed(store.now),
      read: (key) => timed(store.read(key)),
      compareAndSet: (key, revision, next, options) => timed(store.compareAndSet(key, revision, next, options)),
      list: (filter) => timed(store.list(filter)),
      changed: (key, revision, milliseconds) => timed(store.changed(key, revision, milliseconds)),
      owner: timed(store.owner),
      alive: (owner) => timed(store.alive(owner))
    },
    once: {
      put: (id, sealed, expiresAt) => timed(once.put(id, sealed, expiresAt)),
      read: (id) => timed(once.read(id)),
      take: (id) => timed(once.take(id))
    },
    meters: {
      add: (company, month, transactions) => timed(meters.add(company, month, transactions)),
      set: (company, month, transactions) => timed(meters.set(company, month, transactions)),
      read: (company, month) => timed(meters.read(company, month))
    },
    missing: [
      ...(Option.isNone(foundOnce) ? (["once"] as const) : []),
      ...(Option.isNone(foundMeters) ? (["meters"] as const) : [])
    ]
  }
}
