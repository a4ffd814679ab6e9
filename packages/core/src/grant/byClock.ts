import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { GrantStore } from "./GrantStore.ts"

/**
 * A store that goes by one clock, whoever asks it: a store without a clock of its own reads that of the fiber, and
 * fibers of the application's users may live by another one than the application does in the background.
 */
export const byClock = (store: GrantStore["Service"], clock: Clock.Clock): GrantStore["Service"] => {
  const timed = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.provideService(effect, Clock.Clock, clock)
  return {
    durable: store.durable,
    incarnation: store.incarnation,
    now: timed(store.now),
    read: (key) => timed(store.read(key)),
    compareAndSet: (key, revision, next, options) => timed(store.compareAndSet(key, revision, next, options)),
    list: (filter) => timed(store.list(filter)),
    changed: (key, revision, milliseconds) => timed(store.changed(key, revision, milliseconds)),
    owner: timed(store.owner),
    alive: (owner) => timed(store.alive(owner)),
    putOnce: (id, sealed, expiresAt) => timed(store.putOnce(id, sealed, expiresAt)),
    readOnce: (id) => timed(store.readOnce(id)),
    takeOnce: (id) => timed(store.takeOnce(id)),
    meterAdd: (company, month, transactions) => timed(store.meterAdd(company, month, transactions)),
    meterSet: (company, month, transactions) => timed(store.meterSet(company, month, transactions)),
    meterRead: (company, month) => timed(store.meterRead(company, month))
  }
}
