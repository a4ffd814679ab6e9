import type { Sandbox } from "@sage-auth/sandbox"

type Surface = Parameters<Sandbox["fault"]>[0]
type Fault = Parameters<Sandbox["fault"]>[1]

/** The faults that were placed, in words. Which of them can still hit a request is the sandbox's to say. */
export class Faults {
  readonly #sandbox: Sandbox<"manual">
  readonly #texts = new WeakMap<Fault, string>()

  constructor(sandbox: Sandbox<"manual">) {
    this.#sandbox = sandbox
  }

  /** breaks something, and says so until it was played, is over or is cleared */
  place(surface: Surface, fault: Fault, text: string): void {
    this.#texts.set(fault, text)
    this.#sandbox.fault(surface, fault)
  }

  clear(): void {
    this.#sandbox.clearFaults()
  }

  pending(): ReadonlyArray<string> {
    return this.#sandbox.faults().map(({ fault, surface }) => this.#texts.get(fault) ?? `${surface}: ${fault.kind}`)
  }
}
