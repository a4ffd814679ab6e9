/** The transactions of one request on the meter: they count once, and only if the request was sent. */
export class Entry {
  readonly #add: () => void
  readonly #letGo: () => void
  #state: "new" | "sent" | "counted" = "new"
  #holds = true

  constructor(add: () => void, letGo: () => void) {
    this.#add = add
    this.#letGo = letGo
  }

  /** the request leaves now */
  sent(): void {
    if (this.#state === "new") this.#state = "sent"
  }

  /** it was carried out, or may have been */
  count(): void {
    if (this.#state === "counted") return
    this.#state = "counted"
    this.#add()
  }

  /** gives back the room that was kept for it in the budget */
  end(): void {
    if (!this.#holds) return
    this.#holds = false
    this.#letGo()
  }

  /** its caller has left, and does not take back what was sent */
  left(): void {
    if (this.#state === "sent") this.count()
    this.end()
  }
}
