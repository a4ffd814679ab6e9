import type { Sandbox } from "@sage-auth/sandbox"

type Surface = Parameters<Sandbox["fault"]>[0]
type Fault = Parameters<Sandbox["fault"]>[1]

interface Placed {
  readonly text: string
  readonly until: number
}

/** The faults that were placed, so that the page can say what is broken at the moment. */
export class Faults {
  readonly #sandbox: Sandbox<"manual">
  #placed: Array<Placed> = []

  constructor(sandbox: Sandbox<"manual">) {
    this.#sandbox = sandbox
  }

  /** breaks something; `lasts` is how long the page says so, in milliseconds */
  place(surface: Surface, fault: Fault, text: string, lasts: number): void {
    this.#sandbox.fault(surface, fault)
    this.#placed.push({ text, until: this.#sandbox.clock.now() + lasts })
  }

  clear(): void {
    this.#sandbox.clearFaults()
    this.#placed = []
  }

  pending(): ReadonlyArray<string> {
    const now = this.#sandbox.clock.now()
    this.#placed = this.#placed.filter(({ until }) => now < until)
    return this.#placed.map(({ text }) => text)
  }
}
