import type { Sandbox } from "@sage-auth/sandbox"

/** how often the clock is moved, in milliseconds */
const beat = 250

/** Moves the sandbox's clock as time goes by, and forward at a click: client and servers live by the same one. */
export class Clockwork {
  readonly #clock: Sandbox<"manual">["clock"]
  readonly #timer: NodeJS.Timeout
  #moving: Promise<void> = Promise.resolve()
  #last = performance.now()

  constructor(clock: Sandbox<"manual">["clock"]) {
    this.#clock = clock
    this.#timer = setInterval(() => {
      const now = performance.now()
      const gone = now - this.#last
      this.#last = now
      this.#move(gone).catch(() => {})
    }, beat)
    this.#timer.unref()
  }

  /** moves it forward by so many milliseconds, one after the other */
  skip(milliseconds: number): Promise<void> {
    return this.#move(milliseconds)
  }

  stop(): Promise<void> {
    clearInterval(this.#timer)
    return this.#moving
  }

  #move(by: number): Promise<void> {
    const moved = this.#moving.then(() => this.#clock.advance(by))
    // one step that fails does not stop the clock
    this.#moving = moved.catch(() => {})
    return moved
  }
}
