import type { TrafficShown } from "./Board.ts"
import { sendCall } from "./calls.ts"
import type { World } from "./World.ts"

/** how long it waits between two calls of a connection, in milliseconds */
const pause = 2_000

/** the states in which a call needs no human first; `configured` is one that was never used */
const callable: ReadonlySet<string> = new Set(["configured", "connected", "in-doubt"])

/** Calls of every connection that needs no human, all the time. The feed tells of those that fail. */
export class Traffic {
  readonly #world: World
  #timer: NodeJS.Timeout | undefined
  #turn = 0
  readonly #busy = new Set<string>()

  constructor(world: World) {
    this.#world = world
  }

  get shown(): TrafficShown {
    return { on: this.on, ...this.#world.calls }
  }

  get on(): boolean {
    return this.#timer !== undefined
  }

  set on(wanted: boolean) {
    if (wanted === this.on) return
    clearInterval(this.#timer)
    this.#timer = wanted ? setInterval(() => this.#send(), pause / this.#world.names.length) : undefined
    this.#timer?.unref()
  }

  /** one connection at a time: calls of all of them at once would fill the pool by themselves */
  #send(): void {
    const { names, tenants } = this.#world
    const connection = names[this.#turn++ % names.length]
    if (connection === undefined) return
    for (const { id } of tenants) this.#call(connection, id).catch(() => {})
  }

  async #call(connection: string, tenant: string): Promise<void> {
    const key = `${tenant} ${connection}`
    // one that waits is not made to wait twice
    if (this.#busy.has(key)) return
    this.#busy.add(key)
    try {
      const { state } = await this.#world.clientOf(connection, tenant).status()
      if (!callable.has(state)) return
      await sendCall(this.#world, connection, tenant, { tellOnlyFailure: true })
    } finally {
      this.#busy.delete(key)
    }
  }
}
