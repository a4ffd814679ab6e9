// A file of its own: it is a map for any room, and knows nothing of an application.

/**
 * A map with a limit: above it, the entry that was set longest ago leaves.
 *
 * For what is known by another key than the tenant's, such as a company or a sender, and therefore cannot hang on the
 * slot of one credential. It is only for what can be learned again.
 */
export class BoundedMap<V> {
  readonly #entries = new Map<string, V>()
  readonly #capacity: number

  /** @param capacity entries at most; at least one is kept */
  constructor(capacity: number) {
    this.#capacity = Math.max(1, capacity)
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: string): V | undefined {
    return this.#entries.get(key)
  }

  set(key: string, value: V): void {
    // a map keeps the place of an entry that it has already
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size <= this.#capacity) return
    const oldest = this.#entries.keys().next()
    if (oldest.done !== true) this.#entries.delete(oldest.value)
  }
}
