import type * as Deferred from "effect/Deferred"
import type { SageAuthError } from "../errors/SageAuthError.ts"
import type { Reason } from "../errors/Reason.ts"
import type { Credential } from "./Credential.ts"

/** The place of one credential. There is at most one live slot for a key: it is what makes renewals single flight. */
export class Slot<V, Rs extends Reason> {
  readonly key: string
  credential: Credential<V> | undefined = undefined
  /** what was made of the credential for its users, so that it is made once */
  derived: { readonly from: Credential<V>; readonly value: unknown } | undefined = undefined
  /** the renewal under way */
  flight: Deferred.Deferred<Credential<V>, SageAuthError<Rs>> | undefined = undefined
  /** the credential that the next renewal replaces, where a server has rejected it */
  rejected: Credential<V> | undefined = undefined
  /** the next background renewal waits until then */
  retryAt = 0
  /** failed renewals in a row */
  failures = 0
  /** used since the eviction hand passed */
  used = false
  /** grows when the credential is forgotten: a renewal that was under way then brings nothing back */
  generation = 0
  /** what to do once when the credential is forgotten or the slot leaves: ends what goes on in the background for it */
  onLeave: (() => void) | undefined = undefined
  /** left the cache; whoever holds it looks its key up again */
  evicted = false

  constructor(key: string) {
    this.key = key
  }

  /** ends what goes on in the background for the credential that was here */
  leave(): void {
    const { onLeave } = this
    this.onLeave = undefined
    onLeave?.()
  }
}

/**
 * The credentials of one connection in a plain map, read without a fiber. Memory is bounded: above `capacity`, about
 * the least recently used slots leave (second chance: a bit set by use, cleared by a hand that goes round). A slot
 * with a renewal under way never leaves, so that a key never has two.
 */
export class CredentialCache<V, Rs extends Reason> {
  readonly #slots = new Map<string, Slot<V, Rs>>()
  readonly #ring: Array<Slot<V, Rs>> = []
  readonly #capacity: number
  #hand = 0

  constructor(capacity: number) {
    this.#capacity = Math.max(1, capacity)
  }

  get size(): number {
    return this.#ring.length
  }

  /** the live slot of a key */
  slot(key: string): Slot<V, Rs> {
    const found = this.#slots.get(key)
    if (found !== undefined) return found
    const slot = new Slot<V, Rs>(key)
    let room = this.#ring.length < this.#capacity ? undefined : this.#evict()
    // back to the capacity after renewals under way had filled it beyond
    while (room !== undefined && this.#ring.length > this.#capacity) {
      const last = this.#ring.pop() as Slot<V, Rs>
      if (room < this.#ring.length) this.#ring[room] = last
      room = this.#evict()
    }
    if (room === undefined) this.#ring.push(slot)
    else this.#ring[room] = slot
    this.#slots.set(key, slot)
    return slot
  }

  /** the same slot, or its successor if it has left the cache */
  live(slot: Slot<V, Rs>): Slot<V, Rs> {
    return slot.evicted ? this.slot(slot.key) : slot
  }

  /** the slots whose keys start with a prefix */
  *startingWith(prefix: string): Iterable<Slot<V, Rs>> {
    for (const slot of this.#ring) if (slot.key.startsWith(prefix)) yield slot
  }

  /** the place of a slot that left, or undefined where nobody can leave */
  #evict(): number | undefined {
    // at most two rounds: the first clears every bit; after that only renewals under way can keep the ring full
    for (let steps = this.#ring.length * 2; steps > 0; steps--) {
      const at = this.#hand % this.#ring.length
      this.#hand = at + 1
      const slot = this.#ring[at] as Slot<V, Rs>
      if (slot.used || slot.flight !== undefined) {
        slot.used = false
        continue
      }
      slot.evicted = true
      slot.credential = undefined
      slot.leave()
      this.#slots.delete(slot.key)
      return at
    }
    return undefined
  }
}
