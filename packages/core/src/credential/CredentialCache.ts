import type * as Deferred from "effect/Deferred"
import type { SageAuthError } from "../errors/SageAuthError.ts"
import type { Reason } from "../errors/Reason.ts"

/**
 * The short-lived thing that is put on one request. `value` is the surface's own: a session and its endpoint, an
 * access token, a minted JWT.
 */
export interface Credential<out V> {
  /** names this credential within the process: a late rejection of an old one must not hurt the new one */
  readonly id: number
  readonly value: V
  readonly issuedAt: number
  /** past this it is not used, in milliseconds since the epoch; later for a session whose timeout slides */
  readonly expiresAt: number
  /** past this, a use of it starts a renewal in the background */
  readonly renewAt: number
  /** whether a server has accepted it */
  readonly accepted: boolean
}

/** How long a fresh credential that was never accepted is in doubt, in milliseconds. */
const unprovenFor = 60_000

/** Whether a credential that is refused would be refused after a renewal too: it is new, and was never accepted. */
export const isUnproven = ({ accepted, issuedAt }: Credential<unknown>, now: number): boolean =>
  !accepted && now - issuedAt < unprovenFor

/** What a renewal brings. */
export interface Fresh<out V> {
  readonly value: V
  /** milliseconds since the epoch, margin included; `Infinity` where nothing is known */
  readonly expiresAt: number
  /** where it differs from `expiresAt` */
  readonly renewAt?: number | undefined
  /** a server has accepted it before; default false */
  readonly accepted?: boolean | undefined
  /** it is the credential that was to be replaced, once more: nothing was renewed */
  readonly unchanged?: boolean | undefined
  /** where it is older than this renewal: somebody else's, found in the store */
  readonly issuedAt?: number | undefined
}

/** Why a renewal is made. */
export type RenewalCause = "cold" | "early" | "expired" | "rejected" | "asked" | "kept-alive"

/** Stands between the tenant and the context in a key. No tenant's name has it. */
export const separator = "\u0000"

/** The tenant of a key. */
export const tenantOfKey = (key: string): string => {
  const at = key.indexOf(separator)
  return at < 0 ? key : key.slice(0, at)
}

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
  /** the failure that only a human can end and that was announced, by its entry in the catalogue, until it is over */
  ended: string | undefined = undefined
  /** used since the eviction hand passed */
  used = false
  /** grows when the credential is forgotten: a renewal that was under way then brings nothing back */
  generation = 0
  /** what to do once when the credential is forgotten or the slot leaves: ends what goes on in the background for it */
  onLeave: (() => void) | undefined = undefined
  /** left the cache; its holder looks its key up again */
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
  /** the slots of contexts, by tenant: a full cache is not walked through for one tenant */
  readonly #contexts = new Map<string, Set<Slot<V, Rs>>>()
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
    const tenant = tenantOfKey(key)
    if (tenant === key) return slot
    const contexts = this.#contexts.get(tenant)
    if (contexts === undefined) this.#contexts.set(tenant, new Set([slot]))
    else contexts.add(slot)
    return slot
  }

  /** the same slot, or its successor if it has left the cache */
  live(slot: Slot<V, Rs>): Slot<V, Rs> {
    return slot.evicted ? this.slot(slot.key) : slot
  }

  /** the slots of a tenant: its own, and those of its contexts */
  ofTenant(tenant: string): ReadonlyArray<Slot<V, Rs>> {
    const own = this.#slots.get(tenant)
    return [...(own === undefined ? [] : [own]), ...(this.#contexts.get(tenant) ?? [])]
  }

  #drop(slot: Slot<V, Rs>): void {
    this.#slots.delete(slot.key)
    const tenant = tenantOfKey(slot.key)
    const contexts = this.#contexts.get(tenant)
    if (contexts?.delete(slot) === true && contexts.size === 0) this.#contexts.delete(tenant)
  }

  /** the place of a slot that left, or undefined where none can leave */
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
      this.#drop(slot)
      return at
    }
    return undefined
  }
}
