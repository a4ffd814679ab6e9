import type { Entry } from "./Board.ts"

/** How many lines somebody who opens the page sees of what was before. */
const kept = 200

/** What happened, for everybody who looks. */
export class Feed {
  readonly #entries: Array<Entry> = []
  readonly #readers = new Set<(entry: Entry) => void>()
  readonly #now: () => number
  #ids = 0

  constructor(now: () => number) {
    this.#now = now
  }

  add(tone: Entry["tone"], who: string | undefined, text: string): void {
    const entry = { id: ++this.#ids, at: this.#now(), tone, who, text }
    this.#entries.push(entry)
    if (this.#entries.length > kept) this.#entries.shift()
    for (const read of this.#readers) read(entry)
  }

  get entries(): ReadonlyArray<Entry> {
    return this.#entries
  }

  /** calls `read` with everything from now on, until what it returns is called */
  subscribe(read: (entry: Entry) => void): () => void {
    this.#readers.add(read)
    return () => this.#readers.delete(read)
  }
}
